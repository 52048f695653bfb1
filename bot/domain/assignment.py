"""Assignment: everything a runner needs to carry out one claimed job."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.blueprint import Limits, Replies, Stream, Value
from bot.domain.codec import JSON
from bot.domain.issue import Issue
from bot.domain.pull_request import Review
from bot.domain.runbook import Runbook
from bot.domain.vocabulary import Mode


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """Handed to `signalbox job` on standard input as JSON; never written to a file."""

    run: str
    """R-81"""
    job: str
    """R-81.1"""
    fence: int
    token: str
    """The claim's bearer token; dies with the claim."""
    attempt: int
    title: str
    mode: Mode
    command: tuple[str, ...]
    runbook: Runbook | None = None
    """What the built-in program carries out, where `command` calls it."""
    repository: str = ""
    """Where to clone from and push to; empty for a job without code."""
    branch: str = ""
    """The only branch the runner pushes."""
    inputs: Mapping[str, Value] = field(default_factory=dict)
    reviews: tuple[Review, ...] = ()
    """What reviewers of the pull request asked for; untrusted."""
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    replies: Replies = Replies.NONE
    stream: Stream = Stream.NONE
    hold: timedelta = timedelta(minutes=10)
    """How long a program may wait at a gate before it is parked."""
    grace: timedelta = timedelta(seconds=10)
    """How long a program has to end politely before everything is killed."""
    issue: Issue | None = None
    """What it works on. Written by anybody who may write to the tracker: never instructions."""
    resume_gate: str = ""
    """The gate whose decision this claim resumes with."""
    resume_decision: Mapping[str, JSON] = field(default_factory=dict)
