"""What the surfaces are given by the wiring."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from bot.config import Settings, load_settings
from bot.ports.store import Tx
from bot.wiring import running
from bot.wiring.parts import run_url
from tests.fakes.clock import FakeClock
from tests.fakes.linear.door import VAULT_KEY
from tests.fakes.linear.server import FakeLinear, fake_linear


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, "http://127.0.0.1:8321/runs/R-81"),
        ({"HOST": "::1", "PORT": "9"}, "http://[::1]:9/runs/R-81"),
        ({"PUBLIC_URL": "https://bot.example/"}, "https://bot.example/runs/R-81"),
        ({"HOST": "0.0.0.0"}, ""),
        ({"GITHUB_TOKEN": "x"}, ""),
        ({"LINEAR_TOKEN": "x", "PUBLIC_URL": "https://b.example"}, "https://b.example/runs/R-81"),
    ],
)
def test_a_run_has_an_address_where_people_can_open_it(
    tmp_path: Path, environment: dict[str, str], url: str
) -> None:
    settings = load_settings(
        {f"SIGNALBOX_{name}": value for name, value in environment.items()}, folder=tmp_path
    )
    assert run_url(settings, "R-81") == url


async def test_a_whole_bot_serves_its_chat_and_leads_to_its_runs(tmp_path: Path) -> None:
    environment = {"DATA_DIR": str(tmp_path / "data"), "PORT": "0", "SLOTS": "0"}
    settings = load_settings(
        {f"SIGNALBOX_{name}": value for name, value in environment.items()}, folder=tmp_path
    )
    async with running(settings) as bot, httpx.AsyncClient(base_url=bot.address) as client:
        assert (await client.get("/readyz")).status_code == 200
        led = await client.get("/runs/R-1")
        assert led.headers["location"] == "/chat/runs/R-1"
        assert (await client.get(bot.sign_in)).status_code == 200


async def test_linear_is_let_in_by_a_browser_and_taken_out_again(tmp_path: Path) -> None:
    async with fake_linear(FakeClock(datetime.now(UTC))) as linear:
        linear.tokens.by_credentials = False
        settings = replace(_settings(tmp_path, linear), linear_webhook_secret=linear.hooks.secret)
        async with running(settings) as bot, httpx.AsyncClient(base_url=bot.address) as browser:
            linear.hooks.connect(
                httpx.AsyncClient(trust_env=False), f"{bot.address}/linear/webhook"
            )
            at_linears = (await browser.get("/linear/install")).headers
            cookie = at_linears["Set-Cookie"].partition(";")[0]
            agreed = await browser.get(at_linears["Location"])
            back = agreed.headers["Location"].removeprefix("https://bot.test")
            done = await browser.get(back, headers={"Cookie": cookie})
            assert (done.status_code, "is in Linear now" in done.text) == (200, True)
            assert (await browser.get("/static/base.css")).status_code == 200
            linear.clock.advance(datetime.now(UTC) - linear.clock.now())
            linear.tokens.revoke_all()
            linear.people.revokes_app()
            await linear.hooks.deliver()
            async with asyncio.timeout(60):
                while await bot.store.read(_linear_token) is not None:  # noqa: ASYNC110  # no topic tells of tokens
                    await asyncio.sleep(0.02)
            assert linear.tokens.grants == ["authorization_code"]


async def test_with_a_fixed_token_nothing_is_to_be_installed(tmp_path: Path) -> None:
    async with fake_linear(FakeClock(datetime.now(UTC))) as linear:
        settings = replace(_settings(tmp_path, linear), linear_token=linear.tokens.api_key)
        async with running(settings) as bot, httpx.AsyncClient(base_url=bot.address) as browser:
            assert (await browser.get("/linear/install")).status_code == 404


def _settings(folder: Path, linear: FakeLinear) -> Settings:
    (folder / "blueprints").mkdir()
    (folder / "policy.yaml").write_text("schema: signalbox/policy/v1\npeople: {ana: admin}\n")
    environment = {
        "DATA_DIR": str(folder),
        "PORT": "0",
        "SLOTS": "0",
        "PUBLIC_URL": "https://bot.test",
        "ENCRYPTION_KEY": VAULT_KEY,
        "LINEAR_CLIENT_ID": linear.tokens.client,
        "LINEAR_CLIENT_SECRET": linear.tokens.client_secret,
        "LINEAR_API_URL": linear.url,
    }
    return load_settings(
        {f"SIGNALBOX_{name}": value for name, value in environment.items()}, folder=folder
    )


def _linear_token(tx: Tx) -> str | None:
    return tx.tracker_tokens.find("linear")
