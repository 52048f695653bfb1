"""Notifier: posting → template → messenger → receipt. In order, coalesced, retried."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from bot.domain.conversation import Conversation
from bot.domain.errors import UnavailableError, UserError
from bot.domain.posting import CARD, Posting
from bot.domain.vocabulary import Disposition
from bot.messages.cards import event_note, gate_card, run_card, tombstone
from bot.messages.message import Message
from bot.ports.messenger import Messenger
from bot.ports.store import Store, Topic, Tx
from bot.services.rules import Rules
from bot.services.selecting import deletion_of
from bot.services.viewing import view_run

_LOG = logging.getLogger(__name__)

_BATCH = 50
_POLL = 1.0
"""Seconds until it looks again though nothing woke it."""
_FIRST_WAIT = timedelta(seconds=1)
_LONGEST_WAIT = timedelta(minutes=5)


class Notifier:
    """Tells what is due, surface by surface, until it is stopped."""

    def __init__(
        self, store: Store, messengers: Mapping[str, Messenger], *, rules: Callable[[], Rules]
    ) -> None:
        """`messengers` by the name of their surface."""
        self._store = store
        self._messengers = messengers
        self._rules = rules

    async def run(self) -> None:
        """Tell for ever; ends by cancellation."""
        while True:
            watch = self._store.watch(Topic.POSTINGS)
            if not await self._tell_if_leading():
                await watch.wait(_POLL)

    async def _tell_if_leading(self) -> int:
        """Of several bots one tells; without the store, nobody does until it is back."""
        try:
            return await self.tell_due() if self._store.leads() else 0
        except UnavailableError as error:
            _LOG.warning("nothing can be told now: %s", error)
            return 0

    async def tell_due(self) -> int:
        """Tell everything that is due now; says how many postings were handled."""
        due = await self._store.read(lambda tx: tx.postings.due(tx.now(), limit=_BATCH))
        await asyncio.gather(*(self._tell(posting) for posting in due))
        return len(due)

    async def _tell(self, posting: Posting) -> None:
        """Tell one posting and store its receipt, or when to try again."""
        try:
            told = await self._deliver(posting)
        except UnavailableError as error:
            told = await self._later(posting, error)
        except UserError as error:
            _LOG.error("posting %s is given up: %s", posting.id, error.text)
            told = replace(posting, given_up=error.text)
        await self._store.write(lambda tx: tx.postings.save(told))

    async def _deliver(self, posting: Posting) -> Posting:
        messenger = self._messengers[posting.conversation.surface]
        wanted, message, thread = await self._store.read(lambda tx: self._compose(tx, posting))
        message_id = posting.message_id
        if message_id:
            await messenger.edit(posting.conversation, message_id, message)
        else:
            message_id = await messenger.post(
                posting.conversation, message, key=f"posting:{posting.id}", thread=thread
            )
        return replace(
            posting,
            told=wanted,
            attempts=0,
            message_id=message_id,
            fingerprint=message.attributes.get("fingerprint", ""),
        )

    def _compose(self, tx: Tx, posting: Posting) -> tuple[int, Message, str | None]:
        """What to say now, what revision that is, and in whose thread."""
        current = tx.postings.find(posting.run_id, posting.conversation, posting.subject)
        wanted = current.wanted if current else posting.wanted
        message = compose(tx, self._rules(), posting.run_id, posting.subject)
        if posting.subject == CARD:
            return wanted, message, None
        card = tx.postings.find(posting.run_id, posting.conversation, CARD)
        return wanted, message, _root(card, posting.conversation)

    async def _later(self, posting: Posting, error: UnavailableError) -> Posting:
        doubled = _FIRST_WAIT * 2 ** min(posting.attempts, 16)
        wait = timedelta(seconds=error.retry_after) if error.retry_after else doubled
        now = await self._store.read(lambda tx: tx.now())
        return replace(
            posting, attempts=posting.attempts + 1, due_at=now + min(wait, _LONGEST_WAIT)
        )


def compose(tx: Tx, rules: Rules, run_id: int, subject: str) -> Message:
    """What is said of a subject of a run now. Raises NotFoundError for a run that is gone."""
    run = tx.runs.load(run_id)
    if run.disposition is Disposition.DELETED:
        return tombstone(run, deletion_of(tx, run), subject=subject)
    view = view_run(tx, rules, run_id)
    kind, _, number = subject.partition(":")
    if kind == "gate":
        return gate_card(view, view.gate(int(number)))
    if kind == "event":
        (event,) = tx.runs.events(run_id, after=int(number) - 1)[:1]
        return event_note(view, event)
    return run_card(view)


def _root(card: Posting | None, conversation: Conversation) -> str | None:
    """The thread to speak in: below the run's card."""
    return card.message_id if card and card.message_id else conversation.thread
