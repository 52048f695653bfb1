"""One issue over Linear, Slack, the console and GitHub: decided once, told everywhere, in order."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from adapters.github.webhook import GitHubWebhook
from adapters.pull_requests import PullRequestWorker
from adapters.web.app import build_app
from bot.domain.policy import Policy, ProjectTerms
from bot.domain.repository import Hosting
from bot.domain.run import Run
from bot.domain.vocabulary import Disposition, Status
from tests.adapters.github_world import SHOP, GitHubWorld, github_world
from tests.fakes.clock import FixedIds
from tests.fakes.github.server import github
from tests.fakes.github.state import Delivery
from tests.fakes.linear.stage import ENG_FIX, LinearStage, linear_policy, linear_stage
from tests.fakes.linear.world import Session, World
from tests.fakes.slack.fake import FakeMessage, FakeSlack, fake_slack
from tests.fakes.slack.surfaces import buttons_of
from tests.fakes.slack_stage import (
    ACCOUNTS,
    CHANNEL,
    SlackStage,
    settings_for,
    slack_open,
    text_of,
)
from tests.fakes.stage import PLAN, Runner, rules
from tests.fakes.stage import text_of as words_of


@dataclass
class Together:
    """All four at once around one core."""

    linear: LinearStage
    slack: SlackStage
    github: GitHubWorld
    worker: PullRequestWorker
    door: httpx.AsyncClient

    async def settles(self) -> None:
        """What is on its way arrives, and what is due is done and told."""
        await self.linear.settles()
        while await self.worker.turn():
            pass
        await self.slack.goes_on()
        await self.linear.settles()

    async def delegated(self) -> Session:
        """Somebody delegates ENG-141 to the app in Linear."""
        issue = self.linear.linear.world.add_issue("Checkout rounds down")
        session = self.linear.linear.people.delegates(issue)
        assert session is not None
        await self.settles()
        return session

    async def at_the_gate(self) -> tuple[Session, Runner]:
        """The run of the issue waits for its plan to be approved."""
        session = await self.delegated()
        runner = await (await self.linear.stage.claims()).starts()
        await runner.reports("gate", checkpoint="plan", plan=PLAN)
        await self.settles()
        assert self.linear.linear.world.status(session) == "awaitingInput"
        return session, runner

    async def asks_in_slack(self) -> FakeMessage:
        """The message in Slack that has the button Approve."""

        def look() -> FakeMessage | None:
            said = self.slack.slack.messages(CHANNEL)
            return next((m for m in said if "Approve" in buttons_of(m)), None)

        found: FakeMessage = await self.slack.until(look, what="Approve")
        return found

    async def ends_with_a_commit(self, runner: Runner) -> None:
        """The runner pushes a commit and its program ends well."""
        branch = runner.assignment.branch
        commit = self.github.state.commit(SHOP, branch, "work")
        await runner.reports("push", commit=commit, files=["shop/money.py"])
        await runner.reports("pushed", commit=commit, branch=branch)
        await runner.ends()
        await self.settles()

    async def hears(self, *deliveries: Delivery) -> None:
        """GitHub calls."""
        for delivery in deliveries:
            sent = await self.door.post(
                "/github/webhook", content=delivery.body, headers=delivery.headers
            )
            assert sent.status_code == 200
        await self.settles()

    async def shows_everywhere(self, words: str) -> None:
        """The run's card says this in Slack and on the console asks the same."""
        await self.slack.until(lambda: words in text_of(self.card()), what=words)
        shown = await self.linear.stage.says("developer", "/run show R-1")
        assert words in words_of(shown.message)

    def card(self) -> FakeMessage:
        """The run's card in Slack."""
        said = self.slack.slack.messages(CHANNEL)
        return next(each for each in said if each.bot_id and each.thread_ts in {None, "", each.ts})

    async def run(self) -> Run:
        """The run as it stands."""
        return await self.linear.stage.store.read(lambda tx: tx.runs.load(1))


def everybody(world: World) -> Policy:
    """The people of Linear with their accounts in Slack; the shop's runs are told in C1."""
    policy = linear_policy(world)
    persons = {
        handle: replace(person, identities=(*person.identities, f"slack/T0001/{ACCOUNTS[handle]}"))
        for handle, person in policy.persons.items()
    }
    shop = ProjectTerms(channels=frozenset({f"slack/T0001/{CHANNEL}"}))
    return replace(policy, persons=persons, projects={"shop": shop})


@pytest.fixture(params=["socket", "http"])
async def play(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Together]:
    async with AsyncExitStack() as stack:
        linear = await stack.enter_async_context(linear_stage(database))
        theatre = linear.stage
        fake = stack.enter_context(github(tmp_path / "github", theatre.clock))
        slack: FakeSlack = await stack.enter_async_context(fake_slack(theatre.clock))
        blueprint = replace(ENG_FIX, repositories=(fake.clone_url(SHOP),))
        theatre.rules = replace(
            rules(blueprint, policy=everybody(linear.linear.world)),
            hosting=Hosting(surface="github", host=fake.host),
        )
        for name, user in ACCOUNTS.items():
            slack.add_user(user, name=name)
        slack.add_channel(CHANNEL, members=list(ACCOUNTS.values()))
        world = await stack.enter_async_context(github_world(fake, theatre.clock))
        opened = await stack.enter_async_context(
            slack_open(theatre, slack, settings_for(slack, request.param))
        )
        webhook = GitHubWebhook(
            store=theatre.store, secret=world.state.secret, surface="github", own_login=lambda: ""
        )
        app = build_app([webhook.router()], FixedIds(), ready=_ready)
        transport = httpx.ASGITransport(app=app)
        door = httpx.AsyncClient(transport=transport, base_url="http://localhost")
        worker = PullRequestWorker(
            theatre.store, world.host, link="https://bot.test/runs/{}".format
        )
        yield Together(linear, opened, world, worker, await stack.enter_async_context(door))


async def _ready() -> bool:
    return True


async def test_from_delegation_to_done(play: Together) -> None:
    session, runner = await play.at_the_gate()
    assert not play.linear.linear.world.unresponsive(session)
    asking = await play.asks_in_slack()
    assert (await play.slack.slack.uses("UREV", asking, "Approve")).acked
    await play.slack.until(lambda: "Approve" not in buttons_of(asking), what="no button")
    await play.settles()
    assert any("reviewer" in words for words in play.linear.said(session))
    assert play.linear.linear.world.status(session) == "active"

    await runner.orders()
    await play.ends_with_a_commit(runner)
    run = await play.run()
    assert run.disposition is Disposition.PR_OPEN
    await play.slack.until(lambda: run.pr_url in text_of(play.card()), what="the pull request")
    assert run.pr_url in session.links
    assert play.linear.linear.world.status(session) == "complete"

    await play.hears(play.github.state.close(7))
    await play.shows_everywhere("PR rejected")
    await play.hears(play.github.state.reopen(7), play.github.state.merge(7))
    assert (await play.run()).disposition is Disposition.PR_MERGED
    await play.linear.stage.says("developer", "/run review R-1")
    await play.shows_everywhere("Done")


async def test_the_loser_of_a_race_is_told_who_won(play: Together) -> None:
    session, _ = await play.at_the_gate()
    asking = await play.asks_in_slack()
    play.linear.linear.people.selects(session, "Approve", who="ben")
    await play.linear.settles()
    assert (await play.run()).status is Status.RUNNING
    await play.slack.until(lambda: "Approve" not in buttons_of(asking), what="no button")
    assert (await play.slack.slack.types_command("UREV", CHANNEL, "/run", "approve G-1")).acked
    await play.slack.told("already decided: approved by @reviewer in linear", user="UREV")
    orders = await play.linear.stage.store.read(lambda tx: tx.orders.after(1, 0))
    assert [order.kind.value for order in orders] == ["decision"]


@pytest.mark.parametrize("place", ["linear", "slack", "console"])
async def test_it_is_stopped_from_everywhere(play: Together, place: str) -> None:
    session = await play.delegated()
    runner = await (await play.linear.stage.claims()).starts()
    await play.settles()
    match place:
        case "linear":
            play.linear.linear.people.stops(session)
        case "slack":
            sent = await play.slack.slack.types_command("UDEV", CHANNEL, "/run", "stop R-1")
            assert sent.acked
            await play.slack.told("R-1")
        case _:
            await play.linear.stage.says("developer", "/run stop R-1")
    await play.settles()
    assert (await play.run()).status is Status.CANCELLING
    await runner.ends("failed")
    await play.settles()
    await play.shows_everywhere("Cancelled")
    assert play.linear.linear.world.status(session) in {"complete", "error"}


async def test_an_outage_of_linear_and_of_github_loses_nothing(play: Together) -> None:
    session, runner = await play.at_the_gate()
    play.linear.linear.faults.down = True
    asking = await play.asks_in_slack()
    await play.slack.slack.uses("UREV", asking, "Approve")
    await play.slack.until(lambda: "Approve" not in buttons_of(asking), what="no button")
    for _ in range(12):
        play.linear.stage.clock.advance(timedelta(minutes=5))
        await runner.orders()
        await play.slack.goes_on()
    play.linear.linear.faults.down = False
    play.linear.stage.clock.advance(timedelta(minutes=10))
    await runner.orders()
    await play.settles()
    approved = [words for words in play.linear.said(session) if "Approved" in words]
    assert len(approved) == 1
    assert "reviewer" in approved[0]
