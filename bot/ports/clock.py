"""Clock and Ids: time and chance, handed in so that tests can hold them."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The one source of the time of day."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""


class Ids(Protocol):
    """The one source of names nobody can guess."""

    def token(self) -> str:
        """A fresh secret of at least 256 bits, safe in addresses and headers."""

    def incident(self) -> str:
        """A short name for an incident, to be said in chat and found in the log."""
