"""Failure: the class of what made a step fail, from what its tool says of itself."""

import re
from collections.abc import Mapping
from enum import StrEnum, unique

from bot.domain.vocabulary import Reason


@unique
class Cause(StrEnum):
    """Why a step failed; templates/words.toml says what to do about each."""

    TIMEOUT = "timeout"
    INVALID_INPUT = "invalid_input"
    TOOL_ERROR = "tool_error"
    NETWORK = "network"
    MISSING_PERMISSION = "missing_permission"

    @property
    def reason(self) -> Reason:
        """The reason code of a run that ends by it."""
        return Reason.TOOL_TIMEOUT if self is Cause.TIMEOUT else Reason(self.value)


def cause_of(reason: Reason | None) -> Cause | None:
    """The class that a reason code stands for, if it is one of these."""
    return next((cause for cause in Cause if cause.reason is reason), None)


_PHRASES: Mapping[Cause, re.Pattern[str]] = {
    Cause.MISSING_PERMISSION: re.compile(
        r"permission denied|access denied|not permitted|unauthorized|forbidden"
        r"|authentication (failed|required)|could not read username",
        re.IGNORECASE,
    ),
    Cause.NETWORK: re.compile(
        r"could not resolve|name or service not known|temporary failure in name resolution"
        r"|connection (refused|reset|closed)|network is unreachable|no route to host",
        re.IGNORECASE,
    ),
    Cause.TIMEOUT: re.compile(r"timed out|deadline exceeded", re.IGNORECASE),
    Cause.INVALID_INPUT: re.compile(
        r"invalid (argument|option|value)|unrecognized (argument|option)|usage:", re.IGNORECASE
    ),
}
"""How tools say it; the first that is found counts."""
_CANNOT_EXECUTE = 126
_STATUSES: Mapping[int, Cause] = {
    401: Cause.MISSING_PERMISSION,
    403: Cause.MISSING_PERMISSION,
    407: Cause.MISSING_PERMISSION,
    408: Cause.TIMEOUT,
    504: Cause.TIMEOUT,
}
_CLIENT_ERRORS = range(400, 500)
_TAIL = 4_000
"""Characters at the end of an output where a failure is told."""


def classify_exit(exit_code: int, output: str) -> Cause:
    """The class of a command's failure."""
    if exit_code == _CANNOT_EXECUTE:
        return Cause.MISSING_PERMISSION
    said = output[-_TAIL:]
    return next(
        (cause for cause, phrase in _PHRASES.items() if phrase.search(said)), Cause.TOOL_ERROR
    )


_COMPLAINT = re.compile(r"\b(error|fatal|denied|failed|refused|cannot|not found)\b", re.IGNORECASE)


def telling_line(output: str) -> str:
    """The line of an output that says best what went wrong: the first complaint, else the last."""
    lines = [line.strip() for line in output[-_TAIL:].splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    return next((line for line in lines if _COMPLAINT.search(line)), last)


def classify_status(status: int) -> Cause:
    """The class of an HTTP answer that is no success."""
    if status in _STATUSES:
        return _STATUSES[status]
    return Cause.INVALID_INPUT if status in _CLIENT_ERRORS else Cause.TOOL_ERROR
