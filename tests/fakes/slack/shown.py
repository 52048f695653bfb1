"""What people see of a Slack workspace: messages and views."""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime

from tests.fakes.slack.entities import APP_ID, Data, FakeTeam


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
            "app_installed_team_id": team.enterprise_id if team.org_wide else team.id,
        }


@dataclass(kw_only=True)
class Hook:
    """A response_url."""

    id: str
    channel: str
    user: str
    made_at: datetime
    uses: int = 0
    message: FakeMessage | None = None
