"""PullStore: the parts of the store about pull requests and the webhooks that tell of them."""

from datetime import datetime
from typing import Protocol

from bot.domain.pull_request import PullRequest


class PullRequests(Protocol):
    """Pull requests, at most one a run."""

    def create(self, pull: PullRequest) -> PullRequest:
        """Store a new one and return it with its id."""

    def save(self, pull: PullRequest) -> None:
        """Store a changed one. Raises NotFoundError."""

    def find(self, run_id: int) -> PullRequest | None:
        """The one of a run."""

    def due(self, now: datetime, *, limit: int) -> tuple[PullRequest, ...]:
        """Those to be worked on or looked at by now, the longest due first."""

    def look(self, surface: str, repository: str, number: int) -> bool:
        """Let one be looked at now, whatever its repository's letter case; whether there is one."""

    def look_at_all(self) -> None:
        """Let every one that is looked at from time to time be looked at now."""


class Deliveries(Protocol):
    """Webhook deliveries that were taken, so that a repeated one has no effect."""

    def take(self, key: str) -> bool:
        """Remember a delivery; False where it was taken before."""

    def forget_before(self, at: datetime) -> None:
        """Forget those that can no longer be repeated."""
