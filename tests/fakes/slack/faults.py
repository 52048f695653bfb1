"""Failures that tests order."""

from dataclasses import dataclass

ALL = "*"


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

    def order(self, fault: Fault) -> None:
        self._coming.append(fault)

    def clear(self) -> None:
        self._coming.clear()

    def take(self, method: str) -> Fault | None:
        """The failure of this call, if any; it counts as used."""
        for fault in self._coming:
            if fault.method in {method, ALL}:
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self._coming.remove(fault)
                return fault
        return None
