"""Reports with power over people's time and the repository: gates and pushes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.domain.actor import AGENT, Actor, program
from bot.domain.blueprint import GateSpec
from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.events import EventType
from bot.domain.form_reading import parse_form
from bot.domain.gate import Gate, GateState
from bot.domain.job import Job, job_key
from bot.domain.plan import Plan, parse_plan
from bot.domain.report import Report, ReportKind
from bot.domain.vocabulary import Status
from bot.ports.store import Tx
from bot.services.case import Case
from bot.services.gating import GateRequest, open_gate
from bot.services.questions import Question, open_question
from bot.services.report_reading import read_text, read_texts
from bot.services.rules import Rules

_LONGEST_NAME = 80
SCOPE = "scope"
"""The checkpoint of a push that leaves what was approved."""


@dataclass(frozen=True, kw_only=True)
class Reported:
    """One report with what it is about."""

    case: Case
    rules: Rules
    job: Job
    report: Report

    @property
    def data(self) -> Mapping[str, JSON]:
        """The fields of the report, untrusted."""
        return self.report.data

    @property
    def tx(self) -> Tx:
        """The transaction that it is taken in."""
        return self.case.tx

    @property
    def program(self) -> Actor:
        """Who it comes from."""
        return program(job_key(self.job.run_id, self.job.number))


def repeat_result(reported: Reported) -> JSON:
    """Answer a repeated gate or push as it was answered; nothing happens again."""
    case, job, report = reported.case, reported.job, reported.report
    if report.kind not in {ReportKind.GATE, ReportKind.QUESTION, ReportKind.PUSH}:
        return None
    opened = [
        gate
        for gate in case.gates
        if gate.job_id == job.id and gate.report == (job.fence, report.seq)
    ]
    if opened:
        return _gate_result(opened[-1])
    if report.kind is ReportKind.PUSH:
        return {"allowed": True, "branch": case.run.branch}
    return None


def _gate_result(gate: Gate) -> JSON:
    return {"gate": gate.key, "state": gate.state.value}


def take_gate(reported: Reported) -> JSON:
    """Open the gate of a checkpoint; a wrong plan is told to the program, and nothing opens."""
    case, job, seq = reported.case, reported.job, reported.report.seq
    try:
        checkpoint = read_text(reported.data, "checkpoint", longest=_LONGEST_NAME)
        spec = _declared(case, checkpoint)
        plan = parse_plan(reported.data["plan"]) if reported.data.get("plan") else None
        _check_base(job, plan)
        _check_running(job)
    except UserError as error:
        return {"error": error.text}
    gate = open_gate(
        case,
        reported.rules,
        job,
        GateRequest(spec=spec, plan=plan, report=(job.fence, seq)),
    )
    return _gate_result(gate)


def take_question(reported: Reported) -> JSON:
    """Ask people by a form; a wrong form is told to the program, and nothing opens."""
    case, job, seq = reported.case, reported.job, reported.report.seq
    try:
        name = read_text(reported.data, "name", longest=_LONGEST_NAME)
        form = parse_form(reported.data.get("form"))
        _check_running(job)
    except UserError as error:
        return {"error": error.text}
    asked = Question(name=name, form=form, actor=reported.program, report=(job.fence, seq))
    return _gate_result(open_question(case, job, asked))


def _declared(case: Case, checkpoint: str) -> GateSpec:
    blueprint = case.tx.blueprints.load(case.run.blueprint_version)
    spec = blueprint.gate(checkpoint)
    if spec is None:
        names = ", ".join(gate.checkpoint for gate in blueprint.gates) or "none"
        raise UserError(
            f"{blueprint.name} declares no checkpoint “{checkpoint}”; its checkpoints: {names}."
        )
    return spec


def _check_running(job: Job) -> None:
    if job.status is not Status.RUNNING:
        raise UserError(f"The job is {job.status.value}; no gate can be opened now.")


def _check_base(job: Job, plan: Plan | None) -> None:
    if plan and job.base and plan.base != job.base:
        raise UserError(
            f"The plan was made on {plan.base[:12]}, the workspace is at {job.base[:12]}; "
            "make it on SIGNALBOX_BASE."
        )


def take_push(reported: Reported) -> JSON:
    """Allow a push within the approved scope; open a gate for one that leaves it."""
    case, job, seq = reported.case, reported.job, reported.report.seq
    files = read_texts(reported.data, "files", longest=1_024)
    commit = read_text(reported.data, "commit", longest=64)
    if job.status is not Status.RUNNING:
        return {"error": f"The job is {job.status.value}; nothing is pushed now."}
    outside, plan = _leaving(case, job, files)
    if not outside:
        case.jobs[job.id] = replace(job, may_push=commit)
        return {"allowed": True, "branch": case.run.branch}
    plan = plan or Plan(summary="Nothing was approved before this push", base=job.base, files=())
    asked = GateRequest(
        spec=_scope_gate(case, commit),
        plan=plan.widened(outside),
        report=(job.fence, seq),
        outside=outside,
    )
    gate = open_gate(case, reported.rules, job, asked)
    case.note(EventType.PUSH_HELD, AGENT, gate=gate.id, commit=commit, outside=list(outside))
    return _gate_result(gate)


def _leaving(case: Case, job: Job, files: tuple[str, ...]) -> tuple[tuple[str, ...], Plan | None]:
    """The files outside what was approved, and the plan that was.

    A blueprint without checkpoints asks for no approval; one with checkpoints and none
    passed has approved nothing.
    """
    passed = [
        gate.plan
        for gate in case.gates
        if gate.state is GateState.SATISFIED and gate.plan is not None and gate.job_id == job.id
    ]
    if passed:
        return passed[-1].outside(files), passed[-1]
    blueprint = case.tx.blueprints.load(case.run.blueprint_version)
    return (files if blueprint.gates else ()), None


def _scope_gate(case: Case, commit: str) -> GateSpec:
    blueprint = case.tx.blueprints.load(case.run.blueprint_version)
    prompt = f"Push commit {commit[:12]}, which changes files outside the approved plan?"
    if blueprint.gates:
        return replace(blueprint.gates[0], checkpoint=SCOPE, prompt=prompt)
    return GateSpec(checkpoint=SCOPE, prompt=prompt)
