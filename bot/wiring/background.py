"""The background: telling, sweeping and the built-in agent, beside what surfaces bring along."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from adapters.agent.embedded import EmbeddedJobSource
from adapters.agent.loop import AgentLoop
from adapters.clockwork import Sweep, start_clockwork
from adapters.executors.local import LocalExecutor
from adapters.file_news import FileNewsWatch
from adapters.retention import Retention
from bot.domain.labels import canonical
from bot.notifier import Notifier
from bot.ports.job_source import Offer
from bot.ports.store import Tx
from bot.services.rules import Rules
from bot.services.sweeping import sweep_gates, sweep_leases, sweep_timeouts
from bot.services.undoing import sweep_effects
from bot.wiring.parts import Parts, Surface

_OVERDUE = timedelta(minutes=1)
"""So long after it was accepted a request is taken up again that nobody has done."""


@asynccontextmanager
async def background(parts: Parts, surfaces: Sequence[Surface]) -> AsyncIterator[None]:
    """All that goes on by itself while the block runs."""
    store = parts.store
    messengers = {name: each for surface in surfaces for name, each in surface.messengers.items()}
    etiquettes = {name: each for surface in surfaces for name, each in surface.etiquettes.items()}
    notifier = Notifier(store, messengers, rules=parts.rulebook.current, etiquettes=etiquettes)
    sweeps = _sweeps(parts) | {k: v for surface in surfaces for k, v in surface.sweeps.items()}
    work: list[Callable[[], Awaitable[None]]] = [notifier.run, parts.dispatcher.resume]
    work += [task for surface in surfaces for task in surface.tasks]
    if parts.settings.slots:
        work.append(_agent(parts).run)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_whole(task)) for task in work]
        clockwork = start_clockwork(sweeps, leads=store.leads)
        try:
            yield
        finally:
            clockwork.shutdown(wait=False)
            for task in tasks:
                task.cancel()


async def _whole(task: Callable[[], Awaitable[None]]) -> None:
    """A coroutine of what may be awaited at all."""
    await task()


def _agent(parts: Parts) -> AgentLoop:
    source = EmbeddedJobSource(
        parts.store, rules=parts.rulebook.current, ids=parts.ids, vault=parts.vault
    )
    settings = parts.settings
    offer = Offer(agent=settings.agent, labels=canonical(["local"]), slots=settings.slots)
    return AgentLoop(source, LocalExecutor(parts.data / "jobs"), offer)


def _sweeps(parts: Parts) -> dict[str, tuple[float, Sweep]]:
    def sweep(unit: Callable[[Tx, Rules], object]) -> Sweep:
        return lambda: parts.store.write(lambda tx: unit(tx, parts.rulebook.current()))

    settings = parts.settings
    news = FileNewsWatch(parts.store, rules=parts.rulebook.current)
    retention = Retention(
        store=parts.store,
        artifacts=parts.artifacts,
        log_time=settings.log_time,
        artifact_time=settings.artifact_time,
    )
    return {
        "files": (1, news.look),
        "retention": (600, retention.sweep),
        "effects": (1, sweep(lambda tx, _: sweep_effects(tx))),
        "gates": (1, sweep(sweep_gates)),
        "leases": (5, sweep(lambda tx, _: sweep_leases(tx))),
        "timeouts": (1, sweep(sweep_timeouts)),
        "stats": (60, sweep(lambda tx, _: tx.runs.fold_stats())),
        "requests": (10, partial(parts.dispatcher.resume, older=_OVERDUE)),
    }
