"""The pages of the browser chat: signing in, choosing who one is, and the chat itself."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from adapters.web.bodies import read_object
from adapters.web.channels import Channel, find_channel, list_channels
from adapters.web.door import Door
from adapters.web.feed import Reader, Stretch, newest_change, read_stretch, read_thread
from adapters.web.outbound import page
from adapters.web.sessions import Session
from adapters.web.static_files import static_router
from bot.domain.errors import NotFoundError
from bot.domain.posting import CARD
from bot.domain.run import read_run_key
from bot.domain.sight import Sight
from bot.ports.store import Store, Tx
from bot.services.rules import Rules

HIGHEST_ID = (1 << 63) - 1


@dataclass(frozen=True, kw_only=True)
class ChatPages:
    """What a browser opens. Signed out, every page says how to sign in, and nothing else."""

    store: Store
    door: Door

    def router(self) -> APIRouter:
        """The routes /, /sign-in, /sign-out, and those below /chat that lead to pages."""
        router = APIRouter(include_in_schema=False)
        router.include_router(static_router())
        router.add_api_route("/", self._home, methods=["GET"])
        router.add_api_route("/sign-in", self._sign_in, methods=["GET"])
        router.add_api_route("/sign-out", self._sign_out, methods=["POST"])
        router.add_api_route("/chat", self._chat, methods=["GET"])
        router.add_api_route("/chat/people", self._choose, methods=["GET"])
        router.add_api_route("/chat/person", self._be, methods=["POST"])
        router.add_api_route("/chat/channels/{name}", self._channel, methods=["GET"])
        router.add_api_route("/chat/channels/{name}/earlier", self._earlier, methods=["GET"])
        router.add_api_route("/chat/channels/{name}/threads/{root}", self._thread, methods=["GET"])
        router.add_api_route("/chat/runs/{key}", self._run, methods=["GET"])
        return router

    async def _home(self) -> Response:
        return RedirectResponse("/chat")

    async def _sign_in(self, key: str = "") -> Response:
        session = self.door.sessions.start(key)
        if session is None:
            return HTMLResponse(page("signed_out", stale=True), status_code=403)
        # A page that goes on by itself, no redirect: a strict cookie is not sent along with a
        # redirect that another site's link began.
        response = HTMLResponse(page("signed_in"))
        self.door.keep(response, session)
        return response

    async def _sign_out(self, request: Request) -> Response:
        self.door.admit_change(request)
        response = JSONResponse({})
        self.door.forget(response)
        return response

    async def _choose(self, request: Request) -> Response:
        session = self.door.find(request)
        if session is None:
            return _signed_out()
        csrf = self.door.sessions.csrf_token(session)
        return HTMLResponse(page("people", people=self.door.people(), me=session.person, csrf=csrf))

    async def _be(self, request: Request) -> Response:
        session = self.door.admit_change(request)
        body = await read_object(request)
        response = JSONResponse({})
        self.door.keep(response, self.door.act_as(session, body.get("person")))
        return response

    async def _chat(self, request: Request) -> Response:
        session = self._enter(request)
        if isinstance(session, Response):
            return session
        rules, sight = self.door.rules(), self.door.sight(session)
        first = (await self.store.read(lambda tx: list_channels(tx, rules, sight)))[0]
        return RedirectResponse(f"/chat/channels/{first.name}")

    async def _channel(self, request: Request, name: str) -> Response:
        session = self._enter(request)
        if isinstance(session, Response):
            return session
        rules, sight = self.door.rules(), self.door.sight(session)
        reader = Reader(person=session.person, sight=sight)

        def unit(tx: Tx) -> dict[str, object]:
            channels = list_channels(tx, rules, sight)
            channel = find_channel(tx, rules, name, sight=sight)
            here = rules.here(session.person, channel.conversation)
            return {
                "channels": channels,
                "channel": channel,
                "stretch": read_stretch(tx, channel, reader=reader),
                "change": newest_change(tx, channels),
                "now": tx.now().isoformat(),
                "blueprint": _example(here, channel),
            }

        try:
            shown = await self.store.read(unit)
        except NotFoundError as error:
            return _lost(error)
        csrf = self.door.sessions.csrf_token(session)
        people = self.door.people()
        return HTMLResponse(page("chat", **shown, people=people, me=session.person, csrf=csrf))

    async def _earlier(
        self, request: Request, name: str, before: Annotated[int, Query(ge=1, le=HIGHEST_ID)]
    ) -> Response:
        reader = self._admit_reader(request)
        rules = self.door.rules()

        def unit(tx: Tx) -> Stretch:
            channel = find_channel(tx, rules, name, sight=reader.sight)
            return read_stretch(tx, channel, reader=reader, before=before)

        stretch = await self.store.read(unit)
        html = "".join(stretch.messages)
        return JSONResponse({"html": html, "first": stretch.first, "more": stretch.more})

    async def _thread(self, request: Request, name: str, root: int) -> Response:
        reader = self._admit_reader(request)
        rules = self.door.rules()
        if not 1 <= root < HIGHEST_ID:
            raise NotFoundError("There is no such thread here.")

        def unit(tx: Tx) -> tuple[str, ...]:
            return read_thread(
                tx, find_channel(tx, rules, name, sight=reader.sight), root, reader=reader
            )

        said = await self.store.read(unit)
        if not said:
            raise NotFoundError("There is no such thread here.")
        return JSONResponse({"html": "".join(said)})

    async def _run(self, request: Request, key: str) -> Response:
        """Leads to a run's card and its thread, in the channel where the run was asked for."""
        session = self._enter(request)
        if isinstance(session, Response):
            return session
        try:
            sight = self.door.sight(session)
            return RedirectResponse(await self.store.read(lambda tx: self._place(tx, key, sight)))
        except NotFoundError as error:
            return _lost(error)

    def _place(self, tx: Tx, key: str, sight: Sight) -> str:
        run = tx.seeing(sight).runs.load(read_run_key(key))
        channels = list_channels(tx, self.door.rules(), sight)
        names = {channel.conversation: channel.name for channel in channels}
        for told in run.conversations:
            card = tx.postings.find(run.id, told, CARD)
            if told.root in names and card and card.message_id:
                thread = told.thread or card.message_id
                return f"/chat/channels/{names[told.root]}?thread={thread}"
        raise NotFoundError(f"{run.key} has no thread here; it is told elsewhere.")

    def _enter(self, request: Request) -> Session | Response:
        """Who opens a page; or the page that leads in, for whoever is not somebody here yet."""
        session = self.door.find(request)
        if session is None:
            return _signed_out()
        return session if self.door.knows(session.person) else RedirectResponse("/chat/people")

    def _admit_reader(self, request: Request) -> Reader:
        """Who reads, and what they see."""
        session = self.door.admit(request)
        return Reader(person=self.door.actor(session).name, sight=self.door.sight(session))


def _example(rules: Rules, channel: Channel) -> str:
    """A blueprint to begin with: of the channel's project where that has one."""
    found = rules.catalog.blueprints.values()
    names = [b.name for b in found if b.project == channel.name] or [b.name for b in found]
    return min(names, default="")


def _signed_out() -> Response:
    return HTMLResponse(page("signed_out", stale=False), status_code=401)


def _lost(error: NotFoundError) -> Response:
    return HTMLResponse(page("lost", text=error.text), status_code=404)
