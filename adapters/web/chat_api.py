"""What the pages of the browser chat call: requests, completion, and the stream of changes."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse

from adapters.web.ansi import clean
from adapters.web.bodies import read_object
from adapters.web.channels import GENERAL, Channel, find_channel
from adapters.web.chat_pages import HIGHEST_ID
from adapters.web.door import Door
from adapters.web.feed import Feed, Reader
from adapters.web.outbound import message_html
from adapters.web.sessions import Session
from adapters.web.wishes import checked, read_key, read_press, read_text, read_thread
from bot.messages.reply import Outcome, Reply
from bot.ports.requests import Requests
from bot.ports.store import Store


@dataclass(frozen=True, kw_only=True)
class ChatApi:
    """The calls of a signed-in page. A request is stored before it is answered."""

    store: Store
    requests: Requests
    door: Door
    feed: Feed

    def router(self) -> APIRouter:
        """The routes below /chat that answer in JSON or as a stream."""
        router = APIRouter(prefix="/chat", include_in_schema=False)
        router.add_api_route("/channels/{name}/requests", self._ask, methods=["POST"])
        router.add_api_route("/complete", self._complete, methods=["GET"])
        router.add_api_route("/events", self._events, methods=["GET"])
        return router

    async def _ask(self, request: Request, name: str) -> JSONResponse:
        session = self.door.admit_change(request)
        actor = self.door.actor(session)
        body = await read_object(request)
        channel = await self._channel(session, name)
        invocation = await self.requests.accept(
            key=f"web:{actor.name}:{read_key(body)}",
            actor=actor,
            conversation=channel.thread(read_thread(body)),
            text=read_text(body),
            press=read_press(body),
        )
        return JSONResponse(_answer(await self.requests.perform(invocation)))

    async def _complete(
        self, request: Request, text: str, channel: str = GENERAL.channel
    ) -> JSONResponse:
        session = self.door.admit(request)
        actor = self.door.actor(session)
        place = (await self._channel(session, channel)).conversation
        words = await self.requests.complete(checked(text), actor=actor, conversation=place)
        return JSONResponse({"completions": words})

    async def _channel(self, session: Session, name: str) -> Channel:
        rules, sight = self.door.rules(), self.door.sight(session)
        return await self.store.read(lambda tx: find_channel(tx, rules, name, sight=sight))

    async def _events(
        self,
        request: Request,
        after: Annotated[int, Query(ge=0, le=HIGHEST_ID)] = 0,
        last_event_id: Annotated[int | None, Header(ge=0, le=HIGHEST_ID)] = None,
    ) -> StreamingResponse:
        session = self.door.admit(request)
        person = self.door.actor(session).name
        events = self.feed.follow(
            after if last_event_id is None else last_event_id,
            reader=lambda: Reader(person=person, sight=self.door.sight(session)),
            may_stay=lambda: self.door.may_stay(session),
        )
        return StreamingResponse(events, media_type="text/event-stream")


def _answer(reply: Reply) -> dict[str, object]:
    """What the page makes of a private answer; `brief` fits into a passing note."""
    message = reply.message
    more = (message.body, message.facts, message.rows, message.buttons)
    return {
        "outcome": reply.outcome.value,
        "words": clean(message.fallback),
        "html": message_html(message),
        "brief": reply.outcome is Outcome.DONE and not any(more),
    }
