"""What GitHub shows beside commits: one check run or status a run, kept in step with it."""

import pytest

from bot.domain.commit_check import CheckState
from bot.domain.errors import RefusedError, UnavailableError
from bot.ports.code_host import CommitReport
from tests.adapters.github_world import BRANCH, DONE, SHOP, GitHubWorld, draft


def told(state: CheckState, key: str = "R-1", ref: str = "") -> CommitReport:
    summary = f"{key} · {state.value}"
    return CommitReport(key=key, state=state, summary=summary, url="https://s.test/R-1", ref=ref)


async def test_an_app_makes_one_check_run_and_changes_it(by_app: GitHubWorld) -> None:
    commit = by_app.state.tip(SHOP, BRANCH)
    ref = ""
    for state in CheckState:
        ref = await by_app.host.report(SHOP, commit, told(state, ref=ref))
    (check,) = by_app.state.checks
    assert ref == str(check["id"])
    assert (check["external_id"], check["head_sha"]) == ("R-1", commit)
    assert check["details_url"] == "https://s.test/R-1"
    assert [(said["status"], said.get("conclusion")) for said in by_app.state.told] == [
        ("queued", None),
        ("in_progress", None),
        ("completed", "success"),
        ("completed", "neutral"),
        ("completed", "failure"),
        ("completed", "timed_out"),
        ("completed", "cancelled"),
        ("completed", "neutral"),
    ]
    assert len([call for call in by_app.calls("GET") if "check-runs" in call]) == 1


async def test_a_check_run_goes_on_again(by_app: GitHubWorld) -> None:
    commit = by_app.state.tip(SHOP, BRANCH)
    for state in (CheckState.FAILED, CheckState.RUNNING):
        await by_app.host.report(SHOP, commit, told(state))
    (check,) = by_app.state.checks
    assert (check["status"], check.get("conclusion")) == ("in_progress", None)


async def test_one_whose_answer_was_lost_is_found_among_many(by_app: GitHubWorld) -> None:
    commit = by_app.state.tip(SHOP, BRANCH)
    by_app.state.lose_answer_of = f"POST /repos/{SHOP}/check-runs"
    with pytest.raises(UnavailableError):
        await by_app.host.report(SHOP, commit, told(CheckState.RUNNING))
    for number in range(2, 130):
        made = {"name": "Signalbox", "head_sha": commit, "status": "queued"}
        by_app.state.checks.insert(0, {"id": number, "external_id": f"R-{number}", **made})
    ref = await by_app.host.report(SHOP, commit, told(CheckState.SUCCEEDED))
    ours = [check for check in by_app.state.checks if check["external_id"] == "R-1"]
    assert [(str(check["id"]), check["conclusion"]) for check in ours] == [(ref, "success")]


async def test_one_that_is_gone_is_made_again(by_app: GitHubWorld) -> None:
    commit = by_app.state.tip(SHOP, BRANCH)
    ref = await by_app.host.report(SHOP, commit, told(CheckState.RUNNING))
    by_app.state.checks.clear()
    again = await by_app.host.report(SHOP, commit, told(CheckState.SUCCEEDED, ref=ref))
    assert [str(check["id"]) for check in by_app.state.checks] == [again]


async def test_runs_that_share_a_commit_have_a_check_each(by_app: GitHubWorld) -> None:
    commit = by_app.state.tip(SHOP, BRANCH)
    for key in ("R-1", "R-2", "R-1"):
        await by_app.host.report(SHOP, commit, told(CheckState.SUCCEEDED, key))
    assert [check["external_id"] for check in by_app.state.checks] == ["R-1", "R-2"]


async def test_a_token_says_commit_statuses(by_token: GitHubWorld) -> None:
    commit = by_token.state.tip(SHOP, BRANCH)
    for state in (*CheckState, CheckState.SUCCEEDED, CheckState.SUCCEEDED):
        assert await by_token.host.report(SHOP, commit, told(state)) == ""
    said = [status["state"] for status in by_token.state.statuses]
    assert said == ["pending", "pending", "success", *["failure"] * 5, "success"]
    newest = by_token.state.statuses[-1]
    assert (newest["context"], newest["target_url"]) == ("signalbox", "https://s.test/R-1")


async def test_its_status_is_found_among_many(by_token: GitHubWorld) -> None:
    commit = by_token.state.tip(SHOP, BRANCH)
    await by_token.host.report(SHOP, commit, DONE)
    for number in range(130):
        by_token.state.statuses.append({"sha": commit, "context": f"ci/{number}", "state": "error"})
    await by_token.host.report(SHOP, commit, DONE)
    assert len(by_token.state.statuses) == 131


async def test_it_is_told_where_nobody_tells_what_is_there(by_either: GitHubWorld) -> None:
    by_either.state.tells_statuses = False
    await by_either.host.report(SHOP, by_either.state.tip(SHOP, BRANCH), DONE)
    assert len([*by_either.state.checks, *by_either.state.statuses]) == 1


async def test_pull_requests_work_where_an_app_may_not_check(by_app: GitHubWorld) -> None:
    assert by_app.state.app is not None
    del by_app.state.app.permissions["checks"]
    assert (await by_app.host.open_pull_request(draft())).number == 7
    with pytest.raises(RefusedError, match="needs the permission checks=read"):
        await by_app.host.report(SHOP, "abc", DONE)
