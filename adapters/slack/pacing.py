"""Pacing: whose turn it is under Slack's limits. The clock is handed in; nothing waits here.

Messages count per channel, edits per workspace. Of each, the last turn of a burst is kept for
what is urgent. The same message rests between two edits; in a crowded channel, where a board
speaks for all cards, for a minute.
"""

from datetime import datetime, timedelta

from adapters.slack import limits
from adapters.slack.echoes import Echoes
from bot.domain.conversation import Conversation
from bot.ports.clock import Clock
from bot.ports.messenger import Turn

_CROWDED_REST = timedelta(minutes=1)
_MOST = 5_000
_Key = tuple[str, ...]


class Pacing:
    """The Etiquette port."""

    def __init__(self, clock: Clock, echoes: Echoes) -> None:
        """`echoes` keeps which postings are in doubt."""
        self._clock = clock
        self._echoes = echoes
        self._due_at: dict[_Key, datetime] = {}
        """When each bucket would be empty again: it is full by that much more than its burst."""
        self._edited_at: dict[_Key, datetime] = {}
        self._crowded: set[_Key] = set()

    def turn(self, wanted: Turn) -> datetime | None:
        """Take a turn: None where it may be told at once, else the moment to ask again."""
        now, place = self._clock.now(), wanted.conversation
        self._forget(now)
        if not wanted.message_id:
            return self._take(
                ("post", place.tenant, place.channel),
                (limits.CHANNEL_PACE, limits.CHANNEL_BURST - (not wanted.urgent)),
                now,
            )
        message = (place.tenant, place.channel, wanted.message_id)
        rested_at = self._edited_at.get(message, now) + self._rest(place)
        if message in self._edited_at and rested_at > now and not wanted.urgent:
            return rested_at
        later = self._take(
            ("edit", place.tenant),
            (limits.EDIT_PACE, limits.EDIT_BURST - (not wanted.urgent)),
            now,
        )
        if later is None:
            self._edited_at[message] = now
        return later

    def doubt(self, key: str, since: datetime) -> None:
        """A posting of this key may have been told already: the messenger looks first."""
        self._echoes.doubt(key, since)

    def hold(self, place: Conversation, seconds: float, *, edits: bool) -> None:
        """Slack said when to come back."""
        key = ("edit", place.tenant) if edits else ("post", place.tenant, place.channel)
        pace, burst = (
            (limits.EDIT_PACE, limits.EDIT_BURST)
            if edits
            else (limits.CHANNEL_PACE, limits.CHANNEL_BURST)
        )
        free_at = self._clock.now() + timedelta(seconds=seconds)
        held_until = free_at + pace * (burst - 1)
        self._due_at[key] = max(self._due_at.get(key, held_until), held_until)

    def crowd(self, place: Conversation, *, crowded: bool) -> None:
        """So many runs are live in a channel that a board speaks for their cards, or not."""
        change = self._crowded.add if crowded else self._crowded.discard
        change((place.tenant, place.channel))

    def _rest(self, place: Conversation) -> timedelta:
        crowded = (place.tenant, place.channel) in self._crowded
        return _CROWDED_REST if crowded else limits.EDIT_REST

    def _take(self, key: _Key, rate: tuple[timedelta, int], now: datetime) -> datetime | None:
        """Take a token of a bucket that fills at a pace up to a burst."""
        pace, burst = rate
        due_at = max(self._due_at.get(key, now), now)
        free_at = due_at - pace * (burst - 1)
        if free_at > now:
            return free_at
        self._due_at[key] = due_at + pace
        return None

    def _forget(self, now: datetime) -> None:
        """Keep no more than what can still matter."""
        if len(self._due_at) + len(self._edited_at) > _MOST:
            self._due_at = {key: at for key, at in self._due_at.items() if at > now}
            rest = now - _CROWDED_REST
            self._edited_at = {key: at for key, at in self._edited_at.items() if at > rest}
