"""The state of the fake Slack: teams, people, channels, messages, and the time."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from tests.fakes.slack.entities import (
    BOT_EVENTS,
    BOT_SCOPES,
    Data,
    FakeCall,
    FakeChannel,
    FakeExecution,
    FakeFile,
    FakeSession,
    FakeTeam,
    FakeUser,
    Grant,
    Trigger,
)
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.shown import FakeMessage, FakeView, Hook

SESSION_LIFE = timedelta(hours=1)
STREAM_LIFE = timedelta(seconds=306)
TRIGGER_LIFE = timedelta(seconds=3)


class Clock(Protocol):
    """What tells the time."""

    def now(self) -> datetime: ...


class WallClock:
    """The time of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class World:
    """Everything there is; the parts of the fake share it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.origin = ""
        self.client_id = "111.222"
        self.client_secret = "client-secret"
        self.signing_secret = "8f742231b10e8888abcd99yyyzzz85a5"
        self.bot_events = set(BOT_EVENTS)
        self.teams: dict[str, FakeTeam] = {}
        self.grants: dict[str, Grant] = {}
        self.users: dict[str, FakeUser] = {}
        self.channels: dict[str, FakeChannel] = {}
        self.usergroups: dict[str, Data] = {}
        self.posted: dict[str, dict[str, FakeMessage]] = {}
        self.unseen: list[FakeMessage] = []
        """Ephemeral messages."""
        self.views: dict[str, list[FakeView]] = {}
        """The open modals of every person, the top one last."""
        self.homes: dict[str, FakeView] = {}
        self.files: dict[str, FakeFile] = {}
        self.sessions: dict[tuple[str, str], FakeSession] = {}
        self.prompts: dict[str, list[Data]] = {}
        self.executions: dict[str, FakeExecution] = {}
        self.triggers: dict[str, Trigger] = {}
        self.hooks: dict[str, Hook] = {}
        self.codes: dict[str, Data] = {}
        self.calls: list[FakeCall] = []
        self.send_event: Callable[[Data, str], None] = lambda _event, _team: None
        self._numbers = itertools.count(1)
        self._last_ts = (0, 0)

    def now(self) -> datetime:
        return self.clock.now()

    def number(self, prefix: str) -> str:
        """A new id, as V0007."""
        return f"{prefix}{next(self._numbers):04d}"

    def new_ts(self) -> str:
        """A ts that is later than every other."""
        now = self.now()
        self._last_ts = max(
            (int(now.timestamp()), now.microsecond), (self._last_ts[0], self._last_ts[1] + 1)
        )
        return f"{self._last_ts[0]}.{self._last_ts[1]:06d}"

    def found_team(self, team_id: str, name: str, enterprise_id: str | None = None) -> FakeTeam:
        """Begin a workspace, with its bot and its token."""
        suffix = team_id.removeprefix("T")
        team = FakeTeam(
            id=team_id,
            name=name,
            domain=name.lower(),
            bot_user_id=f"U{suffix}BOT",
            bot_id=f"B{suffix}",
            enterprise_id=enterprise_id,
        )
        self.teams[team_id] = team
        self.users[team.bot_user_id] = FakeUser(
            id=team.bot_user_id,
            team_id=team_id,
            name="signalbox",
            real_name="Signalbox",
            is_bot=True,
        )
        self.grant(f"xoxb-{team_id}", team_id)
        return team

    def open_organisation(self, team: FakeTeam) -> None:
        """Let every workspace of a team's organisation have the one bot that it has as a whole."""
        for other in self.teams.values():
            if other.enterprise_id != team.enterprise_id:
                continue
            for channel in self.channels.values():
                if channel.team_id == other.id and other.bot_user_id in channel.members:
                    channel.members.add(team.bot_user_id)
            other.installed = other.org_wide = True
            other.bot_user_id, other.bot_id = team.bot_user_id, team.bot_id

    def grant(self, token: str, team_id: str, kind: str = "bot") -> Grant:
        """Make a token valid."""
        scopes = {"connections:write"} if kind == "app" else set(BOT_SCOPES)
        granted = Grant(token=token, team_id=team_id, kind=kind, scopes=scopes)
        self.grants[token] = granted
        return granted

    def team_of(self, channel: FakeChannel) -> FakeTeam:
        return self.teams[channel.team_id]

    def open_dm(self, user: str) -> FakeChannel:
        """The direct messages between a person and the bot of that person's team."""
        person = self.users[user]
        # A stranger meets the bot of the first team.
        team = self.teams.get(person.team_id) or next(iter(self.teams.values()))
        channel_id = f"D{user.removeprefix('U')}"
        return self.channels.setdefault(
            channel_id,
            FakeChannel(
                id=channel_id,
                team_id=team.id,
                name="directmessage",
                members={user, team.bot_user_id},
                user=user,
            ),
        )

    def find_message(self, channel: str, ts: str) -> FakeMessage | None:
        """A message that has not been deleted without trace."""
        return self.posted.get(channel, {}).get(ts)

    def replies_to(self, channel: str, ts: str) -> list[FakeMessage]:
        said = self.posted.get(channel, {}).values()
        return [message for message in said if message.thread_ts == ts != message.ts]

    def post(self, channel: FakeChannel, **parts: Any) -> FakeMessage:
        """Put a message into a channel, and tell the app."""
        message = FakeMessage(channel=channel.id, ts=self.new_ts(), **parts)
        message.team_id = message.team_id or channel.team_id
        if message.thread_ts and (root := self.find_message(channel.id, message.thread_ts)):
            root.thread_ts = root.ts
        self.posted.setdefault(channel.id, {})[message.ts] = message
        self.tell_message(channel, message.payload(), message.ts)
        return message

    def edit(self, message: FakeMessage, **parts: Any) -> None:
        """Let a message say something else, and tell the app."""
        before = message.payload()
        for name, value in parts.items():
            setattr(message, name, value)
        message.edited += 1
        message.edited_ts = self.new_ts()
        self.tell_change(message, before)

    def tell_change(self, message: FakeMessage, before: Data) -> None:
        changed = {"subtype": "message_changed", "hidden": True, "message": message.payload()}
        self._tell_hidden(message, changed | {"previous_message": before})

    def delete(self, message: FakeMessage) -> None:
        """Take a message away; the root of a thread leaves a stone behind."""
        before = message.payload()
        message.deleted = True
        if self.replies_to(message.channel, message.ts):
            message.subtype, message.text = "tombstone", "This message was deleted."
            message.blocks, message.attachments, message.metadata = [], [], None
            self.tell_change(message, before)
            return
        del self.posted[message.channel][message.ts]
        deleted = {"subtype": "message_deleted", "hidden": True, "deleted_ts": message.ts}
        self._tell_hidden(message, deleted | {"previous_message": before})

    def _tell_hidden(self, message: FakeMessage, event: Data) -> None:
        event["type"] = "message"
        self.tell_message(self.channels[message.channel], event, self.new_ts())

    def tell_message(self, channel: FakeChannel, event: Data, ts: str) -> None:
        """Send a message event where the bot is a member and the app has subscribed."""
        team = self.team_of(channel)
        kinds = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}
        if team.bot_user_id not in channel.members or kinds[channel.kind] not in self.bot_events:
            return
        where = {"channel": channel.id, "channel_type": channel.kind, "event_ts": ts, "ts": ts}
        self.send_event(event | where, team.id)

    def session_status(self, session: FakeSession) -> str:
        """The status as shown: nothing is in progress for longer than an hour."""
        late = self.now() - session.changed_at >= SESSION_LIFE
        return "active" if late and session.status == "processing" else session.status

    def set_session(self, channel: str, thread_ts: str, status: str) -> FakeSession:
        """Begin a session, or give it another status."""
        session = self.sessions.setdefault(
            (channel, thread_ts),
            FakeSession(channel=channel, thread_ts=thread_ts, status=status, changed_at=self.now()),
        )
        session.status, session.changed_at = status, self.now()
        session.history.append(status)
        return session

    def new_trigger(self, user: str, team_id: str) -> str:
        """A trigger_id, good for three seconds and one use."""
        trigger = Trigger(
            id=f"{self.number('')}.111.{'a' * 32}", user=user, team_id=team_id, made_at=self.now()
        )
        self.triggers[trigger.id] = trigger
        return trigger.id

    def use_trigger(self, trigger_id: str) -> Trigger:
        """Spend a trigger_id; SlackError where that cannot be."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self.now() - trigger.made_at > TRIGGER_LIFE:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger

    def new_hook(self, channel: str, user: str, message: FakeMessage | None = None) -> str:
        """A response_url."""
        hook = Hook(
            id=self.number("hook"), channel=channel, user=user, made_at=self.now(), message=message
        )
        self.hooks[hook.id] = hook
        return f"{self.origin}/hooks/{hook.id}"
