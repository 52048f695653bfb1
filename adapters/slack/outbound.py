"""The Messenger of Slack: posts and edits messages, each key once, and knows where else to tell."""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from adapters.slack.blocks import HALF, PLAIN, WHOLE, Sheet, blocks_of, fallback_of
from adapters.slack.calls import NOT_TAKEN, Calls, DoubtfulError, SlackRefusedError
from adapters.slack.echoes import Echoes
from adapters.slack.pacing import Pacing
from adapters.slack.sessions import Sessions
from adapters.slack.steps import worth_a_list
from adapters.slack.text import Links
from bot.domain.conversation import Conversation
from bot.domain.errors import UnavailableError, UserError
from bot.messages.message import Message
from bot.messages.render import say, word

_LOG = logging.getLogger(__name__)

FindUsers = Callable[[str, Collection[str]], Awaitable[Mapping[str, str]]]
"""Workspace and handles → the user ids of those who are known there."""

POSTING = "signalbox_posting"
"""The event_type of the metadata of what we post."""

_TOO_LONG = frozenset({"msg_too_long", "msg_blocks_too_long", "metadata_too_large"})
_GONE = frozenset({"message_not_found", "thread_not_found", "cannot_reply_to_message"})
_FROZEN = frozenset({"cant_update_message", "edit_window_closed"})
_CLOSED = frozenset(
    {"channel_not_found", "is_archived", "not_in_channel", "restricted_action", "channel_is_frozen"}
)
_EARLIER = timedelta(seconds=60)
"""Clocks differ: so much before its beginning a doubtful post is looked for."""
_PAGES = 5
_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class Place:
    """A channel or thread of a workspace, by Slack's ids."""

    tenant: str
    channel: str
    thread: str | None = None


class SlackMessenger:
    """Posts and edits; in doubt it looks before it posts again."""

    surface = "slack"

    def __init__(  # noqa: PLR0913  # all that it is wired to
        self,
        calls: Calls,
        echoes: Echoes,
        pacing: Pacing,
        *,
        people: FindUsers,
        sessions: Sessions,
        public_url: str = "",
        fallback_channel: str = "",
        echo_wait: float = 2.0,
    ) -> None:
        """`fallback_channel` hears what has no place and no owner; `echo_wait` is in seconds."""
        self._calls = calls
        self._echoes = echoes
        self._pacing = pacing
        self._people = people
        self._sessions = sessions
        self._public_url = public_url
        self._fallback = fallback_channel
        self._echo_wait = echo_wait
        self._told_closed: set[tuple[str, str]] = set()

    async def post(
        self, conversation: Conversation, message: Message, *, key: str, thread: str | None
    ) -> str:
        """Tell a message; the receipt is its ts, or `channel/ts` where it had to go elsewhere."""
        place = _place(conversation, thread or conversation.thread)
        since = self._echoes.take_doubt(key)
        if since is not None and (found := await self._find(place, key, message, since)):
            return await self._landed(conversation, place, found, message)
        if place.thread and self._echoes.is_gone(place.tenant, place.channel, place.thread):
            return await self._privately(place, message, key, since=since)
        try:
            answer = await self._say(place, message, key)
        except SlackRefusedError as error:
            if error.code in _GONE:
                return await self._privately(place, message, key, since=since)
            raise await self._refused(place, message, error) from error
        except UnavailableError as error:
            self._hold(conversation, error, edits=False)
            raise
        if place.thread and "thread_ts" not in answer.get("message", {"thread_ts": ""}):
            return await self._from_channel(place, answer, message, key)
        return await self._landed(conversation, _landing(place, answer), str(answer["ts"]), message)

    async def edit(self, conversation: Conversation, message_id: str, message: Message) -> None:
        """Let a message say this; a deleted one is told of to the run's owner, privately."""
        place = _place(conversation, message_id)
        try:
            await self._edit(place, str(place.thread), message)
        except SlackRefusedError as error:
            if error.code == "message_not_found":
                self._echoes.deleted(place.tenant, place.channel, str(place.thread))
                await self._privately(place, message, "")
            if error.code in _FROZEN | _GONE:
                raise
            raise await self._refused(place, message, error) from error
        except UnavailableError as error:
            self._hold(conversation, error, edits=True)
            raise
        await self._sessions.follow(conversation, str(place.thread), message)

    async def _edit(self, place: Place, ts: str, message: Message) -> None:
        base = {"channel": place.channel, "ts": ts, "parse": "none"}
        await self._call_with("chat.update", place, message, base)

    async def _landed(
        self, conversation: Conversation, place: Place, ts: str, message: Message
    ) -> str:
        self._told_closed.discard((place.tenant, place.channel))
        await self._sessions.follow(conversation, ts, message)
        return ts if place.channel == conversation.channel else f"{place.channel}/{ts}"

    async def _say(self, place: Place, message: Message, key: str) -> Mapping[str, Any]:
        """Post; where the answer is lost, the echo of the message is its receipt."""
        payload = {"key": key, "run": message.attributes.get("run", "")}
        base: dict[str, Any] = {
            "channel": place.channel,
            "metadata": {"event_type": POSTING, "event_payload": payload},
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if place.thread:
            base["thread_ts"] = place.thread
        try:
            return await self._call_with("chat.postMessage", place, message, base)
        except DoubtfulError:
            ts = await self._echoes.wait(place.tenant, place.channel, key, self._echo_wait)
            if ts is None:
                raise
            return {"ts": ts}

    async def _call_with(
        self, method: str, place: Place, message: Message, base: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Say a message whole; what is too long shorter, and what is not taken as text alone."""
        links = await self._links(place.tenant, message)
        sheet: Sheet | None = WHOLE
        while True:
            text = fallback_of(message, sheet or HALF)
            blocks = blocks_of(message, links, sheet=sheet) if sheet else []
            try:
                return await self._calls(place.tenant, method, **base, text=text, blocks=blocks)
            except SlackRefusedError as error:
                if sheet is None or error.code not in _TOO_LONG | NOT_TAKEN:
                    raise
                _LOG.warning("said with less, as %s", error.text)
                sheet = _lesser(sheet, error.code, message)

    async def _links(self, tenant: str, message: Message) -> Links:
        """Only those whom the message is for are linked: nobody else is called."""
        people = await self._people(tenant, message.mentions) if message.mentions else {}
        known = {name: user for name, user in people.items() if name in message.mentions}
        return Links(people=known, public_url=self._public_url)

    # --- in doubt --------------------------------------------------------------------------

    async def _find(self, place: Place, key: str, message: Message, since: datetime) -> str | None:
        """The ts of a message that may stand already, and then says what is to be said by now.

        Raises DoubtfulError where Slack does not say now, for the doubt remains.
        """
        try:
            found = await self._look(place, key, since.timestamp())
            if found:
                await self._edit(place, found, message)
        except UnavailableError as error:
            raise DoubtfulError(str(error), retry_after=error.retry_after) from error
        except SlackRefusedError as error:
            _LOG.info("told before, and left as it was: %s", error.text)
        return found

    async def _look(self, place: Place, key: str, since: float) -> str | None:
        """The ts of a message with this key: from its echo, else from the history."""
        if heard := self._echoes.find(place.tenant, place.channel, key):
            return heard
        arguments: dict[str, Any] = {
            "channel": place.channel,
            "oldest": f"{since - _EARLIER.total_seconds():.6f}",
            "include_all_metadata": True,
            "limit": _PAGE,
        }
        method = "conversations.history"
        if place.thread:
            method, arguments["ts"] = "conversations.replies", place.thread
        for _ in range(_PAGES):
            try:
                page = await self._calls(place.tenant, method, **arguments)
            except SlackRefusedError as error:
                _LOG.warning("nobody knows whether %s was told: %s", key, error.code)
                return None
            for said in page.get("messages", ()):
                if _key_of(said) == key:
                    return str(said["ts"])
            cursor = page.get("response_metadata", {}).get("next_cursor")
            if not cursor:
                return None
            arguments["cursor"] = cursor
        return None

    # --- elsewhere -------------------------------------------------------------------------

    async def _from_channel(
        self, place: Place, answer: Mapping[str, Any], message: Message, key: str
    ) -> str:
        """The thread was gone, so that a reply came to stand in the channel: take it away."""
        self._echoes.deleted(place.tenant, place.channel, str(place.thread))
        await self._calls(place.tenant, "chat.delete", channel=place.channel, ts=answer["ts"])
        return await self._privately(place, message, key)

    async def _privately(
        self, place: Place, message: Message, key: str, *, since: datetime | None = None
    ) -> str:
        """Tell the owner alone. Raises UserError where nobody can be told."""
        channel = await self._owner_channel(place.tenant, message)
        if channel is None:
            raise UserError(f"The thread in {place.channel} is gone, and nobody can be told.")
        there = Place(tenant=place.tenant, channel=channel)
        run = message.attributes.get("run", "")
        note = word("slack", "thread_gone").format(run=run, channel=place.channel)
        told = replace(message, body=f"{note}\n{message.body}".strip())
        if since is not None and (found := await self._find(there, key, told, since)):
            return f"{channel}/{found}"
        answer = await self._say(there, told, key)
        return f"{channel}/{answer['ts']}"

    async def _owner_channel(self, tenant: str, message: Message) -> str | None:
        """The direct messages with a run's owner, else the fallback channel."""
        owner = message.attributes.get("owner", "")
        user = (await self._people(tenant, [owner])).get(owner) if owner else None
        if user is None:
            return self._fallback or None
        answer = await self._calls(tenant, "conversations.open", users=user)
        return str(answer["channel"]["id"])

    async def _refused(self, place: Place, message: Message, error: SlackRefusedError) -> UserError:
        """A channel that takes nothing any more is told of once, elsewhere."""
        closed = (place.tenant, place.channel)
        if error.code in _CLOSED and closed not in self._told_closed:
            self._told_closed.add(closed)
            try:
                await self._tell_closed(place, message, error.code)
            except (UnavailableError, UserError) as failure:
                _LOG.error("nobody could be told that %s is closed: %s", place.channel, failure)
        return error

    async def _tell_closed(self, place: Place, message: Message, why: str) -> None:
        channel = self._fallback or await self._owner_channel(place.tenant, message)
        if channel is None or channel == place.channel:
            return
        said = say("slack_closed", channel=place.channel, why=why.replace("_", " "))
        attributes = {"run": message.attributes.get("run", "")}
        there = Place(tenant=place.tenant, channel=channel)
        await self._say(there, replace(said, attributes=attributes), f"closed:{place.channel}")

    def _hold(self, conversation: Conversation, error: UnavailableError, *, edits: bool) -> None:
        if error.retry_after:
            self._pacing.hold(conversation, error.retry_after, edits=edits)


def _lesser(sheet: Sheet, code: str, message: Message) -> Sheet | None:
    """What to try after a refusal: less of it, or the same without lists; at last text alone."""
    if sheet is not WHOLE:
        return None
    if code in _TOO_LONG:
        return HALF
    return PLAIN if any(map(worth_a_list, message.facts)) else None


def _place(conversation: Conversation, thread: str | None) -> Place:
    """Where a receipt leads: `channel/ts` is in another channel than the conversation's."""
    channel, slash, ts = (thread or "").rpartition("/")
    return Place(
        tenant=conversation.tenant,
        channel=channel if slash else conversation.channel,
        thread=ts or None,
    )


def _landing(place: Place, answer: Mapping[str, Any]) -> Place:
    """What is sent to a person lands in direct messages, where alone it can be edited."""
    channel = str(answer.get("channel") or "")
    return replace(place, channel=channel) if channel.startswith("D") else place


def _key_of(said: Mapping[str, Any]) -> str:
    metadata = said.get("metadata") or {}
    if metadata.get("event_type") != POSTING:
        return ""
    return str(metadata.get("event_payload", {}).get("key", ""))
