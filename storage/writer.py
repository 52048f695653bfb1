"""Writer: the one thread that changes the database; what waits together commits together."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Any

from sqlalchemy import Connection

from bot.ports.store import Topic, Tx
from storage.scope import Scope
from storage.sqlite import DatabaseUnavailableError
from storage.transaction import Transaction

_TOGETHER = 64
"""The most units of one commit."""

Unit = Callable[[Tx], Any]


@dataclass(frozen=True)
class _Call:
    unit: Unit
    future: Future[Any] = field(default_factory=Future)


class Writer:
    """Runs units in the order in which they were handed in."""

    def __init__(
        self,
        transaction: Callable[[], AbstractContextManager[Connection]],
        *,
        now: Callable[[], datetime],
        wake: Callable[[Iterable[Topic]], None],
    ) -> None:
        """Start the thread; `transaction` commits at its end, or undoes all when it raises.

        `wake` is called with the topics of a commit once it is durable.
        """
        self._transaction = transaction
        self._now = now
        self._wake = wake
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        # A daemon: a process that fails without closing its store must still end.
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, unit: Unit) -> Future[Any]:
        """Hand in a unit; the future is settled after its COMMIT, or with what it raised."""
        call = _Call(unit)
        self._calls.put(call)
        return call.future

    def close(self) -> None:
        """Return when everything handed in before is settled. Nothing may be handed in after."""
        self._calls.put(None)
        self._thread.join()

    def _work(self) -> None:
        going_on = True
        while going_on:
            taken = self._take()
            going_on = None not in taken
            wanted = [call for call in taken if call and call.future.set_running_or_notify_cancel()]
            if wanted:
                self._carry_out(wanted)

    def _take(self) -> list[_Call | None]:
        """All that waits, at least one, up to the bound or the end."""
        taken = [self._calls.get()]
        while taken[-1] is not None and len(taken) < _TOGETHER:
            try:
                taken.append(self._calls.get_nowait())
            except Empty:
                break
        return taken

    def _carry_out(self, calls: Sequence[_Call]) -> None:
        """One commit for all; where one of them raises, one commit for each.

        Where the database itself is unavailable, all fail at once: each would wait in vain.
        """
        try:
            results, woken = self._commit(calls)
        except BaseException as error:  # whatever a unit raises is its caller's
            final = len(calls) == 1 or isinstance(error, DatabaseUnavailableError)
            for call in calls:
                if final:
                    call.future.set_exception(error)
                else:
                    self._carry_out([call])
            return
        self._wake(woken)
        for call, result in zip(calls, results, strict=True):
            call.future.set_result(result)

    def _commit(self, calls: Sequence[_Call]) -> tuple[list[Any], set[Topic]]:
        results: list[Any] = []
        woken: set[Topic] = set()
        with self._transaction() as connection:
            for call in calls:
                scope = Scope(connection, self._now())
                results.append(call.unit(Transaction(scope)))
                woken |= scope.woken
        return results, woken
