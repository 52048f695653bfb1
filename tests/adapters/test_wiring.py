"""What the surfaces are given by the wiring."""

from pathlib import Path

import httpx
import pytest

from bot.config import load_settings
from bot.wiring import running
from bot.wiring.parts import run_url


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
