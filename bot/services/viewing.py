"""Viewing: what is shown of runs, gathered in one reading transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.domain.blueprint import Replies
from bot.domain.conversation import CONSOLE
from bot.domain.course import MOVES, draw_course
from bot.domain.events import Event, EventType
from bot.domain.gate import Gate, GateKind, GateState
from bot.domain.issue_state import find_moment
from bot.domain.notes import NOTED, gather
from bot.domain.policy import Ruling, decide_gate_permission, decide_permission
from bot.domain.posting import CARD
from bot.domain.run import Run, read_run_key
from bot.domain.runbook_log import RunbookLog, read_log
from bot.domain.vocabulary import LIVE, RUNBOOKS, Profile, Status
from bot.messages.cards import status_words
from bot.messages.views import GateView, RunView
from bot.ports.run_standing import RunStanding
from bot.ports.store import Tx
from bot.services.case import Case, load_case
from bot.services.rules import Rules


def view_run(tx: Tx, rules: Rules, run_id: int) -> RunView:
    """A run as it stands now. Raises NotFoundError."""
    case = load_case(tx, run_id)
    gates = tuple(view_gate(rules, case.run, gate) for gate in case.gates)
    pending = tx.effects.pending_of(run_id)
    return RunView(
        run=case.run,
        job=case.job,
        now=tx.now(),
        gates=gates,
        artifacts=tx.artifacts.of_run(run_id),
        queue_position=_queue_position(tx, case),
        verbs=frozenset({"logs", "undo"}) if pending else _fitting_verbs(tx, case),
        log=_log(tx, case.run),
        pending=pending,
        issue_state=_issue_state(rules, case.run),
    )


def view_card(tx: Tx, rules: Rules, run_id: int) -> RunView:
    """A run as it stands now, with the phases it went through. Raises NotFoundError."""
    view = view_run(tx, rules, run_id)
    moves = tx.runs.events_of(run_id, *MOVES)
    return replace(view, course=draw_course(view.run.profile, view.run.status, moves))


def view_detail(tx: Tx, rules: Rules, run_id: int) -> RunView:
    """The same, with what its program says it did. Raises NotFoundError."""
    notes = gather(tx.runs.events_of(run_id, *NOTED))
    return replace(view_card(tx, rules, run_id), notes=notes)


def _log(tx: Tx, run: Run) -> RunbookLog | None:
    if run.profile not in RUNBOOKS:
        return None
    runbook = tx.blueprints.load(run.blueprint_version).runbook
    return read_log(runbook, tx.runs.events(run.id)) if runbook else None


def _issue_state(rules: Rules, run: Run) -> str:
    """What policy calls the state that the run's issue should be in now."""
    moment = find_moment(run)
    if run.issue is None or moment is None:
        return ""
    return rules.policy.issue_states.get(run.issue.team.upper(), {}).get(moment, "")


def view_gate(rules: Rules, run: Run, gate: Gate) -> GateView:
    """A gate with who may decide it by the policy of this moment."""
    return GateView(gate=gate, ruling=decide_gate_permission(rules.policy, "", run=run, gate=gate))


def _queue_position(tx: Tx, case: Case) -> int | None:
    if case.run.status is not Status.QUEUED:
        return None
    ahead = [job.id for job in tx.jobs.queued(limit=100)]
    return ahead.index(case.job.id) + 1 if case.job.id in ahead else None


def _nudging(tx: Tx, case: Case) -> frozenset[str]:
    """Whether it can be nudged: it is silent, and its program takes messages."""
    if case.run.status is not Status.RUNNING or case.job.quiet_since is None:
        return frozenset()
    takes = tx.blueprints.load(case.run.blueprint_version).replies is not Replies.NONE
    return frozenset({"nudge"}) if takes else frozenset()


def _fitting_verbs(tx: Tx, case: Case) -> frozenset[str]:
    run = case.run
    verbs = {"logs", *_nudging(tx, case)}
    if run.status in LIVE - {Status.CANCELLING}:
        verbs.add("stop")
    if run.status is not Status.CANCELLING:
        verbs.add("delete")
    if run.status is Status.RUNNING and run.profile is Profile.AGENT:
        verbs.add("restart")
    if run.status in {Status.FAILED, Status.TIMED_OUT} or (
        run.status in {Status.CANCELLED, Status.PARTIAL} and run.profile is not Profile.AGENT
    ):
        verbs.add("retry")
    return frozenset(verbs)


def count_runs(tx: Tx) -> Mapping[Profile, Mapping[Status, int]]:
    """How many runs of each profile stand in each status."""
    counts: dict[Profile, dict[Status, int]] = {}
    for (profile, status), number in tx.runs.stats().items():
        counts.setdefault(profile, {})[status] = number
    return counts


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why a run is as it is, and what this person may do with it."""

    run: Run
    verb: str
    """What the ruling is about."""
    ruling: Ruling
    last: Event | None
    """The event that ended or holds it."""


def explain(tx: Tx, rules: Rules, run: Run, *, person: str) -> Explanation:
    """The three lines of `why`."""
    case = load_case(tx, run.id)
    gate = next((gate for gate in case.gates if gate.state is GateState.OPEN), None)
    if gate:
        verb = "approve" if gate.kind is GateKind.APPROVAL else "answer"
        ruling = decide_gate_permission(rules.policy, person, run=run, gate=gate)
    else:
        verb = "stop" if run.status.live else "retry"
        ruling = decide_permission(rules.policy, person, verb, run=run)
    telling = {EventType.JOB_ENDED, EventType.JOB_CANCELLING, EventType.JOB_WAITING}
    last = next((e for e in reversed(tx.runs.events(run.id)) if e.type in telling), None)
    return Explanation(run=run, verb=verb, ruling=ruling, last=last)


def stand(tx: Tx, rules: Rules, key: str) -> RunStanding:
    """Where the run of a key stands. Raises NotFoundError."""
    view = view_run(tx, rules, read_run_key(key))
    run = view.run
    told = next((each for each in run.conversations if each.root == CONSOLE), None)
    card = tx.postings.find(run.id, told, CARD) if told else None
    return RunStanding(
        key=run.key,
        status=run.status,
        phase=run.phase,
        label=status_words(run),
        live=run.status.live,
        waiting_gates=tuple(
            shown.gate.key for shown in view.gates if shown.gate.state is GateState.OPEN
        ),
        conversation_thread=(told.thread or card.message_id or None) if told and card else None,
    )
