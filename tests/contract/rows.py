"""Rows that the suite stores, each valid as it is; `changes` replace single fields."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.actor import person
from bot.domain.conversation import CONSOLE
from bot.domain.events import EventType, NewEvent
from bot.domain.gate import Gate
from bot.domain.job import Job
from bot.domain.run import Run
from bot.domain.vocabulary import Mode, Profile, Status
from bot.ports.store import Tx
from tests.fakes.clock import NOON

ANA = person("ana", "console")
REQUESTED = NewEvent(type=EventType.RUN_REQUESTED, actor=ANA, data={"owner": "ana"})


def run_row(**changes: Any) -> Run:
    run = Run(
        id=0,
        profile=Profile.POD,
        blueprint="fix",
        blueprint_version="1a2b",
        project="shop",
        title="Fix checkout rounding",
        requested_by="ana",
        surface="console",
        owner="ana",
        mode=Mode.SUPERVISED,
        status=Status.QUEUED,
        created_at=NOON,
        updated_at=NOON,
        conversation=CONSOLE,
    )
    return replace(run, **changes)


def job_row(run_id: int, **changes: Any) -> Job:
    job = Job(id=0, run_id=run_id, number=1, attempt=1, status=Status.QUEUED, queued_at=NOON)
    return replace(job, **changes)


def gate_row(job: Job, **changes: Any) -> Gate:
    gate = Gate(
        id=0,
        run_id=job.run_id,
        job_id=job.id,
        attempt=1,
        checkpoint="plan",
        prompt="Shall it?",
        fingerprint="f1",
        opened_at=NOON,
        expires_at=NOON + timedelta(hours=1),
    )
    return replace(gate, **changes)


def add_run(tx: Tx, **changes: Any) -> Run:
    return tx.runs.create(run_row(**changes))


def add_job(tx: Tx, **changes: Any) -> Job:
    """A job of a new run."""
    return tx.jobs.create(job_row(add_run(tx).id, **changes))
