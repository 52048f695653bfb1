"""Notes: what a program said that it did, gathered from the events of a run."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.events import Event, EventType


@dataclass(frozen=True, kw_only=True)
class Tested:
    """What running tests gave."""

    passed: bool
    text: str
    """The command and the line that counts."""


@dataclass(frozen=True, kw_only=True)
class Notes:
    """The notes of the current attempt; programs may be wrong, and nothing is decided by them."""

    plan: str = ""
    """The list of things to do, as it stood last."""
    files: tuple[str, ...] = ()
    """Every file that was written, in the order of the first change."""
    tests: tuple[Tested, ...] = ()
    """The last result of each test command, in the order in which they first ran."""


NOTED = (EventType.NOTE_REPORTED, EventType.ATTEMPT_OPENED)
"""The events that notes are made of."""


def gather(events: Iterable[Event]) -> Notes:
    """The notes that these events make; a new attempt begins without any."""
    plan, files, tests = "", dict[str, None](), dict[str, Tested]()
    for event in events:
        data = event.data
        if event.type is EventType.ATTEMPT_OPENED:
            plan, files, tests = "", {}, {}
        elif data["topic"] == "plan":
            plan = data["text"]
        elif data["topic"] == "files":
            files |= dict.fromkeys(data["files"])
        elif data["topic"] == "tests":
            command = data["text"].partition(": ")[0]
            tests[command] = Tested(passed=data["state"] == "passed", text=data["text"])
    return Notes(plan=plan, files=tuple(files), tests=tuple(tests.values()))
