"""Steps of runbooks, one whole book, and a runner that carries them out."""

from typing import Any

from bot.domain.blueprint import RUNBOOK_COMMAND
from bot.domain.codec import JSON
from bot.domain.runbook import Remediation, Rule, Runbook, Step, StepKind
from tests.adapters.runner_world import RunnerWorld


def shell(id_: str, run: str, **fields: Any) -> Step:
    return Step(id=id_, title=f"Do {id_}", kind=StepKind.SHELL, run=run, **fields)


BOOK = Runbook(
    triage=(shell("look", 'echo "size is $VAR_NAME" >&2; echo 12', save={"size": "json"}),),
    rules=(Rule(when="size > 10", use="cut", reason="It has ${size}"),),
    remediations=(
        Remediation(
            name="cut", title="Cut it", steps=(shell("cut", "echo cut to $((VAR_SIZE / 2))"),)
        ),
        Remediation(name="move", title="Move it", steps=(shell("carry", "echo carried"),)),
    ),
    checks=(shell("again", "echo ok", save={"state": "output"}),),
    summary="It is ${state}; it had ${size} and ${remediation} was done.",
)


def prompt(id_: str, *fields: dict[str, JSON]) -> Step:
    form = {"prompt": "What now, ${size}?", "fields": list(fields)}
    return Step(id=id_, title="Ask", kind=StepKind.PROMPT, form=form)


def approval(id_: str) -> Step:
    return Step(id=id_, title="Allow", kind=StepKind.APPROVAL, prompt="May it go on?")


def carry_out(world: RunnerWorld, runbook: Runbook, **changes: Any) -> dict[str, Any]:
    return world.carry_out(runbook=runbook, command=RUNBOOK_COMMAND, **changes)


def ends(world: RunnerWorld) -> dict[str, dict[str, Any]]:
    """The last report of each step."""
    return {step["id"]: step for step in world.bot.of("step")}


def phases(world: RunnerWorld) -> list[str]:
    return [phase["name"] for phase in world.bot.of("phase")]
