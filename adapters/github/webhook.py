"""GitHub's webhooks: verified, remembered, answered at once. They only say where to look.

What they tell is not believed: the pull request is asked for, so that a forged, late or repeated
delivery can do no more than cause a look.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse

from bot.domain.codec import JSON
from bot.ports.store import Store, Tx

_DELIVERY = re.compile(r"[A-Za-z0-9-]{1,100}")
_REPOSITORY = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}")
_HIGHEST = (1 << 31) - 1
_ABOUT_PULLS = frozenset({"pull_request", "pull_request_review"})
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class Told:
    """A pull request that something has happened to."""

    repository: str
    number: int


@dataclass(frozen=True, kw_only=True)
class GitHubWebhook:
    """The route that GitHub calls."""

    store: Store
    secret: str
    surface: str
    own_login: Callable[[], str]
    """What our own doings are told under; empty while that is not known."""

    def router(self) -> APIRouter:
        """`POST /github/webhook`."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/github/webhook", self._take, methods=["POST"])
        return router

    async def _take(self, request: Request) -> JSONResponse:
        """401: not signed by us and GitHub; 400: no delivery; else 200, whatever it says."""
        body = await request.body()
        if not is_signed(body, request.headers.get("x-hub-signature-256", ""), self.secret):
            raise HTTPException(401, "The signature is missing or wrong.")
        event = request.headers.get("x-github-event", "")
        delivery = request.headers.get("x-github-delivery", "")
        if not event or not _DELIVERY.fullmatch(delivery):
            raise HTTPException(400, "X-GitHub-Event or X-GitHub-Delivery is missing.")
        payload = read_payload(body, request.headers.get("content-type", ""))
        told = read_event(event, payload)
        if told is None or self._is_own(payload):
            return JSONResponse({"taken": False})
        taken = await self.store.write(lambda tx: self._look(tx, delivery, told))
        return JSONResponse({"taken": taken})

    def _look(self, tx: Tx, delivery: str, told: Told) -> bool:
        """Let it be looked at, if any run has it and this was not told before."""
        if not tx.deliveries.take(f"{self.surface}:{delivery}"):
            return False
        return tx.pull_requests.look(self.surface, told.repository, told.number)

    def _is_own(self, payload: Mapping[str, JSON]) -> bool:
        """Whether we did it ourselves, and so know it already."""
        sender, own = payload.get("sender"), self.own_login()
        if not own or not isinstance(sender, dict):
            return False
        return sender.get("type") == "Bot" and sender.get("login") == own


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether the header is the HMAC-SHA256 of the very bytes of the body under the secret."""
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(expected.encode(), signature.encode())


def read_payload(body: bytes, content_type: str) -> Mapping[str, JSON]:
    """The payload of a JSON or form body. Raises HTTPException 400 for anything else."""
    try:
        text = body.decode()
        if content_type.partition(";")[0].strip().lower() == _FORM:
            (text,) = parse_qs(text, strict_parsing=True, max_num_fields=10)["payload"]
        payload = json.loads(text)
    except (ValueError, KeyError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        raise HTTPException(400, "The body holds no payload in JSON.")
    return payload


def read_event(event: str, payload: Mapping[str, JSON]) -> Told | None:
    """What happened to which pull request; None for every other event.

    Raises HTTPException 400 where an event about a pull request does not name it.
    """
    if event not in _ABOUT_PULLS:
        return None
    pull, repository = payload.get("pull_request"), payload.get("repository")
    number = pull.get("number") if isinstance(pull, dict) else None
    name = repository.get("full_name") if isinstance(repository, dict) else None
    if (
        not isinstance(number, int)
        or isinstance(number, bool)
        or not 0 < number <= _HIGHEST
        or not isinstance(name, str)
        or not _REPOSITORY.fullmatch(name)
    ):
        raise HTTPException(400, "The payload names no pull request.")
    return Told(repository=name, number=number)
