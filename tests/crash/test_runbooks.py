"""The bot is killed while a runbook waits for a person; the answer still leads to its end."""

from tests.fakes.real_bot import RealBot, wait_for


def working(bot: RealBot) -> bool:
    """Whether a runner is there for the first job."""
    return (bot.data / "jobs" / "R-1.1" / "runner.json").exists()


def test_a_flow_that_waits_outlives_the_bot(bot: RealBot) -> None:
    bot.chat("/run dispatch db-health-check supervised")
    bot.until("1", "Waiting for user input (remediation)")
    wait_for(lambda: not working(bot), what="the program to leave")
    bot.kill()
    bot.start()
    done = bot.chat("/run approve last", "--wait", who="reviewer")
    assert done.returncode == 0, done.stdout
    said = bot.shows("1")
    assert "Completed success" in said
    assert "✔ Look again" in said
    assert "its write-ahead log now 0." in " ".join(said.replace("┃", " ").split())


def test_a_guide_that_asks_outlives_the_bot(bot: RealBot) -> None:
    bot.chat("/run dispatch onboard-a-repo")
    bot.until("1", "Which repository")
    bot.kill()
    bot.start()
    bot.chat("/run answer last repository=/nowhere")
    bot.until("1", "What is the right address?")
    bot.chat(f"/run answer last repository={bot.data}/remotes/shop.git")
    bot.until("1", "What is Signalbox to do")
    wait_for(lambda: not working(bot), what="the program to leave")
    bot.kill()
    bot.start()
    bot.chat("/run answer last name=tea purpose=Tests run='make test' approvals=yes")
    said = bot.until("1", "Completed success")
    assert "tea.yaml" in said
    assert "Show that half a cent of discount gets lost" in said


def test_a_tool_that_is_not_there_is_found_before_anything_runs(bot: RealBot) -> None:
    step = {"id": "a", "title": "Use it", "kind": "shell", "run": "x", "tools": ["no-such-tool"]}
    bot.blueprint("lacking", "", profile="flow", runbook={"steps": [step]})
    bot.chat("/run dispatch lacking")
    said = bot.until("1", "Completed failure")
    assert "The step “Use it” needs no-such-tool" in said
    assert not (bot.data / "jobs" / "R-1.1").exists()
