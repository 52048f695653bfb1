"""The little of GitHub's GraphQL that is used, executed over a part of its schema.

The types, names and errors are those of GitHub's public schema; so is that the mutation asks a
token for a right to write code besides the one to write pull requests.
"""

from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo, build_schema, graphql_sync

from tests.fakes.github.state import Data, GitHubState, Grant, Pull

SCHEMA = build_schema(
    """
    type Query { viewer: User! }
    type User { login: String! }
    type Mutation {
      markPullRequestReadyForReview(
        input: MarkPullRequestReadyForReviewInput!
      ): MarkPullRequestReadyForReviewPayload
    }
    input MarkPullRequestReadyForReviewInput { clientMutationId: String, pullRequestId: ID! }
    type MarkPullRequestReadyForReviewPayload {
      clientMutationId: String
      pullRequest: PullRequest
    }
    type PullRequest { id: ID!, number: Int!, isDraft: Boolean! }
    """
)


class TypedError(GraphQLError):
    """An error with GitHub's `type` beside the message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Root:
    """Resolves the mutations for one token."""

    def __init__(self, state: GitHubState, grant: Grant) -> None:
        self._state = state
        self._grant = grant

    def fields(self) -> Data:
        """The mutations by their names."""
        return {"markPullRequestReadyForReview": self._mark_ready}

    def _mark_ready(
        self,
        _info: "GraphQLResolveInfo[Any]",
        input: Data,  # noqa: A002  # the argument's name in GitHub's schema
    ) -> Data:
        pull = self._find(input["pullRequestId"])
        if {self._grant.permissions.get(name) for name in ("contents", "pull_requests")} != {
            "write"
        }:
            who = "integration" if self._grant.is_app else "personal access token"
            raise TypedError("FORBIDDEN", f"Resource not accessible by {who}")
        pull.draft = False
        shown = {"id": pull.node_id, "number": pull.number, "isDraft": pull.draft}
        return {"pullRequest": shown, "clientMutationId": input.get("clientMutationId")}

    def _find(self, node_id: str) -> Pull:
        for pull in self._state.pulls:
            if pull.node_id == node_id and pull.repository in self._grant.repositories:
                return pull
        raise TypedError(
            "NOT_FOUND", f"Could not resolve to a node with the global id of '{node_id}'"
        )


def execute(state: GitHubState, grant: Grant, body: Any) -> Data:
    """What GitHub answers, always with status 200."""
    done = graphql_sync(
        SCHEMA, body["query"], Root(state, grant).fields(), variable_values=body.get("variables")
    )
    if not done.errors:
        return {"data": done.data}
    return {"data": done.data, "errors": [_error(error) for error in done.errors]}


def _error(error: GraphQLError) -> Data:
    kind = getattr(error.original_error, "kind", None)
    return ({"type": kind} if kind else {}) | {"path": error.path, "message": error.message}
