"""Pull requests on GitHub as the core sees them: opened once, kept right, looked at whole."""

from dataclasses import replace

import pytest

from adapters.github.auth import TokenAuth
from adapters.github.client import UnprocessableError
from adapters.github.host import GitHubHost
from bot.domain.errors import RefusedError, UnavailableError
from bot.domain.pull_request import PullState
from tests.adapters.github_world import BRANCH, SHOP, GitHubWorld, content, draft


async def test_a_pull_request_is_opened_once(by_either: GitHubWorld) -> None:
    opened = await by_either.host.open_pull_request(draft())
    assert (opened.number, opened.state, opened.draft) == (7, PullState.OPEN, False)
    assert opened.head == by_either.state.tip(SHOP, BRANCH)
    again = await by_either.host.open_pull_request(draft())
    assert again == opened
    assert len(by_either.state.pulls) == 1
    assert by_either.state.pulls[0].base == "main"


async def test_one_whose_answer_was_lost_is_found(by_either: GitHubWorld) -> None:
    by_either.state.lose_answer_of = f"POST /repos/{SHOP}/pulls"
    with pytest.raises(UnavailableError):
        await by_either.host.open_pull_request(draft())
    assert (await by_either.host.open_pull_request(draft())).number == 7
    assert len(by_either.state.pulls) == 1


async def test_what_people_wrote_in_the_description_stays(by_either: GitHubWorld) -> None:
    await by_either.host.open_pull_request(draft())
    (pull,) = by_either.state.pulls
    pull.body = f"Read this first.\r\n\r\n{pull.body}\r\nAnd this last."
    pull.title = "Better words"
    await by_either.host.open_pull_request(draft(content=content("**Run:** R-1 again")))
    assert pull.title == "Better words"
    assert pull.body.startswith("Read this first.")
    assert pull.body.endswith("And this last.")
    assert "R\\-1 again" in pull.body
    assert pull.body.count("<!-- signalbox") == 1
    writes = len(by_either.calls("PATCH"))
    await by_either.host.open_pull_request(draft(content=content("**Run:** R-1 again")))
    assert len(by_either.calls("PATCH")) == writes


async def test_a_branch_of_a_fork_is_not_ours(by_either: GitHubWorld) -> None:
    await by_either.host.open_pull_request(draft())
    by_either.state.pulls[0].source = "evil/shop"
    again = await by_either.host.open_pull_request(draft(draft=True))
    assert (again.number, again.draft) == (8, True)


async def test_a_branch_without_commits_is_refused_for_people(by_either: GitHubWorld) -> None:
    with pytest.raises(UnprocessableError, match="invalid"):
        await by_either.host.open_pull_request(draft(branch="nowhere"))
    by_either.state._git("branch", "same", "main", folder=by_either.state.bare(SHOP))
    with pytest.raises(UnprocessableError, match="No commits between main and same"):
        await by_either.host.open_pull_request(draft(branch="same"))


@pytest.mark.parametrize(
    ("does", "state"),
    [("close", PullState.CLOSED), ("merge", PullState.MERGED), ("reopen", PullState.OPEN)],
)
async def test_its_fate_is_seen(by_either: GitHubWorld, does: str, state: PullState) -> None:
    await by_either.host.open_pull_request(draft())
    getattr(by_either.state, does)(7, by="ana")
    seen = await by_either.host.load_pull_request(SHOP, 7)
    assert seen.state is state
    assert seen.by == ("ana" if state is PullState.MERGED else "")


async def test_reviews_that_ask_for_changes_are_seen_over_all_pages(by_either: GitHubWorld) -> None:
    await by_either.host.open_pull_request(draft())
    for _ in range(150):
        by_either.state.approve(7)
    by_either.state.request_changes(7, "Use \x1b[31mDecimal", {"shop/money.py:7": "not float"})
    (review,) = (await by_either.host.load_pull_request(SHOP, 7)).reviews
    assert (review.by, review.text) == ("rev", "Use \N{REPLACEMENT CHARACTER}[31mDecimal")
    assert review.comments == ("shop/money.py:7: not float",)
    assert "pullrequestreview" in review.url


async def test_looking_again_costs_nothing_of_the_limit(by_either: GitHubWorld) -> None:
    await by_either.host.open_pull_request(draft())
    by_either.state.pulls[0].mergeable = True
    await by_either.host.load_pull_request(SHOP, 7)
    left = by_either.state.remaining
    await by_either.host.load_pull_request(SHOP, 7)
    assert by_either.state.remaining == left
    by_either.state.close(7)
    assert (await by_either.host.load_pull_request(SHOP, 7)).state is PullState.CLOSED


async def test_comments_of_a_review_are_counted_over_all_pages(by_either: GitHubWorld) -> None:
    await by_either.host.open_pull_request(draft())
    comments = {f"shop/money.py:{line}": "here" for line in range(1, 131)}
    by_either.state.request_changes(7, "All of it", comments)
    (review,) = (await by_either.host.load_pull_request(SHOP, 7)).reviews
    assert (len(review.comments), review.left_out) == (20, 110)


async def test_an_open_one_is_found_among_many(by_either: GitHubWorld) -> None:
    ours = await by_either.host.open_pull_request(draft())
    (pull,) = by_either.state.pulls
    forks = [replace(pull, number=n, source=f"fork{n}/shop") for n in range(100, 230)]
    by_either.state.pulls[:0] = forks
    assert await by_either.host.open_pull_request(draft()) == ours
    assert len(by_either.state.pulls) == 131


# --- drafts ----------------------------------------------------------------------------------


async def test_a_draft_is_marked_ready(by_either: GitHubWorld) -> None:
    await by_either.host.open_pull_request(draft(draft=True))
    seen = await by_either.host.mark_ready(SHOP, 7)
    assert (seen.number, seen.draft) == (7, False)
    await by_either.host.mark_ready(SHOP, 7)
    assert by_either.calls("POST").count("POST /graphql") == 1


async def test_only_for_that_a_token_may_write_code(by_app: GitHubWorld) -> None:
    await by_app.host.open_pull_request(draft(draft=True))
    await by_app.host.mark_ready(SHOP, 7)
    granted = [dict(grant.permissions) for _, grant in by_app.state.minted]
    assert granted == [
        {"contents": "read", "pull_requests": "write", "checks": "write"},
        {"contents": "write", "pull_requests": "write"},
    ]


async def test_whoever_may_not_mark_it_ready_is_told(by_token: GitHubWorld) -> None:
    await by_token.host.open_pull_request(draft(draft=True))
    poor = {"contents": "read", "pull_requests": "write"}
    token = by_token.state.add_token(SHOP, permissions=poor)
    host = GitHubHost(by_token.client, TokenAuth(token), host=by_token.fake.host)
    with pytest.raises(RefusedError, match="not accessible by personal access token"):
        await host.mark_ready(SHOP, 7)
    assert by_token.state.pulls[0].draft
