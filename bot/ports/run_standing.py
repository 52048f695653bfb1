"""RunStanding: where a run stands, in as few words as a waiting client needs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.domain.actor import Actor
from bot.domain.vocabulary import Status


@dataclass(frozen=True, kw_only=True)
class RunStanding:
    """What a terminal that follows a run asks for again and again."""

    key: str
    """R-81"""
    status: Status
    phase: str
    label: str
    """The native word that people see."""
    live: bool
    waiting_gates: tuple[str, ...] = ()
    """Keys of the open gates: G-41."""
    conversation_thread: str | None = None
    """Id of the run's card in the console, which its thread hangs on; None until it was told."""


FindStanding = Callable[[str, Actor], Awaitable[RunStanding]]
"""From a run's key, for whoever asks; raises NotFoundError where they see no such run."""
