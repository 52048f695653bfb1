"""What a Slack workspace is made of."""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Data = dict[str, Any]

APP_ID = "A0001"

BOT_SCOPES = frozenset({
    "app_mentions:read", "assistant:write", "channels:history", "channels:join", "channels:read",
    "chat:write", "chat:write.customize", "commands", "files:write", "groups:history",
    "groups:read", "im:history", "im:read", "im:write", "links:read", "links:write",
    "reactions:write", "team:read", "usergroups:read", "users:read", "users:read.email",
})  # fmt: skip
"""What the bot may do unless a test says otherwise; `chat:write.public` is not among it."""

BOT_EVENTS = frozenset({
    "agent_session_stopped", "agent_session_title_changed", "app_context_changed",
    "app_home_opened", "app_mention", "app_uninstalled", "function_executed", "link_shared",
    "message.channels", "message.groups", "message.im", "tokens_revoked",
})  # fmt: skip
"""What the app has subscribed to, as its manifest would say."""


@dataclass(kw_only=True)
class FakeTeam:
    """A workspace, with the bot that is installed there."""

    id: str
    name: str
    domain: str
    bot_user_id: str
    bot_id: str
    enterprise_id: str | None = None
    installed: bool = True
    org_wide: bool = False
    """Whether the app was installed for the whole enterprise."""


@dataclass(kw_only=True)
class Grant:
    """What a token stands for."""

    token: str
    team_id: str
    scopes: set[str]
    kind: str = "bot"
    """bot, app or execution."""
    revoked: str = ""
    """The error that calls with it get from now on."""


@dataclass(kw_only=True)
class FakeUser:
    """A person or a bot."""

    id: str
    team_id: str
    name: str
    real_name: str
    email: str | None = None
    is_bot: bool = False
    deleted: bool = False
    is_restricted: bool = False
    tz: str = "Europe/Berlin"

    def payload(self, *, with_email: bool) -> Data:
        """As users.info shows it."""
        profile: Data = {"real_name": self.real_name, "display_name": self.name}
        if with_email and self.email:
            profile["email"] = self.email
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "real_name": self.real_name,
            "deleted": self.deleted,
            "tz": self.tz,
            "profile": profile,
            "is_bot": self.is_bot,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": False,
            "is_admin": False,
            "is_owner": False,
            "is_app_user": False,
        }


@dataclass(kw_only=True)
class FakeChannel:
    """A channel, or a direct message with the bot."""

    id: str
    team_id: str
    name: str
    members: set[str] = field(default_factory=set)
    is_private: bool = False
    is_ext_shared: bool = False
    is_archived: bool = False
    user: str | None = None
    """Whose direct message it is."""

    @property
    def kind(self) -> str:
        """The channel_type of its events: channel, group or im."""
        if self.user:
            return "im"
        return "group" if self.is_private else "channel"

    def payload(self) -> Data:
        """As conversations.info shows it."""
        shown: Data = {
            "id": self.id,
            "created": 1700000000,
            "is_channel": self.kind == "channel",
            "is_group": self.kind == "group",
            "is_im": self.kind == "im",
            "is_mpim": False,
            "is_private": self.is_private or self.user is not None,
            "is_archived": self.is_archived,
            "is_ext_shared": self.is_ext_shared,
            "is_shared": self.is_ext_shared,
            "context_team_id": self.team_id,
        }
        return shown | ({"user": self.user} if self.user else {"name": self.name})


@dataclass(kw_only=True)
class Stream:
    """The part of a message that is still being written."""

    started_at: datetime
    mode: str = "timeline"
    state: str = "in_progress"
    """in_progress, complete, expired or stopped_by_user."""
    plan_title: str = ""
    tasks: dict[str, Data] = field(default_factory=dict)


@dataclass(kw_only=True)
class FakeMessage:
    """A message as the workspace shows it."""

    channel: str
    ts: str
    user: str
    text: str = ""
    team_id: str = ""
    blocks: list[Data] = field(default_factory=list)
    attachments: list[Data] = field(default_factory=list)
    metadata: Data | None = None
    thread_ts: str | None = None
    bot_id: str | None = None
    username: str | None = None
    user_team: str | None = None
    """The workspace of the writer, in channels that several share."""
    subtype: str | None = None
    reply_broadcast: bool = False
    ephemeral_to: str | None = None
    edited: int = 0
    edited_ts: str = ""
    deleted: bool = False
    files: list[str] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    stream: Stream | None = None
    parse: str = "none"
    state: dict[str, Data] = field(default_factory=dict)
    """What people entered into its elements: block_id → action_id → value."""

    @property
    def root(self) -> str:
        """The ts of the thread that it is in or would begin."""
        return self.thread_ts or self.ts

    def payload(self, *, metadata: bool = True) -> Data:
        """As events and the Web API show it."""
        shown: Data = {"type": "message", "ts": self.ts, "user": self.user, "text": self.text}
        shown |= {"team": self.team_id, "blocks": deepcopy(self.blocks)}
        if self.attachments:
            shown["attachments"] = deepcopy(self.attachments)
        if self.bot_id:
            shown |= {"bot_id": self.bot_id, "app_id": APP_ID}
            shown["bot_profile"] = {"id": self.bot_id, "app_id": APP_ID, "team_id": self.team_id}
        optional = {
            "thread_ts": self.thread_ts,
            "username": self.username,
            "user_team": self.user_team,
            "source_team": self.user_team,
            "subtype": self.subtype,
            "files": [{"id": file} for file in self.files],
            "reactions": [
                {"name": name, "users": list(users), "count": len(users)}
                for name, users in self.reactions.items()
            ],
        }
        shown |= {name: value for name, value in optional.items() if value}
        if self.edited:
            shown["edited"] = {"user": self.user, "ts": self.edited_ts}
        if self.metadata is not None:
            whole = deepcopy(self.metadata)
            shown["metadata"] = whole if metadata else {"event_type": whole["event_type"]}
        return shown


@dataclass(kw_only=True)
class FakeView:
    """A modal, or the home of a person."""

    id: str
    team_id: str
    user: str
    given: Data
    """As the app sent it, block ids filled in."""
    hash: str
    root_view_id: str
    previous_view_id: str | None = None
    state: dict[str, Data] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    """What the last submission was refused for: block_id → words."""

    @property
    def type(self) -> str:
        return str(self.given["type"])

    @property
    def blocks(self) -> list[Data]:
        blocks: list[Data] = self.given["blocks"]
        return blocks

    @property
    def title(self) -> str:
        return str(self.given.get("title", {}).get("text", ""))

    @property
    def callback_id(self) -> str:
        return str(self.given.get("callback_id", ""))

    def payload(self, team: FakeTeam) -> Data:
        """As interactions and views.* show it."""
        shown: Data = {"title": None, "submit": None, "close": None, "callback_id": ""}
        shown |= {"private_metadata": "", "clear_on_close": False, "notify_on_close": False}
        shown |= {"external_id": ""} | deepcopy(self.given)
        return shown | {
            "id": self.id,
            "team_id": self.team_id,
            "hash": self.hash,
            "root_view_id": self.root_view_id,
            "previous_view_id": self.previous_view_id,
            "state": {"values": deepcopy(self.state)},
            "app_id": APP_ID,
            "bot_id": team.bot_id,
            "app_installed_team_id": team.id,
        }


@dataclass(kw_only=True)
class FakeFile:
    """A file on its way into the workspace, or there."""

    id: str
    filename: str
    length: int
    content: bytes | None = None
    title: str = ""
    snippet_type: str = ""
    channel: str | None = None
    thread_ts: str | None = None
    shared: bool = False


@dataclass(kw_only=True)
class FakeSession:
    """An agent session."""

    channel: str
    thread_ts: str
    status: str
    title: str = ""
    initiator: str | None = None
    changed_at: datetime
    history: list[str] = field(default_factory=list)
    """Every status it was given, in order."""


@dataclass(kw_only=True)
class FakeExecution:
    """One run of a custom step."""

    id: str
    token: str
    callback_id: str
    inputs: Data
    outputs: Data | None = None
    error: str | None = None

    @property
    def done(self) -> bool:
        return self.outputs is not None or self.error is not None


@dataclass(kw_only=True)
class Trigger:
    """The short right to open a modal."""

    id: str
    user: str
    team_id: str
    made_at: datetime
    used: bool = False


@dataclass(kw_only=True)
class Hook:
    """A response_url."""

    id: str
    channel: str
    user: str
    made_at: datetime
    uses: int = 0
    message: FakeMessage | None = None


@dataclass(kw_only=True)
class FakeCall:
    """A call of the Web API as it came in."""

    method: str
    arguments: Data
    at: datetime
    token: str
    answer: Data = field(default_factory=dict)
    status: int = 200
