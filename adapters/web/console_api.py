"""The console API, version 1: what the terminal client calls, proven by the console token.

All people of the console share one channel; a thread is the id of a run's card there.
"""

import asyncio
import hmac
import re
from dataclasses import dataclass, field, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from adapters.web.bodies import bearer, read_object, unknown_token
from adapters.web.waiting import wait_for_some
from adapters.web.wishes import checked, read_key, read_press, read_text, read_thread
from bot.domain.actor import Actor, person
from bot.domain.codec import JSON, encode
from bot.domain.conversation import CONSOLE
from bot.domain.errors import RefusedError, UserError
from bot.messages.message import is_for
from bot.ports.chat_store import Said
from bot.ports.requests import Requests
from bot.ports.run_standing import FindStanding
from bot.ports.store import Store, Topic, Tx

_LONGEST_WAIT = 25
_PAGE = 200
_HANDLE = re.compile(r"\w[\w.-]{0,79}")


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

    async def authorise(self, request: Request) -> Actor:
        """The person behind a call that says who it acts as in its address."""
        await self.prove(request)
        return self.actor(request.query_params.get("as"))

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
            key=f"console:{read_key(body)}",
            actor=self.access.actor(body.get("as")),
            conversation=replace(CONSOLE, thread=read_thread(body)),
            text=read_text(body),
            press=read_press(body),
        )
        reply = await self.requests.perform(invocation)
        return JSONResponse({"id": invocation.id, "reply": encode(reply)})

    async def _transcript(
        self,
        after: Annotated[int | None, Query(ge=0, lt=1 << 63)] = None,
        wait: Annotated[float, Query(ge=0, le=_LONGEST_WAIT)] = 0,
        who: Annotated[str | None, Query(alias="as")] = None,
    ) -> JSONResponse:
        reader = self.access.actor(who).name
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
        shown = [entry for entry in said if is_for(entry.message, reader)]
        return JSONResponse({"change": change, "said": encode(shown)})

    async def _run(
        self, key: str, who: Annotated[str | None, Query(alias="as")] = None
    ) -> JSONResponse:
        return JSONResponse(encode(await self.standing(key, self.access.actor(who))))

    async def _complete(
        self, text: str, who: Annotated[str | None, Query(alias="as")] = None
    ) -> JSONResponse:
        actor = self.access.actor(who)
        words = await self.requests.complete(checked(text), actor=actor, conversation=CONSOLE)
        return JSONResponse({"completions": list(words)})
