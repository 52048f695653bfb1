"""What a Slack workspace is made of."""

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
    email_confirmed: bool = True

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
            "is_email_confirmed": self.email_confirmed,
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
class FakeFile:
    """A file on its way into the workspace, or there."""

    id: str
    filename: str
    length: int
    content: bytes | None = None
    title: str = ""
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
class FakeCall:
    """A call of the Web API as it came in."""

    method: str
    arguments: Data
    at: datetime
    token: str
    answer: Data = field(default_factory=dict)
    status: int = 200
