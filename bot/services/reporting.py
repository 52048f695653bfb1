"""Reporting: what runners say of their jobs, taken once each and in order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.domain.actor import AGENT
from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.events import EventType
from bot.domain.job import Job
from bot.domain.report import Report, ReportKind
from bot.domain.transition import Finish, Park, Start
from bot.domain.vocabulary import Profile, Reason, Status, native_phase, phase_advances
from bot.ports.store import Tx
from bot.services.case import load_case
from bot.services.commit_telling import follow_commit
from bot.services.pull_requesting import want_pull_request
from bot.services.report_reading import (
    read_choice,
    read_cost,
    read_count,
    read_ids,
    read_sha256,
    read_text,
    read_texts,
)
from bot.services.reporting_gates import (
    Reported,
    repeat_result,
    take_gate,
    take_push,
    take_question,
)
from bot.services.rules import Rules
from bot.services.sealing import forget_delivered, forget_resumed
from bot.services.step_reading import read_step

_LONGEST_SUMMARY = 4_000
_LONGEST_NAME = 80
_LONGEST_CHUNK = 65_536
_LONGEST_PATH = 1_000
_WORKING_PHASE = {
    Profile.AGENT: "agent_working",
    Profile.POD: "STARTED",
    Profile.FLOW: "triage",
    Profile.GUIDE: "triage",
}
_ENDS = (Status.SUCCEEDED, Status.PARTIAL, Status.FAILED)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """How far a claim's reports are taken, and the results of those that have one."""

    taken: int
    results: Mapping[int, JSON] = field(default_factory=dict)


def take(tx: Tx, rules: Rules, job: Job, reports: Sequence[Report]) -> Taken:
    """Take the reports of the job's present claim; those taken before are skipped.

    Raises UserError for a gap or a malformed report; then none of these is taken.
    """
    case = load_case(tx, job.run_id)
    results: dict[int, JSON] = {}
    for report in reports:
        current = case.jobs[job.id]
        reported = Reported(case=case, rules=rules, job=current, report=report)
        if report.seq <= current.report_seq:
            result = repeat_result(reported)
        elif report.seq == current.report_seq + 1:
            result = _TAKERS[report.kind](reported)
        else:
            raise UserError(f"report {report.seq} came, {current.report_seq + 1} is next")
        if result is not None:
            results[report.seq] = result
        if report.seq <= current.report_seq:
            continue
        taken = case.jobs[job.id]
        # The runner consumes orders for a program that may be silent all the same.
        heard = taken.reported_at if report.kind is ReportKind.CONSUMED else tx.now()
        case.jobs[job.id] = replace(taken, report_seq=report.seq, reported_at=heard)
    case.save_quietly()
    return Taken(taken=case.jobs[job.id].report_seq, results=results)


def _take_workspace(reported: Reported) -> None:
    base = read_text(reported.data, "base", longest=64, required=False)
    reported.case.jobs[reported.job.id] = replace(reported.job, base=base)


def _take_started(reported: Reported) -> None:
    case, job = reported.case, reported.job
    if job.status is Status.CLAIMED:
        forget_resumed(reported.tx, job)
        phase = _WORKING_PHASE.get(case.run.profile, "")
        case.decide(job, Start(phase=phase if not job.resume_gate else job.phase))


def _take_log(reported: Reported) -> None:
    text = read_text(reported.data, "text", longest=_LONGEST_CHUNK, required=False)
    stream = read_choice(reported.data, "stream", ("out", "err", "runner"))
    reported.tx.logs.append(reported.job.id, stream=stream, text=text, at=reported.tx.now())


def _take_phase(reported: Reported) -> None:
    case, job = reported.case, reported.job
    name = native_phase(case.run.profile, read_text(reported.data, "name", longest=_LONGEST_NAME))
    if job.status is not Status.RUNNING:
        return
    if phase_advances(case.run.profile, job.phase, name):
        case.jobs[job.id] = replace(job, phase=name)
        case.note_job(EventType.PHASE_REACHED, reported.program, job.id)


def _take_step(reported: Reported) -> None:
    step = read_step(reported.data)
    reported.case.note(EventType.STEP_REPORTED, reported.program, **step)


def _take_summary(reported: Reported) -> None:
    text = read_text(reported.data, "text", longest=_LONGEST_SUMMARY)
    reported.case.note(EventType.SUMMARY_REPORTED, reported.program, text=text)


def _take_cost(reported: Reported) -> None:
    cost = read_cost(reported.data, reported.rules.prices)
    reported.case.spend(reported.job, cost, reported.program)


def _take_note(reported: Reported) -> None:
    topic = read_choice(reported.data, "topic", ("plan", "files", "tests", "question"))
    note: dict[str, JSON] = {"topic": topic}
    if topic == "files":
        note["files"] = list(read_texts(reported.data, "files", longest=_LONGEST_PATH))
    else:
        note["text"] = read_text(reported.data, "text", longest=_LONGEST_SUMMARY)
    if topic == "tests":
        note["state"] = read_choice(reported.data, "state", ("passed", "failed"))
    reported.case.note(EventType.NOTE_REPORTED, reported.program, **note)


def _take_artifact(reported: Reported) -> None:
    name = read_text(reported.data, "name", longest=255)
    if "/" in name or name in {".", ".."}:
        raise UserError(f"“{name[:80]}” cannot name an artifact: use a file name without folders.")
    size = read_count(reported.data, "size")
    sha256 = read_sha256(reported.data, "sha256")
    stored = reported.tx.artifacts.add(
        run_id=reported.job.run_id, job_id=reported.job.id, name=name, size=size, sha256=sha256
    )
    reported.case.note(
        EventType.ARTIFACT_STORED,
        reported.program,
        artifact=stored.id,
        name=name,
        size=size,
        sha256=sha256,
    )


def _take_pushed(reported: Reported) -> None:
    commit = read_text(reported.data, "commit", longest=64)
    follow_commit(reported.case, reported.rules, reported.job, commit)
    reported.case.change(pushed_commit=commit)
    reported.case.note(
        EventType.BRANCH_PUSHED, reported.program, commit=commit, branch=reported.case.run.branch
    )


def _take_consumed(reported: Reported) -> None:
    orders = read_ids(reported.data, "orders")
    forget_delivered(reported.tx, reported.job, orders)
    reported.tx.orders.consume(reported.job.id, orders, reported.tx.now())


def _take_parked(reported: Reported) -> None:
    """The program left at its gate. Where the gate was decided meanwhile, it is queued at once."""
    case, job = reported.case, reported.job
    if job.status is Status.CANCELLING:
        case.decide(job, Finish(status=Status.CANCELLED))
    elif job.status is Status.WAITING:
        case.decide(job, Park())
    elif job.status is Status.RUNNING:
        case.requeue_parked(job)


def _take_ended(reported: Reported) -> None:
    case, job, data = reported.case, reported.job, reported.data
    status = Status(read_choice(data, "status", tuple(status.value for status in _ENDS)))
    code = data.get("reason_code")
    intent = Finish(
        status=status,
        exit_code=data.get("exit_code") if isinstance(data.get("exit_code"), int) else None,
        reason_code=Reason(code) if code in set(Reason) else _default_reason(status),
        reason=read_text(data, "reason", longest=_LONGEST_SUMMARY, required=False),
    )
    if job.status is Status.CANCELLING and status is Status.SUCCEEDED:
        case.note(EventType.LATE_RESULT, reported.program, result=status.value)
    ended = case.decide(job, intent)
    case.void_gates(AGENT)
    want_pull_request(case, reported.rules, ended)


def _default_reason(status: Status) -> Reason | None:
    return Reason.STEP_FAILED if status is Status.FAILED else None


_TAKERS: Mapping[ReportKind, Callable[[Reported], JSON]] = {
    ReportKind.WORKSPACE: _take_workspace,
    ReportKind.STARTED: _take_started,
    ReportKind.LOG: _take_log,
    ReportKind.PHASE: _take_phase,
    ReportKind.STEP: _take_step,
    ReportKind.SUMMARY: _take_summary,
    ReportKind.COST: _take_cost,
    ReportKind.NOTE: _take_note,
    ReportKind.ARTIFACT: _take_artifact,
    ReportKind.GATE: take_gate,
    ReportKind.QUESTION: take_question,
    ReportKind.PUSH: take_push,
    ReportKind.PUSHED: _take_pushed,
    ReportKind.CONSUMED: _take_consumed,
    ReportKind.PARKED: _take_parked,
    ReportKind.ENDED: _take_ended,
}
