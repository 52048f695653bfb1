"""What a transaction keeps of issues: each as its tracker said when it was last read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.issue import Issue


@dataclass(frozen=True, kw_only=True)
class KeptIssue:
    """An issue, and when it was read."""

    issue: Issue
    read_at: datetime


class Issues(Protocol):
    """Issues that were read. What was not read again for a month is forgotten."""

    def keep(self, issue: Issue) -> None:
        """Store what was read just now, in place of what was read before."""

    def find(self, name: str) -> KeptIssue | None:
        """The issue of a key, letter case aside, or id; of several the one read last."""

    def recent(self, *, limit: int) -> tuple[Issue, ...]:
        """The issues that were read last, the latest first."""
