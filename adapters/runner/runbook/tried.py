"""What came of one try of a step."""

import json
from dataclasses import dataclass

from bot.domain.codec import JSON
from bot.domain.failure import Cause
from bot.domain.runbook import Produced


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A try; it has failed where there is a cause."""

    produced: Produced | None = None
    cause: Cause | None = None
    message: str = ""


def read_json(text: str) -> JSON:
    """The data in a text; None where it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
