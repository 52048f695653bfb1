"""Webhooks: signed or refused, taken once, and never believed."""

import hashlib
import hmac
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.github.webhook import GitHubWebhook, is_signed
from adapters.web.app import build_app
from bot.domain.pull_request import PullRequest, PullState
from bot.ports.store import Store, Tx
from storage.stores import store_at
from tests.contract.rows import add_run
from tests.fakes.clock import NOON, FakeClock, FixedIds
from tests.fakes.github.state import PAYLOADS, Delivery, GitHubState

SHOP = "acme/shop"


@dataclass
class Door:
    """The webhook's route over a store that knows one pull request."""

    store: Store
    http: httpx.AsyncClient
    github: GitHubState

    async def gets(self, delivery: Delivery) -> tuple[int, Any]:
        """Deliver it; the answer."""
        answer = await self.http.post(
            "/github/webhook", content=delivery.body, headers=delivery.headers
        )
        return answer.status_code, answer.json()

    async def due_at(self) -> datetime | None:
        """When the pull request is looked at."""
        pull = await self.store.read(lambda tx: tx.pull_requests.find(1))
        assert pull is not None
        return pull.due_at


async def _ready() -> bool:
    return True


@pytest.fixture
async def door(database: str, tmp_path: Path) -> AsyncIterator[Door]:
    clock = FakeClock()
    github = GitHubState(tmp_path, clock)
    store = store_at(database, clock)
    await store.open()

    def begin(tx: Tx) -> None:
        add_run(tx)
        tx.pull_requests.create(
            PullRequest(
                id=0,
                run_id=1,
                surface="github",
                repository="Acme/Shop",
                branch="b",
                commit="c",
                state=PullState.OPEN,
                number=7,
                told=1,
                wanted_at=NOON,
                due_at=None,
            )
        )

    await store.write(begin)
    webhook = GitHubWebhook(
        store=store, secret=github.secret, surface="github", own_login=lambda: "us[bot]"
    )
    app = build_app([webhook.router()], FixedIds(), ready=_ready)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        yield Door(store, http, github)
    await store.close()


def about(github: GitHubState, number: int = 7, **changes: Any) -> Delivery:
    """A signed delivery about a pull request."""
    payload = json.loads((PAYLOADS / "github.pull_request.closed.json").read_bytes())
    payload["pull_request"]["number"] = payload["number"] = number
    payload["repository"]["full_name"] = SHOP
    return github.sign("pull_request", payload | changes)


def test_the_signature_is_that_of_the_documentation() -> None:
    known = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    secret = "It's a Secret to Everybody"
    assert is_signed(b"Hello, World!", f"sha256={known}", secret)
    assert not is_signed(b"Hello, World?", f"sha256={known}", secret)
    assert not is_signed(b"Hello, World!", known, secret)
    assert not is_signed(b"", "sha256=" + hmac.new(b"", b"", hashlib.sha256).hexdigest(), "")


@pytest.mark.parametrize("kind", ["json", "form"])
async def test_a_delivery_makes_us_look_once(door: Door, kind: str) -> None:
    door.github.form = kind == "form"
    delivery = about(door.github)
    assert await door.gets(delivery) == (200, {"taken": True})
    assert await door.due_at() == NOON
    assert await door.gets(delivery) == (200, {"taken": False})
    assert await door.gets(about(door.github)) == (200, {"taken": True})


async def test_what_concerns_nobody_here_has_no_effect(door: Door) -> None:
    github = door.github
    own = {"login": "us[bot]", "type": "Bot"}
    for delivery in (
        github.ping(),
        github.sign("check_run", {"action": "completed"}),
        github.sign("never_heard_of", {}),
        about(github, number=8),
        about(github, repository={"full_name": "acme/other"}),
        about(github, sender=own),
    ):
        assert await door.gets(delivery) == (200, {"taken": False})
    assert await door.due_at() is None
    person = {"login": "us[bot]", "type": "User"}
    assert await door.gets(about(github, sender=person)) == (200, {"taken": True})


async def test_every_example_of_github_is_read(door: Door) -> None:
    for file in sorted(PAYLOADS.glob("*.json")):
        delivery = door.github.sign("pull_request", json.loads(file.read_bytes()))
        assert await door.gets(delivery) == (200, {"taken": False})
    assert await door.due_at() is None


async def test_what_is_not_signed_is_refused(door: Door) -> None:
    good = about(door.github)
    bare = {k: v for k, v in good.headers.items() if k != "X-Hub-Signature-256"}
    for bad in (
        replace(good, headers=bare),
        replace(good, body=good.body + b" "),
        replace(good, headers={**good.headers, "X-Hub-Signature-256": "sha256=é".encode()}),  # type: ignore[dict-item]
        replace(good, headers={**good.headers, "X-Hub-Signature-256": "sha1=" + "0" * 40}),
    ):
        assert (await door.gets(bad))[0] == 401
    assert await door.due_at() is None


async def test_what_is_signed_and_no_delivery_is_refused(door: Door) -> None:
    github = door.github
    good = about(github)
    wrong = [
        replace(good, headers={**good.headers, "X-GitHub-Delivery": ""}),
        replace(good, headers={**good.headers, "X-GitHub-Delivery": "x" * 101}),
        replace(good, headers={**good.headers, "X-GitHub-Event": ""}),
        github.sign("pull_request", {}),
        about(github, pull_request={"number": True}),
        about(github, pull_request={"number": 1 << 40}),
        about(github, repository={"full_name": "shop"}),
    ]
    wrong += [signed(github, body) for body in (b"", b"[]", b"\xff\xfe", b"[" * 100_000)]
    for delivery in wrong:
        assert (await door.gets(delivery))[0] == 400
    assert await door.due_at() is None


async def test_a_thousand_mangled_bodies_have_no_effect(door: Door) -> None:
    good, chance = about(door.github), random.Random(5)
    for _ in range(1_000):
        body = bytearray(good.body)
        for _ in range(chance.randint(1, 9)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        body = body[: chance.randrange(1, len(body))] if chance.random() < 0.3 else body
        if bytes(body) != good.body:
            assert (await door.gets(replace(good, body=bytes(body))))[0] == 401
    assert await door.due_at() is None


async def test_mangled_bodies_that_are_signed_never_break_it(door: Door) -> None:
    good, chance = about(door.github), random.Random(6)
    for _ in range(200):
        body = bytearray(good.body)
        for _ in range(chance.randint(1, 30)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        status, _ = await door.gets(signed(door.github, bytes(body)))
        assert status in {200, 400}


async def test_a_body_larger_than_githubs_bound_is_refused(door: Door) -> None:
    status, _ = await door.gets(signed(door.github, b"x" * (25 * 1024 * 1024 + 1)))
    assert status == 413


def signed(github: GitHubState, body: bytes) -> Delivery:
    """Any bytes, signed."""
    delivery = about(github)
    signature = hmac.new(github.secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {**delivery.headers, "X-Hub-Signature-256": f"sha256={signature}"}
    return Delivery(headers, body)
