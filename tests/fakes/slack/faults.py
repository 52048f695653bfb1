"""Failures that tests order."""

from collections import Counter
from dataclasses import dataclass

ALL = "*"
UPLOAD = "upload"
"""No method, and not limited."""


@dataclass(kw_only=True)
class Fault:
    """What goes wrong with the next calls of a method."""

    method: str
    error: str = ""
    status: int = 200
    retry_after: int | None = None
    body: tuple[str, str] | None = None
    """The content type and the text of an answer that is not Slack's: a proxy's, or worse."""
    drops: bool = False
    """The connection breaks instead of an answer."""
    after_effect: bool = False
    """It breaks when everything was done."""
    times: int | None = 1
    """None: until tests say otherwise."""


class Faults:
    """The failures that are still to come, each method's in the order they were ordered."""

    def __init__(self) -> None:
        self._coming: list[Fault] = []
        self._storm = 0
        self._stormed: Counter[str] = Counter()

    def storm(self, times: int) -> None:
        """Limit the next so many calls of each method, whatever they are."""
        self._storm = times
        self._stormed.clear()

    def order(self, fault: Fault) -> None:
        self._coming.append(fault)

    def clear(self) -> None:
        self._coming.clear()
        self._storm = 0

    def take(self, method: str) -> Fault | None:
        """The failure of this call, if any; it counts as used."""
        for fault in self._coming:
            if fault.method in {method, ALL}:
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self._coming.remove(fault)
                return fault
        if method != UPLOAD and self._stormed[method] < self._storm:
            self._stormed[method] += 1
            return Fault(method=method, status=429, retry_after=1)
        return None
