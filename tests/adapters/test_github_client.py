"""The client of GitHub: limits, refusals, pages, and answers that are none."""

from datetime import timedelta

import httpx
import pytest

from adapters.github.auth import AppAuth, TokenAuth
from adapters.github.client import GitHubClient
from adapters.github.host import GitHubHost
from bot.domain.errors import NotFoundError, RefusedError, UnavailableError, UserError
from tests.adapters.github_world import BRANCH, DONE, SHOP, GitHubWorld, app_key, draft
from tests.fakes.clock import FakeClock


async def wait_of(by_either: GitHubWorld, token: str) -> float | None:
    with pytest.raises(UnavailableError) as raised:
        await by_either.client.get("user", token=token)
    return raised.value.retry_after


async def test_limits_say_how_long_to_wait(by_app: GitHubWorld) -> None:
    state = by_app.state
    state.remaining, state.reset_at = 0, by_app.clock.now() + timedelta(minutes=20)
    assert await wait_of(by_app, "a") == 1_200
    state.remaining = 10
    state.secondary = [
        (403, {"Retry-After": "17"}),
        (429, {"Retry-After": "Mon, 02 Mar 2026 12:01:00 GMT"}),
        (429, {}),
        (403, {}),
    ]
    assert [await wait_of(by_app, token) for token in "bcde"] == [17, 60, 60, 60]


async def test_nothing_is_asked_while_a_limit_lasts(by_app: GitHubWorld) -> None:
    by_app.state.secondary = [(429, {"Retry-After": "30"})]
    assert await wait_of(by_app, "a") == 30
    asked = len(by_app.state.requests)
    by_app.clock.advance(timedelta(seconds=20))
    assert await wait_of(by_app, "a") == 10
    assert len(by_app.state.requests) == asked
    by_app.clock.advance(timedelta(seconds=10))
    with pytest.raises(UserError, match="does not accept our token"):
        await by_app.client.get("user", token="a")


@pytest.mark.parametrize("said", ["null", "[]", "{}", '"x"', "[{}]", "7", "<html>"])
async def test_no_answer_whatever_is_a_bug_of_ours(said: str) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=said.encode())

    client = GitHubClient(
        "https://x.test", clock=FakeClock(), transport=httpx.MockTransport(answer), write_pause=0
    )
    private, _ = app_key()
    for auth in (
        TokenAuth("t"),
        AppAuth(client, app_id="1", private_key=private, clock=FakeClock()),
    ):
        host = GitHubHost(client, auth, host="x.test")
        for call in (
            host.open_pull_request(draft()),
            host.load_pull_request(SHOP, 1),
            host.report(SHOP, "abc", DONE),
        ):
            with pytest.raises(UnavailableError):
                await call


async def test_an_outage_and_strange_answers_are_waited_for(by_app: GitHubWorld) -> None:
    by_app.state.outage = True
    with pytest.raises(UnavailableError, match="status 503"):
        await by_app.host.open_pull_request(draft())

    def nonsense(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"<html>maintenance")

    client = GitHubClient(
        "https://x.test", clock=by_app.clock, transport=httpx.MockTransport(nonsense)
    )
    host = GitHubHost(client, TokenAuth("t"), host="x.test")
    with pytest.raises(UnavailableError, match="no pull request"):
        await host.load_pull_request(SHOP, 1)


async def test_refusals_name_what_is_missing(by_token: GitHubWorld) -> None:
    by_token.state.commit(SHOP, BRANCH, "work")
    poor = by_token.state.add_token(SHOP, permissions={"contents": "read", "metadata": "read"})
    host = GitHubHost(by_token.client, TokenAuth(poor), host=by_token.fake.host)
    with pytest.raises(RefusedError, match="permission pull_requests=read"):
        await host.open_pull_request(draft())
    blind = GitHubHost(
        by_token.client, TokenAuth(by_token.state.add_token("acme/other")), host=by_token.fake.host
    )
    with pytest.raises(NotFoundError, match="give it access"):
        await blind.open_pull_request(draft())
    wrong = GitHubHost(by_token.client, TokenAuth("ghp_nonsense"), host=by_token.fake.host)
    with pytest.raises(UserError, match="does not accept our token") as raised:
        await wrong.open_pull_request(draft())
    assert "ghp_nonsense" not in raised.value.text


async def test_the_next_page_is_on_github_only() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(
            200, json=[], headers={"Link": '<https://evil.test/x?page=2>; rel="next"'}
        )

    client = GitHubClient(
        "https://x.test", clock=FakeClock(), transport=httpx.MockTransport(answer)
    )
    with pytest.raises(UnavailableError, match="not on itself"):
        await client.get_all("repos/a/b/pulls/1/reviews", token="secret")
    assert asked == ["x.test"]
