"""One run under random people, agents, clocks and repeated deliveries: invariants 2 to 5."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.domain.actor import CLOCK, Actor, person
from bot.domain.aggregation import derive_status
from bot.domain.blueprint import Timeouts
from bot.domain.deadlines import decide_overdue
from bot.domain.errors import ConflictError, IllegalTransitionError
from bot.domain.events import Event, EventType, chain
from bot.domain.gate import Choice, Gate, GateState, decide_gate
from bot.domain.job import Job
from bot.domain.policy import decide_gate_permission
from bot.domain.replay import ReplayedJob, replay
from bot.domain.transition import (
    Claim,
    Decline,
    End,
    Finish,
    Intent,
    LoseLease,
    Park,
    Resume,
    Start,
    Wait,
    decide,
    told,
)
from bot.domain.vocabulary import LIVE, TERMINAL, Disposition, Reason, Status
from tests.unit.domain_samples import LEASE, NOW, PEOPLE, POLICY, a_decision, a_gate, a_job, a_run

TIMEOUTS = Timeouts(queue=timedelta(hours=1), run=timedelta(hours=1))
REFUSED = (IllegalTransitionError, ConflictError)
REPORTS: list[Intent] = [
    Start(phase="STARTED"),
    Decline(reason="disk full"),
    Park(),
    *(Finish(status=status) for status in (Status.SUCCEEDED, Status.PARTIAL, Status.FAILED)),
    *(LoseLease(retry_safe=safe) for safe in (True, False)),
]


class RunMachine(RuleBasedStateMachine):
    """Holds what the services would store, and applies decisions as they would."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.run = a_run()
        self.jobs: dict[int, Job] = {}
        self.gates: dict[int, Gate] = {}
        self.decided: dict[int, Gate] = {}
        self.events: list[Event] = []
        self.claims: list[tuple[int, int]] = []
        job = self._store(a_job())
        self._note(EventType.RUN_REQUESTED, CLOCK, told(job) | {"owner": self.run.owner})

    @property
    def job(self) -> Job:
        return self.jobs[max(self.jobs)]

    @property
    def open_gates(self) -> list[Gate]:
        return [gate for gate in self.gates.values() if gate.state is GateState.OPEN]

    def _store(self, job: Job) -> Job:
        self.jobs[job.number] = job
        current = [job.status for job in self.jobs.values() if job.attempt == self.run.attempt]
        self.run = replace(self.run, status=derive_status(current))
        return job

    def _note(self, type_: EventType, actor: Actor, data: dict[str, Any]) -> None:
        last = self.events[-1].hash if self.events else ""
        event = Event(
            run_id=81, seq=len(self.events) + 1, type=type_, actor=actor, at=self.now, data=data
        )
        self.events.append(replace(event, hash=chain(last, event)))

    def _apply(self, job: Job, intent: Intent) -> bool:
        """Store what follows; the same intent delivered again has no second effect."""
        try:
            after = decide(job, intent, self.now)
        except REFUSED:
            return False
        assert job.status in LIVE
        assert after.job.fence == job.fence + isinstance(intent, Claim)
        self._store(after.job)
        self._note(after.event.type, after.event.actor, dict(after.event.data))
        with pytest.raises(REFUSED):
            decide(after.job, intent, self.now)
        if after.job.status in TERMINAL | {Status.CANCELLING}:
            self._void_gates()
        return True

    def _void_gates(self) -> None:
        for gate in self.open_gates:
            self._close(replace(gate, state=GateState.VOID, decided_at=self.now), CLOCK)

    def _close(self, gate: Gate, actor: Actor) -> None:
        self.gates[gate.id] = self.decided[gate.id] = gate
        self._note(EventType.GATE_CLOSED, actor, {"gate": gate.id, "state": gate.state.value})

    @rule(minutes=st.integers(0, 40))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(agent=st.sampled_from(["north", "south"]))
    def an_agent_claims(self, agent: str) -> None:
        claim = Claim(agent=agent, labels=(), token_hash=f"t{len(self.events)}", lease=LEASE)
        if self._apply(self.job, claim):
            self.claims.append((self.job.number, self.job.fence))

    @precondition(lambda self: self.claims)
    @rule(report=st.sampled_from(REPORTS), data=st.data())
    def a_runner_speaks(self, report: Intent, data: st.DataObject) -> None:
        """Also those whose claim is long over: they are heard only with the present fence."""
        self._hear(data.draw(st.sampled_from(self.claims)), report)

    def _hear(self, claim: tuple[int, int], report: Intent) -> None:
        number, fence = claim
        job = self.jobs[number]
        if job.fence == fence and job.token_hash:
            self._apply(job, report)

    @precondition(lambda self: self.job.status is Status.CLAIMED)
    @rule()
    def the_program_starts(self) -> None:
        self._hear(self.claims[-1], Start(phase="EXECUTING"))

    @precondition(lambda self: self.job.status is Status.WAITING and self.job.program_present)
    @rule()
    def the_program_parks(self) -> None:
        self._hear(self.claims[-1], Park())

    @precondition(lambda self: self.job.status is Status.RUNNING)
    @rule()
    def the_program_succeeds(self) -> None:
        self._hear(self.claims[-1], Finish(status=Status.SUCCEEDED, exit_code=0))

    @precondition(lambda self: self.job.status in {Status.RUNNING, Status.QUEUED})
    @rule(quorum=st.integers(1, 2))
    def the_program_opens_a_gate(self, quorum: int) -> None:
        gate = a_gate(
            id=len(self.gates) + 1,
            job_id=self.job.number,
            attempt=self.run.attempt,
            quorum=quorum,
            expires_at=self.now + timedelta(hours=1),
        )
        if self._apply(self.job, Wait(gate=gate.id, checkpoint=gate.checkpoint)):
            self.gates[gate.id] = gate
            self._note(EventType.GATE_OPENED, CLOCK, {"gate": gate.id})

    @precondition(lambda self: self.gates)
    @rule(
        name=st.sampled_from(list(PEOPLE)),
        choice=st.sampled_from(Choice),
        shown=st.sampled_from(["seen", "seen", "seen", "older"]),
        data=st.data(),
    )
    def somebody_decides(self, name: str, choice: Choice, shown: str, data: st.DataObject) -> None:
        gate = self.gates[data.draw(st.sampled_from(sorted(self.gates)))]
        if not decide_gate_permission(POLICY, name, run=self.run, gate=gate).allowed:
            return
        try:
            after = decide_gate(gate, a_decision(name, choice, at=self.now), shown=shown)
        except IllegalTransitionError:
            return
        assert gate.id not in self.decided
        assert shown == gate.fingerprint
        assert self.now < gate.expires_at
        assert name not in self.run.involved
        self.gates[gate.id] = after
        if after.state is GateState.OPEN:
            self._note(EventType.GATE_APPROVED, person(name, "web"), {"gate": gate.id})
        else:
            self._close(after, person(name, "web"))
            assert self._apply(self.job, _consequence(after, person(name, "web")))

    @precondition(lambda self: self.open_gates)
    @rule()
    def a_gate_expires(self) -> None:
        for gate in self.open_gates:
            if self.now >= gate.expires_at:
                self._close(replace(gate, state=GateState.EXPIRED, decided_at=self.now), CLOCK)
                assert self._apply(self.job, _end(CLOCK, Status.TIMED_OUT, Reason.GATE_EXPIRED))

    @rule(name=st.sampled_from(["olga", "omar"]))
    def somebody_steers(self, name: str) -> None:
        self.run = replace(self.run, steerers=(*self.run.steerers, name))

    @rule(status=st.sampled_from([Status.CANCELLED, Status.FAILED]))
    def somebody_stops_it(self, status: Status) -> None:
        self._apply(self.job, _end(person("olga", "web"), status, Reason.STOPPED))

    @rule()
    def the_clock_sweeps(self) -> None:
        overdue = decide_overdue(self.job, TIMEOUTS, self.now)
        if overdue:
            assert self._apply(self.job, overdue)

    @precondition(lambda self: self.run.status in TERMINAL)
    @rule(by=st.sampled_from(["ana", "omar"]))
    def a_new_attempt_opens(self, by: str) -> None:
        attempt = self.run.attempt + 1
        self.run = replace(
            self.run, attempt=attempt, attempt_by=by, steerers=(), disposition=Disposition.NONE
        )
        job = self._store(a_job(number=attempt, attempt=attempt, queued_at=self.now))
        self._note(EventType.ATTEMPT_OPENED, person(by, "web"), told(job))

    @precondition(lambda self: self.run.status is Status.SUCCEEDED)
    @rule(disposition=st.sampled_from(Disposition))
    def people_dispose(self, disposition: Disposition) -> None:
        self.run = replace(self.run, disposition=disposition)
        data = {"disposition": disposition.value}
        self._note(EventType.DISPOSITION_CHANGED, person("ana", "web"), data)

    @rule(owner=st.sampled_from(list(PEOPLE)))
    def it_is_assigned(self, owner: str) -> None:
        self.run = replace(self.run, owner=owner)
        self._note(EventType.OWNER_ASSIGNED, person("root", "web"), {"owner": owner})

    @invariant()
    def replaying_the_events_gives_the_stored_state(self) -> None:
        state = replay(self.events)
        assert state.seq == len(self.events)
        assert (state.attempt, state.owner) == (self.run.attempt, self.run.owner)
        assert (state.status, state.disposition) == (self.run.status, self.run.disposition)
        assert state.jobs == {number: _replayed(job) for number, job in self.jobs.items()}

    @invariant()
    def the_chain_holds(self) -> None:
        heads = ["", *(event.hash for event in self.events)]
        assert heads[1:] == [chain(*pair) for pair in zip(heads, self.events, strict=False)]

    @invariant()
    def there_is_one_live_claim_at_most(self) -> None:
        held = [job for job in self.jobs.values() if job.token_hash]
        assert len(held) <= 1
        assert all(job.program_present and job.agent == job.workspace_agent for job in held)

    @invariant()
    def a_closed_gate_stays_as_it_was_decided(self) -> None:
        assert all(self.gates[number] == gate for number, gate in self.decided.items())
        assert len(self.open_gates) == (self.job.status is Status.WAITING)


def _consequence(gate: Gate, actor: Actor) -> Intent:
    if gate.state is GateState.REJECTED:
        return _end(actor, Status.CANCELLED, Reason.GATE_REJECTED)
    return Resume(actor=actor, gate=gate.id, rank=-1)


def _end(actor: Actor, status: Status, reason: Reason) -> End:
    return End(actor=actor, status=status, reason_code=reason, reason="over")


def _replayed(job: Job) -> ReplayedJob:
    return ReplayedJob(
        attempt=job.attempt,
        status=job.status,
        phase=job.phase,
        reason_code=job.reason_code,
        reason=job.reason,
        fence=job.fence,
    )


TestRun = RunMachine.TestCase
TestRun.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
