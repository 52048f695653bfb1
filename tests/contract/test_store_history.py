"""Whatever is written in whatever order: histories have no gap and their chains hold."""

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.actor import CLOCK, person
from bot.domain.errors import ConflictError
from bot.domain.events import Event, EventType, NewEvent, chain
from bot.domain.run import Run
from bot.ports.store import Tx
from storage.stores import open_store
from tests.contract.rows import add_run
from tests.fakes.clock import FakeClock
from tests.fakes.postgres import TemporaryPostgres

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
EVENTS = st.builds(
    NewEvent,
    type=st.sampled_from(EventType),
    actor=st.just(CLOCK) | st.builds(person, TEXTS, st.just("web")),
    data=st.dictionaries(TEXTS, DATA, max_size=3),
)


@st.composite
def writes(draw: st.DrawFn) -> tuple[int, Sequence[NewEvent], str]:
    """Which of two runs is written, with which events, and how that goes."""
    how = draw(st.sampled_from(["well", "well", "stale", "raises", "undone"]))
    return draw(st.integers(1, 2)), draw(st.lists(EVENTS, max_size=3)), how


def write(wanted: tuple[int, Sequence[NewEvent], str], tx: Tx) -> tuple[Event, ...]:
    run_id, events, how = wanted
    run = tx.runs.load(run_id)
    if how == "stale":
        tx.runs.save(run, [])
        return tx.runs.save(run, events)[1]
    if how == "undone":
        with suppress(LookupError):
            save_in_vain(tx, run, events)
        return ()
    stored = tx.runs.save(run, events)[1]
    if how == "raises":
        raise LookupError
    return stored


def save_in_vain(tx: Tx, run: Run, events: Sequence[NewEvent]) -> None:
    with tx.savepoint():
        tx.runs.save(run, events)
        raise LookupError


def history(run_id: int, tx: Tx) -> tuple[Run, tuple[Event, ...]]:
    return tx.runs.load(run_id), tx.runs.events(run_id)


async def scenario(url: str, plan: Sequence[tuple[int, Sequence[NewEvent], str]]) -> None:
    async with open_store(url, FakeClock()) as store:
        await store.write(lambda tx: (add_run(tx), add_run(tx)))
        calls = [store.write(partial(write, wanted)) for wanted in plan]
        results = await asyncio.gather(*calls, return_exceptions=True)
        unexpected = [r for r in results if not isinstance(r, tuple | LookupError | ConflictError)]
        assert unexpected == []
        stored = [event for result in results if isinstance(result, tuple) for event in result]
        for run_id in (1, 2):
            run, events = await store.read(partial(history, run_id))
            verify(run, events)
            told = [event for event in stored if event.run_id == run_id]
            assert events == tuple(sorted(told, key=lambda event: event.seq))


def verify(run: Run, events: Sequence[Event]) -> None:
    head = ""
    for seq, event in enumerate(events, start=1):
        bare = Event(
            run_id=run.id, seq=seq, type=event.type, actor=event.actor, at=event.at, data=event.data
        )
        head = chain(head, bare)
        assert (event.seq, event.hash) == (seq, head)
    assert (run.last_seq, run.head) == (len(events), head)


@given(st.lists(writes(), max_size=12))
@settings(max_examples=40, deadline=None)
def test_histories_have_no_gap_and_their_chains_hold(
    blank: Path,
    plan: list[tuple[int, Sequence[NewEvent], str]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scenario(f"sqlite:///{shutil.copy(blank, folder)}", plan))


@given(st.lists(writes(), max_size=12))
@settings(max_examples=20, deadline=None)
def test_histories_hold_beside_each_other(
    postgres: TemporaryPostgres,
    plan: list[tuple[int, Sequence[NewEvent], str]],
) -> None:
    url = postgres.create()
    asyncio.run(scenario(url, plan))
    postgres.drop(url)
