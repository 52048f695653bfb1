"""Whether a webhook is Linear's, ours, and of now. Nothing is believed before."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from adapters.linear.limits import WINDOW
from bot.domain.codec import JSON

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
UNSIGNED, STALE, FOREIGN, MALFORMED, TOO_LONG = 401, 401, 403, 400, 413


class RefusedWebhookError(Exception):
    """It has no effect; `status` is what Linear, or whoever it was, is answered."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def read_signed(
    body: bytes, *, signature: str, secret: str, now: datetime
) -> tuple[str, Mapping[str, JSON]]:
    """The text of a signed body of the last minute, and its object. Raises RefusedWebhookError."""
    made = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not secret or not hmac.compare_digest(made.encode(), signature.encode()):
        raise RefusedWebhookError(UNSIGNED, "The signature is not Linear's.")
    text, payload = _object(body)
    stamp = payload.get("webhookTimestamp")
    if isinstance(stamp, bool) or not isinstance(stamp, int | float):
        raise RefusedWebhookError(MALFORMED, "webhookTimestamp is missing.")
    if abs(_age(float(stamp), now)) > WINDOW:
        raise RefusedWebhookError(STALE, "It was not sent within the last minute.")
    return text, payload


def _age(stamp: float, now: datetime) -> timedelta:
    try:
        return now - datetime.fromtimestamp(stamp / 1_000, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return timedelta.max


def _object(body: bytes) -> tuple[str, Mapping[str, JSON]]:
    try:
        text = body.decode()
        payload = json.loads(text, parse_constant=_refuse)
        if _SURROGATE.search(text):
            # Alone they are JSON, but nothing that could be stored.
            json.dumps(payload, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise RefusedWebhookError(MALFORMED, "The body is not JSON in UTF-8.") from error
    if not isinstance(payload, dict):
        raise RefusedWebhookError(MALFORMED, "The body is no object.")
    return text, payload


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
