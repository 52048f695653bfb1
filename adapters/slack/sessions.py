"""Agent sessions: Slack's own sign in a direct message that a run works, waits or has ended.

Derived from the card whenever it is told: what should stand there, not what has changed.
"""

import logging
from collections import OrderedDict
from datetime import datetime, timedelta

from adapters.slack.calls import Calls, SlackRefusedError
from adapters.slack.limits import SESSION_TITLE
from adapters.slack.text import label
from bot.domain.conversation import Conversation
from bot.domain.errors import UnavailableError, UserError
from bot.domain.vocabulary import Status
from bot.messages.message import Message
from bot.ports.clock import Clock

_LOG = logging.getLogger(__name__)

_AGAIN = timedelta(minutes=30)
"""Slack shows work for an hour unless it is told anew."""
_MOST = 2_000
_NOT_AN_AGENT = frozenset(
    {"unknown_method", "not_agent", "not_allowed", "app_not_agent", "feature_not_enabled"}
)
_Key = tuple[str, str, str]


class Sessions:
    """Keeps the status of sessions in step with their runs' cards; never fails a posting."""

    def __init__(self, calls: Calls, clock: Clock) -> None:
        """Knowing of no session yet."""
        self._calls = calls
        self._clock = clock
        self._shown: OrderedDict[_Key, tuple[str, datetime]] = OrderedDict()
        self._without: set[str] = set()
        self._missed: OrderedDict[_Key, tuple[Conversation, str, Message]] = OrderedDict()

    async def sweep(self) -> int:
        """Show what Slack did not take; says how much that was."""
        missed = list(self._missed.values())
        for place, root, message in missed:
            await self.follow(place, root, message)
        return len(missed)

    async def follow(self, place: Conversation, root: str, message: Message) -> None:
        """Show what a card says; only in direct messages, where sessions are."""
        status = session_status(message)
        if not status or not place.channel.startswith("D") or place.tenant in self._without:
            return
        key, now = (place.tenant, place.channel, place.thread or root), self._clock.now()
        self._missed.pop(key, None)
        shown, since = self._shown.get(key, ("", now))
        if shown == status and (status != "processing" or now - since < _AGAIN):
            return
        try:
            await self._calls(
                place.tenant,
                "agents.sessions.setStatus",
                channel_id=place.channel,
                thread_ts=place.thread or root,
                status=status,
                title=label(message.fallback, SESSION_TITLE),
            )
        except SlackRefusedError as error:
            if error.code in _NOT_AN_AGENT:
                self._without.add(place.tenant)
            _LOG.info("no session in %s: %s", place.address, error.code)
        except UnavailableError as error:
            _LOG.info("the session in %s is not in step yet: %s", place.address, error)
            self._missed[key] = (place, root, message)
            while len(self._missed) > _MOST:
                self._missed.popitem(last=False)
            return
        except UserError as error:
            _LOG.info("the session in %s is not in step: %s", place.address, error)
            return
        self._shown[key] = (status, now)
        while len(self._shown) > _MOST:
            self._shown.popitem(last=False)


def session_status(message: Message) -> str:
    """Slack's word for where a card's run stands; empty for what is no card."""
    said = message.attributes.get("status", "")
    if message.attributes.get("subject") != "card" or said not in set(Status):
        return ""
    status = Status(said)
    if status is Status.WAITING:
        return "suspended"
    return "processing" if status.live else "active"
