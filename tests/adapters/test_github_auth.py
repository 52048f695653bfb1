"""How the bot proves itself to GitHub, and what it hands on to runners."""

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.github.auth import AppAuth, read_key
from adapters.github.client import GitHubClient
from bot.domain.errors import NotFoundError, UserError
from tests.adapters.github_world import SHOP, GitHubWorld, app_key, draft
from tests.fakes.clock import FakeClock


async def test_an_app_grants_an_hour_on_one_repository_and_its_code(by_app: GitHubWorld) -> None:
    assert by_app.state.app is not None
    by_app.state.app.installations[41] = (SHOP, "acme/secret")
    for push, level in ((False, "read"), (True, "write")):
        given = await by_app.host.credential(by_app.fake.clone_url(SHOP), push=push)
        assert given is not None
        token, grant = by_app.state.minted[-1]
        assert (given.user, given.password) == ("x-access-token", token)
        assert (grant.repositories, grant.permissions) == ((SHOP,), {"contents": level})
        assert given.expires_at == by_app.clock.now() + timedelta(hours=1)
        assert token not in repr(given)


async def test_a_token_is_handed_on_for_its_own_host_alone(by_token: GitHubWorld) -> None:
    given = await by_token.host.credential(by_token.fake.clone_url(SHOP), push=True)
    assert given is not None
    assert given.password in by_token.state.tokens
    for elsewhere in ("https://evil.test/acme/shop.git", "/remotes/shop.git", "git@x:a/b"):
        assert await by_token.host.credential(elsewhere, push=True) is None


async def test_tokens_are_kept_until_shortly_before_their_end(by_app: GitHubWorld) -> None:
    await by_app.host.open_pull_request(draft())
    assert len(by_app.state.minted) == 1
    by_app.clock.advance(timedelta(minutes=54))
    await by_app.host.load_pull_request(SHOP, 7)
    assert len(by_app.state.minted) == 1
    by_app.clock.advance(timedelta(minutes=2))
    await by_app.host.load_pull_request(SHOP, 7)
    assert len(by_app.state.minted) == 2


async def test_a_refused_token_is_replaced_once(by_app: GitHubWorld) -> None:
    await by_app.host.open_pull_request(draft())
    by_app.state.tokens.clear()
    assert (await by_app.host.load_pull_request(SHOP, 7)).number == 7
    assert len(by_app.state.minted) == 2


async def test_an_installation_that_moved_is_found_again(by_app: GitHubWorld) -> None:
    await by_app.host.open_pull_request(draft())
    assert by_app.state.app is not None
    by_app.state.app.installations = {42: (SHOP,)}
    by_app.state.tokens.clear()
    by_app.clock.advance(timedelta(hours=1))
    with pytest.raises(NotFoundError):
        await by_app.host.load_pull_request(SHOP, 7)
    assert (await by_app.host.load_pull_request(SHOP, 7)).number == 7


async def test_where_the_app_is_not_installed_is_said(by_app: GitHubWorld) -> None:
    assert by_app.state.app is not None
    by_app.state.app.installations = {}
    with pytest.raises(NotFoundError, match="not installed where acme/shop is"):
        await by_app.host.open_pull_request(draft())


async def test_the_apps_own_token_is_short_and_dated_back(by_app: GitHubWorld) -> None:
    await by_app.auth.learn_login()
    assert by_app.auth.own_login == "signalbox-test[bot]"
    by_app.clock.advance(timedelta(days=3))
    await by_app.auth.learn_login()


def test_a_key_is_text_or_a_file(tmp_path: Path) -> None:
    private, _ = app_key()
    file = tmp_path / "key.pem"
    file.write_text(private)
    assert read_key(str(file)) == private
    assert read_key(private.replace("\n", "\\n")) == private
    with pytest.raises(UserError, match="GITHUB_PRIVATE_KEY"):
        read_key(str(tmp_path / "missing.pem"))
    client = GitHubClient("https://x.test", clock=FakeClock())
    with pytest.raises(UserError, match="no private key in PEM form"):
        AppAuth(client, app_id="1", private_key="-----BEGIN nothing", clock=FakeClock())
