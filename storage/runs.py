"""Runs and their events: version-checked, numbered without a gap, chained by hash."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from bot.domain.codec import encode
from bot.domain.errors import ConflictError
from bot.domain.events import Event, EventType, NewEvent, chain
from bot.domain.run import Run
from bot.domain.selection import Filter
from bot.domain.vocabulary import Profile, Status
from storage import search, stats
from storage.columns import actor_columns, place, take_actor, take_conversation, without
from storage.purging import purge
from storage.scope import Scope, absent
from storage.tables import LIVE_DEDUPED, events, runs

_CREATE = insert(runs)
_LOAD = select(runs).where(runs.c.id == bindparam("id"))
_CHANGE = update(runs).where(runs.c.id == bindparam("of"), runs.c.version == bindparam("was"))
_APPEND = insert(events)
_EVENTS = (
    select(events)
    .where(events.c.run_id == bindparam("run"), events.c.seq > bindparam("after"))
    .order_by(events.c.seq)
)
_EVENTS_OF = _EVENTS.where(events.c.type.in_(bindparam("types", expanding=True)))
_PAGE = (
    select(runs).where(runs.c.id > bindparam("after")).order_by(runs.c.id).limit(bindparam("most"))
)
_LIVE = select(runs.c.id).where(LIVE_DEDUPED, runs.c.dedupe_key == bindparam("wanted"))


class SqlRuns:
    """The Runs port."""

    def __init__(self, scope: Scope) -> None:
        """Runs within one transaction."""
        self._scope = scope
        self._seen: dict[int, Run] = {}

    def create(self, run: Run) -> Run:
        """Store a new run; it begins at version 0, without events."""
        new = replace(run, version=0, last_seq=0, head="")
        run_id = self._scope.insert(_CREATE, _columns(new))
        stats.move(self._scope, run)
        return self._see(replace(new, id=run_id))

    def load(self, run_id: int) -> Run:
        """Raises NotFoundError, for a run that is not seen as for one that is not."""
        run = _run(self._scope.load(_LOAD, run_id, noun="run"))
        if not self._scope.sight.shows(run.project):
            raise absent("run", run_id)
        return self._see(run)

    def save(self, run: Run, events: Sequence[NewEvent]) -> tuple[Run, tuple[Event, ...]]:
        """Store a changed run and append its events. Raises ConflictError, NotFoundError."""
        stored = self._seen.get(run.id)
        if stored is None or stored.version != run.version:
            stored = self.load(run.id)
        appended = self._chained(stored, events)
        saved = replace(
            run,
            version=run.version + 1,
            last_seq=appended[-1].seq if appended else stored.last_seq,
            head=appended[-1].hash if appended else stored.head,
            updated_at=self._scope.now,
        )
        before = _columns(stored)
        changed = {name: new for name, new in _columns(saved).items() if new != before[name]}
        guarded = {**changed, "version": saved.version, "of": run.id, "was": run.version}
        if self._scope.run(_CHANGE, guarded).rowcount != 1:
            raise ConflictError(f"{run.key} is no longer at version {run.version}")
        if appended:
            self._scope.run(_APPEND, [_event_columns(event) for event in appended])
        stats.move(self._scope, run, was=stored)
        return self._see(saved), appended

    def find(self, filter_: Filter, *, limit: int, before: int | None = None) -> tuple[Run, ...]:
        """The runs that match, newest first."""
        found = self._scope.rows(
            search.newest(filter_, sight=self._scope.sight, limit=limit, before=before)
        )
        return tuple(_run(fields) for fields in found)

    def find_live(self, dedupe_key: str) -> int | None:
        """The id of the live run with this key, whoever may see it."""
        found: int | None = self._scope.run(_LIVE, {"wanted": dedupe_key}).scalar()
        return found

    def find_titled(self, words: str, *, limit: int) -> tuple[Run, ...]:
        """Runs whose title contains each of these words, newest first; deleted ones are not."""
        return self.find(Filter(words=words), limit=limit)

    def events(self, run_id: int, *, after: int = 0) -> tuple[Event, ...]:
        """The run's events in order, past a sequence number."""
        asked = {"run": run_id, "after": after}
        return tuple(_event(fields) for fields in self._scope.rows(_EVENTS, asked))

    def events_of(self, run_id: int, *types: EventType) -> tuple[Event, ...]:
        """The run's events of these types, in order."""
        asked = {"run": run_id, "after": 0, "types": list(types)}
        return tuple(_event(fields) for fields in self._scope.rows(_EVENTS_OF, asked))

    def stats(self) -> Mapping[tuple[Profile, Status], int]:
        """How many runs stand in each status, deleted ones left out."""
        return stats.count(self._scope)

    def fold_stats(self) -> None:
        """Fold the deltas behind `stats` into one row each."""
        stats.fold(self._scope)

    def page(self, *, after: int, limit: int) -> tuple[Run, ...]:
        """Every run past an id, in the order of ids, deleted ones too."""
        asked = {"after": after, "most": limit}
        return tuple(_run(fields) for fields in self._scope.rows(_PAGE, asked))

    def purge(self, run_id: int) -> None:
        """Take from a deleted run what it was about and what it did."""
        purge(self._scope, run_id)
        self._seen.pop(run_id, None)

    def _see(self, run: Run) -> Run:
        """Remember a run as it is stored, so that saving it need not look again."""
        self._seen[run.id] = run
        return run

    def _chained(self, stored: Run, new: Sequence[NewEvent]) -> tuple[Event, ...]:
        head = stored.head
        chained: list[Event] = []
        for seq, fact in enumerate(new, start=stored.last_seq + 1):
            event = Event(
                run_id=stored.id,
                seq=seq,
                type=fact.type,
                actor=fact.actor,
                at=self._scope.now,
                data=encode(fact.data),
            )
            head = chain(head, event)
            chained.append(replace(event, hash=head))
        return tuple(chained)


def _columns(run: Run) -> dict[str, Any]:
    return {
        **without(vars(run), "id", "surface", "conversation"),
        **place(run.conversation),
        "requested_on": run.surface,
        "title_folded": run.title.casefold(),
        "issue_key": run.issue.key if run.issue else "",
    }


def _run(fields: dict[str, Any]) -> Run:
    del fields["title_folded"], fields["issue_key"]
    conversation = take_conversation(fields)
    return Run(surface=fields.pop("requested_on"), conversation=conversation, **fields)


def _event_columns(event: Event) -> dict[str, Any]:
    return {**without(vars(event), "actor"), **actor_columns(event.actor)}


def _event(fields: dict[str, Any]) -> Event:
    return Event(actor=take_actor(fields), **fields)
