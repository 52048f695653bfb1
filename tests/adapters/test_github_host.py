"""The GitHub adapter as the core sees it: pull requests, checks, credentials, refusals."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from adapters.github.auth import AppAuth, TokenAuth, read_key
from adapters.github.client import GitHubClient, UnprocessableError
from adapters.github.host import GitHubHost, git_host
from adapters.github.text import body_of, escape, title_of, to_markdown
from bot.domain.errors import NotFoundError, RefusedError, UnavailableError, UserError
from bot.domain.pull_request import PullState
from bot.domain.repository import hosted_name
from bot.messages.markup import escape as escape_markup
from bot.ports.code_host import CommitReport
from tests.adapters.github_world import (
    BRANCH,
    SHOP,
    GitHubWorld,
    app_key,
    content,
    draft,
    github_world,
)
from tests.fakes.clock import FakeClock
from tests.fakes.github.server import GitHub, github

DONE = CommitReport(key="R-1", succeeded=True, summary="R-1 · Completed", url="https://s.test/R-1")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def fake(tmp_path: Path, clock: FakeClock) -> Iterator[GitHub]:
    with github(tmp_path / "github", clock) as running:
        yield running


@pytest.fixture(params=["app", "token"])
async def world(
    request: pytest.FixtureRequest, fake: GitHub, clock: FakeClock
) -> AsyncIterator[GitHubWorld]:
    async with github_world(fake, clock, kind=request.param) as opened:
        opened.state.commit(SHOP, BRANCH, "work")
        yield opened


@pytest.fixture
async def app(fake: GitHub, clock: FakeClock) -> AsyncIterator[GitHubWorld]:
    async with github_world(fake, clock) as opened:
        opened.state.commit(SHOP, BRANCH, "work")
        yield opened


# --- pull requests ---------------------------------------------------------------------------


async def test_a_pull_request_is_opened_once(world: GitHubWorld) -> None:
    opened = await world.host.open_pull_request(draft())
    assert (opened.number, opened.state, opened.draft) == (7, PullState.OPEN, False)
    assert opened.head == world.state.tip(SHOP, BRANCH)
    again = await world.host.open_pull_request(draft())
    assert again == opened
    assert len(world.state.pulls) == 1
    assert world.state.pulls[0].base == "main"


async def test_one_whose_answer_was_lost_is_found(world: GitHubWorld) -> None:
    world.state.lose_answer_of = f"POST /repos/{SHOP}/pulls"
    with pytest.raises(UnavailableError):
        await world.host.open_pull_request(draft())
    assert (await world.host.open_pull_request(draft())).number == 7
    assert len(world.state.pulls) == 1


async def test_what_people_wrote_in_the_description_stays(world: GitHubWorld) -> None:
    await world.host.open_pull_request(draft())
    (pull,) = world.state.pulls
    pull.body = f"Read this first.\r\n\r\n{pull.body}\r\nAnd this last."
    pull.title = "Better words"
    await world.host.open_pull_request(draft(content=content("**Run:** R-1 again")))
    assert pull.title == "Better words"
    assert pull.body.startswith("Read this first.")
    assert pull.body.endswith("And this last.")
    assert "R\\-1 again" in pull.body
    assert pull.body.count("<!-- signalbox") == 1
    writes = len(world.calls("PATCH"))
    await world.host.open_pull_request(draft(content=content("**Run:** R-1 again")))
    assert len(world.calls("PATCH")) == writes


async def test_a_branch_of_a_fork_is_not_ours(world: GitHubWorld) -> None:
    await world.host.open_pull_request(draft())
    world.state.pulls[0].source = "evil/shop"
    again = await world.host.open_pull_request(draft(draft=True))
    assert (again.number, again.draft) == (8, True)


async def test_a_branch_without_commits_is_refused_for_people(world: GitHubWorld) -> None:
    with pytest.raises(UnprocessableError, match="invalid"):
        await world.host.open_pull_request(draft(branch="nowhere"))
    world.state._git("branch", "same", "main", folder=world.state.bare(SHOP))
    with pytest.raises(UnprocessableError, match="No commits between main and same"):
        await world.host.open_pull_request(draft(branch="same"))


@pytest.mark.parametrize(
    ("does", "state"),
    [("close", PullState.CLOSED), ("merge", PullState.MERGED), ("reopen", PullState.OPEN)],
)
async def test_its_fate_is_seen(world: GitHubWorld, does: str, state: PullState) -> None:
    await world.host.open_pull_request(draft())
    getattr(world.state, does)(7, by="ana")
    seen = await world.host.load_pull_request(SHOP, 7)
    assert seen.state is state
    assert seen.by == ("ana" if state is PullState.MERGED else "")


async def test_reviews_that_ask_for_changes_are_seen_over_all_pages(world: GitHubWorld) -> None:
    await world.host.open_pull_request(draft())
    for _ in range(150):
        world.state.approve(7)
    world.state.request_changes(7, "Use \x1b[31mDecimal", {"shop/money.py:7": "not float"})
    (review,) = (await world.host.load_pull_request(SHOP, 7)).reviews
    assert (review.by, review.text) == ("rev", "Use \N{REPLACEMENT CHARACTER}[31mDecimal")
    assert review.comments == ("shop/money.py:7: not float",)
    assert "pullrequestreview" in review.url


async def test_looking_again_costs_nothing_of_the_limit(world: GitHubWorld) -> None:
    await world.host.open_pull_request(draft())
    world.state.pulls[0].mergeable = True
    await world.host.load_pull_request(SHOP, 7)
    left = world.state.remaining
    await world.host.load_pull_request(SHOP, 7)
    assert world.state.remaining == left
    world.state.close(7)
    assert (await world.host.load_pull_request(SHOP, 7)).state is PullState.CLOSED


# --- checks and statuses ---------------------------------------------------------------------


async def test_an_app_makes_one_check_run_and_changes_it(app: GitHubWorld) -> None:
    commit = app.state.tip(SHOP, BRANCH)
    await app.host.report(SHOP, commit, DONE)
    partial = CommitReport(key="R-1", succeeded=False, summary="in part")
    await app.host.report(SHOP, commit, partial)
    (check,) = app.state.checks
    assert (check["conclusion"], check["external_id"]) == ("neutral", "R-1")
    assert check["head_sha"] == commit
    await app.host.report(SHOP, commit, CommitReport(key="R-2", succeeded=True, summary="x"))
    assert len(app.state.checks) == 2


async def test_a_token_says_one_commit_status(fake: GitHub, clock: FakeClock) -> None:
    async with github_world(fake, clock, kind="token") as world:
        commit = world.state.commit(SHOP, BRANCH, "work")
        await world.host.report(SHOP, commit, DONE)
        await world.host.report(SHOP, commit, DONE)
        (status,) = world.state.statuses
        assert (status["state"], status["target_url"]) == ("success", "https://s.test/R-1")


async def test_a_status_is_told_where_nobody_tells_them(fake: GitHub, clock: FakeClock) -> None:
    async with github_world(fake, clock, kind="token") as world:
        world.state.tells_statuses = False
        await world.host.report(SHOP, world.state.commit(SHOP, BRANCH, "work"), DONE)
        assert [status["state"] for status in world.state.statuses] == ["success"]


async def test_pull_requests_work_where_an_app_may_not_check(app: GitHubWorld) -> None:
    assert app.state.app is not None
    del app.state.app.permissions["checks"]
    assert (await app.host.open_pull_request(draft())).number == 7
    with pytest.raises(RefusedError, match="needs the permission checks=read"):
        await app.host.report(SHOP, "abc", DONE)


# --- credentials -----------------------------------------------------------------------------


async def test_an_app_grants_an_hour_on_one_repository_and_its_code(app: GitHubWorld) -> None:
    assert app.state.app is not None
    app.state.app.installations[41] = (SHOP, "acme/secret")
    for push, level in ((False, "read"), (True, "write")):
        given = await app.host.credential(app.fake.clone_url(SHOP), push=push)
        assert given is not None
        token, grant = app.state.minted[-1]
        assert (given.user, given.password) == ("x-access-token", token)
        assert (grant.repositories, grant.permissions) == ((SHOP,), {"contents": level})
        assert given.expires_at == app.clock.now() + timedelta(hours=1)
        assert token not in repr(given)


async def test_a_token_is_handed_on_for_its_own_host_alone(fake: GitHub, clock: FakeClock) -> None:
    async with github_world(fake, clock, kind="token") as world:
        given = await world.host.credential(fake.clone_url(SHOP), push=True)
        assert given is not None
        assert given.password in fake.state.tokens
        for elsewhere in ("https://evil.test/acme/shop.git", "/remotes/shop.git", "git@x:a/b"):
            assert await world.host.credential(elsewhere, push=True) is None


async def test_tokens_are_kept_until_shortly_before_their_end(app: GitHubWorld) -> None:
    await app.host.open_pull_request(draft())
    assert len(app.state.minted) == 1
    app.clock.advance(timedelta(minutes=54))
    await app.host.load_pull_request(SHOP, 7)
    assert len(app.state.minted) == 1
    app.clock.advance(timedelta(minutes=2))
    await app.host.load_pull_request(SHOP, 7)
    assert len(app.state.minted) == 2


async def test_a_refused_token_is_replaced_once(app: GitHubWorld) -> None:
    await app.host.open_pull_request(draft())
    app.state.tokens.clear()
    assert (await app.host.load_pull_request(SHOP, 7)).number == 7
    assert len(app.state.minted) == 2


async def test_an_installation_that_moved_is_found_again(app: GitHubWorld) -> None:
    await app.host.open_pull_request(draft())
    assert app.state.app is not None
    app.state.app.installations = {42: (SHOP,)}
    app.state.tokens.clear()
    app.clock.advance(timedelta(hours=1))
    with pytest.raises(NotFoundError):
        await app.host.load_pull_request(SHOP, 7)
    assert (await app.host.load_pull_request(SHOP, 7)).number == 7


async def test_where_the_app_is_not_installed_is_said(app: GitHubWorld) -> None:
    assert app.state.app is not None
    app.state.app.installations = {}
    with pytest.raises(NotFoundError, match="not installed where acme/shop is"):
        await app.host.open_pull_request(draft())


async def test_the_apps_own_token_is_short_and_dated_back(app: GitHubWorld) -> None:
    await app.auth.learn_login()
    assert app.auth.own_login == "signalbox-test[bot]"
    app.clock.advance(timedelta(days=3))
    await app.auth.learn_login()


def test_a_key_is_text_or_a_file(tmp_path: Path, clock: FakeClock) -> None:
    private, _ = app_key()
    file = tmp_path / "key.pem"
    file.write_text(private)
    assert read_key(str(file)) == private
    assert read_key(private.replace("\n", "\\n")) == private
    with pytest.raises(UserError, match="GITHUB_PRIVATE_KEY"):
        read_key(str(tmp_path / "missing.pem"))
    client = GitHubClient("https://x.test", clock=clock)
    with pytest.raises(UserError, match="no private key in PEM form"):
        AppAuth(client, app_id="1", private_key="-----BEGIN nothing", clock=clock)


# --- limits and refusals ---------------------------------------------------------------------


async def wait_of(world: GitHubWorld, token: str) -> float | None:
    with pytest.raises(UnavailableError) as raised:
        await world.client.get("user", token=token)
    return raised.value.retry_after


async def test_limits_say_how_long_to_wait(app: GitHubWorld) -> None:
    state = app.state
    state.remaining, state.reset_at = 0, app.clock.now() + timedelta(minutes=20)
    assert await wait_of(app, "a") == 1_200
    state.remaining = 10
    state.secondary = [
        (403, {"Retry-After": "17"}),
        (429, {"Retry-After": "Mon, 02 Mar 2026 12:01:00 GMT"}),
        (429, {}),
        (403, {}),
    ]
    assert [await wait_of(app, token) for token in "bcde"] == [17, 60, 60, 60]


async def test_nothing_is_asked_while_a_limit_lasts(app: GitHubWorld) -> None:
    app.state.secondary = [(429, {"Retry-After": "30"})]
    assert await wait_of(app, "a") == 30
    asked = len(app.state.requests)
    app.clock.advance(timedelta(seconds=20))
    assert await wait_of(app, "a") == 10
    assert len(app.state.requests) == asked
    app.clock.advance(timedelta(seconds=10))
    with pytest.raises(UserError, match="does not accept our token"):
        await app.client.get("user", token="a")


@pytest.mark.parametrize("said", ["null", "[]", "{}", '"x"', "[{}]", "7", "<html>"])
async def test_no_answer_whatever_is_a_bug_of_ours(clock: FakeClock, said: str) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=said.encode())

    client = GitHubClient(
        "https://x.test", clock=clock, transport=httpx.MockTransport(answer), write_pause=0
    )
    private, _ = app_key()
    for auth in (
        TokenAuth("t"),
        AppAuth(client, app_id="1", private_key=private, clock=clock),
    ):
        host = GitHubHost(client, auth, host="x.test")
        for call in (
            host.open_pull_request(draft()),
            host.load_pull_request(SHOP, 1),
            host.report(SHOP, "abc", DONE),
        ):
            with pytest.raises(UnavailableError):
                await call


async def test_an_outage_and_strange_answers_are_waited_for(app: GitHubWorld) -> None:
    app.state.outage = True
    with pytest.raises(UnavailableError, match="status 503"):
        await app.host.open_pull_request(draft())

    def nonsense(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"<html>maintenance")

    client = GitHubClient(
        "https://x.test", clock=app.clock, transport=httpx.MockTransport(nonsense)
    )
    host = GitHubHost(client, TokenAuth("t"), host="x.test")
    with pytest.raises(UnavailableError, match="no pull request"):
        await host.load_pull_request(SHOP, 1)


async def test_refusals_name_what_is_missing(fake: GitHub, clock: FakeClock) -> None:
    async with github_world(fake, clock, kind="token") as world:
        world.state.commit(SHOP, BRANCH, "work")
        poor = world.state.add_token(SHOP, permissions={"contents": "read", "metadata": "read"})
        host = GitHubHost(world.client, TokenAuth(poor), host=fake.host)
        with pytest.raises(RefusedError, match="permission pull_requests=read"):
            await host.open_pull_request(draft())
        blind = GitHubHost(
            world.client, TokenAuth(world.state.add_token("acme/other")), host=fake.host
        )
        with pytest.raises(NotFoundError, match="give it access"):
            await blind.open_pull_request(draft())
        wrong = GitHubHost(world.client, TokenAuth("ghp_nonsense"), host=fake.host)
        with pytest.raises(UserError, match="does not accept our token") as raised:
            await wrong.open_pull_request(draft())
        assert "ghp_nonsense" not in raised.value.text


async def test_the_next_page_is_on_github_only(clock: FakeClock) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(
            200, json=[], headers={"Link": '<https://evil.test/x?page=2>; rel="next"'}
        )

    client = GitHubClient("https://x.test", clock=clock, transport=httpx.MockTransport(answer))
    with pytest.raises(UnavailableError, match="not on itself"):
        await client.get_all("repos/a/b/pulls/1/reviews", token="secret")
    assert asked == ["x.test"]


async def test_an_enterprise_server_has_its_own_address(fake: GitHub, clock: FakeClock) -> None:
    async with github_world(fake, clock, kind="token", base="/api/v3") as world:
        world.state.commit(SHOP, BRANCH, "work")
        assert (await world.host.open_pull_request(draft())).number == 7


@pytest.mark.parametrize(
    ("api", "host"),
    [
        ("https://api.github.com", "github.com"),
        ("https://api.acme.ghe.com", "acme.ghe.com"),
        ("https://ghe.acme.test/api/v3", "ghe.acme.test"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
    ],
)
def test_the_host_of_repositories_follows_from_the_api(api: str, host: str) -> None:
    assert git_host(api) == host


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://github.com/acme/shop.git", "acme/shop"),
        ("https://u:p@GitHub.com/acme/shop/", "acme/shop"),
        ("git@github.com:acme/shop.git", "acme/shop"),
        ("ssh://git@github.com:443/acme/shop", "acme/shop"),
        ("https://github.com.evil.test/acme/shop", None),
        ("https://evil.test/github.com/acme/shop", None),
        ("https://github.com:8443/acme/shop", None),
        ("https://github.com/acme", None),
        ("https://github.com/acme/../x", None),
        ("https://[github.com/acme/x", None),
        ("file:///github.com/acme/shop", None),
        ("/remotes/shop.git", None),
    ],
)
def test_whose_a_repository_is(address: str, name: str | None) -> None:
    assert hosted_name(address, "github.com") == name
    assert hosted_name(address, "") is None


# --- words -----------------------------------------------------------------------------------


def test_words_from_outside_say_just_that() -> None:
    hostile = "@acme/all fixes #12, GH-3 <img src=x> [x](http://evil.test) **b** `c` a&b"
    shown = escape(hostile)
    assert "@acme" not in shown
    assert "#1" not in shown.replace("\\", "")
    assert "<img" not in shown
    assert "](" not in shown
    assert "http://" not in shown
    assert "GH-3" not in shown.replace("\\", "")


def test_markup_becomes_markdown() -> None:
    markup = "**Run:** [R-1](https://s.test/R-1)\n\n```\nx = `1`\n```\n`code`"
    shown = to_markdown(markup)
    assert "[R\\-1](<https://s.test/R-1>)" in shown
    assert "```text\nx = `1`\n```" in shown
    assert "`code`" in shown
    assert to_markdown(escape_markup("[a](javascript:b)")) == "\\[a\\]\\(javascript:b\\)  "


def test_titles_and_bodies_fit() -> None:
    long = content(escape_markup("<!-- /signalbox R-1 -->" + "a" * 90_000), title="b\x07" * 300)
    assert len(title_of(long)) == 256
    assert "\x07" not in title_of(long)
    body = body_of(long)
    assert len(body) <= 65_536
    assert body.count("<!-- /signalbox R-1 -->") == 1
