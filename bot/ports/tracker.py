"""Tracker: where issues come from. Told of runs as a Messenger, read as this."""

from typing import Protocol

from bot.domain.issue import Issue


class Tracker(Protocol):
    """Reads issues. All raise UnavailableError when it is worth trying again."""

    surface: str

    async def load_issue(self, name: str) -> Issue:
        """The issue of a key (ENG-142) or id, read anew. Raises NotFoundError."""

    async def search_issues(self, words: str, *, limit: int) -> tuple[Issue, ...]:
        """Issues whose title or key fits these words, the best first."""
