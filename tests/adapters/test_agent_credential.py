"""The agent API hands out what opens a repository: to its job alone, and to push only by leave."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from adapters.artifact_folder import ArtifactFolder
from adapters.web.agent_api import AgentApi
from adapters.web.app import build_app
from bot.domain.errors import NotFoundError, UnavailableError
from bot.ports.code_host import Credential
from tests.fakes.clock import FixedIds
from tests.fakes.stage import FIX, PLAN, Runner, Stage, rules, stage

REPOSITORY = "https://github.test/acme/shop.git"


@dataclass
class Desk:
    """A running job and the API that its runner calls."""

    theatre: Stage
    runner: Runner
    http: httpx.AsyncClient
    granted: list[tuple[str, bool]]

    async def asks(
        self, repository: str = REPOSITORY, *, push: bool = False, token: str = ""
    ) -> tuple[int, object]:
        """Ask as the runner does; status and answer."""
        answer = await self.http.get(
            f"/agent/v1/jobs/{self.runner.assignment.job}/credential",
            params={"repository": repository, "push": int(push)},
            headers={"Authorization": f"Bearer {token or self.runner.assignment.token}"},
        )
        assert answer.status_code != 200 or answer.headers["cache-control"] == "no-store"
        return answer.status_code, answer.json()

    async def approves(self) -> None:
        """Somebody lets the newest gate pass."""
        await self.theatre.settle()
        await self.theatre.presses("reviewer", "Approve")


async def _ready() -> bool:
    return True


@pytest.fixture
async def desk(database: str, tmp_path: Path) -> AsyncIterator[Desk]:
    blueprint = replace(FIX, repositories=(REPOSITORY,))
    async with stage(database, rules_=rules(blueprint)) as theatre:
        await theatre.says("developer", "/run dispatch fix-rounding supervised")
        runner = await theatre.claims()
        granted: list[tuple[str, bool]] = []

        async def grant(address: str, *, push: bool) -> Credential | None:
            granted.append((address, push))
            return Credential(user="x-access-token", password="ghs_secret")

        api = AgentApi(
            store=theatre.store,
            rules=lambda: theatre.rules,
            artifacts=ArtifactFolder(tmp_path / "artifacts"),
            vault=theatre.vault,
            closing=asyncio.Event(),
            credential=grant,
        )
        app = build_app([api.router()], FixedIds(), ready=_ready)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            yield Desk(theatre, runner, http, granted)


GIVEN = (200, {"credential": {"user": "x-access-token", "password": "ghs_secret"}})


async def test_a_claim_may_read_its_own_repository(desk: Desk) -> None:
    assert await desk.asks() == GIVEN
    await desk.runner.starts()
    assert await desk.asks() == GIVEN
    assert desk.granted == [(REPOSITORY, False)] * 2
    assert (await desk.asks("https://github.test/acme/other.git"))[0] == 400
    assert (await desk.asks(""))[0] == 400
    assert (await desk.asks(token="wrong"))[0] == 409
    await desk.runner.ends()
    assert (await desk.asks())[0] == 409
    assert len(desk.granted) == 2


async def test_to_push_a_push_within_the_plan_is_needed(desk: Desk) -> None:
    runner = await desk.runner.starts()
    assert (await desk.asks(push=True))[0] == 400
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await desk.approves()
    assert (await desk.asks(push=True))[0] == 400
    await runner.reports("push", commit="abc", files=["shop/money.py"])
    assert await desk.asks(push=True) == GIVEN
    await desk.theatre.says("developer", "/run stop 1")
    assert (await desk.asks(push=True))[0] == 400
    assert (await desk.asks())[0] == 400
    assert desk.granted == [(REPOSITORY, True)]


async def test_to_push_outside_the_plan_people_must_let_it(desk: Desk) -> None:
    runner = await desk.runner.starts()
    await runner.reports("push", commit="abc", files=["secrets.py"])
    assert (await desk.asks(push=True))[0] == 400
    await desk.approves()
    assert await desk.asks(push=True) == GIVEN


async def test_leave_to_push_ends_with_the_claim(desk: Desk) -> None:
    runner = await desk.runner.starts()
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await desk.approves()
    await runner.reports("push", commit="abc", files=["shop/money.py"])
    question = {"prompt": "Which?", "fields": [{"name": "a", "label": "A", "type": "text"}]}
    asked = await runner.reports("question", name="which", form=question)
    await runner.reports("parked", gate=asked["gate"])
    await desk.theatre.says("developer", f"/run answer {asked['gate']} a=1")
    desk.runner = await (await desk.theatre.claims()).starts()
    assert await desk.asks() == GIVEN
    assert (await desk.asks(push=True))[0] == 400


async def test_what_the_host_says_reaches_the_runner(desk: Desk) -> None:
    errors = [NotFoundError("The App is not installed."), UnavailableError("away")]

    async def refuse(address: str, *, push: bool) -> Credential | None:
        del address, push
        raise errors.pop(0)

    api = AgentApi(
        store=desk.theatre.store,
        rules=lambda: desk.theatre.rules,
        artifacts=desk.theatre.files,
        vault=desk.theatre.vault,
        closing=asyncio.Event(),
        credential=refuse,
    )
    app = build_app([api.router()], FixedIds(), ready=_ready)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        desk.http = http
        assert await desk.asks() == (400, {"error": "The App is not installed."})
        assert (await desk.asks())[0] == 503
