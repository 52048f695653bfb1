"""The bot is killed without warning; started again, it takes up what it left."""

import subprocess

from tests.fakes.postgres import TemporaryPostgres
from tests.fakes.real_bot import RealBot, processes_of, wait_for


def finals(bot: RealBot, run: str) -> list[str]:
    titles = [said["message"]["title"] for said in bot.transcript()]
    return [title for title in titles if f"(run:{run})" in title and "**" in title]


def test_killed_while_a_run_works(bot: RealBot) -> None:
    bot.chat("/run dispatch hello pace=1")
    bot.until("1", "Running")
    bot.kill()
    bot.start()
    bot.until("1", "Succeeded")
    assert len(finals(bot, "R-1")) == 1
    wait_for(lambda: not processes_of(bot, "R-1.1"), what="the runner to leave")


def test_killed_while_a_run_waits(bot: RealBot) -> None:
    assert bot.chat("/run dispatch fix-rounding supervised", "--wait").returncode == 3
    bot.kill()
    bot.start()
    assert "Awaiting approval" in bot.shows("1")
    done = bot.chat("/run approve last after the crash", "--wait", who="reviewer")
    assert done.returncode == 0, done.stdout
    assert len(finals(bot, "R-1")) == 1
    remote = bot.data / "remotes" / "shop.git"
    log = subprocess.run(
        ["git", "-C", str(remote), "log", "--oneline", "signalbox/r-1-fix-rounding"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(log.stdout.splitlines()) == 5


def test_a_runner_that_dies_with_the_bot_away_is_told_as_lost(bot: RealBot) -> None:
    bot.blueprint("sleeper", "sleep 600")
    bot.chat("/run dispatch sleeper")
    bot.until("1", "Running")
    bot.kill()
    for process in processes_of(bot, "R-1.1"):
        subprocess.run(["kill", "-9", str(process)], check=False)
    bot.start()
    bot.until("1", "The runner died")
    assert len(finals(bot, "R-1")) == 1


def test_a_gate_outlives_its_program_and_resumes(bot: RealBot) -> None:
    bot.kill()
    bot.settings["SIGNALBOX_GATE_HOLD"] = "1"
    bot.start()
    bot.chat("/run dispatch fix-rounding supervised")
    bot.until("1", "Awaiting approval")
    wait_for(lambda: not processes_of(bot, "R-1.1"), what="the program to leave its gate")
    bot.kill()
    bot.start()
    done = bot.chat("/run approve last", "--wait", who="reviewer")
    assert done.returncode == 0, done.stdout
    assert "Completed" in bot.shows("1")


def test_killed_on_postgres_while_one_run_works_and_one_waits(bot_on_postgres: RealBot) -> None:
    bot = bot_on_postgres
    bot.chat("/run dispatch hello pace=1")
    bot.until("1", "Running")
    assert bot.chat("/run dispatch fix-rounding supervised", "--wait").returncode == 3
    bot.kill()
    bot.start()
    bot.until("1", "Succeeded")
    done = bot.chat("/run approve last after the crash", "--wait", who="reviewer")
    assert done.returncode == 0, done.stdout
    assert [len(finals(bot, run)) for run in ("R-1", "R-2")] == [1, 1]
    assert not list(bot.data.glob("*.db"))
    wait_for(lambda: not processes_of(bot, "R-1.1"), what="the runner to leave")


def test_a_bot_outlives_its_connections(
    bot_on_postgres: RealBot, postgres: TemporaryPostgres
) -> None:
    bot = bot_on_postgres
    bot.chat("/run dispatch hello pace=1")
    bot.until("1", "Running")
    postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'signalbox'"
    )
    bot.until("1", "Succeeded")
    assert bot.chat("/run dispatch hello", "--wait").returncode == 0
    assert [len(finals(bot, run)) for run in ("R-1", "R-2")] == [1, 1]
