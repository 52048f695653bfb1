"""The console API, version 1: what the terminal client calls, proven by the console token.

All people of the console share one channel; a thread is the id of a run's card there.
"""

import asyncio
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from adapters.web.bodies import bearer, read_object, unknown_token
from adapters.web.waiting import wait_for_some
from bot.domain.actor import Actor, person
from bot.domain.codec import JSON, encode
from bot.domain.conversation import CONSOLE, Conversation
from bot.domain.errors import RefusedError, UserError
from bot.domain.invocation import Invocation, Press
from bot.grammar.words import LONGEST_TEXT
from bot.messages.reply import Reply
from bot.ports.run_standing import FindStanding
from bot.ports.store import Said, Store, Topic, Tx

_LONGEST_WAIT = 25
_PAGE = 200
_HANDLE = re.compile(r"\w[\w.-]{0,79}")


class Requests(Protocol):
    """The part of the dispatcher that a surface speaks to."""

    async def accept(
        self,
        *,
        key: str,
        actor: Actor,
        conversation: Conversation,
        text: str = "",
        press: Press | None = None,
    ) -> Invocation:
        """Store a request; the same key gives the stored one."""

    async def perform(self, invocation: Invocation) -> Reply:
        """Do it, once."""

    async def complete(
        self, text: str, *, actor: Actor, conversation: Conversation
    ) -> tuple[str, ...]:
        """What the last word of a request may become."""


@dataclass(frozen=True, kw_only=True)
class ConsoleAccess:
    """Who may use the console, and as whom."""

    token: str = field(repr=False)
    rehearsal: bool
    """Whether a client may say who it acts as."""
    person: str = "developer"
    """Whom a client acts as that does not say it."""

    async def prove(self, request: Request) -> None:
        """Raises HTTPException 401 for a token that is not this console's."""
        if not hmac.compare_digest(bearer(request).encode(), self.token.encode()):
            raise unknown_token()

    def actor(self, name: JSON) -> Actor:
        """The person behind a request; raises RefusedError where that may not be chosen."""
        chosen = self.person if name is None else name
        if not isinstance(chosen, str) or not _HANDLE.fullmatch(chosen):
            raise UserError("“as” must be a person's handle: letters, digits, “.”, “-”, “_”.")
        if chosen != self.person and not self.rehearsal:
            raise RefusedError(
                f"Acting as @{chosen} is for rehearsals only; here you are @{self.person}."
            )
        return person(chosen, CONSOLE.surface)


@dataclass(frozen=True, kw_only=True)
class ConsoleApi:
    """The calls of the terminal client."""

    store: Store
    requests: Requests
    standing: FindStanding
    access: ConsoleAccess
    closing: asyncio.Event
    """Set when the server is about to stop: held calls are answered at once."""

    def router(self) -> APIRouter:
        """The routes below /console/v1."""
        proof = Depends(self.access.prove)
        router = APIRouter(prefix="/console/v1", include_in_schema=False, dependencies=[proof])
        router.add_api_route("/invocations", self._invoke, methods=["POST"])
        router.add_api_route("/transcript", self._transcript, methods=["GET"])
        router.add_api_route("/runs/{key}", self._run, methods=["GET"])
        router.add_api_route("/complete", self._complete, methods=["GET"])
        return router

    async def _invoke(self, request: Request) -> JSONResponse:
        body = await read_object(request)
        invocation = await self.requests.accept(
            key=f"console:{_key(body)}",
            actor=self.access.actor(body.get("as")),
            conversation=replace(CONSOLE, thread=_thread(body)),
            text=_text(body),
            press=_press(body),
        )
        reply = await self.requests.perform(invocation)
        return JSONResponse({"id": invocation.id, "reply": encode(reply)})

    async def _transcript(
        self,
        after: Annotated[int | None, Query(ge=0, lt=1 << 63)] = None,
        wait: Annotated[float, Query(ge=0, le=_LONGEST_WAIT)] = 0,
    ) -> JSONResponse:
        if after is None:
            newest = await self.store.read(lambda tx: tx.transcript.newest(CONSOLE))
            return JSONResponse({"change": newest, "said": []})
        watch = self.store.watch(Topic.TRANSCRIPT)

        def heard(tx: Tx) -> tuple[Said, ...]:
            return tx.transcript.since(CONSOLE, change=after, limit=_PAGE)

        said = await wait_for_some(
            lambda: self.store.read(heard), watch, seconds=wait, closing=self.closing
        )
        change = said[-1].change if said else after
        return JSONResponse({"change": change, "said": encode(said)})

    async def _run(
        self, key: str, who: Annotated[str | None, Query(alias="as")] = None
    ) -> JSONResponse:
        return JSONResponse(encode(await self.standing(key, self.access.actor(who))))

    async def _complete(
        self, text: str, who: Annotated[str | None, Query(alias="as")] = None
    ) -> JSONResponse:
        actor = self.access.actor(who)
        words = await self.requests.complete(_checked(text), actor=actor, conversation=CONSOLE)
        return JSONResponse({"completions": list(words)})


def _key(body: Mapping[str, JSON]) -> str:
    key = body.get("key")
    if not isinstance(key, str) or not re.fullmatch(r"[\w.:-]{1,100}", key):
        raise UserError("“key” must name this request: 1 to 100 letters, digits and “.:-_”.")
    return key


def _thread(body: Mapping[str, JSON]) -> str | None:
    thread = body.get("thread")
    if thread is not None and not (isinstance(thread, str) and thread.isdecimal()):
        raise UserError("“thread” must be the id of a message.")
    return thread


def _text(body: Mapping[str, JSON]) -> str:
    text = body.get("text") or ""
    if not isinstance(text, str) or (text and body.get("press") is not None):
        raise UserError("A request has either a “text” or a “press”.")
    return _checked(text)


def _checked(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise UserError(
            f"The request is too long: it has {len(text):,} characters, at most "
            f"{LONGEST_TEXT:,} are taken. Put long material in a file or an issue and name that."
        )
    return text


def _press(body: Mapping[str, JSON]) -> Press | None:
    press = body.get("press")
    if press is None:
        return None
    verb = press.get("verb") if isinstance(press, dict) else None
    arguments = press.get("arguments", {}) if isinstance(press, dict) else None
    if not isinstance(verb, str) or not verb or not isinstance(arguments, dict):
        raise UserError("“press” must be an object with a “verb” and “arguments”.")
    for value in arguments.values():
        if isinstance(value, str):
            _checked(value)
    return Press(verb=verb, arguments=arguments)
