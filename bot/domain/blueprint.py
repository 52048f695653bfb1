"""Blueprint: the recipe of a run. A version is the hash of its content and never changes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum, unique
from functools import cached_property

from bot.domain.codec import digest
from bot.domain.errors import WrongFieldError
from bot.domain.runbook import Runbook
from bot.domain.vocabulary import Profile

RUNBOOK_COMMAND = ("signalbox", "runbook")
"""The built-in program that carries out a runbook; jobs have it on their PATH."""

Value = str | int | float | bool
"""What an input may hold."""


@unique
class InputType(StrEnum):
    """How an input's words are read."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    FLAG = "flag"


@unique
class Replies(StrEnum):
    """How messages of people reach the program."""

    NONE = "none"
    STDIN = "stdin"
    FILE = "file"


@unique
class Stream(StrEnum):
    """Whose events the program prints on its standard output."""

    NONE = "none"
    CLAUDE_CODE = "claude-code"
    CODEX = "codex"
    OPENCODE = "opencode"


@unique
class OnExpiry(StrEnum):
    """What the end of a gate's deadline does."""

    TIME_OUT = "time_out"
    CANCEL = "cancel"
    DEFAULT = "default"
    """Questions only: the form's defaults answer."""


@dataclass(frozen=True, kw_only=True)
class InputSpec:
    """One thing that dispatch may ask for."""

    name: str
    type: InputType = InputType.TEXT
    required: bool = False
    default: Value | None = None
    choices: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True, kw_only=True)
class GateSpec:
    """A checkpoint; who may pass it is policy's to say, never the blueprint's."""

    checkpoint: str
    prompt: str
    deadline: timedelta = timedelta(hours=24)
    on_expiry: OnExpiry = OnExpiry.TIME_OUT
    always: bool = False
    """Waits for a person even in autopilot."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a job may use; None means the machine's own bounds."""

    cpu: float | None = None
    """Cores."""
    memory_mb: int | None = None
    log_mb: int = 64


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """How long each part of a run may take."""

    queue: timedelta = timedelta(hours=24)
    start: timedelta = timedelta(minutes=5)
    run: timedelta = timedelta(hours=2)
    idle: timedelta = timedelta(minutes=30)
    """Without any report or output; time at a gate does not count."""
    quiet: timedelta = timedelta(minutes=7)
    """Without a sign of life, until people are told."""


@dataclass(frozen=True, kw_only=True)
class Blueprint:
    """A validated blueprint."""

    name: str
    profile: Profile
    title: str
    project: str
    command: tuple[str, ...]
    repositories: tuple[str, ...] = ()
    inputs: tuple[InputSpec, ...] = ()
    gates: tuple[GateSpec, ...] = ()
    limits: Limits = field(default_factory=Limits)
    timeouts: Timeouts = field(default_factory=Timeouts)
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Variable name → reference (`env:NAME` or `file:PATH`), resolved on the runner's host."""
    replies: Replies = Replies.NONE
    stream: Stream = Stream.NONE
    labels: tuple[str, ...] = ()
    match: Mapping[str, str] = field(default_factory=dict)
    keep_alive: timedelta = timedelta(0)
    retry_safe: bool = False
    runbook: Runbook | None = None
    """The steps of a flow or guide; its `command` is then RUNBOOK_COMMAND."""
    owner: str = ""
    """The handle of the person who is told when its file is broken."""

    @cached_property
    def version(self) -> str:
        """Hash of the content; equal recipes have equal versions."""
        return digest(self)

    def gate(self, checkpoint: str) -> GateSpec | None:
        """The gate declared for a checkpoint, if any."""
        return next((gate for gate in self.gates if gate.checkpoint == checkpoint), None)

    def read_inputs(self, given: Mapping[str, str]) -> dict[str, Value]:
        """Typed inputs from the words of a request, defaults filled in.

        Raises UserError naming the input, what is wrong and what would be right.
        """
        known = {spec.name: spec for spec in self.inputs}
        for name in given:
            if name not in known:
                offers = ", ".join(known) or "none"
                raise WrongFieldError(
                    f"{self.name} has no input “{name}”; its inputs: {offers}.", field=name
                )
        values: dict[str, Value] = {}
        for spec in self.inputs:
            if spec.name in given:
                values[spec.name] = _read_input(spec, given[spec.name])
            elif spec.default is not None:
                values[spec.name] = spec.default
            elif spec.required:
                raise WrongFieldError(
                    f"{self.name} needs the input “{spec.name}”"
                    f"{f' ({spec.help})' if spec.help else ''}: add {spec.name}=…",
                    field=spec.name,
                )
        return values


def _wrong(spec: InputSpec, problem: str) -> WrongFieldError:
    return WrongFieldError(f"{spec.name} {problem}", field=spec.name)


def _read_input(spec: InputSpec, words: str) -> Value:
    if spec.type is InputType.NUMBER:
        if not re.fullmatch(r"-?\d{1,15}(\.\d{1,9})?", words):
            raise _wrong(spec, f"takes a number, not “{words[:40]}”.")
        return float(words) if "." in words else int(words)
    if spec.type is InputType.FLAG:
        if words.lower() not in {"yes", "no", "true", "false"}:
            raise _wrong(spec, f"takes yes or no, not “{words[:40]}”.")
        return words.lower() in {"yes", "true"}
    if spec.type is InputType.CHOICE and words not in spec.choices:
        raise _wrong(spec, f"is one of {', '.join(spec.choices)}, not “{words[:40]}”.")
    return words
