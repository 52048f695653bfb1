"""The shape of the `runbook` of a blueprint file, and the Runbook that it stands for."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, Strict, WithJsonSchema

from adapters.blueprint_fields import (
    ARGUMENT,
    DURATION,
    INPUT_NAME,
    LINE,
    NAME,
    Command,
    Duration,
    Flag,
    single,
)
from adapters.yaml_lines import Place
from adapters.yaml_model import FileModel, Flaw, Flaws, Matching, shown
from bot.domain import runbook as domain
from bot.domain.blueprint import RUNBOOK_COMMAND, GateSpec, OnExpiry
from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.expression import parse_expression
from bot.domain.form_reading import parse_form
from bot.domain.placeholders import placeholders
from bot.domain.runbook import StepKind
from bot.domain.runbook_log import DECISION

_MOST_STEPS = 100
_ALWAYS_KNOWN = frozenset({"mode", "run", "failed_steps", "remediation"})
_OF_THE_JOB = "SIGNALBOX_"
_EVERY_KIND = frozenset({"id", "title", "kind", "when", "on_failure"})
_WORKING = frozenset({"timeout", "save", "retries"})
_OF_KIND: Mapping[StepKind, frozenset[str]] = {
    StepKind.SHELL: _WORKING | {"run", "shell", "tools"},
    StepKind.HTTP: _WORKING | {"url", "method", "headers", "body"},
    StepKind.AGENT: _WORKING | {"run", "command", "tools"},
    StepKind.PROMPT: frozenset({"form"}),
    StepKind.APPROVAL: frozenset({"prompt", "deadline", "on_expiry", "always"}),
}
_NEEDED: Mapping[StepKind, tuple[str, ...]] = {
    StepKind.SHELL: ("run",),
    StepKind.HTTP: ("url",),
    StepKind.AGENT: ("command", "run"),
    StepKind.PROMPT: ("form",),
    StepKind.APPROVAL: ("prompt",),
}
_TOOL = Matching(
    pattern=r"[A-Za-z0-9_./][A-Za-z0-9_./+-]{0,199}",
    problem="{} is no command's name",
    remedy="write the name alone, such as git",
)
_SOURCE = Matching(
    pattern=r"output|exit_code|status|json(\.[A-Za-z0-9_-]+)*",
    problem="{} is no part of what a step gives",
    remedy="write output, exit_code, status, json, or a path such as json.size",
)
_Text = Annotated[str, Field(min_length=1, max_length=20_000)]
_Prompt = Annotated[str, Field(min_length=1, max_length=2_000)]
_Condition = Annotated[str, Field(max_length=1_000)]
_Header = Annotated[
    str,
    Matching(
        pattern=r"[A-Za-z][A-Za-z0-9-]{0,99}",
        problem="{} is not a header's name",
        remedy="write letters, digits and dashes",
    ),
]


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the rest of a blueprint gives to its runbook."""

    inputs: frozenset[str]
    environment: frozenset[str]


class FormFieldPart(FileModel):
    """One thing that a form asks for."""

    name: Annotated[str, INPUT_NAME]
    """The variable that the answer is kept in."""
    label: Annotated[str, LINE]
    type: Literal["text", "number", "choice", "multi_choice", "secret", "flag"] = "text"
    required: Flag = True
    default: Any = None
    choices: tuple[Annotated[str, LINE], ...] = ()
    min: Annotated[float | None, BeforeValidator(single), WithJsonSchema({"type": "number"})] = None
    max: Annotated[float | None, BeforeValidator(single), WithJsonSchema({"type": "number"})] = None
    max_length: Annotated[int, Strict()] = 0
    pattern: Annotated[str, Field(max_length=500)] = ""


class FormPart(FileModel):
    """What a person is asked, typed and checked."""

    prompt: Annotated[str, Field(max_length=2_000)] = ""
    why: Annotated[str, Field(max_length=2_000)] = ""
    fields: tuple[FormFieldPart, ...] = ()
    deadline: Annotated[str, DURATION] = "24h"
    on_expiry: Literal["time_out", "cancel", "default"] = "time_out"

    def data(self) -> dict[str, JSON]:
        """The form as its published format has it, with what was written alone."""
        return self.model_dump(mode="json", exclude_unset=True)


class StepPart(FileModel):
    """One step; which fields it may have depends on its kind."""

    id: Annotated[str, NAME]
    title: Annotated[str, LINE]
    kind: StepKind
    run: Annotated[str, ARGUMENT] = ""
    """shell: the script; agent: what it is asked."""
    shell: Annotated[str, _TOOL] = "sh"
    """shell: what carries the script out."""
    command: Command = ()
    """agent: the command line; `run` is added to it as its last word."""
    tools: tuple[Annotated[str, _TOOL], ...] = ()
    """Commands that must be on the machine."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] = "GET"
    url: Annotated[str, Field(max_length=2_000)] = ""
    headers: dict[_Header, Annotated[str, Field(max_length=2_000)]] = Field(default_factory=dict)
    body: Any = None
    """http: sent as JSON."""
    form: FormPart = FormPart()
    prompt: Annotated[str, Field(max_length=2_000)] = ""
    """approval: what people are asked."""
    deadline: Duration = Field(default="24h", validate_default=True)
    """approval: how long they may take."""
    on_expiry: Literal["time_out", "cancel"] = "time_out"
    always: Flag = False
    """approval: waits for a person even in autopilot."""
    timeout: Duration = Field(default="5m", validate_default=True)
    save: dict[Annotated[str, INPUT_NAME], Annotated[str, _SOURCE]] = Field(default_factory=dict)
    """Variables from what it gives: output, exit_code, status, json, json.path.to.it."""
    when: _Condition = ""
    """Carried out only where this holds."""
    on_failure: domain.OnFailure = domain.OnFailure.FAIL
    retries: Annotated[int, Strict(), Field(ge=0, le=20)] = 0

    def flaws(self) -> Flaws:
        """Fields of another kind, missing ones, and forms that are none."""
        given = self.model_fields_set
        for name in sorted(given - _EVERY_KIND - _OF_KIND[self.kind]):
            yield (name,), Flaw(f"a step of kind {self.kind} has no {name}", "take it out")
        for name in _NEEDED[self.kind]:
            if not getattr(self, name) or name not in given:
                yield (), Flaw(f"a step of kind {self.kind} needs {name}", f"add “{name}: …”")
        if self.kind is StepKind.PROMPT and "form" in given:
            try:
                parse_form(self.form.data())
            except UserError as error:
                yield ("form",), Flaw(error.text.rstrip("."), "correct the form")

    @property
    def sets(self) -> Iterator[str]:
        """The variables that it sets."""
        yield from self.save
        yield from (part.name for part in self.form.fields)

    def filled_in(self) -> Iterator[tuple[str, JSON]]:
        """Its fields in which placeholders stand for variables."""
        if self.kind is StepKind.AGENT:
            yield "run", self.run
        yield from (("url", self.url), ("headers", self.headers), ("body", self.body))
        yield "form", self.form.data()

    def step(self) -> domain.Step:
        """The step."""
        names = type(self).model_fields.keys() - {"deadline", "on_expiry", "always"}
        parts = {name: getattr(self, name) for name in names}
        form = self.form.data() if self.kind is StepKind.PROMPT else {}
        return domain.Step(**parts | {"form": form})

    def gate(self) -> GateSpec:
        """The checkpoint of an approval."""
        return GateSpec(
            checkpoint=self.id,
            prompt=self.prompt,
            deadline=self.deadline,
            on_expiry=OnExpiry(self.on_expiry),
            always=self.always,
        )


class RulePart(FileModel):
    """Chooses a remediation."""

    when: Annotated[_Condition, Field(min_length=1)]
    use: Annotated[str, NAME]
    """The name of a remediation, or none."""
    reason: _Prompt
    """Said to people."""


class RemediationPart(FileModel):
    """One way to remedy what triage has found."""

    name: Annotated[str, NAME]
    title: Annotated[str, LINE]
    steps: Annotated[tuple[StepPart, ...], Field(min_length=1, max_length=_MOST_STEPS)]


class SummaryPart(FileModel):
    """The end: steps that look again, and what is said."""

    steps: Annotated[tuple[StepPart, ...], Field(max_length=_MOST_STEPS)] = ()
    text: Annotated[str, Field(max_length=2_000)] = ""


class RunbookPart(FileModel):
    """Triage, what may be done about what it finds, and a summary."""

    steps: Annotated[tuple[StepPart, ...], Field(max_length=_MOST_STEPS)] = ()
    """Triage."""
    rules: tuple[RulePart, ...] = ()
    """The first that holds chooses; where none does, a person is asked."""
    remediations: tuple[RemediationPart, ...] = ()
    summary: SummaryPart = SummaryPart()

    def flaws_within(self, around: Surroundings) -> Flaws:
        """What only shows when everything is looked at together."""
        steps = list(self._placed())
        for place, step in steps:
            for inner, flaw in step.flaws():
                yield (*place, *inner), flaw
        yield from _twice((((*place, "id"), step.id) for place, step in steps), {DECISION})
        names = [
            (("remediations", at, "name"), way.name) for at, way in enumerate(self.remediations)
        ]
        yield from _twice(names, {domain.NO_REMEDIATION})
        titles = (
            (("remediations", at, "title"), way.title) for at, way in enumerate(self.remediations)
        )
        yield from _twice(titles, set())
        yield from self._rule_flaws({name for _, name in names})
        yield from self._variable_flaws(around)

    def parts(self) -> dict[str, Any]:
        """What a blueprint has of it: the runbook, its command and its gates."""
        runbook = domain.Runbook(
            triage=tuple(part.step() for part in self.steps),
            rules=tuple(domain.Rule(**dict(part)) for part in self.rules),
            remediations=tuple(
                domain.Remediation(
                    name=way.name, title=way.title, steps=tuple(part.step() for part in way.steps)
                )
                for way in self.remediations
            ),
            checks=tuple(part.step() for part in self.summary.steps),
            summary=self.summary.text,
        )
        gates = (step.gate() for _, step in self._placed() if step.kind is StepKind.APPROVAL)
        return {"runbook": runbook, "command": RUNBOOK_COMMAND, "gates": tuple(gates)}

    def _placed(self) -> Iterator[tuple[Place, StepPart]]:
        yield from ((("steps", at), step) for at, step in enumerate(self.steps))
        for number, way in enumerate(self.remediations):
            for at, step in enumerate(way.steps):
                yield ("remediations", number, "steps", at), step
        yield from ((("summary", "steps", at), step) for at, step in enumerate(self.summary.steps))

    def _rule_flaws(self, names: set[str]) -> Flaws:
        for at, rule in enumerate(self.rules):
            if rule.use not in {*names, domain.NO_REMEDIATION}:
                offers = ", ".join([*sorted(names), domain.NO_REMEDIATION])
                flaw = Flaw(f"{shown(rule.use)} is no remediation here", f"write one of {offers}")
                yield ("rules", at, "use"), flaw

    def _variable_flaws(self, around: Surroundings) -> Flaws:
        """Conditions that cannot be read, and names that nothing sets."""
        sets = {name for _, step in self._placed() for name in step.sets}
        known = sets | around.inputs | _ALWAYS_KNOWN
        for place, condition in self._conditions():
            try:
                yield from _unknown(place, parse_expression(condition).names, known)
            except UserError as error:
                problem, _, remedy = error.text.rstrip(".").rpartition("; ")
                yield place, Flaw(problem, remedy)
        for place, data in self._texts():
            names = {name for name in placeholders(data) if not name.startswith(_OF_THE_JOB)}
            yield from _unknown(place, names - around.environment, known)

    def _conditions(self) -> Iterator[tuple[Place, str]]:
        yield from (((*place, "when"), step.when) for place, step in self._placed() if step.when)
        yield from ((("rules", at, "when"), rule.when) for at, rule in enumerate(self.rules))

    def _texts(self) -> Iterator[tuple[Place, JSON]]:
        for place, step in self._placed():
            yield from (((*place, name), data) for name, data in step.filled_in())
        yield from ((("rules", at, "reason"), rule.reason) for at, rule in enumerate(self.rules))
        yield ("summary", "text"), self.summary.text


def _unknown(place: Place, names: Iterable[str], known: set[str] | frozenset[str]) -> Flaws:
    for name in sorted(set(names) - known):
        near = get_close_matches(name, sorted(known), n=1, cutoff=0.5)
        remedy = f"write “{near[0]}”" if near else f"there are {', '.join(sorted(known))}"
        yield place, Flaw(f"“{name}” is no variable here", remedy)


def _twice(named: Iterable[tuple[Place, str]], reserved: set[str]) -> Flaws:
    """Names that stand twice, or are not theirs to give."""
    seen: Counter[str] = Counter()
    for place, name in named:
        if name in reserved:
            yield place, Flaw(f"“{name}” has a meaning of its own", "choose another name")
        elif seen[name]:
            yield place, Flaw(f"“{name}” stands here twice", "rename one of them")
        seen[name] += 1
