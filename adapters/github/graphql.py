"""The little of GitHub's GraphQL that REST has no words for."""

from adapters.github.client import GitHubClient
from bot.domain.codec import JSON
from bot.domain.errors import RefusedError, UnavailableError

READY = """
mutation Ready($id: ID!) {
  markPullRequestReadyForReview(input: {pullRequestId: $id}) {
    pullRequest { isDraft }
  }
}
"""
_LONGEST_REASON = 300


async def mark_ready(client: GitHubClient, node_id: str, *, token: str) -> None:
    """Take the draft's mark off a pull request, by its id of both APIs.

    Raises RefusedError where GitHub will not do it, and what the client raises.
    """
    body = {"query": READY, "variables": {"id": node_id}}
    answer = await client.write("POST", client.graphql_url, body, token=token)
    for error in answer.data.get("errors") or ():
        said = " ".join(str(error.get("message") or "").split())[:_LONGEST_REASON]
        if error.get("type") == "RATE_LIMITED":
            raise UnavailableError("GitHub's rate limit is met")
        raise RefusedError(f"GitHub does not mark it ready for review: {said}.")
    pull: JSON = answer.data["data"]["markPullRequestReadyForReview"]["pullRequest"]
    if pull["isDraft"]:
        raise RefusedError("GitHub does not mark it ready for review.")
