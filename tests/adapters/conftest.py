"""A repository, people who work in it, the folder of a job; a small Slack; GitHub by either way."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.adapters.fake_slack_world import workspace
from tests.adapters.git_repositories import commit, git
from tests.adapters.github_world import BRANCH, SHOP, GitHubWorld, github_world
from tests.fakes.clock import FakeClock
from tests.fakes.github.server import GitHub, github
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


@pytest.fixture
def github_fake(tmp_path: Path, clock: FakeClock) -> Iterator[GitHub]:
    with github(tmp_path / "github", clock) as running:
        yield running


@pytest.fixture
async def by_app(github_fake: GitHub, clock: FakeClock) -> AsyncIterator[GitHubWorld]:
    """acme/shop with a pushed branch, by an App."""
    async with github_world(github_fake, clock) as opened:
        opened.state.commit(SHOP, BRANCH, "work")
        yield opened


@pytest.fixture
async def by_token(github_fake: GitHub, clock: FakeClock) -> AsyncIterator[GitHubWorld]:
    """The same by a personal token."""
    async with github_world(github_fake, clock, kind="token") as opened:
        opened.state.commit(SHOP, BRANCH, "work")
        yield opened


@pytest.fixture(params=["by_app", "by_token"])
def by_either(request: pytest.FixtureRequest) -> GitHubWorld:
    """Either of them."""
    world: GitHubWorld = request.getfixturevalue(request.param)
    return world
