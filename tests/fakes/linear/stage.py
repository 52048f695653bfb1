"""The stage of the dialogues with Linear on it: the real core, the real adapter, the stand-in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from fastapi import FastAPI

from adapters.artifact_folder import ArtifactFolder
from adapters.linear.assembly import Core, Linear, put_together
from adapters.linear.auth import FixedToken
from adapters.linear.budget import Budget
from adapters.linear.transport import Transport
from adapters.transcript import TranscriptMessenger
from bot.dispatch.dispatcher import Dispatcher
from bot.domain.blueprint import Timeouts
from bot.domain.issue_state import Moment
from bot.domain.person import Person
from bot.domain.policy import Policy
from bot.notifier import Notifier
from bot.ports.tracker import Tracker
from commands import COMMANDS
from storage.stores import open_store
from tests.fakes.clock import FakeClock, FixedIds
from tests.fakes.linear.server import FakeLinear, fake_linear
from tests.fakes.linear.world import Comment, Session, World
from tests.fakes.stage import FIX, HELLO, POLICY, Runner, Stage, rules

_PATIENT = Timeouts(idle=timedelta(hours=3), quiet=timedelta(hours=3))
ENG_FIX = replace(FIX, match={"team": "ENG"}, timeouts=_PATIENT)


def linear_policy(world: World) -> Policy:
    """The stage's people as Linear knows them: ana develops, ben reviews; eve is a stranger."""
    known = {"developer": "ana", "reviewer": "ben"}
    persons = {
        handle: Person(
            handle=handle,
            email=world.users[name].email,
            identities=(f"linear/{world.organization}/{world.users[name].id}",),
        )
        for handle, name in known.items()
    }
    return replace(
        POLICY,
        persons=persons,
        issue_states={"ENG": {Moment.PR_OPENED: "In Review", Moment.MERGED: "Done"}},
    )


@dataclass
class LinearStage:
    """A stage, the stand-in beside it, and our adapter between them."""

    stage: Stage
    linear: FakeLinear
    ours: Linear
    http: httpx.AsyncClient

    async def settles(self) -> None:
        """Everything that is on its way arrives, and everything due is told."""
        hooks = self.linear.hooks
        await self.ours.inbox.settle()
        await self.stage.settle()
        while hooks.queue:
            await hooks.deliver()
            await self.ours.inbox.settle()
            await self.stage.settle()

    async def passes(self, runner: Runner | None = None, **time: float) -> None:
        """Time goes by in small steps, as the sweeps tick; `runner` renews its lease."""
        until = self.stage.clock.now() + timedelta(**time)
        while self.stage.clock.now() < until:
            step = min(timedelta(seconds=20 if runner else 60), until - self.stage.clock.now())
            await self.stage.passes(seconds=step.total_seconds())
            if runner:
                await runner.orders()
            await self.linear.hooks.retry()
            await self.ours.inbox.sweep()
            await self.ours.inbox.settle()
            await self.ours.keep_alive.sweep()
            await self.settles()

    def said(self, session: Session) -> list[str]:
        """What stands in a session: the type of each activity and its words."""
        return [
            f"{act.content['type']}: {act.content.get('body') or act.content.get('parameter')}"
            for act in session.activities
        ]

    def comments(self) -> list[Comment]:
        """The comments of the app that mirror no activity."""
        return [
            comment
            for comment in self.linear.world.comments.values()
            if comment.user.app and not comment.session
        ]


@asynccontextmanager
async def linear_stage(database: str) -> AsyncIterator[LinearStage]:
    """An open stage over the store at an address, with Linear's webhooks connected."""
    clock = FakeClock()
    async with open_store(database, clock) as store:
        with TemporaryDirectory() as folder:
            async with fake_linear(clock) as linear, httpx.AsyncClient(trust_env=False) as http:
                chosen = rules(ENG_FIX, HELLO, policy=linear_policy(linear.world))
                messengers = {
                    name: TranscriptMessenger(store, name) for name in ("console", "slack")
                }
                files = ArtifactFolder(Path(folder))
                stage = Stage(store, clock, chosen, dict(messengers), files)
                yield await _connect(stage, linear, http)


async def _connect(stage: Stage, linear: FakeLinear, http: httpx.AsyncClient) -> LinearStage:
    transport = Transport(
        http,
        FixedToken(linear.tokens.api_key),
        url=linear.url,
        budget=Budget(stage.clock),
    )
    trackers: dict[str, Tracker] = {}
    stage.dispatcher = Dispatcher(
        stage.store,
        COMMANDS,
        rules=lambda: stage.rules,
        ids=FixedIds(),
        vault=stage.vault,
        files=stage.files,
        trackers=trackers,
        admissions=stage.admissions,
    )
    core = Core(
        store=stage.store,
        requests=stage.dispatcher,
        rules=lambda: stage.rules,
        clock=stage.clock,
        run_page=lambda run: f"https://bot.test/runs/{run}",
    )
    ours = put_together(core, transport, webhook_secret=linear.hooks.secret)
    trackers["linear"] = ours.tracker
    stage.messengers = {**stage.messengers, "linear": ours.messenger}
    stage.notifier = Notifier(
        stage.store, stage.messengers, rules=lambda: stage.rules, etiquettes=stage.etiquettes
    )
    app = FastAPI()
    app.include_router(ours.router)
    door = httpx.AsyncClient(transport=httpx.ASGITransport(app=app))
    linear.hooks.connect(door, "http://bot.test/linear/webhook")
    return LinearStage(stage, linear, ours, door)
