"""The machine's own clock, chance and locks."""

import fcntl
import gc
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bot.domain.errors import UserError


class SystemClock:
    """The time of day of this machine."""

    def now(self) -> datetime:
        """The present moment, UTC."""
        return datetime.now(UTC)


class RandomIds:
    """Names from the operating system's random source."""

    def token(self) -> str:
        """43 characters, 256 bits."""
        return secrets.token_urlsafe(32)

    def incident(self) -> str:
        """8 characters, easy to read aloud."""
        return "".join(secrets.choice("23456789abcdefghjkmnpqrstuvwxyz") for _ in range(8))


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Hold a data folder for this process alone; the lock goes with the process.

    Raises UserError where another process holds it.
    """
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UserError(
                f"Another bot is at work in {folder}; stop it, or choose another data folder "
                "with SIGNALBOX_DATA_DIR."
            ) from error
        yield


def spare_what_stays() -> None:
    """Let Python's collector look at what comes and goes, and seldom.

    It stops the whole bot, under load for 200 ms: modules never go, and waiting requests stay.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
