"""A repository, people who work in it, the folder of a job, and a small fake Slack."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.adapters.fake_slack_world import workspace
from tests.adapters.git_repositories import commit, git
from tests.fakes.clock import FakeClock
from tests.fakes.slack.fake import FakeSlack


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A bare repository with one commit on main, and a clone beside it that people work in."""
    bare, people = tmp_path / "origin.git", tmp_path / "people"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(people))
    git(people, "remote", "add", "origin", str(bare))
    commit(people, readme="hello\n")
    git(people, "push", "--quiet", "origin", "main")
    return bare


@pytest.fixture
def people(origin: Path) -> Path:
    return origin.parent / "people"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    job = tmp_path / "jobs" / "R-1.1"
    (job / "home").mkdir(parents=True)
    return job


@pytest.fixture
async def slack(clock: FakeClock) -> AsyncIterator[FakeSlack]:
    async with workspace(clock) as opened:
        yield opened
