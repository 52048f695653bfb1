"""PullStore: the parts of the store about pull requests, webhooks and checks beside commits."""

from datetime import datetime
from typing import Protocol

from bot.domain.commit_check import CommitCheck
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


class CommitChecks(Protocol):
    """What is told beside commits, at most one a run and commit."""

    def follow(self, check: CommitCheck) -> None:
        """Store a new one; one of the same run and commit is due, and of this attempt."""

    def find(self, check_id: int) -> CommitCheck | None:
        """The one with this id."""

    def save(self, check: CommitCheck) -> None:
        """Store a changed one. Raises NotFoundError."""

    def due(self, now: datetime, *, limit: int) -> tuple[CommitCheck, ...]:
        """Those that may have something to tell by now, the longest due first."""

    def look(self, run_id: int, commit: str) -> None:
        """The run has changed: let what stands beside this commit be compared with it now."""


class Deliveries(Protocol):
    """Webhook deliveries that were taken, so that a repeated one has no effect."""

    def take(self, key: str) -> bool:
        """Remember a delivery; False where it was taken before."""

    def forget_before(self, at: datetime) -> None:
        """Forget those that can no longer be repeated."""
