"""Clockwork: APScheduler ticks the sweeps. What is due stands in the store, not here."""

import logging
from collections.abc import Awaitable, Callable, Mapping

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

_LOG = logging.getLogger(__name__)
_GRACE = 30
"""Seconds that a tick may be late and still happen."""

Sweep = Callable[[], Awaitable[object]]


def start_clockwork(
    sweeps: Mapping[str, tuple[float, Sweep]], *, leads: Callable[[], bool]
) -> AsyncIOScheduler:
    """Start ticking: each sweep by name with its interval in seconds; never two of one at once.

    While this bot does not lead, another one sweeps. The caller shuts the returned scheduler
    down.
    """
    scheduler = AsyncIOScheduler(timezone="UTC")
    for name, (seconds, sweep) in sweeps.items():
        scheduler.add_job(
            _guarded(name, sweep, leads),
            IntervalTrigger(seconds=seconds, timezone="UTC"),
            id=name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=_GRACE,
        )
    scheduler.start()
    return scheduler


def _guarded(name: str, sweep: Sweep, leads: Callable[[], bool]) -> Callable[[], Awaitable[None]]:
    async def tick() -> None:
        try:
            if leads():
                await sweep()
        except Exception:  # a failed tick must not end the clockwork; the next one tries again
            _LOG.exception("sweep %s failed", name)

    return tick
