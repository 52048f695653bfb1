"""Doctor: looks at a deployment and says what is wrong with it and what to do; changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum, unique
from ipaddress import ip_address
from typing import Protocol, TypeAlias
from urllib.parse import urlsplit

_NOTABLE_SKEW = timedelta(seconds=5)


@unique
class Level(Enum):
    """How bad it is; only an error makes `signalbox doctor` fail."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    NOT_SET_UP = "not set up"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one look has shown, in plain sentences without any secret."""

    checked: str
    """What was looked at: `scopes`, `webhook secret`."""
    level: Level
    found: str
    remedy: str = ""
    """What to do; empty where nothing is to be done."""

    @classmethod
    def ok(cls, checked: str, found: str) -> "Finding":
        """All is well."""
        return cls(checked=checked, level=Level.OK, found=found)

    @classmethod
    def warning(cls, checked: str, found: str, remedy: str) -> "Finding":
        """It works, and something about it should change."""
        return cls(checked=checked, level=Level.WARNING, found=found, remedy=remedy)

    @classmethod
    def error(cls, checked: str, found: str, remedy: str) -> "Finding":
        """Something does not work."""
        return cls(checked=checked, level=Level.ERROR, found=found, remedy=remedy)

    @classmethod
    def not_set_up(cls, checked: str, found: str, remedy: str) -> "Finding":
        """Nobody asked for it; the remedy says how one would."""
        return cls(checked=checked, level=Level.NOT_SET_UP, found=found, remedy=remedy)


class Check(Protocol):
    """One look at something. A check changes nothing and is cut off when it takes too long."""

    async def __call__(self) -> tuple[Finding, ...]:
        """What was found, in the order to be read.

        Raises UnavailableError where what is looked at does not answer, and UserError for what
        a person can mend; the doctor tells both as errors.
        """


Checks: TypeAlias = Mapping[str, Sequence[Check]]
"""All checks by their subject (`Slack`, `Database`), in the order of the report."""


def compare_clocks(whose: str, date: str, now: datetime, *, most: timedelta) -> Finding:
    """The clock here against the `Date` header of a vendor's answer, RFC 9110.

    From `most` on, the vendor's signatures and tokens are refused: an error. The header has
    whole seconds, so that small differences say nothing.
    """
    try:
        ahead = now - parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return Finding.warning("clock", f"{whose} told no time to compare with.", "Look again.")
    seconds = round(abs(ahead).total_seconds())
    side = "ahead of" if ahead > timedelta(0) else "behind"
    found = f"This clock is {seconds} s {side} {whose}'s."
    if abs(ahead) >= most:
        remedy = "Set the clock (NTP); until then what is signed with a time is refused."
        return Finding.error("clock", found, remedy)
    if abs(ahead) > _NOTABLE_SKEW:
        return Finding.warning("clock", found, "Keep the clock right by NTP.")
    return Finding.ok("clock", f"This clock agrees with {whose}'s.")


def is_loopback(url: str) -> bool:
    """Whether an address leads to this machine itself, as that of a stand-in for a vendor does."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
