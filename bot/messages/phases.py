"""The phases of a run: as one line, and as steps where a surface has room for a list."""

from datetime import timedelta

from bot.domain.course import PhaseStep, StepState
from bot.domain.deadlines import say_duration
from bot.domain.vocabulary import phase_line
from bot.messages.markup import escape
from bot.messages.message import Fact, Step
from bot.messages.render import moment_link, word
from bot.messages.views import RunView

_SHOWN = timedelta(seconds=1)
"""What took less has no time beside it."""


def phase_fact(view: RunView) -> Fact:
    """Where a run is; of one with a log of its own steps the line is enough."""
    run = view.run
    steps = () if view.log and view.log.steps else tuple(map(_step, view.course))
    line = escape(phase_line(run.profile, run.phase, run.status))
    return Fact(label=word("facts", "phase"), value=line, steps=steps)


def _step(phase: PhaseStep) -> Step:
    return Step(text=escape(phase.name), state=phase.state, note=_note(phase))


def _note(phase: PhaseStep) -> str:
    """A card is not edited while nothing happens, so what goes on has its beginning."""
    if phase.took is not None and phase.took >= _SHOWN:
        spent = say_duration(phase.took)
        return spent if phase.state is StepState.DONE else f"{_named(phase)} {spent}"
    if phase.began_at is not None and phase.state in {StepState.WORKING, StepState.WAITING}:
        return f"{_named(phase)} {moment_link(phase.began_at)}"
    return ""


def _named(phase: PhaseStep) -> str:
    return word("steps", phase.state.value)
