"""What a runbook has to remember while no process waits for a person."""

from dataclasses import dataclass
from json import loads
from pathlib import Path

from adapters.runner.folder import write_whole
from bot.domain.codec import decode, encode
from bot.domain.errors import UserError
from bot.domain.runbook_course import Course


@dataclass(frozen=True, kw_only=True)
class Memory:
    """The course, and what is being asked; for the job's own account only: it holds secrets."""

    course: Course
    asking: str = ""
    """The id of the step that waits, or of the decision."""
    began_at: float = 0.0
    """When that step began, in seconds since 1970."""
    secrets: tuple[str, ...] = ()
    """The variables that are never shown."""


def save_memory(path: Path, memory: Memory) -> None:
    """Keep it safe from a loss of power, before anybody is asked."""
    write_whole(path, encode(memory))


def load_memory(path: Path) -> Memory:
    """What was kept. Raises UserError where it is gone."""
    try:
        return decode(Memory, loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            "What the runbook had done so far cannot be read any more on the machine that ran it "
            f"({type(error).__name__}); start it again."
        ) from None
