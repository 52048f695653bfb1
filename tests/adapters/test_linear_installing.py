"""Installing by a browser: over Linear's page and back, and all that keeps it from that."""

import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from adapters.linear.auth import AppCredentials
from adapters.linear.client import LinearClient
from adapters.linear.identity import OurIdentity
from adapters.linear.installing import LinearInstalling
from adapters.linear.shelf import StoreShelf
from adapters.linear.tokens import SealedShelf, Tokens
from adapters.vault import FernetVault
from adapters.web.outbound import page
from bot.ports.store import Store
from bot.services.install_states import give_state
from storage.stores import store_at
from tests.fakes.clock import FixedIds
from tests.fakes.linear.door import VAULT_KEY, Door, open_door
from tests.fakes.linear.tokens import DAY
from tests.fakes.linear.world import fixed_id

BASE = "https://bot.test"


@dataclass
class Site:
    """Our pages, and a browser that has no cookie yet."""

    door: Door
    store: Store
    credentials: AppCredentials
    identity: OurIdentity
    client: LinearClient
    browser: httpx.AsyncClient

    async def begins(self) -> str:
        """Open our page; the address of Linear's."""
        answer = await self.browser.get("/linear/install")
        assert answer.status_code == 302
        return answer.headers["Location"]

    async def agrees(self, address: str) -> str:
        """Answer Linear's page; where it sends the browser back to."""
        answer = await self.door.http.get(address)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    async def installs(self) -> httpx.Response:
        """The whole way; our last page."""
        return await self.browser.get(await self.agrees(await self.begins()))

    async def kept(self) -> Tokens | None:
        return await self.credentials.kept()


def site_of(door: Door, store: Store, public_url: str = BASE) -> Site:
    desk = door.desk()
    credentials = AppCredentials(
        desk, SealedShelf(StoreShelf(store), FernetVault(VAULT_KEY)), door.clock
    )
    client = door.client(credentials)
    identity = OurIdentity(client, credentials)
    installing = LinearInstalling(
        store=store,
        ids=FixedIds(),
        desk=desk,
        credentials=credentials,
        identity=identity,
        client=client,
        client_of=door.client,
        public_url=public_url,
        page=page,
    )
    app = FastAPI()
    app.include_router(installing.router())
    browser = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE)
    return Site(door, store, credentials, identity, client, browser)


@pytest.fixture
async def site(blank: Path, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_door() as door:
        store = store_at(f"sqlite:///{shutil.copy(blank, tmp_path)}", door.clock)
        await store.open()
        site = site_of(door, store)
        async with site.browser:
            yield site
        await store.close()


async def test_an_admin_installs_it_by_a_browser(site: Site) -> None:
    address = await site.begins()
    asked = parse_qs(urlsplit(address).query)
    assert asked["actor"] == ["app"]
    assert asked["scope"] == ["read,write,app:assignable,app:mentionable"]
    assert asked["redirect_uri"] == [f"{BASE}/linear/oauth"]
    done = await site.browser.get(await site.agrees(address))
    assert done.status_code == 200
    assert "Signalbox is in Linear now" in done.text
    assert (await site.identity.viewer()).organization == site.door.linear.world.organization
    assert site.door.linear.tokens.grants == ["authorization_code"]


async def test_what_is_kept_is_sealed_and_renewed_before_its_end(site: Site) -> None:
    await site.installs()
    sealed = await site.store.read(lambda tx: tx.tracker_tokens.find("linear"))
    assert sealed
    assert "lin_" not in sealed
    for _ in range(3):
        site.door.clock.advance(DAY - timedelta(minutes=4))
        await site.client.viewer()
    assert site.door.linear.tokens.grants[1:] == ["refresh_token"] * 3
    kept = await site.kept()
    assert kept
    assert kept.installed
    assert "lin_" not in repr(kept)


async def test_the_cookie_is_for_this_page_and_no_script(site: Site) -> None:
    answer = await site.browser.get("/linear/install")
    cookie = answer.headers["Set-Cookie"].lower()
    for part in ("httponly", "secure", "samesite=lax", "path=/linear/oauth", "max-age=600"):
        assert part in cookie


async def test_a_state_counts_once(site: Site) -> None:
    back = await site.agrees(await site.begins())
    cookies = dict(site.browser.cookies)
    assert (await site.browser.get(back)).status_code == 200
    site.browser.cookies.update(cookies)
    again = await site.browser.get(back, headers=_cookie(cookies))
    assert again.status_code == 400
    assert "Nothing was installed" in again.text


async def test_a_state_is_of_one_browser_and_ends(site: Site) -> None:
    back = await site.agrees(await site.begins())
    cookies = dict(site.browser.cookies)
    site.browser.cookies.clear()
    assert (await site.browser.get(back)).status_code == 400
    assert (await site.browser.get(back, headers=_cookie({}, "another"))).status_code == 400
    site.door.clock.advance(timedelta(minutes=11))
    assert (await site.browser.get(back, headers=_cookie(cookies))).status_code == 400
    assert await site.kept() is None
    assert site.door.linear.tokens.grants == []


async def test_a_state_of_another_surface_does_not_count(site: Site) -> None:
    await site.store.write(lambda tx: give_state(tx, "s", surface="slack"))
    answer = await site.browser.get("/linear/oauth?state=s&code=c", headers=_cookie({}, "s"))
    assert answer.status_code == 400


@pytest.mark.parametrize("query", ["", "?code=x", "?state=", "?state=%F0%9F&code=x", "?error=x"])
async def test_what_nobody_began_ends_nowhere(site: Site, query: str) -> None:
    answer = await site.browser.get(f"/linear/oauth{query}")
    assert answer.status_code == 400
    assert site.door.linear.tokens.grants == []


def _cookie(cookies: Mapping[str, str], value: str = "") -> Mapping[str, str]:
    given = cookies or {"signalbox-linear-install": value}
    return {"Cookie": "; ".join(f"{name}={text}" for name, text in given.items())}


async def test_whoever_may_not_or_will_not_is_told_so(site: Site) -> None:
    site.door.linear.tokens.visitor = "member"
    refused = await site.installs()
    assert refused.status_code == 403
    assert "Only an admin" in refused.text
    assert await site.kept() is None
    site.door.linear.tokens.visitor = "admin"
    assert (await site.installs()).status_code == 200


async def test_a_code_that_linear_does_not_take(site: Site) -> None:
    back = await site.agrees(await site.begins())
    site.door.linear.tokens.codes.clear()
    answer = await site.browser.get(back)
    assert answer.status_code == 400
    assert "invalid_grant" in answer.text
    assert site.door.linear.tokens.client_secret not in answer.text


async def test_while_linear_is_down(site: Site) -> None:
    back = await site.agrees(await site.begins())
    site.door.linear.faults.down = True
    answer = await site.browser.get(back)
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    assert await site.kept() is None


async def test_an_answer_without_a_token_is_no_installation(site: Site) -> None:
    back = await site.agrees(await site.begins())
    site.door.linear.faults.statuses.append(200)
    assert (await site.browser.get(back)).status_code == 503


async def test_scopes_that_are_missing_are_named_and_the_tokens_given_back(site: Site) -> None:
    site.door.linear.tokens.withheld = {"app:assignable"}
    answer = await site.installs()
    assert answer.status_code == 400
    assert "app:assignable" in answer.text
    assert len(site.door.linear.tokens.revoked) == 1
    assert await site.kept() is None


async def test_a_person_is_no_app(site: Site) -> None:
    address = (await site.begins()).replace("actor=app", "actor=user")
    answer = await site.browser.get(await site.agrees(address))
    assert answer.status_code == 409
    assert "as a person" in answer.text
    assert await site.kept() is None


async def test_another_organization_does_not_take_the_bot_over(site: Site) -> None:
    await site.installs()
    site.door.linear.tokens.organization = fixed_id("elsewhere")
    answer = await site.installs()
    assert answer.status_code == 409
    assert "another workspace" in answer.text
    assert len(site.door.linear.tokens.revoked) == 1
    kept = await site.kept()
    assert kept
    assert kept.installed
    assert kept.installed.viewer.organization == site.door.linear.world.organization
    site.door.linear.tokens.revoke_all()
    assert (await site.installs()).status_code == 200
    assert (await site.identity.viewer()).organization == fixed_id("elsewhere")


async def test_client_credentials_give_way_to_an_installation(site: Site) -> None:
    await site.client.viewer()
    assert (await site.installs()).status_code == 200
    site.door.clock.advance(DAY)
    await site.client.viewer()
    grants = site.door.linear.tokens.grants
    assert grants == ["client_credentials", "authorization_code", "refresh_token"]


async def test_installing_again_goes_on_with_the_newest_tokens(site: Site) -> None:
    await site.installs()
    assert (await site.installs()).status_code == 200
    site.door.linear.tokens.access.pop("lin_oauth_2")
    await site.client.viewer()
    assert site.door.linear.tokens.grants == ["authorization_code"] * 2


async def test_who_we_are_is_known_while_linear_is_down(site: Site) -> None:
    await site.installs()
    site.door.linear.faults.down = True
    restarted = site_of(site.door, site.store)
    async with restarted.browser:
        us = await restarted.identity.viewer()
    assert us.organization == site.door.linear.world.organization


async def test_without_an_address_it_says_what_to_set(site: Site) -> None:
    lacking = site_of(site.door, site.store, public_url="")
    async with lacking.browser:
        answer = await lacking.browser.get("/linear/install")
    assert answer.status_code == 503
    assert "SIGNALBOX_PUBLIC_URL" in answer.text
