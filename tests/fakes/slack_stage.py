"""A stage with a fake Slack beside it: the real adapter, by socket or by HTTP, on a held clock."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from adapters.slack.groups import Members
from adapters.web.app import build_app
from adapters.web.server import serve
from bot.config import Settings
from bot.domain.blueprint import Blueprint, InputSpec
from bot.domain.person import Person
from bot.domain.policy import Policy, Role
from bot.services.rules import Rules
from bot.wiring.parts import Surface
from bot.wiring.slack import SlackNeeds, slack_surface
from tests.fakes.clock import FixedIds
from tests.fakes.slack.fake import FakeMessage, FakeSlack, fake_slack
from tests.fakes.stage import FIX, HELLO, POLICY, VAULT_KEY, Stage, rules, stage

PATIENCE = 15.0
_LOOK_EVERY = 0.01
_MOMENT = timedelta(seconds=0.1)
CHANNEL = "C1"
STRANGER = "UNEW"
FIX_FROM_MESSAGE = replace(FIX, inputs=(InputSpec(name="context"),))
ACCOUNTS = {
    "developer": "UDEV",
    "reviewer": "UREV",
    "second": "USEC",
    "viewer": "UVIEW",
    "admin": "UADM",
}


@dataclass
class SlackStage:
    """Slack with its people, and the core behind it."""

    slack: FakeSlack
    stage: Stage
    surface: Surface

    async def until(self, look: Callable[[], Any], *, what: str = "") -> Any:
        """What `look` gives once it is true; what is due is told and shown meanwhile."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while not (found := look()):  # Slack's side changes unheard
                    await self.goes_on()
                    await asyncio.sleep(_LOOK_EVERY)
                return found
        said = [text_of(each)[:500] for each in self.slack.messages(CHANNEL)]
        private = [text_of(each)[:500] for each in self.slack.world.unseen]
        raise AssertionError((what, said, private))

    async def goes_on(self) -> None:
        """Tell what is due, and let the sweeps tick once; a moment passes, for Slack's limits."""
        self.stage.clock.advance(_MOMENT)
        await self.stage.settle()
        for _, sweep in self.surface.sweeps.values():
            await sweep()

    async def connects(self) -> None:
        """Wait until Slack reaches the adapter again, and has sent anew what it had to."""
        if self.slack.by_socket:
            await self.until(lambda: len(self.slack.sockets.connections) > 1, what="connections")
        await self.slack.settles()
        await self.slack.redeliver(anyway=True)

    async def told(self, words: str, *, user: str = "UDEV", channel: str = CHANNEL) -> FakeMessage:
        """The newest private answer to a person, once it has these words."""

        def look() -> FakeMessage | None:
            said = self.slack.ephemerals(channel, user)
            return said[-1] if said and words in text_of(said[-1]) else None

        found: FakeMessage = await self.until(look, what=f"{words!r} to {user}")
        return found

    async def sees(self, words: str, *, channel: str = CHANNEL) -> FakeMessage:
        """The newest message of a channel that has these words, once there is one."""

        def look() -> FakeMessage | None:
            said = [each for each in self.slack.messages(channel) if words in text_of(each)]
            return said[-1] if said else None

        found: FakeMessage = await self.until(look, what=f"{words!r} in {channel}")
        return found

    async def shows(self, message: FakeMessage, name: str) -> None:
        """Wait until a message has this reaction alone."""
        reactions = self.slack.reactions
        await self.until(
            lambda: list(reactions(message.channel, message.ts)) == [name],
            what=f"{name} on {message.text!r}",
        )

    async def card(self, run: str = "R-1", *, channel: str = CHANNEL) -> FakeMessage:
        """The card of a run."""
        return await self.sees_first(run, channel=channel)

    async def sees_first(self, words: str, *, channel: str = CHANNEL) -> FakeMessage:
        """The oldest message of the bot that has these words."""

        def look() -> FakeMessage | None:
            said = (
                each
                for each in self.slack.messages(channel)
                if each.bot_id and words in text_of(each)
            )
            return next(said, None)

        found: FakeMessage = await self.until(look, what=words)
        return found


def text_of(message: FakeMessage) -> str:
    """All that a message says."""
    return f"{message.text}\n{json.dumps(message.blocks, ensure_ascii=False)}"


def slack_rules(*blueprints: Blueprint, policy: Policy = POLICY) -> Rules:
    """The usual people, known by their accounts in Slack."""
    persons = {
        name: Person(handle=name, email=f"{name}@shop.example", identities=(f"slack/T0001/{user}",))
        for name, user in ACCOUNTS.items()
    }
    persons["robots"] = Person(handle="robots", identities=("slack/T0001/workflow",))
    people = {**policy.people, "robots": Role.OPERATOR}
    return rules(*blueprints, policy=replace(policy, people=people, persons=persons))


def settings_for(slack: FakeSlack, way: str) -> Settings:
    """The settings of one way in."""
    return Settings(
        rehearsal=False,
        encryption_key=VAULT_KEY,
        slack_bot_token=slack.bot_token,
        slack_api_url=slack.api_url,
        slack_signing_secret=slack.signing_secret if way == "http" else "",
        slack_app_token=slack.app_token if way == "socket" else "",
    )


@asynccontextmanager
async def slack_stage(
    database: str, way: str, *, rules_: Rules | None = None
) -> AsyncIterator[SlackStage]:
    """A workspace with people in one channel; `way` is socket or http."""
    async with (
        slack_people(database, rules_=rules_) as (theatre, slack),
        slack_open(theatre, slack, settings_for(slack, way)) as opened,
    ):
        yield opened


@asynccontextmanager
async def slack_people(
    database: str, *, rules_: Rules | None = None
) -> AsyncIterator[tuple[Stage, FakeSlack]]:
    """The workspace while the adapter is not at work yet."""
    async with (
        stage(database, rules_=rules_ or slack_rules(FIX_FROM_MESSAGE, HELLO)) as theatre,
        fake_slack(theatre.clock) as slack,
    ):
        for name, user in ACCOUNTS.items():
            slack.add_user(user, name=name, email=f"{name}@shop.example")
        slack.add_user(STRANGER, name="newcomer")
        slack.add_channel(CHANNEL, members=[*ACCOUNTS.values(), STRANGER])
        yield theatre, slack


@asynccontextmanager
async def slack_open(
    theatre: Stage, slack: FakeSlack, settings: Settings
) -> AsyncIterator[SlackStage]:
    """The adapter at work on a stage; it can be closed and opened again, as by a restart."""
    needs = SlackNeeds(
        settings=settings,
        store=theatre.store,
        rules=lambda: theatre.rules,
        vault=theatre.vault,
        requests=theatre.dispatcher,
        ids=FixedIds(),
        clock=theatre.clock,
        admissions=theatre.admissions,
        late_answers=theatre.late_answers,
        files=theatre.files,
        tell_members=lambda members: _raise(theatre, members),
    )
    async with slack_surface(needs) as surface, serving(surface) as address:
        theatre.messengers |= surface.messengers
        theatre.etiquettes |= surface.etiquettes
        opened = SlackStage(slack, theatre, surface)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_whole(task)) for task in surface.tasks]
            if settings.slack_app_token:
                slack.deliver_over_socket()
                await opened.until(lambda: len(slack.sockets.connections) > 1, what="connections")
            else:
                slack.deliver_over_http(f"{address}/slack/events")
            yield opened
            for task in tasks:
                task.cancel()


def _raise(theatre: Stage, members: Members) -> None:
    raised = theatre.rules.policy.raised(members)
    theatre.rules = replace(theatre.rules, policy=raised)


async def _whole(task: Callable[[], Any]) -> None:
    await task()


@asynccontextmanager
async def serving(surface: Surface) -> AsyncIterator[str]:
    """The address at which the surface's routes are served."""

    async def ready() -> bool:
        return True

    app = build_app(surface.routers, FixedIds(), ready=ready)
    with TemporaryDirectory() as folder:
        async with serve(
            app, Path(folder), host="127.0.0.1", port=0, closing=asyncio.Event()
        ) as address:
            yield address
