"""Selection: which runs a request means, as typed by a person; resolved in a service."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique

from bot.domain.vocabulary import Disposition, Profile, Reason, Status


@unique
class RefKind(StrEnum):
    """The ways to name a run or a gate."""

    RUN = "run"
    GATE = "gate"
    JOB = "job"
    LAST = "last"
    HERE = "here"
    """The run of this thread: “that one”, or nothing at all."""
    TITLE = "title"
    ISSUE = "issue"


@dataclass(frozen=True, kw_only=True)
class Ref:
    """One naming: `number` for runs, gates and jobs (the job's own in `job`), else `words`."""

    kind: RefKind
    number: int = 0
    job: int = 0
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which runs a list shows; empty fields leave all in. Deleted runs are never in."""

    statuses: frozenset[Status] = frozenset()
    profiles: frozenset[Profile] = frozenset()
    dispositions: frozenset[Disposition] = frozenset()
    reasons: frozenset[Reason] = frozenset()
    phases: frozenset[str] = frozenset()
    owner: str = ""
    project: str = ""
    blueprint: str = ""
    issue: str = ""
    words: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What a request is about: named runs or gates, or all that a filter leaves in."""

    refs: tuple[Ref, ...] = ()
    filter: Filter | None = field(default=None)
    without: tuple[Ref, ...] = ()
