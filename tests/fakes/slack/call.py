"""One call of the Web API: its arguments, who calls, and what the methods have in common."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tests.fakes.slack.entities import Data, FakeChannel, FakeTeam, Grant
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.shown import FakeMessage
from tests.fakes.slack.world import World

TIERS = {"1": 1, "2": 20, "3": 50, "4": 100}
"""Calls in a minute."""


@dataclass(frozen=True)
class Call:
    """What a method works on."""

    world: World
    args: Data
    grant: Grant

    @property
    def team(self) -> FakeTeam:
        return self.world.teams[self.grant.team_id]

    def text(self, name: str, default: str = "") -> str:
        """A string argument, or the default."""
        given = self.args.get(name)
        return default if given is None else str(given)

    def need(self, name: str, error: str = "invalid_arguments") -> str:
        """A string argument that cannot be left out."""
        if given := self.text(name):
            return given
        raise SlackError(
            error, response_metadata={"messages": [f"[ERROR] missing required field: {name}"]}
        )

    def flag(self, name: str) -> bool:
        given = self.args.get(name, False)
        if given not in (True, "true", "1", False, "false", "0", ""):
            raise SlackError("invalid_arguments")
        return given in (True, "true", "1")

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.args.get(name, default))
        except (TypeError, ValueError):
            raise SlackError("invalid_arguments") from None

    def json(self, name: str) -> Any:
        """An argument that is an object or a list; forms carry it as JSON text."""
        given = self.args.get(name)
        if isinstance(given, str):
            with suppress(ValueError):
                return json.loads(given)
        return given

    def channel(self, name: str = "channel", *, missing: str = "channel_not_found") -> FakeChannel:
        """A channel of the caller's workspace that the bot may know of."""
        channel = self.world.channels.get(self.need(name, missing))
        if channel is None or not self.reaches(channel.team_id):
            raise SlackError("channel_not_found")
        hidden = channel.is_private or channel.user
        if hidden and not self.is_member(channel):
            raise SlackError("channel_not_found")
        return channel

    def reaches(self, team_id: str) -> bool:
        """Whether the token is good for this workspace."""
        team = self.world.teams.get(team_id)
        org = self.team.enterprise_id if self.team.org_wide else None
        return team is self.team or (team is not None and org == team.enterprise_id is not None)

    def is_member(self, channel: FakeChannel) -> bool:
        return self.world.team_of(channel).bot_user_id in channel.members

    def message(self, channel: FakeChannel, ts: str) -> FakeMessage:
        """A message that is still there."""
        message = self.world.find_message(channel.id, ts)
        if message is None or message.deleted:
            raise SlackError("message_not_found")
        return message

    def page(self, found: list[Data], key: str, *, most: int = 1000) -> Data:
        """The part of a list that `cursor` and `limit` ask for."""
        limit = min(self.number("limit", 100), most) or 100
        start = int(self.text("cursor", "0").removeprefix("next:") or 0)
        more = f"next:{start + limit}" if start + limit < len(found) else ""
        return {
            key: found[start : start + limit],
            "has_more": bool(more),
            "response_metadata": {"next_cursor": more},
        }


@dataclass(frozen=True)
class Method:
    """A method of the Web API."""

    run: Callable[[Call], Data]
    scopes: tuple[str, ...] = ()
    """All that are needed."""
    tier: str = "4"
    """1 to 4, or post: one message per second and channel."""
    token: str = "bot"
    """bot, app, execution or none."""
