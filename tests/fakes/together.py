"""Linear, Slack, GitHub and the console around one core, on one held clock."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx

from adapters.github.webhook import GitHubWebhook
from adapters.pull_requests import PullRequestWorker
from adapters.web.app import build_app
from bot.domain.conversation import CONSOLE
from bot.domain.policy import Policy, ProjectTerms
from bot.domain.posting import CARD
from bot.domain.repository import Hosting
from bot.domain.run import Run
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

    async def passes(self, runner: Runner | None = None, **time: float) -> None:
        """Time goes by in steps, as the sweeps tick; `runner` renews its lease."""
        now, until = self.linear.stage.clock.now, self.linear.stage.clock.now() + timedelta(**time)
        while now() < until:
            step = min(timedelta(seconds=20 if runner else 1_800), until - now())
            await self.linear.stage.passes(seconds=step.total_seconds())
            if runner:
                await runner.orders()
            await self.linear.linear.hooks.retry()
            await self.linear.ours.inbox.sweep()
            await self.settles()

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

    async def told(self, session: Session) -> dict[str, list[str]]:
        """What stands in each surface beside the run's card, in order."""
        card = self.card()
        console = await self.linear.stage.told()
        return {
            "linear": self.linear.said(session),
            "slack": [
                text_of(each)
                for each in self.slack.slack.messages(CHANNEL)
                if each.bot_id and each.thread_ts == card.ts != each.ts
            ],
            "console": [
                words_of(each)
                for each in console
                if each.attributes.get("run") == "R-1" and each.attributes["subject"] != CARD
            ],
        }

    async def run(self) -> Run:
        """The run as it stands."""
        return await self.linear.stage.store.read(lambda tx: tx.runs.load(1))


def everybody(world: World) -> Policy:
    """The people of Linear with their accounts in Slack; the shop's runs are told in both chats."""
    policy = linear_policy(world)
    persons = {
        handle: replace(person, identities=(*person.identities, f"slack/T0001/{ACCOUNTS[handle]}"))
        for handle, person in policy.persons.items()
    }
    shop = ProjectTerms(channels=frozenset({f"slack/T0001/{CHANNEL}", CONSOLE.address}))
    return replace(policy, persons=persons, projects={"shop": shop})


@asynccontextmanager
async def together(database: str, folder: Path, way: str) -> AsyncIterator[Together]:
    """All at work over the store at an address; `way` is Slack's: socket or http."""
    async with AsyncExitStack() as stack:
        linear = await stack.enter_async_context(linear_stage(database))
        theatre = linear.stage
        fake = stack.enter_context(github(folder / "github", theatre.clock))
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
            slack_open(theatre, slack, settings_for(slack, way))
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
