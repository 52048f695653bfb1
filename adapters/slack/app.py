"""The app: which listener of Bolt takes in what. Each stores, acknowledges, and lets work go on."""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.events import Event, Events, event_time
from adapters.slack.forms import Place
from adapters.slack.groups import Groups
from adapters.slack.installations import KeptInstallations
from adapters.slack.intake import Asked, Intake
from adapters.slack.names import DISPATCH_RUN, RUN_FROM_MESSAGE, START_RUN
from adapters.slack.people import People
from adapters.slack.presses import Body, Presses, place_of
from adapters.slack.shapes import is_readable
from adapters.slack.workspaces import (
    SURFACE,
    WORKSPACE,
    Authorize,
    Workspace,
    Workspaces,
    is_dead,
)

_LOG = logging.getLogger(__name__)

NONSENSE = "This is no request of Slack's."
_ANYTHING = re.compile(r".*", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Inbound:
    """All that takes in what Slack sends."""

    intake: Intake
    events: Events
    presses: Presses
    people: People
    workspaces: Workspaces
    groups: Groups
    installations: KeptInstallations | None = None
    """Where workspaces install the bot by themselves."""


def build_app(inbound: Inbound, client: AsyncWebClient, *, signing_secret: str) -> AsyncApp:
    """The listeners; both ways in lead to the same."""
    app = _App(
        name="signalbox",
        client=client,
        signing_secret=signing_secret,
        before_authorize=_NonsenseRefused(),
        authorize=Authorize(inbound.workspaces),  # type: ignore[arg-type]  # Bolt takes its own class too
        process_before_response=True,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    listeners = _Listeners(inbound)
    app.command(_ANYTHING)(listeners.command)  # the manifest may give it any name
    app.action(_ANYTHING)(listeners.action)
    app.view({"type": "view_submission", "callback_id": _ANYTHING})(listeners.submission)
    app.view({"type": "view_closed", "callback_id": _ANYTHING})(listeners.closed)
    app.options(_ANYTHING)(listeners.options)
    app.shortcut(_ANYTHING)(listeners.shortcut)
    app.event(_ANYTHING)(listeners.event)
    return app


class _NonsenseRefused(AsyncMiddleware):
    """Lets nothing through that Slack would never send, whoever signed it."""

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002  # the name is Bolt's
    ) -> BoltResponse | None:
        """Go on, or answer."""
        if is_readable(req.body):
            await next()
            return resp
        _LOG.warning("a request that cannot be read")
        return BoltResponse(status=400, body=NONSENSE)


class _App(AsyncApp):
    """Bolt, which else would make a client anew for each request, looking for proxies."""

    def _init_context(self, req: AsyncBoltRequest) -> None:
        req.context["logger"] = self.logger
        req.context["token"] = None
        req.context["client"] = copy(self.client)
        req.context["listener_runner"] = self.listener_runner


class _Listeners:
    """What Bolt calls; the names of the arguments are Bolt's."""

    def __init__(self, inbound: Inbound) -> None:
        self._in = inbound
        events = inbound.events
        self._events: Mapping[str, Callable[[Event, Workspace], Awaitable[None]]] = {
            "agent_session_stopped": events.stopped,
            "app_home_opened": events.opened,
            "app_mention": events.mentioned,
            "function_executed": self._step,
            "message": events.written,
            "subteam_members_changed": self._group,
            "subteam_updated": self._group,
            "user_change": events.changed,
        }

    async def command(self, body: Body, context: AsyncBoltContext, ack: AsyncAck) -> None:
        """`/run …`; with nothing behind it the form."""
        workspace: Workspace = context[WORKSPACE]
        asked = Asked(
            key=f"{SURFACE}:{workspace.tenant}:{body['trigger_id']}",
            workspace=workspace,
            user=body["user_id"],
            place=Place(channel=body["channel_id"], response_url=body.get("response_url") or ""),
        )
        text = str(body.get("text") or "").strip()
        if not text:
            await ack()
            presses = self._in.presses
            self._in.intake.work.now(lambda: presses.open_dispatch(asked, body["trigger_id"]))
            return
        words = await self._in.people.words(text, workspace.tenant) if _marked(text) else text
        await self._in.intake.take(_saying(asked, words))
        await ack()

    async def action(self, body: Body, context: AsyncBoltContext, ack: AsyncAck) -> None:
        """A button or a menu."""
        await self._in.presses.pressed(body, context[WORKSPACE], ack)

    async def submission(self, body: Body, context: AsyncBoltContext, ack: AsyncAck) -> None:
        """A form that was sent."""
        await self._in.presses.submitted(body, context[WORKSPACE], ack)

    async def closed(self, ack: AsyncAck) -> None:
        """A form that was closed: nothing is asked."""
        await ack()

    async def options(self, body: Body, context: AsyncBoltContext, ack: AsyncAck) -> None:
        """A menu that asks for its options."""
        await self._in.presses.suggest(body, context[WORKSPACE], ack)

    async def shortcut(self, body: Body, context: AsyncBoltContext, ack: AsyncAck) -> None:
        """The form, from anywhere or from a message."""
        await ack()
        if body["callback_id"] not in {START_RUN, RUN_FROM_MESSAGE}:
            return
        place = place_of(body)
        workspace: Workspace = context[WORKSPACE]
        asked = Asked(key="", workspace=workspace, user=body["user"]["id"], place=place)
        self._in.intake.work.now(lambda: self._open_from(body, asked))

    async def _open_from(self, body: Body, asked: Asked) -> None:
        message = body.get("message") or {}
        context = ""
        if message:
            words = await self._in.people.words(
                str(message.get("text") or ""), asked.workspace.tenant
            )
            link = f"https://slack.com/archives/{asked.place.channel}/p{_digits(message)}"
            context = f"{words}\n{link}".strip()
        await self._in.presses.open_dispatch(asked, body["trigger_id"], context=context)

    async def event(self, body: Event, context: AsyncBoltContext) -> None:
        """Whatever happens; what is not ours is acknowledged and left."""
        kind = body["event"]["type"]
        if kind in {"app_uninstalled", "tokens_revoked"}:
            await self._removed(body, context)
        elif kind in self._events:
            await self._events[kind](body, context[WORKSPACE])

    async def _step(self, body: Event, workspace: Workspace) -> None:
        if (body["event"].get("function") or {}).get("callback_id") == DISPATCH_RUN:
            await self._in.events.stepped(body, workspace)

    async def _group(self, _body: Event, _workspace: Workspace) -> None:
        self._in.intake.work.now(self._in.groups.refresh)

    async def _removed(self, body: Event, context: AsyncBoltContext) -> None:
        """The bot was taken out of a workspace, or its token was: forget it."""
        event, kept = body["event"], self._in.installations
        bots = (event.get("tokens") or {}).get("bot") or []
        if kept is None or (event["type"] == "tokens_revoked" and not bots):
            return
        workspace = await self._in.workspaces.of(
            enterprise=context.enterprise_id or "",
            team=context.team_id or "",
            org_wide=bool(context.is_enterprise_install),
        )
        # Slack does not say whether a workspace or its organisation took the bot out.
        if workspace is None or (workspace.org_wide and not await is_dead(workspace)):
            return
        await kept.remove(workspace.tenant, as_of=event_time(body))


def _marked(text: str) -> bool:
    """Whether words hold anything that Slack has written in its own way."""
    return "<" in text or "&" in text


def _saying(asked: Asked, words: str) -> Asked:
    return Asked(
        key=asked.key,
        workspace=asked.workspace,
        user=asked.user,
        place=asked.place,
        text=words,
    )


def _digits(message: Mapping[str, Any]) -> str:
    return str(message.get("ts") or "").replace(".", "")
