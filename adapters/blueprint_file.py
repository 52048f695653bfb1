"""The shape of a blueprint file: its fields, their rules, and the Blueprint that it stands for."""

import os.path
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Strict, WithJsonSchema

from adapters.blueprint_fields import (
    ARGUMENT,
    INPUT_NAME,
    LINE,
    MATCH_KEY,
    NAME,
    PERSON,
    VARIABLE,
    AnyDuration,
    Command,
    Duration,
    Flag,
    Repository,
    Secret,
    Whole,
    read_handle,
    read_labels,
    single,
)
from adapters.runbook_file import RunbookPart, Surroundings
from adapters.yaml_model import FileModel, Flaw, Flaws, shown
from bot.domain import blueprint as domain
from bot.domain.vocabulary import RUNBOOKS, Profile


class InputPart(FileModel):
    """One thing that dispatch may ask for."""

    name: Annotated[str, INPUT_NAME]
    type: domain.InputType = domain.InputType.TEXT
    required: Flag = False
    default: Annotated[
        Any,
        BeforeValidator(single),
        WithJsonSchema({"type": ["string", "number", "boolean"]}),
    ] = None
    choices: tuple[Annotated[str, LINE], ...] = ()
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
    deadline: Duration = Field(default="24h", validate_default=True)
    on_expiry: Literal[domain.OnExpiry.TIME_OUT, domain.OnExpiry.CANCEL] = domain.OnExpiry.TIME_OUT
    always: Flag = False
    """Waits for a person even in autopilot."""


class LimitsPart(FileModel):
    """What a job may use; what is left out is bounded by the machine alone."""

    cpu: Annotated[float, Strict(), Field(gt=0, le=4096, allow_inf_nan=False)] | None = None
    """Cores."""
    memory_mb: Whole | None = None
    log_mb: Whole = 64


class TimeoutsPart(FileModel):
    """How long each part of a run may take."""

    queue: Duration = Field(default="24h", validate_default=True)
    """Waiting for an agent."""
    start: Duration = Field(default="5m", validate_default=True)
    """From the claim to the first report."""
    run: Duration = Field(default="2h", validate_default=True)
    """The program's work; time at a gate does not count."""
    idle: Duration = Field(default="30m", validate_default=True)
    """Without any report or output, until the run is ended."""
    quiet: Duration = Field(default="7m", validate_default=True)
    """Without a sign of life, until people are told."""


class BlueprintFile(FileModel, title="Signalbox blueprint"):
    """A blueprint: the recipe of a run."""

    schema_: Literal["signalbox/blueprint/v1"] = Field(alias="schema")
    name: Annotated[str, NAME]
    profile: Profile
    title: Annotated[str, LINE]
    project: Annotated[str, NAME]
    repositories: tuple[Repository, ...] = ()
    """Absolute paths, paths from the data folder, or git URLs; the first is the workspace."""
    command: Command = ()
    """What is started in the workspace: a list, or a text that is split as a shell would. Not for
    flows and guides: they have a runbook."""
    runbook: RunbookPart = RunbookPart()
    """The steps of a flow or guide."""
    inputs: tuple[InputPart, ...] = ()
    gates: tuple[GatePart, ...] = ()
    limits: LimitsPart = LimitsPart()
    timeouts: TimeoutsPart = TimeoutsPart()
    env: dict[Annotated[str, VARIABLE], Annotated[str, ARGUMENT]] = Field(default_factory=dict)
    """Variables of the program, in the open."""
    secrets: dict[Annotated[str, VARIABLE], Secret] = Field(default_factory=dict)
    """Variables by reference, `env:NAME` or `file:/path`, looked up where the job runs."""
    replies: domain.Replies = domain.Replies.NONE
    """How messages of people reach the program."""
    stream: domain.Stream = domain.Stream.NONE
    """Whose JSON events the program prints; they are read and shown as what they mean."""
    labels: Annotated[tuple[str, ...], AfterValidator(read_labels)] = ()
    """What an agent must offer to claim a job."""
    match: dict[Annotated[str, MATCH_KEY], Annotated[str, LINE]] = Field(default_factory=dict)
    """What an issue must have for this blueprint to be chosen for it, such as `team: ENG`."""
    keep_alive: AnyDuration = Field(default="0s", validate_default=True)
    """How long the workspace is kept after a success."""
    retry_safe: Flag = False
    """Whether a job may be started again by itself when its agent is lost."""
    owner: Annotated[str, PERSON, AfterValidator(read_handle)] = ""
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
        yield from self._program_flaws()

    def _program_flaws(self) -> Flaws:
        """A command for what programs do, a runbook for flows and guides."""
        given = {"command", "runbook"} & self.model_fields_set
        wanted, other = ("command", "runbook")[:: -1 if self.profile in RUNBOOKS else 1]
        if wanted not in given:
            yield (wanted,), Flaw("this field is missing", f"add “{wanted}: …”")
        if other in given:
            yield (
                (other,),
                Flaw(f"profile {self.profile} has no {other}", f"write a {wanted} instead"),
            )
        elif wanted == "runbook":
            around = Surroundings(
                inputs=frozenset(part.name for part in self.inputs),
                environment=frozenset(self.env) | frozenset(self.secrets),
            )
            for place, flaw in self.runbook.flaws_within(around):
                yield ("runbook", *place), flaw
            if self.gates:
                flaw = Flaw("a runbook's gates are its approval steps", "take the field out")
                yield ("gates",), flaw

    def blueprint(self, base: Path) -> domain.Blueprint:
        """The blueprint; relative repositories are meant from `base`."""
        own = self.runbook.parts() if self.profile in RUNBOOKS else {"runbook": None}
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
            | own
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
