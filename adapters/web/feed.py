"""What the browser chat shows: pages of a channel, threads, and changes as they come."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from adapters.web.channels import Channel, list_channels
from adapters.web.outbound import Shown, footer_html, message_html
from adapters.web.waiting import wake
from bot.domain.codec import JSON, decode
from bot.domain.errors import NotFoundError
from bot.domain.run import run_id_of
from bot.domain.sight import EVERYTHING, Sight
from bot.messages.message import Message, is_for
from bot.ports.chat_store import Said
from bot.ports.store import Store, Topic, Tx
from bot.services.rules import RulesNow

PAGE = 30
"""Messages of a channel that are shown at first, and with every “earlier”."""
_BATCH = 100
_PULSE = 15.0
"""Seconds of silence after which a stream shows that it is alive."""


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Who reads, and the projects that they see."""

    person: str
    sight: Sight


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A stretch of a channel, oldest first, as HTML."""

    messages: tuple[str, ...]
    first: int
    """Id of the oldest one; 0 for none."""
    more: bool
    """Whether there is something before it."""


def read_stretch(tx: Tx, channel: Channel, *, reader: Reader, before: int | None = None) -> Stretch:
    """The last messages of a channel, or those before one, as far as the reader sees them."""
    roots = tx.transcript.recent(channel.conversation, limit=PAGE + 1, before=before)
    looked_at = roots[-PAGE:]
    shown = [root for root in looked_at if _is_seen(tx, reader, root)]
    footers = _footers(tx, channel, [str(root.id) for root in shown], reader=reader)
    return Stretch(
        messages=tuple(
            message_html(_show(root).message, said=root, footer=footers[str(root.id)])
            for root in shown
        ),
        first=looked_at[0].id if looked_at else 0,
        more=len(roots) > PAGE,
    )


def read_thread(tx: Tx, channel: Channel, root: int, *, reader: Reader) -> tuple[str, ...]:
    """A card and all that was said below it; empty for a root that the reader has not here."""
    found = tx.transcript.recent(channel.conversation, limit=1, before=root + 1)
    said = [entry for entry in found if entry.id == root and _is_seen(tx, reader, entry)]
    if said:
        said += tx.transcript.threads(channel.conversation, [str(root)])
    return tuple(
        message_html(_show(entry).message, said=entry)
        for entry in said
        if is_for(entry.message, reader.person)
    )


def newest_change(tx: Tx, channels: Sequence[Channel]) -> int:
    """The newest change of any channel."""
    return max(tx.transcript.newest(channel.conversation) for channel in channels)


def _is_seen(tx: Tx, reader: Reader, said: Said) -> bool:
    """Whether a message is neither for somebody else nor about a run that is hidden."""
    if not is_for(said.message, reader.person):
        return False
    key = said.message["attributes"].get("run", "")
    if not key or reader.sight == EVERYTHING:
        return True
    try:
        return reader.sight.shows(tx.runs.load(run_id_of(key)).project)
    except NotFoundError:
        return True


def _show(said: Said) -> Shown:
    return Shown(said=said, message=decode(Message, said.message))


def _footers(
    tx: Tx, channel: Channel, roots: Sequence[str], *, reader: Reader
) -> dict[str, Markup]:
    replies: dict[str, list[Shown]] = {root: [] for root in roots}
    for said in tx.transcript.threads(channel.conversation, roots):
        if is_for(said.message, reader.person):
            replies[said.thread or ""].append(_show(said))
    return {root: footer_html(channel.name, int(root), below) for root, below in replies.items()}


@dataclass(frozen=True, kw_only=True)
class Feed:
    """Server-sent events of every channel, resumed by the number of the last change seen."""

    store: Store
    rules: RulesNow
    closing: asyncio.Event
    """Set when the server is about to stop: streams end."""

    async def follow(
        self, after: int, *, reader: Callable[[], Reader], may_stay: Callable[[], bool]
    ) -> AsyncIterator[str]:
        """Events past a change, until the server closes or `may_stay` says no.

        `reader` is asked anew each time: what somebody may see changes with the policy.
        """
        watch = self.store.watch(Topic.TRANSCRIPT)
        yield "retry: 1000\n\n"
        if await self._lost(after, reader().sight):
            yield "event: reset\ndata: {}\n\n"
            return
        while not self.closing.is_set():
            events = await self.store.read(partial(self._events, after, reader()))
            if not may_stay():
                return
            for change, data in events:
                after = change
                if data is not None:
                    yield f"id: {change}\nevent: said\ndata: {json.dumps(data)}\n\n"
            if not events:
                await wake(watch, _PULSE, self.closing)
                yield ": alive\n\n"

    async def _lost(self, after: int, sight: Sight) -> bool:
        """Whether a reader has seen what this database never said, such as before a restore."""

        def newest(tx: Tx) -> int:
            return newest_change(tx, list_channels(tx, self.rules(), sight))

        return after > await self.store.read(newest)

    def _events(self, after: int, reader: Reader, tx: Tx) -> list[tuple[int, JSON]]:
        """What changed, by change number; cut where a channel has more than a batch.

        What is not seen is None, so that its number counts as followed.
        """
        heard: list[tuple[Channel, Said]] = []
        last: list[int] = []
        for channel in list_channels(tx, self.rules(), reader.sight):
            said = tx.transcript.since(channel.conversation, change=after, limit=_BATCH)
            heard += [(channel, entry) for entry in said]
            last += [said[-1].change] if len(said) == _BATCH else []
        end = min(last, default=None)
        return [
            (
                entry.change,
                _event(tx, channel, entry, reader) if _is_seen(tx, reader, entry) else None,
            )
            for channel, entry in sorted(heard, key=lambda pair: pair[1].change)
            if end is None or entry.change <= end
        ]


def _event(tx: Tx, channel: Channel, said: Said, reader: Reader) -> JSON:
    message = _show(said).message
    root = said.thread or str(said.id)
    footer = _footers(tx, channel, [root], reader=reader)[root]
    return {
        "channel": channel.name,
        "id": said.id,
        "thread": said.thread,
        "at": said.at.isoformat(),
        "html": message_html(message, said=said, footer=None if said.thread else footer),
        "footer": footer,
        "words": message.fallback,
        "mentions": list(message.mentions),
    }
