"""The plan of a session, as it really is: the phases of a run, from what its card says."""

from collections.abc import Mapping, Sequence

from bot.domain.codec import JSON
from bot.domain.vocabulary import PHASES, Profile, Status

_DONE, _NOW, _TO_COME, _GONE = "completed", "inProgress", "pending", "canceled"


def plan_of(card: Mapping[str, str]) -> Sequence[JSON] | None:
    """Each phase with its standing; None where nothing can be said of phases."""
    status, phase = Status(card["status"]), card.get("phase", "")
    order = PHASES[Profile(card["profile"])]
    if phase not in order:
        return [_step(phase, _own(status))] if phase else None
    at = order.index(phase)
    if status in {Status.SUCCEEDED, Status.PARTIAL}:
        return [_step(name, _DONE) for name in order[: at + 1]]
    later = _TO_COME if status.live else _GONE
    steps = [_step(name, _DONE) for name in order[:at]]
    return [*steps, _step(phase, _own(status)), *(_step(name, later) for name in order[at + 1 :])]


def phase_words(phase: str) -> str:
    """A phase as people read it: `agent_working` is “Agent working”."""
    return " ".join(phase.replace("_", " ").replace(":", " ").split()).capitalize()


def _own(status: Status) -> str:
    if status is Status.SUCCEEDED:
        return _DONE
    return _NOW if status.live else _GONE


def _step(phase: str, status: str) -> JSON:
    return {"content": phase_words(phase), "status": status}
