"""Reply: the private answer to one invocation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique

from bot.messages.message import Message


@unique
class Outcome(StrEnum):
    """What became of a request."""

    DONE = "done"
    PROPOSED = "proposed"
    """Nothing has happened yet: the person is asked to confirm or choose."""
    REFUSED = "refused"
    USAGE = "usage"
    BROKEN = "broken"
    """Our fault; the message names the incident."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """Said to the person who asked, and to nobody else."""

    message: Message
    outcome: Outcome = Outcome.DONE
    runs: tuple[str, ...] = ()
    """Keys of the runs it had an effect on or speaks of."""
    problems: Mapping[str, str] = field(default_factory=dict)
    """Name of a form's field → what is wrong with its value, to be shown beside it."""
