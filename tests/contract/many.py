"""A history of many runs, made in bulk: what would take people a year takes seconds."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, insert

from bot.domain.conversation import CONSOLE
from bot.domain.events import Event, EventType, chain
from bot.domain.gate import Choice
from bot.domain.run import Run
from bot.domain.vocabulary import Status
from storage import runs as run_rows
from storage import tables
from storage.columns import actor_columns, place, without
from tests.contract.rows import ANA, gate_row, job_row, run_row
from tests.fakes.clock import NOON

_EVENTS = (EventType.RUN_REQUESTED, EventType.JOB_STARTED)
_AT_ONCE = 2_000


def fill(connection: Connection, runs: int) -> None:
    """Insert `runs` runs, each with a job, events, a decided gate and a posting."""
    numbers = iter(range(1, runs + 1))
    while chunk := list(islice(numbers, _AT_ONCE)):
        histories = [_history(number) for number in chunk]
        for table in ("runs", "jobs", "events", "gates", "decisions", "postings"):
            rows = [row for history in histories for row in history[table]]
            connection.execute(insert(tables.metadata.tables[table]), rows)
    texts = {"a": "plain", "b": "NUL \x00 and \x1a and ünï €", "c": ""}
    said = {**place(CONSOLE), "at": NOON, "message": {"title": "\x00"}}
    for change, (key, text) in enumerate(texts.items(), start=1):
        output = {"job_id": change, "seq": 1, "at": NOON, "stream": "out", "text": text}
        connection.execute(insert(tables.metadata.tables["log_chunks"]), output)
        connection.execute(insert(tables.messages), {**said, "key": key, "change": change})


def _history(number: int) -> dict[str, list[dict[str, Any]]]:
    events = list(_chained(number))
    run = replace(
        run_row(title=f"Run {number} \x00 “ä”", created_at=NOON + timedelta(seconds=number)),
        status=Status.SUCCEEDED,
        version=len(events),
        last_seq=len(events),
        head=events[-1].hash,
    )
    job = replace(job_row(number, status=Status.SUCCEEDED, rank=number), id=number)
    decision = {"gate_id": number, "choice": Choice.APPROVE, "at": NOON, "note": "yes"}
    return {
        "runs": [{"id": number, **_columns(run)}],
        "jobs": [vars(job)],
        "events": [{**without(vars(event), "actor"), **actor_columns(ANA)} for event in events],
        "gates": [{**without(vars(gate_row(job)), "decisions"), "id": number}],
        "decisions": [{**decision, **actor_columns(ANA)}],
        "postings": [_posting(number)],
    }


def _columns(run: Run) -> dict[str, Any]:
    return run_rows._columns(run)


def _chained(number: int) -> Iterator[Event]:
    head = ""
    for seq, kind in enumerate(_EVENTS, start=1):
        data = {"n": number, "text": "ä\x00", "ratio": 0.1}
        event = Event(run_id=number, seq=seq, type=kind, actor=ANA, at=NOON, data=data)
        head = chain(head, event)
        yield replace(event, hash=head)


def _posting(number: int) -> dict[str, Any]:
    counts = {"wanted": 2, "told": 2, "attempts": 0, "due_at": NOON}
    texts = {"message_id": f"m{number}", "fingerprint": "f", "given_up": ""}
    return {"run_id": number, **place(CONSOLE), "subject": "card", **counts, **texts}
