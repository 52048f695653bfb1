"""What stands beside commits: check runs of an App, or statuses where those are not for us."""

from collections.abc import Mapping
from types import MappingProxyType

from adapters.github.client import GitHubClient
from adapters.github.limits import LONGEST_CHECK_TITLE, LONGEST_STATUS, LONGEST_SUMMARY
from bot.domain.codec import JSON
from bot.domain.commit_check import CheckState
from bot.domain.errors import NotFoundError
from bot.ports.code_host import CommitReport

CHECK_NAME = "Signalbox"
_CONCLUSIONS: Mapping[CheckState, str] = MappingProxyType(
    {
        CheckState.SUCCEEDED: "success",
        CheckState.PARTIAL: "neutral",
        CheckState.FAILED: "failure",
        CheckState.TIMED_OUT: "timed_out",
        CheckState.CANCELLED: "cancelled",
        CheckState.SUPERSEDED: "neutral",
    }
)


class Checks:
    """Tells reports beside the commits of one repository, with one token."""

    def __init__(self, client: GitHubClient, repository: str, token: str) -> None:
        self._client = client
        self._at = f"repos/{repository}"
        self._token = token

    async def tell_check(self, commit: str, report: CommitReport) -> str:
        """One check run a run and commit: known from before, else found by our own id, else made.

        Gives its number. Raises what the client raises.
        """
        body = check_body(report, commit)
        if report.ref:
            try:
                return await self._change(report.ref, body)
            except NotFoundError:
                # It went with its repository, and that came back without it.
                pass
        found = await self._find(commit, report.key)
        if found:
            return await self._change(found, body)
        path = f"{self._at}/check-runs"
        answer = await self._client.write("POST", path, body, token=self._token)
        return str(answer.data["id"])

    async def _change(self, number: str, body: JSON) -> str:
        path = f"{self._at}/check-runs/{number}"
        await self._client.write("PATCH", path, body, token=self._token)
        return number

    async def _find(self, commit: str, key: str) -> str:
        """Of all, not the newest of the name alone: runs may share a commit."""
        of_name = f"check-runs?check_name={CHECK_NAME}&filter=all"
        known = await self._known(f"{self._at}/commits/{commit}/{of_name}", within="check_runs")
        return next((str(check["id"]) for check in known if check.get("external_id") == key), "")

    async def tell_status(self, commit: str, report: CommitReport) -> str:
        """GitHub shows the newest status of a context; the same twice is not told twice.

        Statuses have no names of their own: gives nothing. Raises what the client raises.
        """
        of_commit = f"{self._at}/commits/{commit}/status"
        body = status_body(report)
        same = (
            known
            for known in await self._known(of_commit, within="statuses")
            if all(known.get(name) == value for name, value in body.items())
        )
        if next(same, None) is None:
            path = f"{self._at}/statuses/{commit}"
            await self._client.write("POST", path, body, token=self._token)
        return ""

    async def _known(self, path: str, *, within: str) -> list[JSON]:
        """What a commit has already; nothing where a stand-in does not tell it."""
        try:
            return await self._client.get_all(path, token=self._token, within=within)
        except NotFoundError:
            return []


def check_body(report: CommitReport, commit: str) -> dict[str, JSON]:
    """A check run."""
    words = report.summary
    body: dict[str, JSON] = {
        "name": CHECK_NAME,
        "head_sha": commit,
        "external_id": report.key,
        "output": {"title": words[:LONGEST_CHECK_TITLE], "summary": words[:LONGEST_SUMMARY]},
        **_standing(report.state),
    }
    return body | ({"details_url": report.url} if report.url else {})


def _standing(state: CheckState) -> dict[str, JSON]:
    if state.ended:
        return {"status": "completed", "conclusion": _CONCLUSIONS[state]}
    return {"status": "queued" if state is CheckState.QUEUED else "in_progress"}


def status_body(report: CommitReport) -> dict[str, JSON]:
    """A commit status, which knows no middle: what is not done whole is not yet good."""
    ended = "success" if report.state is CheckState.SUCCEEDED else "failure"
    body: dict[str, JSON] = {
        "state": ended if report.state.ended else "pending",
        "description": report.summary[:LONGEST_STATUS],
        "context": CHECK_NAME.lower(),
    }
    return body | ({"target_url": report.url} if report.url else {})
