"""Reading issues from their trackers, before the transaction that is about them."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.catalog import Catalog
from bot.domain.conversation import Conversation
from bot.domain.errors import NotFoundError, UnavailableError, UserError
from bot.domain.issue import Issue, bounded, is_issue_key
from bot.domain.issue_choice import is_withheld
from bot.grammar.params import Kind, Param
from bot.ports.issue_store import KeptIssue
from bot.ports.store import Store
from bot.ports.tracker import Tracker

FRESH = timedelta(minutes=10)
"""How long what was read counts while the tracker does not answer."""
_PATIENCE = 8.0
"""Seconds that a tracker has to answer a request."""
_TYPING_PATIENCE = 2.0
"""The same while somebody types."""
_LISTED = 10
_LOOKED_THROUGH = 200
"""Issues read before that are looked through in place of a search."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What arguments say of issues: their names, or words to search by."""

    names: tuple[str, ...] = ()
    words: str | None = None


def find_wanted(
    params: Sequence[Param], values: Mapping[str, Any], catalog: Catalog
) -> Wanted | None:
    """What arguments say of issues; a word that is a blueprint's name too means that."""
    if searched := [param.name for param in params if param.kind is Kind.ISSUES]:
        return Wanted(words=values.get(searched[0], ""))
    given = [(param.kind, values[param.name]) for param in params if param.name in values]
    names = tuple(
        name
        for kind, name in given
        if kind is Kind.ISSUE or (kind is Kind.WORK and is_issue_key(name) and catalog.lacks(name))
    )
    return Wanted(names=names) if names else None


class TrackerAwayError(UnavailableError):
    """A tracker that asked for something itself does not answer."""


class IssueReader:
    """Reads issues and keeps what it read."""

    def __init__(self, store: Store, trackers: Mapping[str, Tracker]) -> None:
        """`trackers` by their surface; the mapping may be filled later."""
        self._store = store
        self._trackers = trackers

    @property
    def has_trackers(self) -> bool:
        """Whether there is any tracker."""
        return bool(self._trackers)

    async def read_wanted(
        self, wanted: Wanted, *, conversation: Conversation, catalog: Catalog
    ) -> Mapping[str, Issue | UserError]:
        """What was found, by key, or what was read, by name. Raises TrackerAwayError."""
        if wanted.words is None:
            return await self.read(wanted.names, conversation=conversation)
        found = await self.search(wanted.words, limit=_LISTED, catalog=catalog)
        return {issue.key: issue for issue in found}

    async def read(
        self, names: Iterable[str], *, conversation: Conversation
    ) -> dict[str, Issue | UserError]:
        """The issue of each name, or what to say of it.

        Raises TrackerAwayError where the tracker itself asks and does not answer: what comes
        from there is tried again until it does.
        """
        return {name: await self._read(name, conversation) for name in names}

    async def _read(self, name: str, conversation: Conversation) -> Issue | UserError:
        kept = await self._store.read(lambda tx: _fresh(tx.issues.find(name), tx.now()))
        asks_itself = conversation.surface in self._trackers
        if kept and asks_itself:
            return kept
        try:
            issue = await self._ask(name, conversation.surface)
        except NotFoundError as error:
            return error
        except UnavailableError as error:
            if kept:
                return kept
            if asks_itself:
                raise TrackerAwayError(str(error)) from error
            return UserError(
                f"The tracker does not answer, so that {name[:40]} cannot be read now. Nothing "
                "was started; ask again in a minute."
            )
        await self._store.write(lambda tx: tx.issues.keep(issue))
        return issue

    async def _ask(self, name: str, first: str) -> Issue:
        """Ask every tracker, the one of a surface first."""
        away: UnavailableError | None = None
        for surface in sorted(self._trackers, key=lambda surface: surface != first):
            try:
                async with asyncio.timeout(_PATIENCE):
                    return bounded(await self._trackers[surface].load_issue(name))
            except NotFoundError:
                continue
            except TimeoutError:
                away = UnavailableError(f"{surface} takes too long")
            except UnavailableError as error:
                away = error
        raise away or NotFoundError(f"There is no issue {name[:40]}, or I may not read it.")

    async def search(self, words: str, *, limit: int, catalog: Catalog) -> tuple[Issue, ...]:
        """Issues whose key or title fits, without those of projects that somebody does not see.

        Where a tracker does not answer at once, what was read lately is looked through.
        """
        found: list[Issue] = []
        for tracker in self._trackers.values():
            try:
                async with asyncio.timeout(_TYPING_PATIENCE):
                    found += await tracker.search_issues(words, limit=limit)
            except (UnavailableError, TimeoutError):
                found += await self._look_through(words, tracker.surface)
        seen = (issue for issue in found if not is_withheld(issue, catalog))
        return tuple(seen)[:limit]

    async def _look_through(self, words: str, surface: str) -> list[Issue]:
        recent = await self._store.read(lambda tx: tx.issues.recent(limit=_LOOKED_THROUGH))
        wanted = words.casefold().split()
        return [
            issue
            for issue in recent
            if issue.surface == surface
            and all(word in f"{issue.key} {issue.title}".casefold() for word in wanted)
        ]


def _fresh(kept: KeptIssue | None, now: datetime) -> Issue | None:
    return kept.issue if kept and now - kept.read_at < FRESH else None
