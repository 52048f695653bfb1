"""A real bot with Linear: from the mention to the end, killed on its way; and its secrets."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.linear.server import FakeLinear, fake_linear
from tests.fakes.linear.world import Session
from tests.fakes.real_bot import RealBot, wait_for

KEY = "c2lnbmFsYm94LWxpbmVhci10ZXN0LWtleS0zMi1ieXQ="
SCRIPT = 'echo "issue $SIGNALBOX_ISSUE"; env; sleep 2; echo done'


@asynccontextmanager
async def deployed(linear: FakeLinear, data: Path) -> AsyncIterator[RealBot]:
    """A bot that is no rehearsal, with ana of Linear as its developer."""
    world = linear.world
    ana = world.users["ana"]
    policy = {
        "schema": "signalbox/policy/v1",
        "people": {
            "developer": {
                "role": "operator",
                "email": ana.email,
                "identities": [f"linear/{world.organization}/{ana.id}"],
            },
            "admin": "admin",
        },
        "fallback_owner": "admin",
    }
    blueprint = {
        "schema": "signalbox/blueprint/v1",
        "name": "fix",
        "profile": "agent",
        "title": "Fix it",
        "project": "shop",
        "command": ["/bin/sh", "-c", SCRIPT],
        "match": {"team": "ENG"},
        "retry_safe": True,
    }
    (data / "blueprints").mkdir(parents=True)
    (data / "policy.yaml").write_text(json.dumps(policy))
    (data / "blueprints" / "fix.yaml").write_text(json.dumps(blueprint))
    settings = {
        "SIGNALBOX_LINEAR_API_URL": linear.url,
        "SIGNALBOX_LINEAR_CLIENT_ID": linear.tokens.client,
        "SIGNALBOX_LINEAR_CLIENT_SECRET": linear.tokens.client_secret,
        "SIGNALBOX_LINEAR_WEBHOOK_SECRET": linear.hooks.secret,
        "SIGNALBOX_ENCRYPTION_KEY": KEY,
    }
    bot = RealBot(data, settings)
    try:
        await start(linear, bot)
        yield bot
    finally:
        if bot.process is not None:
            await asyncio.to_thread(bot.stop)


async def start(linear: FakeLinear, bot: RealBot) -> None:
    await asyncio.to_thread(bot.start)
    address = (bot.data / "address").read_text().strip()
    linear.hooks.connect(httpx.AsyncClient(trust_env=False), f"{address}/linear/webhook")


def ended(session: Session) -> bool:
    return any(said.content["type"] == "response" for said in session.activities)


@pytest.fixture
async def linear() -> AsyncIterator[FakeLinear]:
    async with fake_linear(FakeClock(datetime.now(UTC))) as opened:
        yield opened


async def test_from_the_mention_to_the_end_without_a_secret_anywhere(
    linear: FakeLinear, tmp_path: Path
) -> None:
    issue = linear.world.add_issue("Checkout rounds down", description="By half a cent.")
    async with deployed(linear, tmp_path / "data") as bot:
        session = linear.people.mentions_app(issue)
        await linear.hooks.deliver()
        assert [delivery.answers for delivery in linear.hooks.sent] == [[200], [200]]
        await asyncio.to_thread(wait_for, lambda: ended(session), what="the end")
        assert issue.state.name == "In Progress"
        log = bot.log()
    secrets = [linear.tokens.client_secret, linear.hooks.secret, *linear.tokens.access]
    kept = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert len(kept) > 5
    for secret in secrets:
        assert secret not in log
        for path in kept:
            assert secret.encode() not in path.read_bytes(), path


async def test_killed_on_its_way_everything_is_told_once(
    linear: FakeLinear, tmp_path: Path
) -> None:
    issue = linear.world.add_issue("Checkout rounds down")
    async with deployed(linear, tmp_path / "data") as bot:
        session = linear.people.mentions_app(issue)
        await linear.hooks.deliver()
        await asyncio.to_thread(bot.kill)
        await start(linear, bot)
        await asyncio.to_thread(wait_for, lambda: ended(session), what="the end")
    said = [json.dumps(dict(said.content)) for said in session.activities]
    assert len(said) == len(set(said))
    assert sum('"response"' in words for words in said) == 1
