"""Executor: starts, finds and kills runners on one kind of machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.domain.assignment import Assignment
from bot.domain.codec import JSON


@dataclass(frozen=True, kw_only=True)
class FoundRunner:
    """A runner that this executor started at some time, alive or not."""

    job: str
    """R-81.1"""
    fence: int
    alive: bool
    exit_record: Mapping[str, JSON] | None = None
    """The data of an `ended` or `parked` report that the runner left behind, if any."""


class Executor(Protocol):
    """Only that; what the runner does is the same everywhere."""

    async def start(self, assignment: Assignment) -> None:
        """Start a runner that outlives this process. Raises UnavailableError if it cannot."""

    async def find(self) -> tuple[FoundRunner, ...]:
        """Every runner that has not been forgotten yet."""

    async def kill(self, job: str) -> None:
        """End a job's runner and everything it started, at once; no runner is no error."""

    async def forget(self, job: str) -> None:
        """Drop the records of a dead runner, keeping the workspace."""

    async def remove_workspace(self, job: str) -> None:
        """Remove all that is left of a job on this machine; nothing left is no error."""
