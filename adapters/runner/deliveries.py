"""The calls that take long: storing an artifact, and pushing what was approved."""

import hashlib
import os
import stat
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path

from adapters.runner import workspace
from adapters.runner.claim import Claim
from adapters.runner.gates import Decision, Gates, answer_decision
from adapters.runner.pauses import Pauses
from adapters.runner.report_socket import Visitor
from adapters.runner.worker import Worker
from bot.domain.codec import JSON
from bot.domain.errors import UnavailableError, UserError
from bot.domain.report import ReportKind

_LARGEST_ARTIFACT = 100 << 20
"""Bytes."""


class Deliveries:
    """Carries them out beside the loop; one whose visitor has left goes no further."""

    def __init__(self, claim: Claim, gates: Gates, worker: Worker, *, base: str) -> None:
        """`base` is the commit that the workspace was made from, or empty."""
        self._claim = claim
        self._base = base
        self._gates = gates
        self._worker = worker
        self._client = claim.client()

    def store_artifact(self, path: Path, name: str, visitor: Visitor) -> None:
        """Put the file's bytes, then report it."""

        def store() -> dict[str, JSON]:
            roots = (self._claim.folder.workspace, self._claim.folder.tmp)
            with _open_artifact(path, roots) as file:
                return {"name": name, **self._put(file, visitor)}

        def done(artifact: dict[str, JSON]) -> None:
            self._claim.report(ReportKind.ARTIFACT, artifact)
            visitor.answer(0, artifact)

        self._worker.submit(store, done=done, failed=_failing(visitor))

    def push(self, visitor: Visitor) -> None:
        """Ask for leave to push the workspace's HEAD; then push that very commit."""
        if not self._base:
            raise UserError("This job has no repository, so there is nothing to push to.")

        def snapshot() -> workspace.Snapshot:
            with self._claim.descendants.on_loan():
                return workspace.snapshot(self._claim.folder.path, self._base)

        def ask(taken: workspace.Snapshot) -> None:
            data = {"commit": taken.commit, "files": list(taken.files)}
            self._claim.outbox.add(
                ReportKind.PUSH, data, lambda result: self._go_on(result, taken.commit, visitor)
            )

        self._worker.submit(snapshot, done=ask, failed=_failing(visitor))

    def _go_on(self, result: JSON, commit: str, visitor: Visitor) -> None:
        def decided(decision: Decision) -> None:
            if decision["state"] == "satisfied":
                self._push_out(commit, visitor)
            else:
                answer_decision(visitor, decision)

        if result.get("allowed"):
            self._push_out(commit, visitor)
        else:
            self._gates.take(result, visitor, decided)

    def _push_out(self, commit: str, visitor: Visitor) -> None:
        folder, assignment = self._claim.folder.path, self._claim.assignment
        repository, branch = assignment.repository, assignment.branch

        login = self._claim.credentials().to_push

        def push() -> None:
            with self._claim.descendants.on_loan():
                workspace.push(folder, commit, repository=repository, branch=branch, login=login)

        def done(_nothing: None) -> None:
            self._claim.outbox.add(ReportKind.PUSHED, {"commit": commit, "branch": branch})
            visitor.answer(0, {"pushed": True, "commit": commit, "branch": branch})

        if not visitor.gone:
            self._worker.submit(push, done=done, failed=_failing(visitor))

    def _put(self, file: BufferedReader, visitor: Visitor) -> dict[str, JSON]:
        """The size and hash of a file that the bot has now; its wait ends with the visitor's."""
        size = os.fstat(file.fileno()).st_size
        if size > _LARGEST_ARTIFACT:
            raise UserError(f"The file has {size >> 20} MiB; an artifact may have 100 MiB.")
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        pauses = Pauses()
        while not visitor.gone:
            try:
                self._client.put_artifact(sha256, file, size=size)
            except UnavailableError:
                pauses.pause()
            else:
                return {"size": size, "sha256": sha256}
        raise UserError("Nobody waits for this artifact any more.")


def _failing(visitor: Visitor) -> Callable[[UserError], None]:
    return lambda error: visitor.answer(1, {"error": error.text})


def _open_artifact(path: Path, roots: tuple[Path, ...]) -> BufferedReader:
    """The file, if it truly lies below one of `roots` now; asked of what was opened."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    file = os.fdopen(descriptor, "rb")
    place = Path(f"/proc/self/fd/{descriptor}").readlink()
    within = any(place.is_relative_to(root.resolve()) for root in roots)
    if within and stat.S_ISREG(os.fstat(descriptor).st_mode):
        return file
    file.close()
    raise UserError(
        f"“{path}” is no plain file in the workspace or TMPDIR; copy it there and report the copy."
    )
