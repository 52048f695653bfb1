"""Statements that take long: the bot's own statistics, since it was started."""

import threading
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from sqlalchemy import Engine, event

from bot.ports.maintenance import SlowStatement

SLOW_MS = 50
_MOST = 200
"""Different statements that are kept."""
_LONGEST = 300
"""Characters of a statement."""


class StatementClock:
    """Times every statement of the engines that it is attached to; keeps the slow ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slow: dict[str, SlowStatement] = {}

    def attach(self, engine: Engine) -> None:
        """Time what this engine executes from now on."""
        dialect = engine.dialect

        @event.listens_for(engine, "do_execute")
        def once(*given: Any) -> bool:
            return self._time(dialect.do_execute, given)

        @event.listens_for(engine, "do_executemany")
        def for_each(*given: Any) -> bool:
            return self._time(dialect.do_executemany, given)

    def _time(self, execute: Callable[..., None], given: Sequence[Any]) -> bool:
        """Execute in SQLAlchemy's place; true, for then it does no more."""
        began = perf_counter()
        execute(*given)
        self.note(given[1], (perf_counter() - began) * 1000)
        return True

    def note(self, statement: str, milliseconds: float) -> None:
        """Keep a statement that took so long, if that is slow."""
        if milliseconds < SLOW_MS:
            return
        text = " ".join(statement.split())[:_LONGEST]
        with self._lock:
            known = self._slow.get(text)
            if known is None and len(self._slow) >= _MOST:
                return
            self._slow[text] = SlowStatement(
                statement=text,
                count=known.count + 1 if known else 1,
                slowest_ms=round(max(milliseconds, known.slowest_ms if known else 0.0), 1),
            )

    def slowest(self, limit: int) -> tuple[SlowStatement, ...]:
        """The slowest statements, slowest first."""
        with self._lock:
            found = list(self._slow.values())
        return tuple(sorted(found, key=lambda slow: -slow.slowest_ms)[:limit])
