"""Fetching the files that were made for people of the console."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from adapters.artifact_folder import ArtifactFolder
from adapters.web.app import build_app
from adapters.web.console_api import ConsoleAccess
from adapters.web.downloads import Downloads
from bot.domain.catalog import Catalog
from bot.domain.export import ExportFile
from bot.domain.policy import Policy
from bot.services.rules import Rules
from storage.sqlite_store import SqliteStore
from tests.adapters.console_world import CountedIds, RealClock

CONTENT = b"key,title\r\nR-1,Fix\r\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
TOKEN = {"Authorization": "Bearer secret"}


async def _ready() -> bool:
    return True


async def _whole() -> AsyncIterator[bytes]:
    yield CONTENT


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[FastAPI]:
    store = SqliteStore(tmp_path / "signalbox.db", RealClock())
    await store.open()
    artifacts = ArtifactFolder(tmp_path / "artifacts")
    await artifacts.put(SHA256, _whole(), size=len(CONTENT))
    file = ExportFile(name="runs.csv", size=len(CONTENT), sha256=SHA256)
    await store.write(lambda tx: tx.exports.add("ana", file))
    downloads = Downloads(
        store=store,
        artifacts=artifacts,
        access=ConsoleAccess(token="secret", rehearsal=True),
        rules=lambda: Rules(policy=Policy(), catalog=Catalog()),
    )
    yield build_app([downloads.router()], CountedIds(), ready=_ready)
    await store.close()


async def fetch(app: FastAPI, sha256: str, *, who: str, headers: dict[str, str]) -> httpx.Response:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.get(
            f"/console/v1/artifacts/{sha256}", params={"as": who}, headers=headers
        )


async def test_a_file_is_fetched_whole_by_whom_it_was_made_for(app: FastAPI) -> None:
    answer = await fetch(app, SHA256, who="ana", headers=TOKEN)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="runs.csv"'
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("sha256", "who"), [(SHA256, "ben"), ("0" * 64, "ana"), ("..%2f..%2fpolicy.yaml", "ana")]
)
async def test_nobody_else_finds_it(app: FastAPI, sha256: str, who: str) -> None:
    assert (await fetch(app, sha256, who=who, headers=TOKEN)).status_code == 404


async def test_it_needs_the_consoles_token(app: FastAPI) -> None:
    assert (await fetch(app, SHA256, who="ana", headers={})).status_code == 401
