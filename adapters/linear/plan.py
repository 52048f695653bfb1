"""The plan of a session, as it really is: the phases of a run, from what its card says."""

from collections.abc import Mapping, Sequence

from bot.domain.codec import JSON
from bot.domain.vocabulary import PHASES, Profile, Status

_DONE, _NOW, _TO_COME, _GONE = "completed", "inProgress", "pending", "canceled"


def plan_of(card: Mapping[str, str]) -> Sequence[JSON] | None:
    """Each phase with its standing; None where the phase is none of the profile's own.

    A checkpoint is no phase: while it holds a run, the phase that it interrupted goes on.
    """
    status, phase = Status(card["status"]), card.get("phase", "")
    order = PHASES[Profile(card["profile"])]
    if phase not in order:
        phase = card.get("held_phase") or phase
    if phase not in order:
        return [_step(phase, _own(status))] if phase and not order else None
    at = order.index(phase)
    if status in {Status.SUCCEEDED, Status.PARTIAL}:
        return [_step(name, _DONE) for name in order[: at + 1]]
    later = _TO_COME if status.live else _GONE
    steps = [_step(name, _DONE) for name in order[:at]]
    return [*steps, _step(phase, _own(status)), *(_step(name, later) for name in order[at + 1 :])]


def close_plan(plan: JSON, status: Status) -> Sequence[JSON] | None:
    """A plan that was shown, once its run has ended in no known phase; None where there is none.

    What was going on is done where the run succeeded, and what did not come is canceled.
    """
    if not isinstance(plan, list):
        return None
    ends = {_NOW: _DONE if status is Status.SUCCEEDED else _GONE, _TO_COME: _GONE}
    return [{**step, "status": ends.get(step["status"], step["status"])} for step in plan]


def phase_words(phase: str) -> str:
    """A phase as people read it: `agent_working` is “Agent working”."""
    return " ".join(phase.replace("_", " ").replace(":", " ").split()).capitalize()


def _own(status: Status) -> str:
    if status is Status.SUCCEEDED:
        return _DONE
    return _NOW if status.live else _GONE


def _step(phase: str, status: str) -> JSON:
    return {"content": phase_words(phase), "status": status}
