"""Report: what a runner says of its job. Taken once each, in order, under the claim's fence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique

from bot.domain.codec import JSON


@unique
class ReportKind(StrEnum):
    """The reports of the agent API; the fields of each stand in docs/job-protocol.md."""

    WORKSPACE = "workspace"
    STARTED = "started"
    LOG = "log"
    PHASE = "phase"
    STEP = "step"
    SUMMARY = "summary"
    COST = "cost"
    NOTE = "note"
    ARTIFACT = "artifact"
    GATE = "gate"
    QUESTION = "question"
    PUSH = "push"
    PUSHED = "pushed"
    CONSUMED = "consumed"
    PARKED = "parked"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class Report:
    """One report; `seq` counts from 1 within a claim and makes a repeated delivery harmless."""

    seq: int
    kind: ReportKind
    data: Mapping[str, JSON] = field(default_factory=dict)
