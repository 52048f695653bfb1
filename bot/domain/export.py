"""Export: runs as files for people and programs, in JSON and CSV."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.artifact import StoredArtifact
from bot.domain.codec import JSON, encode
from bot.domain.events import Event
from bot.domain.gate import Gate
from bot.domain.job import Job, job_key
from bot.domain.run import Run
from bot.domain.wording import label

SCHEMA = "signalbox/export/v1"
"""Changes with every change of shape that could break a reader."""

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet calculate a cell when it stands first."""


@dataclass(frozen=True, kw_only=True)
class ExportFile:
    """A file that was made for a person; `size` in bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class RunTree:
    """A run with all that belongs to it."""

    run: Run
    jobs: tuple[Job, ...]
    gates: tuple[Gate, ...]
    events: tuple[Event, ...]
    artifacts: tuple[StoredArtifact, ...]


def export_tree(trees: Iterable[RunTree], *, at: datetime) -> JSON:
    """The document of docs/schemas/export.schema.json: each run as a whole tree."""
    return {"schema": SCHEMA, "exported_at": encode(at), "runs": [_tree(tree) for tree in trees]}


def _tree(tree: RunTree) -> Mapping[str, JSON]:
    attempts = sorted({job.attempt for job in tree.jobs})
    return {
        **_run(tree.run),
        "inputs": encode(tree.run.inputs),
        "cost": encode(tree.run.cost),
        "attempts": [
            {
                "attempt": attempt,
                "jobs": [_job(job) for job in tree.jobs if job.attempt == attempt],
                "gates": [_gate(gate) for gate in tree.gates if gate.attempt == attempt],
            }
            for attempt in attempts
        ],
        "events": [_event(event) for event in tree.events],
        "artifacts": [_artifact(tree, artifact) for artifact in tree.artifacts],
        "audit_head": tree.run.head,
    }


def _run(run: Run) -> Mapping[str, JSON]:
    """What a run says of itself in one line, in the order of the columns of a table."""
    words = label(run.profile, run.status, run.phase, run.reason_code, run.disposition)
    return {
        "key": run.key,
        "title": run.title,
        "profile": run.profile.value,
        "blueprint": run.blueprint,
        "blueprint_version": run.blueprint_version,
        "project": run.project,
        "status": run.status.value,
        "label": words,
        "phase": run.phase,
        "reason_code": run.reason_code.value if run.reason_code else None,
        "reason": run.reason,
        "disposition": run.disposition.value,
        "mode": run.mode.value,
        "attempt": run.attempt,
        "requested_by": run.requested_by,
        "requested_on": run.surface,
        "owner": run.owner,
        "owner_fallback": run.owner_fallback,
        "issue": run.issue.key if run.issue else None,
        "issue_url": run.issue.url if run.issue else None,
        "branch": run.branch,
        "pushed_commit": run.pushed_commit,
        "pr_url": run.pr_url,
        "retry_of": f"R-{run.retry_of}" if run.retry_of else None,
        "created_at": encode(run.created_at),
        "started_at": encode(run.started_at),
        "ended_at": encode(run.ended_at),
    }


def _job(job: Job) -> Mapping[str, JSON]:
    return {
        "key": job_key(job.run_id, job.number),
        "number": job.number,
        "status": job.status.value,
        "phase": job.phase,
        "reason_code": job.reason_code.value if job.reason_code else None,
        "reason": job.reason,
        "target": job.target,
        "labels": list(job.labels),
        "agent": job.agent,
        "exit_code": job.exit_code,
        "queued_at": encode(job.queued_at),
        "claimed_at": encode(job.claimed_at),
        "started_at": encode(job.started_at),
        "ended_at": encode(job.ended_at),
        "waited_seconds": encode(job.waited),
    }


def _gate(gate: Gate) -> Mapping[str, JSON]:
    return {
        "key": gate.key,
        "kind": gate.kind.value,
        "checkpoint": gate.checkpoint,
        "prompt": gate.prompt,
        "state": gate.state.value,
        "quorum": gate.quorum,
        "four_eyes": gate.four_eyes,
        "fingerprint": gate.fingerprint,
        "plan": encode(gate.plan),
        "form": encode(gate.form),
        "answers": encode(gate.answers),
        "opened_at": encode(gate.opened_at),
        "expires_at": encode(gate.expires_at),
        "decided_at": encode(gate.decided_at),
        "decisions": [encode(decision) for decision in gate.decisions],
    }


def _event(event: Event) -> Mapping[str, JSON]:
    return {
        "seq": event.seq,
        "type": event.type.value,
        "actor": encode(event.actor),
        "at": encode(event.at),
        "data": encode(event.data),
        "hash": event.hash,
    }


def event_line(event: Event) -> Mapping[str, JSON]:
    """An event as a line of the audit's export."""
    return {"run": f"R-{event.run_id}", **_event(event)}


def _artifact(tree: RunTree, artifact: StoredArtifact) -> Mapping[str, JSON]:
    jobs = {job.id: job_key(job.run_id, job.number) for job in tree.jobs}
    return {
        "job": jobs[artifact.job_id],
        "name": artifact.name,
        "size": artifact.size,
        "sha256": artifact.sha256,
        "created_at": encode(artifact.created_at),
    }


def export_table(runs: Iterable[Run]) -> str:
    """Runs as CSV with a header, one row each; no cell is calculated by a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for run in runs:
        row = {**_run(run), **encode(run.cost)}
        writer.writerow([safe_cell(row[column]) for column in _COLUMNS])
    return text.getvalue()


_COLUMNS = (
    *("key", "title", "profile", "blueprint", "blueprint_version", "project", "status", "label"),
    *("phase", "reason_code", "reason", "disposition", "mode", "attempt", "requested_by"),
    *(
        "requested_on",
        "owner",
        "owner_fallback",
        "issue",
        "issue_url",
        "branch",
        "pushed_commit",
        "pr_url",
        "retry_of",
    ),
    *("created_at", "started_at", "ended_at", "input_tokens", "output_tokens", "usd", "model"),
    *("cached_tokens", "unpriced_tokens", "compute", "compute_usd"),
)


def safe_cell(value: JSON) -> str:
    """A cell's text; an apostrophe goes before what a spreadsheet would calculate."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULAS) else text
