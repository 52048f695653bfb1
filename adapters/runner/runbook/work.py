"""The steps that a machine carries out: what they are given, and what they give."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from adapters.runner.masking import MaskedStream
from adapters.runner.runbook.commands import run_command
from adapters.runner.runbook.http_call import call, describe_call
from adapters.runner.runbook.tried import Tried
from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.failure import Cause
from bot.domain.placeholders import as_text, fill_text
from bot.domain.runbook import Step, StepKind, extract

Mask = Callable[[], MaskedStream]
"""Makes what masks one output."""

_NOT_FOR_STEPS = frozenset({"SIGNALBOX_DECISION", "SIGNALBOX_RESUME", "SIGNALBOX_RUNBOOK"})
"""Answers of people, secret ones too, reach a step only as its variables."""
_LONGEST_VARIABLE = 100_000
"""Characters; the kernel takes no variable over 128 KiB."""


@dataclass(frozen=True, kw_only=True)
class Worked:
    """What came of a step; it has failed where there is a cause."""

    variables: Mapping[str, JSON] = field(default_factory=dict)
    output: str = ""
    cause: Cause | None = None
    message: str = ""


def describe_step(step: Step, scope: Mapping[str, JSON], environment: Mapping[str, str]) -> str:
    """What a step is given, for people. Raises UserError for a variable without a value."""
    match step.kind:
        case StepKind.SHELL:
            return step.run
        case StepKind.AGENT:
            return f"{' '.join(step.command)}\n{fill_text(step.run, scope)}"
        case StepKind.HTTP:
            return describe_call(step, scope, environment)
        case StepKind.PROMPT:
            return fill_text(str(step.form.get("prompt", "")), scope)
        case StepKind.APPROVAL:
            return step.prompt


def try_step(
    step: Step, scope: Mapping[str, JSON], environment: Mapping[str, str], mask: Mask
) -> Worked:
    """Carry out a step once. Raises UserError where it cannot even begin as it is written."""
    tried = _tried(step, scope, environment, mask)
    output = (tried.produced.said or tried.produced.output) if tried.produced else ""
    if tried.cause or tried.produced is None:
        return Worked(output=output, cause=tried.cause, message=tried.message)
    try:
        return Worked(variables=extract(step.save, tried.produced), output=output)
    except UserError as error:
        return Worked(output=output, cause=Cause.TOOL_ERROR, message=error.text)


def _tried(
    step: Step, scope: Mapping[str, JSON], environment: Mapping[str, str], mask: Mask
) -> Tried:
    if step.kind is StepKind.HTTP:
        return call(step, scope, environment)
    words = [step.shell, "-c", step.run]
    if step.kind is StepKind.AGENT:
        words = [*step.command, fill_text(step.run, scope)]
    seconds = step.timeout.total_seconds()
    return run_command(words, step_environment(scope, environment), seconds=seconds, mask=mask)


def step_environment(scope: Mapping[str, JSON], environment: Mapping[str, str]) -> dict[str, str]:
    """The job's environment and every variable as `VAR_<NAME>`: no value becomes script text."""
    kept = {name: value for name, value in environment.items() if name not in _NOT_FOR_STEPS}
    for name, value in scope.items():
        text = "" if value is None else as_text(value)
        if len(text) <= _LONGEST_VARIABLE and "\0" not in text:
            kept[f"VAR_{re.sub(r'[^A-Za-z0-9_]', '_', name).upper()}"] = text
    return kept
