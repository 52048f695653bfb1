"""The login for a job's repository: asked for when git asks, and out of the program's reach."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.runner import credential_helper
from adapters.runner.credential_door import CredentialDoor, Login
from adapters.runner.git import GitError, read_remote, run
from bot.domain.errors import UserError
from tests.adapters.runner_world import RunnerWorld, runner_world
from tests.fakes.agent_api import Data
from tests.fakes.clock import FakeClock
from tests.fakes.github.server import GitHub, github

SHOP = "acme/shop"
BRANCH = "signalbox/r-81"
WORK = """
echo 'x = 1' > code.py && git add code.py && git commit --quiet --message work
signalbox report push
"""
SPY = """
import os, sys, time
needle, seen = os.environ["NEEDLE"].encode()[::-1], os.environ["SEEN"]
end = time.monotonic() + 60
while time.monotonic() < end and not os.path.exists("done"):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if int(pid) == os.getpid():
            continue
        for name in ("environ", "cmdline"):
            try:
                held = open(f"/proc/{pid}/{name}", "rb").read()
            except OSError:
                continue
            if needle in held or b"git-remote-http" in held:
                with open(seen, "ab") as file:
                    file.write(b"FOUND" if needle in held else b".")
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[RunnerWorld]:
    with runner_world(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[GitHub]:
    with github(tmp_path / "github", FakeClock()) as running:
        running.state.add_repository(SHOP)
        yield running


def lend(world: RunnerWorld, token: str, asked: list[Data]) -> None:
    """Let the bot answer every question with this token."""

    def answer(query: Data) -> tuple[int, Data]:
        asked.append(query)
        return 200, {"credential": {"user": "x-access-token", "password": token}}

    world.bot.answer_credential = answer


def test_a_branch_is_pushed_with_a_login_that_appears_nowhere(
    world: RunnerWorld, fake: GitHub, tmp_path: Path
) -> None:
    token, asked, seen = fake.state.add_token(SHOP), list[Data](), tmp_path / "seen"
    lend(world, token, asked)
    spy = tmp_path / "spy.py"
    spy.write_text(SPY)
    script = f"{sys.executable} {spy} & {WORK} touch done; wait"
    # Backwards, so that the spy's own environment does not hold what it looks for.
    env = {"NEEDLE": token[::-1], "SEEN": str(seen)}
    ended = world.carry_out(script, repository=fake.clone_url(SHOP), branch=BRANCH, env=env)
    assert ended["status"] == "succeeded", world.bot.log()
    pushed = world.bot.of("pushed")[0]["commit"]
    assert fake.state.tip(SHOP, BRANCH) == pushed
    assert [query["push"] for query in asked] == ["0", "0", "1", "1"]
    assert {query["repository"] for query in asked} == {fake.clone_url(SHOP)}
    assert b"." in seen.read_bytes(), "the spy did not see git at work"
    assert b"FOUND" not in seen.read_bytes()
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert len(files) > 10
    assert [path for path in files if token.encode() in path.read_bytes()] == []
    assert token not in str(world.bot.reports)


def test_a_local_repository_needs_no_login(world: RunnerWorld, fake: GitHub) -> None:
    asked: list[Data] = []
    lend(world, "wrong", asked)
    bare = fake.state.bare(SHOP)
    assert world.carry_out("true", repository=str(bare), branch=BRANCH)["status"] == "succeeded"
    assert asked == []


def test_a_refusal_is_told_in_the_bots_words(world: RunnerWorld, fake: GitHub) -> None:
    world.bot.answer_credential = lambda _: (400, {"error": "The App is not installed there."})
    ended = world.carry_out("true", repository=fake.clone_url(SHOP), branch=BRANCH)
    assert ended["status"] == "failed"
    assert "The App is not installed there." in ended["reason"]


def test_a_bot_that_is_away_for_a_moment_is_waited_for(world: RunnerWorld, fake: GitHub) -> None:
    token, answers = fake.state.add_token(SHOP), [503, 503]

    def answer(_query: Data) -> tuple[int, Data]:
        if answers:
            return answers.pop(), {"error": "try again"}
        return 200, {"credential": {"user": "x-access-token", "password": token}}

    world.bot.answer_credential = answer
    ended = world.carry_out("true", repository=fake.clone_url(SHOP), branch=BRANCH)
    assert ended["status"] == "succeeded"
    assert answers == []


# --- the door --------------------------------------------------------------------------------

QUESTION = b"protocol=https\nhost=example.org\n\n"


def ask(door: CredentialDoor, question: bytes = QUESTION) -> bytes:
    """What a process that is not git's gets."""
    with socket.socket(socket.AF_UNIX) as visitor:
        visitor.connect(f"\0{door.name}")
        visitor.settimeout(10)
        try:
            visitor.sendall(question)
            visitor.shutdown(socket.SHUT_WR)
            return visitor.recv(4_096)
        except OSError:
            return b""


def helper(door: CredentialDoor, *, question: bytes = QUESTION, action: str = "get") -> bytes:
    """What the helper prints, started by a process that the door takes for git."""
    script = f'"$@" {action}; exit 0'
    command = ["sh", "-c", script, "git", sys.executable, credential_helper.__file__, door.name]
    git = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    door.admit(git.pid)
    return git.communicate(question, timeout=20)[0]


def opened() -> CredentialDoor:
    return CredentialDoor(lambda: Login("u", "hunter2"), scheme="https", host="example.org")


def test_only_what_git_has_started_is_answered() -> None:
    with opened() as door:
        assert helper(door) == b"username=u\npassword=hunter2\n"
        assert ask(door) == b""
        assert b"hunter2" not in repr(vars(door)).encode()


def test_only_the_repositorys_own_server_gets_it() -> None:
    with opened() as door:
        assert helper(door, question=b"protocol=https\nhost=evil.test\n\n") == b""
        assert helper(door, question=b"protocol=http\nhost=example.org\n\n") == b""
        assert helper(door, question=b"host=example.org\n" * 1_000) == b""
        assert helper(door, action="store") == b""


def test_why_there_is_none_is_kept_for_the_message(tmp_path: Path) -> None:
    def refuse() -> Login | None:
        raise UserError("the bot says no")

    with CredentialDoor(refuse, scheme="https", host="example.org") as door:
        assert helper(door) == b""
        assert door.problem == "the bot says no"
        with pytest.raises(GitError, match="the bot says no"):
            run(["false"], environment={}, folder=tmp_path, seconds=9, door=door)


def test_a_visitor_before_git_waits_and_a_closed_door_lets_go() -> None:
    door, answers = opened(), list[bytes]()
    with door:
        early = threading.Thread(target=lambda: answers.append(ask(door)))
        early.start()
        time.sleep(0.05)
        assert answers == []
    early.join(10)
    assert answers == [b""]


def test_a_login_of_the_address_wins_and_other_addresses_have_none() -> None:
    supply = lambda: Login("bot", "b")  # noqa: E731  # one line says it all
    own = read_remote("https://ana:own@example.org/a.git").supplied(supply)
    assert own.supply is not None
    assert own.supply() == Login("ana", "own")
    assert read_remote("https://example.org/a.git").supplied(supply).supply is supply
    assert read_remote("git@example.org:a.git").supplied(supply).door() is None
    assert read_remote("/srv/a.git").supplied(supply).door() is None
