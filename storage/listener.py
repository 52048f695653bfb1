"""Listener: the one connection that hears what other processes commit, and that leads."""

import logging
import random
import secrets
import threading
from collections.abc import Callable, Iterable

import psycopg

from bot.ports.store import Topic
from storage.postgres import LOCK_LEADER, SESSION, connect_options

_LOG = logging.getLogger(__name__)

CHANNEL = "signalbox"
_LOOK = 1.0
"""Seconds between two tries to lead."""
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
"""Seconds before the connection is made anew: doubled each time, up to the longest."""


class Listener:
    """Wakes on what others commit; holds the lock of the one bot that leads.

    A message is the name of the process that sent it, then topics, with spaces between.
    """

    def __init__(self, address: str, wake: Callable[[Iterable[Topic]], None]) -> None:
        """Start the thread; `address` is libpq's."""
        self.leads = False
        self._address = address
        self._wake = wake
        self._name = secrets.token_hex(8)
        self._wait = _FIRST_WAIT
        self._ready = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="store-listener", daemon=True)
        self._thread.start()

    def message(self, topics: Iterable[Topic]) -> str:
        """What to notify so that all other processes wake."""
        return " ".join([self._name, *sorted(topics)])

    def wait_ready(self, seconds: float) -> bool:
        """Return once it listens; whether it does."""
        return self._ready.wait(seconds)

    def begin_end(self) -> str:
        """End as soon as something is heard: notify what this returns."""
        self._ending.set()
        return self._name

    def join(self) -> None:
        """Return when the connection is closed."""
        self._thread.join()

    def _work(self) -> None:
        while not self._ending.is_set():
            try:
                self._listen()
            except psycopg.Error as error:
                _LOG.warning("the listening connection was lost: %s", str(error).partition("\n")[0])
            self.leads = False
            self._ending.wait(self._wait * random.uniform(0.5, 1))  # noqa: S311  # no secret
            self._wait = min(self._wait * 2, _LONGEST_WAIT)

    def _listen(self) -> None:
        options = connect_options()
        with psycopg.connect(self._address, autocommit=True, **options) as connection:
            connection.execute(f"{SESSION}; LISTEN {CHANNEL}")
            if self._ready.is_set():
                self._wake(Topic)  # what was told meanwhile was not heard
            self._try_to_lead(connection)
            self._ready.set()
            self._wait = _FIRST_WAIT
            while not self._ending.is_set():
                self._hear(connection)
                self._try_to_lead(connection)

    def _hear(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        for told in connection.notifies(timeout=_LOOK, stop_after=1):
            sender, *topics = told.payload.split()
            if sender != self._name:
                # A newer bot may know topics that this one does not.
                known = [Topic(topic) for topic in topics if topic in set(Topic)]
                self._wake(known)

    def _try_to_lead(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        if not self.leads:
            row = connection.execute(f"SELECT pg_try_advisory_lock({LOCK_LEADER})").fetchone()
            self.leads = row == (True,)
