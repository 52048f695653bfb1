"""Events: what people write, and what else happens in a workspace."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from adapters.slack.echoes import Echoes
from adapters.slack.forms import Place
from adapters.slack.intake import Asked, Intake
from adapters.slack.outbound import POSTING
from adapters.slack.people import WORKFLOW, People
from adapters.slack.workspaces import SURFACE, Workspace
from bot.dispatch.reading import SAY
from bot.domain.conversation import Conversation
from bot.domain.followup import Followup
from bot.domain.invocation import Press
from bot.domain.person import Account
from bot.ports.store import Store
from bot.ports.vault import Vault

Event = Mapping[str, Any]

_ASIDE = "!aside"
"""Begins what people say to each other in a run's thread."""
_WRITTEN = frozenset({None, "file_share", "thread_broadcast"})
"""Subtypes of messages that somebody wrote; others tell of edits, joins and the like."""


class Pages(Protocol):
    """What Slack shows of the bot beside messages."""

    async def open_home(self, workspace: Workspace, user: str) -> None:
        """Show somebody their home."""

    async def open_messages(self, workspace: Workspace, user: str, channel: str) -> None:
        """Offer somebody what to say."""

    async def stopped(self, workspace: Workspace, channel: str, thread: str) -> None:
        """Slack's own Stop was pressed in a session; its status is ours to set."""


@dataclass(frozen=True, kw_only=True)
class Events:
    """Takes in what arrives over the Events API."""

    intake: Intake
    people: People
    store: Store
    vault: Vault
    pages: Pages
    echoes: Echoes

    async def mentioned(self, body: Event, workspace: Workspace) -> None:
        """`@signalbox …`: a request; in a run's thread words that its program reads at once."""
        event = body["event"]
        if not _by_person(event, workspace):
            return
        words = await self.people.words(_without_bot(event, workspace), workspace.tenant)
        if words.lower().startswith(_ASIDE):
            return
        asked = self._asked(body, workspace, text=words)
        if await self._is_run(asked.conversation):
            said = Press(verb=SAY, arguments={"text": words, "urgent": "urgent"})
            asked = self._asked(body, workspace, press=said)
        elif asked.place.thread:
            asked = self._asked(body, workspace, text=f"/run {words}")
        await self.intake.take(asked)

    async def written(self, body: Event, workspace: Workspace) -> None:
        """A message: to the bot alone, or for the program of the run whose thread it is in."""
        event = body["event"]
        self._echo(event, workspace)
        if not _by_person(event, workspace) or event.get("subtype") not in _WRITTEN:
            return
        if event.get("channel_type") == "im" or str(event["channel"]).startswith("D"):
            await self._written_directly(body, workspace)
        elif event.get("thread_ts") and not _mentions(event, workspace):
            await self._written_below(body, workspace)

    def _echo(self, event: Event, workspace: Workspace) -> None:
        """Keep in mind what Slack says of our own messages, and of those that are gone."""
        tenant, channel = workspace.tenant, str(event.get("channel", ""))
        metadata = event.get("metadata") or {}
        if event.get("bot_id") and metadata.get("event_type") == POSTING:
            key = str((metadata.get("event_payload") or {}).get("key", ""))
            if workspace.bot_id in {"", event["bot_id"]}:
                self.echoes.heard(tenant, channel, key, event["ts"])
        changed = event.get("message") or {}
        if event.get("subtype") == "message_deleted":
            self.echoes.deleted(tenant, channel, str(event.get("deleted_ts", "")))
        elif changed.get("subtype") == "tombstone":
            self.echoes.deleted(tenant, channel, str(changed.get("ts", "")))

    async def _written_directly(self, body: Event, workspace: Workspace) -> None:
        text = _without_bot(body["event"], workspace)
        words = await self.people.words(text, workspace.tenant)
        if words.lower().startswith(_ASIDE):
            return
        asked = self._asked(body, workspace, text=words)
        if asked.place.thread and not await self._is_run(asked.conversation):
            asked = self._asked(body, workspace, text=f"/run {words}")
        await self.intake.take(asked)

    async def _written_below(self, body: Event, workspace: Workspace) -> None:
        asked = self._asked(body, workspace)
        if not await self._is_run(asked.conversation):
            return
        words = await self.people.words(str(body["event"].get("text", "")), workspace.tenant)
        if words and not words.lower().startswith(_ASIDE):
            await self.intake.take(self._asked(body, workspace, text=words))

    async def _is_run(self, conversation: Conversation) -> bool:
        """Whether it is the thread of a run."""
        if conversation.thread is None:
            return False
        return await self.store.read(lambda tx: tx.postings.find_run(conversation)) is not None

    def _asked(
        self,
        body: Event,
        workspace: Workspace,
        *,
        text: str = "",
        press: Press | None = None,
    ) -> Asked:
        event = body["event"]
        return Asked(
            key=event_key(body, workspace),
            workspace=workspace,
            user=event["user"],
            place=Place(
                channel=event["channel"],
                thread=event.get("thread_ts") or "",
                message=event["ts"],
            ),
            text=text,
            press=press,
            marked=True,
        )

    async def opened(self, body: Event, workspace: Workspace) -> None:
        """Somebody opened the bot's pages."""
        event, work = body["event"], self.intake.work
        if event.get("tab") == "messages":
            work.now(lambda: self.pages.open_messages(workspace, event["user"], event["channel"]))
        else:
            work.now(lambda: self.pages.open_home(workspace, event["user"]))

    async def stopped(self, body: Event, workspace: Workspace) -> None:
        """Slack's Stop button in a session: a stop like any other, by whoever pressed it."""
        event = body["event"]
        place = Place(channel=event["channel"], thread=event["thread_ts"])
        asked = Asked(
            key=event_key(body, workspace),
            workspace=workspace,
            user=event["user"],
            place=place,
            press=Press(verb="stop"),
        )
        await self.intake.take(asked)
        self.intake.work.later(lambda: self.pages.stopped(workspace, place.channel, place.thread))

    async def stepped(self, body: Event, workspace: Workspace) -> None:
        """A workflow came to our step: a run is started, and the step ends with it."""
        event = body["event"]
        execution, inputs = event["function_execution_id"], event.get("inputs") or {}
        key = f"{SURFACE}:{workspace.tenant}:step:{execution}"
        channel = str(inputs.get("channel") or "")
        await self.intake.keep(
            Followup(
                id=0,
                key=key,
                surface=SURFACE,
                tenant=workspace.tenant,
                channel=channel,
                execution=execution,
                sealed=self.vault.seal(str(event.get("bot_access_token") or "")),
            )
        )
        await self.intake.take(
            Asked(
                key=key,
                workspace=workspace,
                user=WORKFLOW,
                place=Place(channel=channel),
                text=f"dispatch {str(inputs.get('job') or '').strip()}",
            )
        )

    async def changed(self, body: Event, workspace: Workspace) -> None:
        """Somebody's account was changed: look anew who they are."""
        user = body["event"].get("user")
        user_id = user.get("id", "") if isinstance(user, dict) else str(user or "")
        self.people.forget(Account(surface=SURFACE, tenant=workspace.tenant, external_id=user_id))


def event_key(body: Event, workspace: Workspace) -> str:
    """Names an event, however often it is delivered."""
    return f"{SURFACE}:{workspace.tenant}:{body['event_id']}"


def event_time(body: Event) -> datetime:
    """When it happened."""
    return datetime.fromtimestamp(int(body.get("event_time") or 0), UTC)


def _by_person(event: Event, workspace: Workspace) -> bool:
    """Whether a person wrote it, and not a bot, ourselves among them."""
    own = bool(event.get("bot_id") or event.get("bot_profile"))
    user = event.get("user")
    return bool(user) and not own and user not in {workspace.bot_user, "USLACKBOT"}


def _mentions(event: Event, workspace: Workspace) -> bool:
    return bool(workspace.bot_user) and f"<@{workspace.bot_user}" in str(event.get("text", ""))


def _without_bot(event: Event, workspace: Workspace) -> str:
    """What somebody wrote to the bot, without its name."""
    text = str(event.get("text", ""))
    if not workspace.bot_user:
        return re.sub(r"^\s*<@[UW][A-Z0-9]+(\|[^>]*)?>\s*", "", text)
    return " ".join(re.split(rf"\s*<@{workspace.bot_user}(?:\|[^>]*)?>\s*", text)).strip()
