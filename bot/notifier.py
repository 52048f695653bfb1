"""Notifier: posting → template → messenger → receipt. In order, coalesced, retried."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.conversation import Conversation
from bot.domain.errors import UnavailableError, UserError
from bot.domain.posting import CARD, Posting
from bot.domain.vocabulary import Disposition
from bot.messages.cards import event_note, run_card, tombstone
from bot.messages.gates import gate_card
from bot.messages.message import Message
from bot.ports.messenger import Etiquette, Messenger, Turn
from bot.ports.store import Store, Topic, Tx
from bot.services.rules import Rules, RulesNow
from bot.services.selecting import deletion_of
from bot.services.viewing import view_card, view_run

_LOG = logging.getLogger(__name__)

_BATCH = 50
_POLL = 1.0
"""Seconds until it looks again though nothing woke it."""
_SHORTEST_PAUSE = 0.01
_PATIENCE = 0.2
"""Seconds that a slow surface can keep the others waiting."""
_DEEP = 2_000
"""Looked at instead of `_BATCH` where much waits for its turn."""
_FIRST_WAIT = timedelta(seconds=1)
_LONGEST_WAIT = timedelta(minutes=5)


_Group = tuple[int, Conversation]


class Notifier:
    """Tells what is due, surface by surface, until it is stopped."""

    def __init__(
        self,
        store: Store,
        messengers: Mapping[str, Messenger],
        *,
        rules: RulesNow,
        etiquettes: Mapping[str, Etiquette] | None = None,
    ) -> None:
        """`messengers` and `etiquettes` by the name of their surface."""
        self._store = store
        self._messengers = messengers
        self._rules = rules
        self._etiquettes = etiquettes or {}
        self._busy: set[_Group] = set()
        """Runs that are being told of somewhere: there, one thing at a time."""
        self._late: set[_Group] = set()
        """Those that nobody waits for any more: their end wakes the notifier."""
        self._pause = _POLL
        self._depth = _BATCH

    async def run(self) -> None:
        """Tell for ever; ends by cancellation."""
        async with asyncio.TaskGroup() as group:
            while True:
                watch = self._store.watch(Topic.POSTINGS)
                if started := await self._start_if_leading(group):
                    await asyncio.wait(started, timeout=_PATIENCE)
                    self._late |= self._busy
                else:
                    await watch.wait(self._pause)

    async def _start_if_leading(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Of several bots one tells; without the store, nobody does until it is back."""
        self._pause = _POLL
        try:
            ready = await self._ready() if self._store.leads() else []
        except UnavailableError as error:
            _LOG.warning("nothing can be told now: %s", error)
            return []
        return [group.create_task(self._tell_safely(posting)) for posting in ready]

    async def tell_due(self) -> int:
        """Tell everything that is due and may be told now; says how much that was."""
        ready = await self._ready()
        await asyncio.gather(*(self._tell(posting) for posting in ready))
        return len(ready)

    async def _ready(self) -> list[Posting]:
        """What is due and has its turn; its runs are busy from now on."""
        busy = frozenset(self._busy)  # what ends while we read is read as it was before
        now, due = await self._store.read(
            lambda tx: (tx.now(), tx.postings.due(tx.now(), limit=self._depth))
        )
        ready = []
        for posting in due:
            group = _group(posting)
            if group not in busy | self._busy and self._may_tell(posting, now):
                self._busy.add(group)
                ready.append(posting)
        # Where most has to wait for its turn, the rest must not wait behind it.
        self._depth = _DEEP if len(due) >= _BATCH and len(ready) < len(due) else _BATCH
        return ready

    def _may_tell(self, posting: Posting, now: datetime) -> bool:
        etiquette = self._etiquettes.get(posting.conversation.surface)
        if etiquette is None:
            return True
        later = etiquette.turn(
            Turn(
                conversation=posting.conversation,
                message_id=posting.message_id,
                urgent=bool(posting.urgency),
            )
        )
        if later is not None:
            wait = max((later - now).total_seconds(), _SHORTEST_PAUSE)
            self._pause = min(self._pause, wait)
        return later is None

    async def _tell_safely(self, posting: Posting) -> None:
        """Tell it; without the store it is told again later, as its receipt cannot be kept."""
        try:
            await self._tell(posting)
        except UnavailableError as error:
            _LOG.warning("posting %s is not known to be told: %s", posting.id, error)

    async def _tell(self, posting: Posting) -> None:
        """Tell one posting and store its receipt, or when to try again."""
        group = _group(posting)
        try:
            told = await self._outcome(posting)
            await self._store.write(lambda tx: self._save(tx, told, wake=group in self._late))
        finally:
            self._busy.discard(group)
            self._late.discard(group)

    async def _outcome(self, posting: Posting) -> Posting:
        begun = await self._begun(posting)
        try:
            return await self._deliver(begun)
        except UnavailableError as error:
            # Where this time nothing happened, what happened before is as unknown as it was.
            return await self._later(posting if error.untouched else begun, error)
        except UserError as error:
            _LOG.error("posting %s is given up: %s", posting.id, error.text)
            return replace(begun, given_up=error.text, started_at=None)

    def _save(self, tx: Tx, told: Posting, *, wake: bool) -> None:
        tx.postings.save(told)
        if wake:
            tx.wake(Topic.POSTINGS)

    async def _deliver(self, posting: Posting) -> Posting:
        messenger = self._messengers.get(posting.conversation.surface)
        if messenger is None:
            raise UserError(f"nobody speaks for {posting.conversation.surface} here")
        wanted, message, thread = await self._store.read(lambda tx: self._compose(tx, posting))
        message_id = posting.message_id
        if message_id:
            await messenger.edit(posting.conversation, message_id, message)
        else:
            message_id = await messenger.post(
                posting.conversation, message, key=_key(posting), thread=thread
            )
        return replace(
            posting,
            told=wanted,
            attempts=0,
            message_id=message_id,
            fingerprint=message.attributes.get("fingerprint", ""),
            started_at=None,
        )

    async def _begun(self, posting: Posting) -> Posting:
        """Where a surface takes the same message twice, that its telling began is kept first."""
        etiquette = self._etiquettes.get(posting.conversation.surface)
        if etiquette is None or posting.message_id:
            return posting
        if posting.started_at:
            etiquette.doubt(_key(posting), posting.started_at)
            return posting

        def unit(tx: Tx) -> Posting:
            begun = replace(posting, started_at=tx.now())
            tx.postings.save(begun)
            return begun

        return await self._store.write(unit)

    def _compose(self, tx: Tx, posting: Posting) -> tuple[int, Message, str | None]:
        """What to say now, what revision that is, and in whose thread."""
        current = tx.postings.find(posting.run_id, posting.conversation, posting.subject)
        wanted = current.wanted if current else posting.wanted
        message = compose(tx, self._rules(), posting.run_id, posting.subject)
        if posting.subject == CARD:
            return wanted, message, posting.conversation.thread
        card = tx.postings.find(posting.run_id, posting.conversation, CARD)
        return wanted, message, _root(card, posting.conversation)

    async def _later(self, posting: Posting, error: UnavailableError) -> Posting:
        doubled = _FIRST_WAIT * 2 ** min(posting.attempts, 16)
        wait = timedelta(seconds=error.retry_after) if error.retry_after else doubled
        now = await self._store.read(lambda tx: tx.now())
        return replace(
            posting,
            attempts=posting.attempts + 1,
            due_at=now + min(wait, _LONGEST_WAIT),
        )


def compose(tx: Tx, rules: Rules, run_id: int, subject: str) -> Message:
    """What is said of a subject of a run now. Raises NotFoundError for a run that is gone."""
    run = tx.runs.load(run_id)
    if run.disposition is Disposition.DELETED:
        return tombstone(run, deletion_of(tx, run), subject=subject)
    kind, _, number = subject.partition(":")
    if kind == CARD:
        return run_card(view_card(tx, rules, run_id))
    view = view_run(tx, rules, run_id)
    if kind == "gate":
        return gate_card(view, view.gate(int(number)))
    (event,) = tx.runs.events(run_id, after=int(number) - 1)[:1]
    return event_note(view, event)


def _group(posting: Posting) -> _Group:
    return posting.run_id, posting.conversation.root


def _key(posting: Posting) -> str:
    return f"posting:{posting.id}"


def _root(card: Posting | None, conversation: Conversation) -> str | None:
    """The thread to speak in: the one it was asked for in, else the one below the run's card."""
    return conversation.thread or (card.message_id or None if card else None)
