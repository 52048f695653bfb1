"""How a claim ends: its last report."""

import signal
from dataclasses import dataclass

from adapters.runner.output import Draft
from bot.domain.codec import JSON
from bot.domain.report import ReportKind
from bot.domain.vocabulary import Reason

HELD = 75
"""The exit code of a program that leaves at an open gate and wants to be started again."""

LAST_KINDS = frozenset({ReportKind.ENDED, ReportKind.PARKED})
"""The reports that nothing comes after."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """How the program itself says that it ended."""

    status: str
    """`succeeded`, `partial` or `failed`"""
    reason_code: str | None
    text: str


def failed(reason_code: str, reason: str, *, exit_code: int | None = None) -> Draft:
    """The job has failed."""
    return _ended("failed", exit_code, reason_code, reason)


def parked(gate: str) -> Draft:
    """The program has left at an open gate."""
    return Draft(kind=ReportKind.PARKED, data={"gate": gate})


def ended_by_itself(exit_code: int, result: Result | None) -> Draft:
    """The program is over: its own word decides, else its exit code (negative: the signal)."""
    if result is not None:
        return _ended(result.status, exit_code, result.reason_code, result.text)
    if exit_code == 0:
        return _ended("succeeded", 0, None, "")
    if exit_code < 0:
        name = signal.Signals(-exit_code).name
        text = f"The program was ended by {name}; the end of its log may tell why."
    elif exit_code == HELD:
        text = f"The program left with exit code {HELD}, but none of its gates was open."
    else:
        text = f"The program ended with exit code {exit_code}; the end of its log may tell why."
    return failed(Reason.STEP_FAILED, text, exit_code=exit_code)


def _ended(status: str, exit_code: int | None, reason_code: str | None, reason: str) -> Draft:
    data: dict[str, JSON] = {"status": status, "exit_code": exit_code}
    data |= {"reason_code": reason_code, "reason": reason}
    return Draft(kind=ReportKind.ENDED, data=data)
