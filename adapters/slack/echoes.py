"""Echoes: what Slack tells us of our own messages, to know what became of a doubtful post.

The inbound half feeds it: each message event of our own bot with the key in its metadata, and
each deletion. It holds the last few thousand; history is asked where it knows nothing.
"""

import asyncio
from collections import OrderedDict
from datetime import datetime

_MOST = 10_000
_Key = tuple[str, str, str]


class Echoes:
    """Receipts that came by themselves, keys in doubt, and messages that are gone."""

    def __init__(self) -> None:
        """Knowing nothing yet."""
        self._heard: OrderedDict[_Key, str] = OrderedDict()
        self._gone: OrderedDict[_Key, None] = OrderedDict()
        self._doubts: OrderedDict[str, datetime] = OrderedDict()
        self._waiting: dict[_Key, asyncio.Event] = {}

    def heard(self, tenant: str, channel: str, key: str, ts: str) -> None:
        """A message of ours with this key stands in a channel."""
        place = (tenant, channel, key)
        _keep(self._heard, place, ts)
        if place in self._waiting:
            self._waiting[place].set()

    def find(self, tenant: str, channel: str, key: str) -> str | None:
        """The ts of the message with this key, if it was heard."""
        return self._heard.get((tenant, channel, key))

    async def wait(self, tenant: str, channel: str, key: str, seconds: float) -> str | None:
        """The ts of the message with this key, if it is heard within so many seconds."""
        place = (tenant, channel, key)
        event = self._waiting.setdefault(place, asyncio.Event())
        try:
            if place not in self._heard:
                await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return None
        finally:
            self._waiting.pop(place, None)
        return self._heard.get(place)

    def deleted(self, tenant: str, channel: str, ts: str) -> None:
        """Somebody deleted a message."""
        _keep(self._gone, (tenant, channel, ts), None)

    def is_gone(self, tenant: str, channel: str, ts: str) -> bool:
        """Whether a message is known to be deleted."""
        return (tenant, channel, ts) in self._gone

    def doubt(self, key: str, since: datetime) -> None:
        """A message with this key may stand somewhere, not older than `since`."""
        _keep(self._doubts, key, since)

    def take_doubt(self, key: str) -> datetime | None:
        """Since when there is doubt about a key, once."""
        return self._doubts.pop(key, None)


def _keep(kept: OrderedDict, key: object, value: object) -> None:  # type: ignore[type-arg]  # of any kind
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > _MOST:
        kept.popitem(last=False)
