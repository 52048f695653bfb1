"""What the doctor says of GitHub."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from adapters.github.auth import Auth, TokenAuth
from adapters.github.doctor import Identity, Repositories, Webhook
from bot.domain.errors import UserError
from bot.ports.doctor import Finding, Level
from tests.adapters.github_world import SHOP, GitHubWorld, github_world
from tests.adapters.test_github_webhook import Door, door
from tests.fakes.clock import FakeClock
from tests.fakes.github.server import GitHub, github

__all__ = ["door"]


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[GitHub]:
    with github(tmp_path / "github", FakeClock()) as running:
        yield running


@pytest.fixture
async def app(fake: GitHub) -> AsyncIterator[GitHubWorld]:
    async with github_world(fake, FakeClock()) as world:
        yield world


def levels(findings: tuple[Finding, ...]) -> list[tuple[str, Level]]:
    return [(finding.checked, finding.level) for finding in findings]


async def identity(world: GitHubWorld, auth: Auth | None, token: str = "") -> tuple[Finding, ...]:
    given = (lambda: auth) if auth else None
    look = Identity(client=world.client, auth=given, token=token, clock=world.clock)
    findings = await look()
    return tuple(finding for finding in findings if finding.checked != "clock")


async def test_who_we_are_and_what_an_app_lacks(app: GitHubWorld) -> None:
    found = await identity(app, app.auth)
    assert levels(found) == [("app", Level.OK), ("permissions", Level.OK)]
    assert app.state.app is not None
    app.state.app.permissions |= {"contents": "read", "checks": "none"}
    app.client._known.clear()
    found = await identity(app, app.auth)
    assert levels(found)[1:] == [("permissions", Level.ERROR), ("permissions", Level.WARNING)]
    assert "cannot push branches" in found[1].found
    assert levels(await identity(app, None)) == [("token", Level.NOT_SET_UP)]


async def test_whose_a_token_is(app: GitHubWorld) -> None:
    token = app.state.add_token(SHOP)
    (found,) = await identity(app, TokenAuth(token), token)
    assert (found.level, found.found) == (Level.OK, "It is octocat's token.")
    with pytest.raises(UserError, match="does not accept our token"):
        await identity(app, TokenAuth("x"), "x")


async def test_every_repository_of_ours_is_looked_at(app: GitHubWorld) -> None:
    addresses = (app.fake.clone_url(SHOP), app.fake.clone_url("acme/other"), "/remotes/x.git")
    look = Repositories(
        client=app.client, auth=lambda: app.auth, host=app.fake.host, addresses=lambda: addresses
    )
    assert levels(await look()) == [(SHOP, Level.OK), ("acme/other", Level.ERROR)]
    reader = TokenAuth(app.state.add_token(SHOP, permissions={"contents": "read"}))
    only = Repositories(
        client=app.client, auth=lambda: reader, host=app.fake.host, addresses=lambda: addresses[:1]
    )
    app.client._known.clear()
    assert levels(await only()) == [(SHOP, Level.ERROR)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_our_own_door_is_tried(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def look(**changes: object) -> Webhook:
        given = {"is_set_up": True, "secret": door.github.secret, "bot_address": lambda: ""}
        return Webhook(**{**given, **changes})  # type: ignore[arg-type]

    assert await look(is_set_up=False)() == ()
    assert levels(await look(secret="")()) == [("webhook", Level.WARNING)]
    assert levels(await look()()) == [("webhook", Level.WARNING)]
    transport, real = door.http._transport, httpx.AsyncClient
    monkeypatch.setattr(
        httpx, "AsyncClient", lambda **_: real(transport=transport, base_url="http://localhost")
    )
    address = lambda: "http://localhost"  # noqa: E731  # one line says it all
    assert levels(await look(bot_address=address)()) == [("webhook", Level.OK)]
    wrong = look(secret="another", bot_address=address)
    assert levels(await wrong()) == [("webhook", Level.ERROR)]
