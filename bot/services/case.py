"""Case: one run as loaded in a transaction, gathering what is decided until it is saved."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from bot.domain.actor import AGENT, Actor
from bot.domain.aggregation import derive_status
from bot.domain.codec import JSON, encode
from bot.domain.costs import CostEntry, computed
from bot.domain.events import EventType, NewEvent
from bot.domain.gate import Gate, GateState
from bot.domain.job import Job
from bot.domain.order import OrderKind
from bot.domain.posting import announce
from bot.domain.prices import compute_usd
from bot.domain.run import Cost, Run
from bot.domain.transition import End, Intent, Park, Resume, Wait, decide, told
from bot.domain.vocabulary import RUNBOOKS, Profile, Status
from bot.ports.store import Tx


class Case:
    """State, events, postings and orders of a run, saved together or not at all."""

    def __init__(self, tx: Tx, run: Run, jobs: Iterable[Job]) -> None:
        """A case of a run and all its jobs, as stored in the same transaction."""
        self.tx = tx
        self.run = run
        self.jobs = {job.id: job for job in jobs}
        self._loaded_jobs = dict(self.jobs)
        self._events: list[NewEvent] = []

    @property
    def job(self) -> Job:
        """The newest job of the current attempt."""
        return max(self.jobs.values(), key=lambda job: job.number)

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The gates of the current attempt, oldest first."""
        return tuple(
            gate for gate in self.tx.gates.of_run(self.run.id) if gate.attempt == self.run.attempt
        )

    def add_job(self, job: Job) -> Job:
        """Store a new job of this run."""
        stored = self.tx.jobs.create(job)
        self.jobs[stored.id] = self._loaded_jobs[stored.id] = stored
        return stored

    def decide(self, job: Job, intent: Intent) -> Job:
        """Let the domain decide an intent and keep what follows.

        A runbook that waits shows the part that it waits in, not the name of its gate.
        """
        if isinstance(intent, Wait) and self.run.profile in RUNBOOKS:
            intent = replace(intent, checkpoint="")
        transition = decide(job, intent, self.tx.now())
        self.jobs[job.id] = transition.job
        if time := computed(job, transition.job, self.tx.now()):
            self.spend(
                job, Cost(compute=time, compute_usd=compute_usd(time, job.compute_rate)), AGENT
            )
        self._events.append(transition.event)
        return transition.job

    def end(self, job: Job, intent: End, *, grace: timedelta) -> Job:
        """End a job; a program that is still there is told to stop, and why."""
        self.void_gates(intent.actor)
        ended = self.decide(job, intent)
        if ended.status is Status.CANCELLING:
            order = {
                "reason_code": intent.reason_code.value,
                "reason": intent.reason,
                "by": intent.actor.name,
                "grace": grace.total_seconds(),
            }
            self.tx.orders.give(job.id, OrderKind.STOP, order)
        return ended

    def void_gates(self, actor: Actor) -> None:
        """Close what is still open: nobody can decide it any more."""
        for gate in self.gates:
            if gate.state is GateState.OPEN:
                self.close_gate(
                    replace(gate, state=GateState.VOID, decided_at=self.tx.now()), actor
                )

    def close_gate(self, gate: Gate, actor: Actor) -> None:
        """Store a gate that was closed, and say so."""
        self.tx.gates.save(gate)
        last = gate.deciding
        answered = {"answers": dict(gate.answers)} if gate.answers else {}
        self.note(
            EventType.GATE_CLOSED,
            actor,
            gate=gate.id,
            state=gate.state.value,
            note=last.note if last else "",
            **answered,
        )

    def note(self, type_: EventType, actor: Actor, **data: JSON) -> None:
        """Keep an event that changes no job."""
        self._events.append(NewEvent(type=type_, actor=actor, data=data))

    def note_job(self, type_: EventType, actor: Actor, job_id: int) -> None:
        """Keep an event of a job whose status stays, with the job's fields."""
        self.note(type_, actor, **told(self.jobs[job_id]))

    def spend(self, job: Job, cost: Cost, actor: Actor) -> None:
        """Book what a job has cost."""
        self.change(cost=self.run.cost.plus(cost))
        self.tx.costs.add(CostEntry(run_id=self.run.id, job_id=job.id, at=self.tx.now(), cost=cost))
        self.note(EventType.COST_REPORTED, actor, **encode(cost))

    def requeue_parked(self, job: Job) -> None:
        """The program left for a decision that was made just then: claim it again at once."""
        gate = self.gates[-1]
        waiting = self.decide(job, Wait(gate=gate.id, checkpoint=gate.checkpoint))
        parked = self.decide(waiting, Park())
        actor = gate.deciding.actor if gate.deciding else AGENT
        self.decide(parked, Resume(actor=actor, gate=gate.id, rank=self.tx.jobs.front_rank()))

    def change(self, **fields: object) -> None:
        """Change fields of the run itself."""
        self.run = replace(self.run, **fields)  # type: ignore[arg-type]  # names checked by replace

    def save_quietly(self) -> Run:
        """Store; where nothing happened to the run itself, only its jobs are stored."""
        if self._events:
            return self.save()
        self._save_jobs()
        return self.run

    def save(self) -> Run:
        """Store everything and let it be told. Raises ConflictError if somebody was first."""
        run = self._settled()
        if run.pushed_commit and run.status is not self.run.status:
            self.tx.commit_checks.look(run.id, run.pushed_commit)
        self.run, stored = self.tx.runs.save(run, self._events)
        self._save_jobs()
        for wanted in announce(stored):
            for conversation in self.run.conversations:
                self.tx.postings.want(
                    self.run.id, conversation, wanted.subject, urgency=wanted.urgency
                )
        self._events = []
        return self.run

    def _save_jobs(self) -> None:
        for job_id, job in self.jobs.items():
            if job != self._loaded_jobs[job_id]:
                self.tx.jobs.save(job)
        self._loaded_jobs = dict(self.jobs)

    def _settled(self) -> Run:
        """The run with the status that its jobs give it."""
        now = self.tx.now()
        current = [job for job in self.jobs.values() if job.attempt == self.run.attempt]
        status = derive_status([job.status for job in current])
        newest = max(current, key=lambda job: job.number)
        ended_now = not status.live and self.run.status.live
        if ended_now:
            self._release_workspaces(current, status)
            for gate in self.gates:
                self.tx.sealed.erase_all(gate.id)
        return replace(
            self.run,
            status=status,
            phase=newest.phase,
            reason_code=newest.reason_code,
            reason=newest.reason,
            started_at=self.run.started_at or newest.started_at,
            ended_at=None if status.live else self.run.ended_at or now,
            updated_at=now,
        )

    def _release_workspaces(self, jobs: list[Job], status: Status) -> None:
        """At once after an end without success; kept alive for a while after one."""
        blueprint = self.tx.blueprints.load(self.run.blueprint_version)
        keep = blueprint.keep_alive if status is Status.SUCCEEDED else timedelta(0)
        for job in jobs:
            self.tx.workspaces.remove_at(job.id, self.tx.now() + keep)


def load_case(tx: Tx, run_id: int) -> Case:
    """The case of a run. Raises NotFoundError."""
    return Case(tx, tx.runs.load(run_id), tx.jobs.of_run(run_id))


def stopping_status(profile: Profile) -> Status:
    """Where a person's stop leads: the agent profile calls it failed, the others cancelled."""
    return Status.FAILED if profile is Profile.AGENT else Status.CANCELLED
