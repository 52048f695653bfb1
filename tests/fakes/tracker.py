"""A tracker that holds its issues in memory, and can be away or slow."""

import asyncio
from dataclasses import dataclass, field

from bot.domain.errors import NotFoundError, UnavailableError
from bot.domain.issue import Issue

ENG_142 = Issue(
    surface="linear",
    tenant="acme",
    id="0b5c-142",
    key="ENG-142",
    title="Checkout rounds down",
    url="https://linear.example/acme/issue/ENG-142",
    description="Half a cent is lost.",
    team="ENG",
    branch="ana/eng-142-checkout-rounds-down",
)


@dataclass
class FakeTracker:
    """Speaks for one surface; `read` counts what was asked of it."""

    surface: str = "linear"
    issues: dict[str, Issue] = field(default_factory=lambda: {"ENG-142": ENG_142})
    away: bool = False
    slow: bool = False
    read: int = 0

    async def load_issue(self, name: str) -> Issue:
        """The issue of a key or id."""
        await self._answer()
        for issue in self.issues.values():
            if name in {issue.id, issue.key, issue.key.lower()}:
                return issue
        raise NotFoundError(f"There is no issue {name}.")

    async def search_issues(self, words: str, *, limit: int) -> tuple[Issue, ...]:
        """Those whose key or title has the words."""
        await self._answer()
        found = (
            issue
            for issue in self.issues.values()
            if words.casefold() in f"{issue.key} {issue.title}".casefold()
        )
        return tuple(found)[:limit]

    async def _answer(self) -> None:
        self.read += 1
        if self.away:
            raise UnavailableError("the tracker is away")
        if self.slow:
            await asyncio.Event().wait()
