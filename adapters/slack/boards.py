"""Boards: one message that speaks for all cards of a channel where too many runs are live.

Slack takes 50 edits in a minute; what 200 cards have to say does not fit. While a channel is
crowded, its cards rest for a minute between two edits, and the board, edited every few seconds,
says where each run stands. Gates and ends are told as ever.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapters.slack.echoes import Echoes
from adapters.slack.limits import CROWD
from adapters.slack.outbound import SlackMessenger
from adapters.slack.pacing import Pacing
from bot.domain.conversation import Conversation
from bot.domain.deadlines import say_duration
from bot.domain.errors import UnavailableError, UserError
from bot.domain.run import Run
from bot.domain.selection import Filter
from bot.domain.vocabulary import LIVE
from bot.messages.cards import run_row
from bot.messages.message import Message, Tone
from bot.messages.render import say
from bot.ports.clock import Clock
from bot.ports.messenger import Turn
from bot.ports.store import Store

_LOG = logging.getLogger(__name__)

LoadLive = Callable[[], Awaitable[Mapping[Conversation, Sequence[Run]]]]

_REST = timedelta(seconds=5)
"""Between two edits of a board."""
_FOUND_FOR = timedelta(days=1)
"""So far back a board of before a restart is looked for, to go on with it."""
_MOST = 2_000


@dataclass
class _Board:
    message_id: str
    edited_at: datetime
    shown: tuple[tuple[str, str], ...] = ()


class Boards:
    """Makes a board where a channel gets crowded, and keeps it true."""

    def __init__(  # noqa: PLR0913  # all that it is wired to
        self,
        messenger: SlackMessenger,
        pacing: Pacing,
        echoes: Echoes,
        *,
        clock: Clock,
        live: LoadLive,
        crowd: int = CROWD,
    ) -> None:
        """`crowd` is the number of live runs from which on a channel has a board."""
        self._messenger = messenger
        self._pacing = pacing
        self._echoes = echoes
        self._clock = clock
        self._live = live
        self._crowd = crowd
        self._boards: dict[Conversation, _Board] = {}

    async def tick(self) -> None:
        """Look at all channels once; what fails is tried at the next tick."""
        live = await self._live()
        for place in {*live, *self._boards}:
            runs = live.get(place, ())
            # It ends at half of what it begins at, lest it comes and goes.
            if len(runs) >= self._crowd or (place in self._boards and len(runs) * 2 > self._crowd):
                await self._keep(place, runs)
            elif place in self._boards:
                await self._end(place, runs)

    async def _keep(self, place: Conversation, runs: Sequence[Run]) -> None:
        self._pacing.crowd(place, crowded=True)
        now, shown = self._clock.now(), tuple((run.key, run.status.value) for run in runs)
        board = self._boards.get(place)
        if board and (board.shown == shown or now - board.edited_at < _REST):
            return
        if await self._tell(place, board, board_message(runs, now)):
            self._boards[place].shown = shown

    async def _end(self, place: Conversation, runs: Sequence[Run]) -> None:
        self._pacing.crowd(place, crowded=False)
        board = self._boards[place]
        if await self._tell(place, board, board_message(runs, self._clock.now())):
            del self._boards[place]

    async def _tell(self, place: Conversation, board: _Board | None, message: Message) -> bool:
        """Post or edit it when it has its turn."""
        message_id = board.message_id if board else ""
        if self._pacing.turn(Turn(conversation=place, message_id=message_id)) is not None:
            return False
        now = self._clock.now()
        try:
            if message_id:
                await self._messenger.edit(place, message_id, message)
            else:
                key = f"board:{place.channel}"
                self._echoes.doubt(key, now - _FOUND_FOR)
                message_id = await self._messenger.post(place, message, key=key, thread=None)
        except UnavailableError as error:
            _LOG.info("the board of %s waits: %s", place.address, error)
            return False
        except UserError as error:
            _LOG.warning("the board of %s cannot be told: %s", place.address, error.text)
            self._boards.pop(place, None)
            return False
        self._boards[place] = _Board(message_id, now)
        return True


def board_message(runs: Sequence[Run], now: datetime) -> Message:
    """Where each of a channel's live runs stands, in as many rows as a message holds."""
    words = say("board", count=len(runs), tone=Tone.BUSY if runs else Tone.GOOD)
    rows = (run_row(run, say_duration(now - run.created_at)) for run in runs)
    return replace(words, rows=tuple(replace(row, button=None) for row in rows))


def live_runs(store: Store, surface: str = "slack") -> LoadLive:
    """The live runs of every channel of a surface, the newest first."""

    async def load() -> Mapping[Conversation, Sequence[Run]]:
        everywhere = Filter(statuses=LIVE)
        found: dict[Conversation, list[Run]] = {}
        for run in await store.read(lambda tx: tx.runs.find(everywhere, limit=_MOST)):
            for place in (run.conversation, *run.mirrors):
                if place.surface == surface:
                    found.setdefault(place.root, []).append(run)
        return found

    return load
