"""The page that every surface links to: into the chat, or a few words that tell nothing."""

import httpx
import pytest
from fastapi import FastAPI

from adapters.web.run_page import run_page_router


async def fetch(path: str, *, chat: bool) -> httpx.Response:
    app = FastAPI()
    app.include_router(run_page_router(chat=chat))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot.example") as client:
        return await client.get(path)


async def test_in_a_rehearsal_it_leads_into_the_chat() -> None:
    answer = await fetch("/runs/R-81", chat=True)
    assert answer.status_code == 307
    assert answer.headers["location"] == "/chat/runs/R-81"


async def test_elsewhere_it_says_the_same_of_every_run() -> None:
    one, other = await fetch("/runs/R-81", chat=False), await fetch("/runs/r-7", chat=False)
    assert one.status_code == other.status_code == 200
    assert "/run show R-81" in one.text
    assert one.text.replace("R-81", "R-7") == other.text
    assert (await fetch("/static/chat.css", chat=False)).status_code == 200


@pytest.mark.parametrize("chat", [True, False])
@pytest.mark.parametrize(
    "key", ["81", "R-0", "R-", "R-81.1", "<b>", "R-1%0d%0aX: y", "R-" + "9" * 30]
)
async def test_what_is_no_key_leads_nowhere(key: str, *, chat: bool) -> None:
    answer = await fetch(f"/runs/{key}", chat=chat)
    assert answer.status_code == 404
    assert "location" not in answer.headers
    assert "<b>" not in answer.text
