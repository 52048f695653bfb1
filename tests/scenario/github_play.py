"""A stage beside GitHub: what runners push there, and what people do with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from adapters.commit_checks import CommitCheckWorker
from adapters.github.webhook import GitHubWebhook
from adapters.pull_requests import PullRequestWorker
from adapters.web.app import build_app
from bot.domain.blueprint import Blueprint
from bot.domain.events import EventType
from bot.domain.replay import replay
from bot.domain.repository import Hosting
from bot.domain.run import Run
from tests.adapters.github_world import SHOP, GitHubWorld, github_world
from tests.fakes.clock import FixedIds
from tests.fakes.github.server import github
from tests.fakes.github.state import Delivery
from tests.fakes.stage import FIX, HELLO, Runner, Stage, rules, stage, text_of


@dataclass
class Play:
    """A stage beside GitHub, with the worker and the webhook between them."""

    theatre: Stage
    github: GitHubWorld
    worker: PullRequestWorker
    checks: CommitCheckWorker
    http: httpx.AsyncClient

    async def claims(self, blueprint: str = "fix") -> Runner:
        """A run is asked for, claimed and started."""
        await self.theatre.says("developer", f"/run dispatch {blueprint}")
        return await (await self.theatre.claims()).starts()

    async def pushes(self, runner: Runner, text: str = "work") -> str:
        """The runner pushes a commit to the run's branch."""
        commit = self.github.state.commit(SHOP, runner.assignment.branch, text)
        await runner.reports("push", commit=commit, files=["a.py"])
        await runner.reports("pushed", commit=commit, branch=runner.assignment.branch)
        return commit

    async def opens(self, blueprint: str = "fix", status: str = "succeeded") -> Run:
        """A run that ended with a pull request."""
        runner = await self.claims(blueprint)
        await self.pushes(runner)
        await runner.ends(status)
        await self.works()
        return await self.run()

    async def works(self) -> None:
        """Everything due is done, and told."""
        while await self.worker.turn() or await self.checks.turn():
            pass
        await self.theatre.settle()

    async def hears(self, *deliveries: Delivery) -> None:
        """GitHub calls, and what follows is done."""
        for delivery in deliveries:
            answer = await self.http.post(
                "/github/webhook", content=delivery.body, headers=delivery.headers
            )
            assert answer.status_code == 200
        await self.works()

    async def passes(self, **time: float) -> None:
        """Time goes by while the worker goes on."""
        self.theatre.clock.advance(timedelta(**time))
        await self.works()

    async def run(self, number: int = 1) -> Run:
        """The run as it stands; what its events say is the same."""
        run, events = await self.theatre.store.read(
            lambda tx: (tx.runs.load(number), tx.runs.events(number))
        )
        replayed = replay(events)
        assert (replayed.status, replayed.disposition) == (run.status, run.disposition)
        assert max(replayed.jobs.items())[1].phase == run.phase
        return run

    async def words(self) -> str:
        """All that was told."""
        return "\n".join(text_of(message) for message in await self.theatre.told())

    async def count(self, kind: EventType) -> int:
        """How often something has happened."""
        return len(await self.theatre.store.read(lambda tx: tx.runs.events_of(1, kind)))


async def _ready() -> bool:
    return True


def _on(address: str, blueprint: Blueprint, **changes: Any) -> Blueprint:
    return replace(blueprint, repositories=(address,), **{"gates": (), **changes})


def _play(theatre: Stage, world: GitHubWorld) -> Play:
    webhook = GitHubWebhook(
        store=theatre.store, secret=world.state.secret, surface="github", own_login=lambda: ""
    )
    app = build_app([webhook.router()], FixedIds(), ready=_ready)
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost")
    worker = PullRequestWorker(theatre.store, world.host, link=_link)
    checks = CommitCheckWorker(theatre.store, world.host, link=_link)
    return Play(theatre, world, worker, checks, http)


def _link(key: str) -> str:
    return f"https://signalbox.test/runs/{key}"


@asynccontextmanager
async def github_play(database: str, folder: Path, *, kind: str = "app") -> AsyncIterator[Play]:
    async with stage(database) as theatre:
        with github(folder, theatre.clock) as fake:
            address = fake.clone_url(SHOP)
            blueprints = [
                _on(address, FIX, name="fix"),
                _on(address, HELLO, name="agent"),
                _on("/remotes/shop.git", FIX, name="local"),
            ]
            hosting = Hosting(surface="github", host=fake.host)
            theatre.rules = replace(rules(*blueprints), hosting=hosting)
            async with github_world(fake, theatre.clock, kind=kind) as world:
                yield _play(theatre, world)
