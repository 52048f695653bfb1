"""Writer: the one thread that changes the database; what waits together commits together."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
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
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


_Settled = tuple[_Call, Any, BaseException | None]
"""A call, and what it gave or raised."""


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

    def submit(self, unit: Unit) -> asyncio.Future[Any]:
        """Hand in a unit from a loop.

        The future is settled after its COMMIT, or with what it raised; units whose future was
        cancelled by then are not begun.
        """
        loop = asyncio.get_running_loop()
        call = _Call(unit, loop.create_future(), loop)
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
            wanted = [call for call in taken if call and not call.future.cancelled()]
            if wanted:
                _tell(self._carry_out(wanted))

    def _take(self) -> list[_Call | None]:
        """All that waits, at least one, up to the bound or the end."""
        taken = [self._calls.get()]
        while taken[-1] is not None and len(taken) < _TOGETHER:
            try:
                taken.append(self._calls.get_nowait())
            except Empty:
                break
        return taken

    def _carry_out(self, calls: Sequence[_Call]) -> list[_Settled]:
        """One commit for all; where one of them raises, one commit for each.

        Where the database itself is unavailable, all fail at once: each would wait in vain.
        """
        try:
            results, woken = self._commit(calls)
        except BaseException as error:  # whatever a unit raises is its caller's
            if len(calls) == 1 or isinstance(error, DatabaseUnavailableError):
                return [(call, None, error) for call in calls]
            return [settled for call in calls for settled in self._carry_out([call])]
        self._wake(woken)
        return [(call, result, None) for call, result in zip(calls, results, strict=True)]

    def _commit(self, calls: Sequence[_Call]) -> tuple[list[Any], set[Topic]]:
        results: list[Any] = []
        woken: set[Topic] = set()
        with self._transaction() as connection:
            for call in calls:
                scope = Scope(connection, self._now())
                results.append(call.unit(Transaction(scope)))
                woken |= scope.woken
        return results, woken


def _tell(settled: Sequence[_Settled]) -> None:
    """Settle futures in their loop, which is woken once for all of a commit."""
    of: dict[asyncio.AbstractEventLoop, list[_Settled]] = {}
    for each in settled:
        of.setdefault(each[0].loop, []).append(each)
    for loop, own in of.items():
        with suppress(RuntimeError):  # it was closed under them
            loop.call_soon_threadsafe(_settle, own)


def _settle(settled: Sequence[_Settled]) -> None:
    for call, result, error in settled:
        if call.future.done():  # cancelled meanwhile
            continue
        if error is None:
            call.future.set_result(result)
        else:
            call.future.set_exception(error)
