"""The shape of a blueprint file: its fields, their rules, and the Blueprint that it stands for."""

import os.path
import re
import shlex
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, Strict, WithJsonSchema

from adapters.yaml_model import FileModel, Flaw, Flaws, Matching, shown
from bot.domain import blueprint as domain
from bot.domain import labels as label_sets
from bot.domain.errors import UserError
from bot.domain.vocabulary import Profile

NAME = Matching(
    pattern=r"[a-z0-9][a-z0-9-]{0,62}",
    problem="{} is not a name",
    remedy="write up to 63 lower-case letters, digits and dashes",
)
_PERSON = Matching(
    pattern=r"(@?[a-z0-9][a-z0-9._-]{0,62})?",
    problem="{} is not a person's name",
    remedy="write the name that policy.yaml has, such as ana",
)
_INPUT_NAME = Matching(
    pattern=r"[a-z][a-z0-9_]{0,62}",
    problem="{} is not a name",
    remedy="write lower-case letters, digits and underscores",
)
_VARIABLE = Matching(
    pattern=r"(?!SIGNALBOX_)[A-Za-z_][A-Za-z0-9_]{0,127}",
    problem="{} cannot be set",
    remedy="write letters, digits and underscores, and do not begin with SIGNALBOX_",
)
_LINE = Matching(
    pattern=r"[^\x00-\x1f\x7f]{1,200}",
    problem="{} is not one line of up to 200 characters",
    remedy="shorten it to one line",
)
_ARGUMENT = Matching(
    pattern=r"[^\x00]{0,32768}",
    problem="{} cannot be passed to a program",
    remedy="take out NUL characters and keep to 32,768 characters",
)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = r"[1-9][0-9]{0,4}[smhd]"
_REFERENCE = r"env:[A-Za-z_][A-Za-z0-9_]*|file:/[^\x00-\x1f]+"


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not re.fullmatch(f"{_DURATION}|0s", value):
        raise Flaw(f"{shown(value)} is not a duration", "write 90s, 5m, 2h or 1d")
    return timedelta(**{_UNITS[value[-1]]: int(value[:-1])})


def _lasting(value: timedelta) -> timedelta:
    if not value:
        raise Flaw("“0s” leaves no time", "write 90s, 5m, 2h or 1d")
    return value


def _reference(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(_REFERENCE, value):
        raise Flaw(
            "a secret stands here as a reference, never as its value",
            "write env:NAME or file:/absolute/path, and change the secret if it stood here",
        )
    return value


def _words(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        raise Flaw("a quote in it is not closed", "close it, or write a list") from error


def _repository(value: str) -> str:
    if value.startswith(("-", "~")) or "::" in value:
        raise Flaw("this is no path and no address of a repository", _REPOSITORIES)
    if "://" in value:
        address = urlsplit(value)
        if address.scheme not in {"https", "http", "ssh", "git", "file"}:
            raise Flaw(f"“{address.scheme}:” is not fetched from", _REPOSITORIES)
        if address.password is not None or (address.username and address.scheme[:4] == "http"):
            raise Flaw(
                "an address must not carry a password or token",
                "write git@host:path, which signs in with the host's key, and change the secret",
            )
    return value


_REPOSITORIES = "write an absolute path, a path from the data folder, or a git, ssh or https URL"


def _handle(value: str) -> str:
    return value.removeprefix("@")


def _labels(value: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return label_sets.canonical(value)
    except UserError as error:
        problem, _, remedy = error.text.partition(": ")
        raise Flaw(problem, remedy) from error


def _single(value: object) -> object:
    if isinstance(value, dict | list):
        raise Flaw("this is not one value", "write a text, a number, yes or no")
    return value


_Flag = Annotated[bool, Strict()]
_Whole = Annotated[int, Strict(), Field(gt=0, le=1_000_000_000)]
_AnyDuration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": f"^(?:{_DURATION}|0s)$"}),
]
_Duration = Annotated[
    _AnyDuration,
    AfterValidator(_lasting),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION}$"}),
]
_Command = Annotated[
    tuple[Annotated[str, _ARGUMENT], ...],
    Field(min_length=1),
    BeforeValidator(_words),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
            ]
        }
    ),
]
_Secret = Annotated[
    str,
    BeforeValidator(_reference),
    WithJsonSchema({"type": "string", "pattern": f"^(?:{_REFERENCE})$"}),
]
_Repository = Annotated[str, _LINE, AfterValidator(_repository)]


class InputPart(FileModel):
    """One thing that dispatch may ask for."""

    name: Annotated[str, _INPUT_NAME]
    type: domain.InputType = domain.InputType.TEXT
    required: _Flag = False
    default: Annotated[
        Any,
        BeforeValidator(_single),
        WithJsonSchema({"type": ["string", "number", "boolean"]}),
    ] = None
    choices: tuple[Annotated[str, _LINE], ...] = ()
    help: Annotated[str, Field(max_length=500)] = ""

    def flaws(self) -> Flaws:
        """Where type, choices, default and required do not go together."""
        choosing = self.type is domain.InputType.CHOICE
        if choosing and not self.choices:
            yield (), Flaw("there is nothing to choose from", "add “choices: [one, two]”")
        if self.choices and not choosing:
            yield ("choices",), Flaw(f"{self.type} has no choices", "write “type: choice”")
        if self.required and self.default is not None:
            yield ("required",), Flaw("with a default nothing is missing", "take one of them out")
        if self.default is not None and not (choosing and not self.choices):
            yield from self._default_flaws()

    def _default_flaws(self) -> Flaws:
        said, kind = shown(self.default), type(self.default)
        if self.type is domain.InputType.NUMBER and kind not in {int, float}:
            yield ("default",), Flaw(f"{said} is not a number", "write one, without quotes")
        elif self.type is domain.InputType.FLAG and kind is not bool:
            yield ("default",), Flaw(f"{said} is neither yes nor no", "write yes or no")
        elif self.type is domain.InputType.TEXT and kind is not str:
            yield ("default",), Flaw(f"{said} is not text", "put it in quotes")
        elif self.type is domain.InputType.CHOICE and self.default not in self.choices:
            choices = ", ".join(self.choices)
            yield ("default",), Flaw(f"{said} is none of the choices", f"write one of {choices}")


class GatePart(FileModel):
    """A checkpoint where a supervised run waits for a person."""

    checkpoint: Annotated[str, NAME]
    prompt: Annotated[str, Field(min_length=1, max_length=2000)]
    """What people are asked."""
    deadline: _Duration = Field(default="24h", validate_default=True)
    on_expiry: Literal[domain.OnExpiry.TIME_OUT, domain.OnExpiry.CANCEL] = domain.OnExpiry.TIME_OUT
    always: _Flag = False
    """Waits for a person even in autopilot."""


class LimitsPart(FileModel):
    """What a job may use; what is left out is bounded by the machine alone."""

    cpu: Annotated[float, Strict(), Field(gt=0, le=4096, allow_inf_nan=False)] | None = None
    """Cores."""
    memory_mb: _Whole | None = None
    log_mb: _Whole = 64


class TimeoutsPart(FileModel):
    """How long each part of a run may take."""

    queue: _Duration = Field(default="24h", validate_default=True)
    """Waiting for an agent."""
    start: _Duration = Field(default="5m", validate_default=True)
    """From the claim to the first report."""
    run: _Duration = Field(default="2h", validate_default=True)
    """The program's work; time at a gate does not count."""
    idle: _Duration = Field(default="30m", validate_default=True)
    """Without any report or output, until the run is ended."""
    quiet: _Duration = Field(default="7m", validate_default=True)
    """Without a sign of life, until people are told."""


class BlueprintFile(FileModel, title="Signalbox blueprint"):
    """A blueprint: the recipe of a run."""

    schema_: Literal["signalbox/blueprint/v1"] = Field(alias="schema")
    name: Annotated[str, NAME]
    profile: Profile
    title: Annotated[str, _LINE]
    project: Annotated[str, NAME]
    repositories: tuple[_Repository, ...] = ()
    """Absolute paths, paths from the data folder, or git URLs; the first is the workspace."""
    command: _Command
    """What is started in the workspace: a list, or a text that is split as a shell would."""
    inputs: tuple[InputPart, ...] = ()
    gates: tuple[GatePart, ...] = ()
    limits: LimitsPart = LimitsPart()
    timeouts: TimeoutsPart = TimeoutsPart()
    env: dict[Annotated[str, _VARIABLE], Annotated[str, _ARGUMENT]] = Field(default_factory=dict)
    """Variables of the program, in the open."""
    secrets: dict[Annotated[str, _VARIABLE], _Secret] = Field(default_factory=dict)
    """Variables by reference, `env:NAME` or `file:/path`, looked up where the job runs."""
    replies: domain.Replies = domain.Replies.NONE
    """How messages of people reach the program."""
    stream: domain.Stream = domain.Stream.NONE
    """Whose JSON events the program prints; they are read and shown as what they mean."""
    labels: Annotated[tuple[str, ...], AfterValidator(_labels)] = ()
    """What an agent must offer to claim a job."""
    match: dict[Annotated[str, _INPUT_NAME], Annotated[str, _LINE]] = Field(default_factory=dict)
    """What an issue must have for this blueprint to be chosen for it, such as `team: ENG`."""
    keep_alive: _AnyDuration = Field(default="0s", validate_default=True)
    """How long the workspace is kept after a success."""
    retry_safe: _Flag = False
    """Whether a job may be started again by itself when its agent is lost."""
    owner: Annotated[str, _PERSON, AfterValidator(_handle)] = ""
    """The person who is told when this file cannot be read."""

    def flaws(self) -> Flaws:
        """Repeated names, variables that are set twice, and the flaws of the inputs."""
        for index, part in enumerate(self.inputs):
            for place, flaw in part.flaws():
                yield ("inputs", index, *place), flaw
        yield from _repeated("inputs", "name", [part.name for part in self.inputs])
        yield from _repeated("gates", "checkpoint", [part.checkpoint for part in self.gates])
        for name in self.env.keys() & self.secrets.keys():
            yield ("env", name), Flaw(f"“{name}” is a secret as well", "keep one of them")

    def blueprint(self, base: Path) -> domain.Blueprint:
        """The blueprint; relative repositories are meant from `base`."""
        parts = {name: getattr(self, name) for name in type(self).model_fields if name != "schema_"}
        return domain.Blueprint(
            **parts
            | {
                "repositories": tuple(_resolved(text, base) for text in self.repositories),
                "inputs": tuple(domain.InputSpec(**dict(part)) for part in self.inputs),
                "gates": tuple(domain.GateSpec(**dict(part)) for part in self.gates),
                "limits": domain.Limits(**dict(self.limits)),
                "timeouts": domain.Timeouts(**dict(self.timeouts)),
            }
        )


def _repeated(part: str, field: str, names: list[str]) -> Flaws:
    for index, name in enumerate(names):
        if Counter(names[:index])[name]:
            yield (part, index, field), Flaw(f"“{name}” stands here twice", "rename one of them")


def _resolved(repository: str, base: Path) -> str:
    """URLs and addresses such as `git@host:path` as they are; paths made absolute."""
    if ":" in repository.partition("/")[0]:
        return repository
    return os.path.normpath(base.absolute() / repository)
