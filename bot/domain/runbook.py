"""Runbook: steps to find out what is wrong, ways to remedy it, and a summary of what came of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum, unique

from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.expression import look_up

NO_REMEDIATION = "none"
"""The name that a rule or a person chooses where nothing has to be remedied."""


@unique
class StepKind(StrEnum):
    """The tool that a step uses."""

    SHELL = "shell"
    HTTP = "http"
    PROMPT = "prompt"
    APPROVAL = "approval"
    AGENT = "agent"


@unique
class Part(StrEnum):
    """Where in a runbook a step stands."""

    TRIAGE = "triage"
    REMEDIATION = "remediation"
    SUMMARY = "summary"


@unique
class OnFailure(StrEnum):
    """What the last failure of a step does."""

    FAIL = "fail"
    """The run ends there."""
    CONTINUE = "continue"
    """The run goes on, and has succeeded only in part."""


_SOURCE = re.compile(r"output|exit_code|status|json(\.[A-Za-z0-9_-]+)*")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step; which fields mean something depends on its kind."""

    id: str
    title: str
    kind: StepKind
    run: str = ""
    """shell: the script; agent: what it is asked."""
    shell: str = "sh"
    """shell: the interpreter, called with -c."""
    command: tuple[str, ...] = ()
    """agent: the command line that the question is added to."""
    tools: tuple[str, ...] = ()
    """Further commands that must be on the machine."""
    method: str = "GET"
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: JSON = None
    """http: what is sent as JSON; None sends nothing."""
    form: Mapping[str, JSON] = field(default_factory=dict)
    """prompt: the form, as docs/schemas/form.schema.json describes it."""
    prompt: str = ""
    """approval: what people are asked."""
    timeout: timedelta = timedelta(minutes=5)
    save: Mapping[str, str] = field(default_factory=dict)
    """Variable → source: `output`, `exit_code`, `status` (http), `json`, `json.path.to.it`."""
    when: str = ""
    """The condition under which it is carried out; empty: always."""
    on_failure: OnFailure = OnFailure.FAIL
    retries: int = 0
    """How often it is tried again when it has failed."""

    @property
    def asks_people(self) -> bool:
        """Whether it waits for a person."""
        return self.kind in {StepKind.PROMPT, StepKind.APPROVAL}

    @property
    def needs(self) -> tuple[str, ...]:
        """The commands that must be on the machine before anything runs."""
        own = {StepKind.SHELL: (self.shell,), StepKind.AGENT: self.command[:1]}
        return (*own.get(self.kind, ()), *self.tools)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Chooses a remediation; the first one that holds does."""

    when: str
    use: str
    """A remediation's name, or `none`."""
    reason: str
    """Said to people; `${name}` stands for a variable."""


@dataclass(frozen=True, kw_only=True)
class Remediation:
    """One way to remedy what was found."""

    name: str
    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class Runbook:
    """What a run of profile flow or guide carries out."""

    triage: tuple[Step, ...] = ()
    rules: tuple[Rule, ...] = ()
    remediations: tuple[Remediation, ...] = ()
    checks: tuple[Step, ...] = ()
    """Steps of the summary: they look again when all is done."""
    summary: str = ""
    """Said at the end; `${name}` stands for a variable."""

    def placed(self) -> Iterator[tuple[Part, Step]]:
        """Every step with its part, in the order of the file."""
        yield from ((Part.TRIAGE, step) for step in self.triage)
        for remediation in self.remediations:
            yield from ((Part.REMEDIATION, step) for step in remediation.steps)
        yield from ((Part.SUMMARY, step) for step in self.checks)

    def remediation(self, name: str) -> Remediation | None:
        """The remediation of that name, if any."""
        return next((way for way in self.remediations if way.name == name), None)


@dataclass(frozen=True, kw_only=True)
class Produced:
    """What a step's tool has given back."""

    output: str
    said: str = ""
    """The output and the complaints beside it, as they came."""
    exit_code: int | None = None
    status: int | None = None
    """HTTP."""
    json: JSON = None
    """The output as data, where it is JSON."""


def is_source(text: str) -> bool:
    """Whether a text can stand in `save`."""
    return _SOURCE.fullmatch(text) is not None


def extract(saved: Mapping[str, str], produced: Produced) -> dict[str, JSON]:
    """The variables that a step sets. Raises UserError where its output does not hold one."""
    return {name: _extract(name, source, produced) for name, source in saved.items()}


def _extract(name: str, source: str, produced: Produced) -> JSON:
    if source == "output":
        return produced.output.strip()
    value = {
        "exit_code": produced.exit_code,
        "status": produced.status,
        "json": produced.json,
    }.get(source)
    if source.startswith("json."):
        value = look_up({"json": produced.json}, source)
    if value is None:
        raise UserError(f"The variable “{name}” could not be set: there is no {source} in it.")
    return value
