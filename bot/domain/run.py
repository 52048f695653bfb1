"""Run: one execution of a blueprint, as stored."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.blueprint import Value
from bot.domain.conversation import Conversation
from bot.domain.errors import NotFoundError
from bot.domain.issue import Issue
from bot.domain.vocabulary import Disposition, Mode, Profile, Reason, Status

_KEY = re.compile(r"(?:R-)?([0-9]{1,15})", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a run has used so far."""

    input_tokens: int = 0
    """All input, also that from a cache."""
    cached_tokens: int = 0
    """The part of the input that came from a cache."""
    output_tokens: int = 0
    usd: float = 0.0
    """For tokens, as far as their price is known."""
    unpriced_tokens: int = 0
    """Input and output whose price is not known."""
    model: str = ""
    compute: timedelta = timedelta(0)
    """Time on machines, without the time spent waiting."""
    compute_usd: float = 0.0

    @property
    def total_usd(self) -> float:
        """US dollars for tokens and machines, as far as prices are known."""
        return round(self.usd + self.compute_usd, 6)

    def plus(self, other: "Cost") -> "Cost":
        """Both together; the later model's name is kept."""
        return Cost(
            input_tokens=self.input_tokens + other.input_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            usd=round(self.usd + other.usd, 6),
            unpriced_tokens=self.unpriced_tokens + other.unpriced_tokens,
            model=other.model or self.model,
            compute=self.compute + other.compute,
            compute_usd=round(self.compute_usd + other.compute_usd, 6),
        )


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run as stored; `version` guards every change, `last_seq` counts its events."""

    id: int
    profile: Profile
    blueprint: str
    blueprint_version: str
    project: str
    title: str
    requested_by: str
    surface: str
    owner: str
    mode: Mode
    status: Status
    created_at: datetime
    updated_at: datetime
    chosen_because: str = ""
    owner_fallback: bool = False
    inputs: Mapping[str, Value] = field(default_factory=dict)
    branch: str = ""
    phase: str = ""
    reason_code: Reason | None = None
    reason: str = ""
    disposition: Disposition = Disposition.NONE
    attempt: int = 1
    attempt_by: str = ""
    """Who asked for the current attempt."""
    steerers: tuple[str, ...] = ()
    """Who sent words to the program of the current attempt."""
    retry_of: int | None = None
    cost: Cost = field(default_factory=Cost)
    pushed_commit: str = ""
    pr_url: str = ""
    conversation: Conversation
    """Where it was asked for, and where it is told."""
    mirrors: tuple[Conversation, ...] = ()
    """Where it is told as well: a tracker's issue, the channel of its project."""
    issue: Issue | None = None
    """What it works on, as read when it was asked for."""
    dedupe_key: str = ""
    """Unique among live runs; empty for none."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 0
    last_seq: int = 0
    head: str = ""
    """Hash of the last event: the head of the run's audit chain."""

    @property
    def key(self) -> str:
        """How people name it: R-81."""
        return f"R-{self.id}"

    @property
    def conversations(self) -> tuple[Conversation, ...]:
        """Everywhere it is told, the place where it was asked for first."""
        return (self.conversation, *self.mirrors)

    @property
    def involved(self) -> frozenset[str]:
        """The people whom four-eyes keeps from deciding: who asked for it or steered it."""
        return frozenset({self.requested_by, self.attempt_by, *self.steerers} - {""})


def run_id_of(key: str) -> int:
    """The number in a run's key: 81 of R-81."""
    return int(key.removeprefix("R-"))


def read_run_key(text: str) -> int:
    """The number in a run's key as people write it: R-81, r-81 or 81. Raises NotFoundError."""
    match = _KEY.fullmatch(text)
    if match is None:
        raise NotFoundError(f"“{text[:40]}” is no run's key; keys look like R-81.")
    return int(match[1])
