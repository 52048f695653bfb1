"""How a claim is conducted: prepare, start, watch, end, and tell the bot until it has heard."""

import signal
import sys
import time
from collections.abc import Mapping

from adapters.runner import workspace
from adapters.runner.bot_line import BotLine
from adapters.runner.claim import Claim
from adapters.runner.control_group import CpuBound, bind_cpu
from adapters.runner.deliveries import Deliveries
from adapters.runner.desk import Desk
from adapters.runner.ending import HELD, ended_by_itself, failed, parked
from adapters.runner.environment import program_environment
from adapters.runner.gates import REFUSED, Gates
from adapters.runner.orders import Orders, Stop
from adapters.runner.output import Draft, LogLimit
from adapters.runner.program import Program
from adapters.runner.replies import open_replies
from adapters.runner.report_socket import ReportSocket
from adapters.runner.streams.reading import line_reader
from adapters.runner.worker import Worker
from bot.domain.errors import StaleFenceError, UserError
from bot.domain.report import ReportKind
from bot.domain.vocabulary import Reason

_TICK = 0.25
"""Seconds after which the loop looks around though nothing has happened."""
_MEMORY_CHECK = 0.5
"""Seconds between measurements of a program whose memory is limited."""
_PATIENCE = 1.0
"""Seconds for a program that was told why to end by itself, before SIGTERM."""
_FAREWELL = 20.0
"""Seconds for the last report when the machine wants the runner gone."""


class Conduct:
    """One claim from its preparation to its last report."""

    def __init__(self, claim: Claim, secrets: Mapping[str, str]) -> None:
        """`secrets` are resolved: variable name → value."""
        self._claim = claim
        self._secrets = secrets
        self._gates = Gates(claim.assignment.hold.total_seconds(), consumed=claim.consumed)
        self._replies = open_replies(claim)
        self._orders = Orders(claim, self._gates, self._replies)
        self._worker = Worker(claim.loop)
        self._socket: ReportSocket | None = None
        self._bot = BotLine(claim, self._orders.take)
        self._leaving = False

    def run(self, problem: Draft | None = None) -> int:
        """Carry the claim out, or only tell the `problem` that prevents it; the exit code."""
        self._heed_signals()
        self._bot.open()
        try:
            ending = problem or self._carry_out()
        except StaleFenceError:
            return self._give_up()
        except Exception as error:  # a bug must leave neither the program nor the claim behind
            sys.excepthook(type(error), error, error.__traceback__)
            self._claim.descendants.kill()
            text = "The runner itself has failed; its log on the machine that ran the job says how."
            ending = failed(Reason.INTERNAL_ERROR, text)
        return self._tell_last(ending)

    def _carry_out(self) -> Draft:
        try:
            base = self._prepare()
        except UserError as error:
            return self._stopped(None) or failed(Reason.TOOL_ERROR, error.text)
        self._claim.outbox.add(ReportKind.WORKSPACE, {"base": base})
        self._claim.folder.furnish()
        self._lay_out_files()
        bound = bind_cpu(self._claim.assignment.job, self._claim.assignment.limits.cpu)
        try:
            return self._work(base, bound)
        except UserError as error:
            return failed(Reason.TOOL_ERROR, error.text)
        finally:
            bound.release()

    def _lay_out_files(self) -> None:
        assignment, folder = self._claim.assignment, self._claim.folder
        if assignment.runbook is not None:
            folder.write_runbook(assignment.runbook, assignment.secrets)
        if assignment.issue is not None:
            folder.write_issue(assignment.issue)
        if assignment.reviews:
            folder.write_reviews(assignment.reviews)

    def _prepare(self) -> str:
        """Make the workspace; the base commit, or "" without a repository or when stopped."""
        assignment, folder = self._claim.assignment, self._claim.folder
        if not assignment.repository:
            folder.workspace.mkdir(exist_ok=True)
            return ""

        login = self._claim.credentials()

        def prepare() -> str:
            with self._claim.descendants.on_loan():
                return workspace.prepare(
                    folder.path, assignment.repository, assignment.branch, login.to_read
                )

        outcome: list[str | UserError] = []
        self._worker.submit(prepare, done=outcome.append, failed=outcome.append)
        while not outcome:
            self._turn(_TICK)
            if self._orders.stop:
                self._claim.descendants.kill()
        if isinstance(outcome[0], UserError):
            raise outcome[0]
        return outcome[0]

    def _work(self, base: str, bound: CpuBound) -> Draft:
        """Start the program, again when a restart is ordered, until there is an ending."""
        claim = self._claim
        desk = Desk(claim, self._gates, Deliveries(claim, self._gates, self._worker, base=base))
        self._socket = ReportSocket(claim.folder.socket, claim.loop, desk.handle)
        environment = program_environment(
            claim.assignment, claim.folder, secrets=self._secrets, base=base
        )
        limit = LogLimit(claim.assignment.limits.log_mb)
        events = line_reader(
            claim.assignment.stream,
            root=str(claim.folder.workspace),
            command=claim.assignment.command,
        )
        starts = 0
        while True:
            if stopped := self._stopped(None):
                return stopped
            desk.result, self._orders.restart_by = None, None
            program = Program(claim, environment, bound=bound, limit=limit, events=events)
            if starts == 0:
                claim.outbox.add(ReportKind.STARTED, {"pid": program.pid})
            starts += 1
            ending = self._accompany(program, desk)
            if ending:
                return ending

    def _accompany(self, program: Program, desk: Desk) -> Draft | None:
        """Be with a program until it and all it started are gone; None: start it again."""
        self._replies.attach(program.stdin)
        excess = self._watch(program)
        exited = program.exit_code is not None
        self._end_everything(patience=0.0 if exited else _PATIENCE)
        self._replies.detach()
        program.close()
        exit_code = program.exit_code or 0
        if over := excess or self._stopped(exit_code):
            return over
        if self._orders.restart_by is not None and not exited:
            self._claim.note(f"Restarted by {self._orders.restart_by}.")
            return None
        if exit_code == HELD and self._gates.unseen:
            return parked(self._gates.unseen)
        return ended_by_itself(exit_code, desk.result)

    def _watch(self, program: Program) -> Draft | None:
        """Return when the program is over or is to end; the ending, if it used too much memory."""
        limit = self._claim.assignment.limits.memory_mb
        check_at = 0.0
        while program.exit_code is None and not self._told_to_end:
            self._turn(_TICK)
            if limit is not None and time.monotonic() >= check_at:
                check_at = time.monotonic() + _MEMORY_CHECK
                used = self._claim.descendants.memory_mb(limit)
                if used > limit:
                    self._claim.descendants.kill()
                    return failed(Reason.TOOL_ERROR, _excess(used, limit))
        return None

    @property
    def _told_to_end(self) -> bool:
        return self._orders.stop is not None or self._orders.restart_by is not None

    def _end_everything(self, *, patience: float) -> None:
        """Tell whoever waits why; SIGTERM after `patience` seconds; SIGKILL after the grace."""
        self._dismiss_visitors()
        stop = self._orders.stop
        grace = stop.grace if stop else self._claim.assignment.grace.total_seconds()
        begin = time.monotonic()
        self._turn_until_gone(begin + min(patience, grace))
        if self._claim.descendants.any():
            self._claim.descendants.ask_to_end()
        self._turn_until_gone(begin + grace)
        self._claim.descendants.kill()

    def _dismiss_visitors(self) -> None:
        stop, restart_by = self._orders.stop, self._orders.restart_by
        if stop:
            note, by = stop.reason, stop.by
        elif restart_by is not None:
            note, by = "The program is started again.", restart_by
        else:
            return
        self._gates.dismiss(note, by)
        assert self._socket is not None
        self._socket.answer_all(REFUSED, {"state": "rejected", "note": note, "by": by})

    def _turn_until_gone(self, until: float) -> None:
        while self._claim.descendants.any() and (left := until - time.monotonic()) > 0:
            self._turn(min(left, _TICK))

    def _stopped(self, exit_code: int | None) -> Draft | None:
        stop = self._orders.stop
        return failed(stop.reason_code, stop.reason, exit_code=exit_code) if stop else None

    def _turn(self, timeout: float) -> None:
        """Let things happen. Raises StaleFenceError when the claim is over."""
        self._claim.loop.turn(timeout)
        self._claim.descendants.reap()
        self._gates.end_holds()
        self._replies.pump()
        self._bot.check()

    def _heed_signals(self) -> None:
        """SIGTERM stops the job in good order; the end of a child wakes the loop."""
        signal.signal(signal.SIGTERM, lambda *_: self._leave())
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _leave(self) -> None:
        self._leaving = True
        self._orders.stop = self._orders.stop or Stop(
            reason_code=Reason.LEASE_LOST,
            reason="The machine that ran the job told it to end; run it again.",
            by="",
            grace=self._claim.assignment.grace.total_seconds(),
        )

    def _tell_last(self, ending: Draft) -> int:
        """Say how the claim ends until the bot has heard it."""
        data = self._claim.masked(ending.data)
        self._claim.folder.write_exit(ending.kind, data)
        self._bot.say_last(ending.kind, data)
        leave_at = time.monotonic() + _FAREWELL
        try:
            while not self._claim.outbox.empty:
                self._turn(0.05)
                if self._leaving and time.monotonic() > leave_at:
                    return 1
        except StaleFenceError:
            pass  # It is over either way: most likely the answer to the last report was lost.
        self._claim.folder.remove_records()
        return 0

    def _give_up(self) -> int:
        """The claim belongs to nobody, or to another runner: leave nothing running."""
        self._claim.descendants.kill()
        self._claim.folder.write_exit("stale", {})
        return 0


def _excess(used: int, limit: int) -> str:
    return (
        f"The program and what it started used {used:,} MB, more than the limit of {limit:,} MB. "
        "Raise limits.memory_mb in the blueprint, or make it use less."
    )
