"""Order: what a runner is told to do, kept until it says that it was taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique

from bot.domain.codec import JSON


@unique
class OrderKind(StrEnum):
    """The orders a runner knows; `data` of each is described in docs/job-protocol.md."""

    STOP = "stop"
    RESTART = "restart"
    DECISION = "decision"
    REPLY = "reply"


@dataclass(frozen=True, kw_only=True)
class Order:
    """One order to the runner of a job; `id` rises, so a runner asks for what came after."""

    id: int
    job_id: int
    kind: OrderKind
    created_at: datetime
    data: Mapping[str, JSON] = field(default_factory=dict)
    consumed_at: datetime | None = None
