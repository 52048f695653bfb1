"""What people do in Slack: write, press, fill in, open, stop."""

from typing import Any

from tests.fakes.slack import payloads
from tests.fakes.slack.delivery import Answer, Deliveries, Delivery
from tests.fakes.slack.entities import Data, FakeChannel, FakeTeam, FakeUser
from tests.fakes.slack.hooks import answered
from tests.fakes.slack.shown import FakeMessage, FakeView
from tests.fakes.slack.surfaces import Surface, action_of, blocks_of, enter, find_element
from tests.fakes.slack.views import EMPTY, first_state
from tests.fakes.slack.world import World


class People:
    """Whatever they do is told to the app; each method returns when the app has answered."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.deliveries = Deliveries(world.clock)
        self.confirmations: list[Data] = []
        """The dialogs that people said yes to."""
        self.suggested: dict[str, list[Data]] = {}
        """What the app last suggested: action_id → options."""
        world.send_event = self._send_event

    # --- writing ---------------------------------------------------------------------------

    async def types_command(self, user: str, channel: str, command: str, text: str = "") -> Answer:
        """Type a slash command; what the app acknowledges with is shown.

        `text` is what arrives: mentions as `<@U…>`, `<#C…|name>`.
        """
        who, where = self._person(user), self.world.channels[channel]
        fields = payloads.command(self.world, who, where, command, text)
        answer = await self._deliver("slash_commands", fields)
        if answer.acked and answer.body:
            body = answer.body if isinstance(answer.body, dict) else {"text": answer.body}
            hook = self.world.hooks[fields["response_url"].rpartition("/")[2]]
            answered(self.world, hook, body)
        return answer

    async def writes(
        self, user: str, channel: str, text: str, *, thread_ts: str | None = None
    ) -> FakeMessage:
        """Write into a channel; `text` is what arrives: escaped, mentions as `<@U…>`."""
        message = self._write(user, self.world.channels[channel], text, thread_ts)
        await self.deliveries.settle()
        return message

    async def mentions(
        self, user: str, channel: str, text: str, *, thread_ts: str | None = None
    ) -> FakeMessage:
        """Write to the bot in a channel; the app gets an app_mention and a message event."""
        where = self.world.channels[channel]
        team = self.world.team_of(where)
        mention = f"<@{team.bot_user_id}>"
        text = text if mention in text else f"{mention} {text}"
        message = self._write(user, where, text, thread_ts)
        if team.bot_user_id in where.members:
            event = message.payload() | {"type": "app_mention", "channel": channel}
            self._send_event(event | {"event_ts": message.ts}, team.id)
        await self.deliveries.settle()
        return message

    async def direct_message(
        self, user: str, text: str, *, thread_ts: str | None = None
    ) -> FakeMessage:
        """Write to the bot alone."""
        message = self._write(user, self.world.open_dm(user), text, thread_ts)
        await self.deliveries.settle()
        return message

    def _write(
        self, user: str, channel: FakeChannel, text: str, thread_ts: str | None
    ) -> FakeMessage:
        who = self._person(user)
        assert not channel.is_archived, f"{channel.id} is archived"
        assert user in channel.members, f"{user} is not in {channel.id}"
        return self.world.post(
            channel,
            user=user,
            text=text,
            thread_ts=thread_ts,
            team_id=who.team_id,
            user_team=who.team_id if channel.is_ext_shared else None,
        )

    async def edits(self, channel: str, ts: str, text: str) -> None:
        """Let a person's message say something else."""
        self.world.edit(self.message(channel, ts), text=text)
        await self.deliveries.settle()

    async def deletes(self, channel: str, ts: str) -> None:
        """Take a message away, anybody's."""
        self.world.delete(self.message(channel, ts))
        await self.deliveries.settle()

    # --- pressing --------------------------------------------------------------------------

    async def presses(self, user: str, channel: str, ts: str, name: str) -> Answer:
        """Press the button with this action_id or these words."""
        return await self.uses(user, self.message(channel, ts), name)

    async def chooses(self, user: str, channel: str, ts: str, name: str, choice: Any) -> Answer:
        """Choose from a menu, or enter a value, in a message."""
        return await self.uses(user, self.message(channel, ts), name, choice)

    async def uses(self, user: str, surface: Surface, name: str, value: Any = None) -> Answer:
        """Use an element of a message, a modal or a home; `value` for all but buttons."""
        who = self._person(user)
        block, element = find_element(surface, name)
        if "confirm" in element:
            self.confirmations.append(element["confirm"])
        suggested = self.suggested.get(element["action_id"], [])
        action = action_of(block, element, value, self.world.new_ts(), suggested)
        if element["type"] in EMPTY:
            state = {key: action[key] for key in ("type", *EMPTY[element["type"]])}
            enter(surface, block, element, state)
        if block["type"] == "input" and not block.get("dispatch_action"):
            return Answer(acked=True)
        state = first_state(blocks_of(surface), surface.state)
        body = payloads.interaction(self.world, "block_actions", who, self._team(who, surface))
        body |= self._place(who, surface) | {"actions": [action]}
        if isinstance(surface, FakeMessage):
            body["state"] = {"values": state}
        return await self._deliver("interactive", body)

    async def suggests(
        self, user: str, name: str, value: str = "", *, surface: Surface | None = None
    ) -> list[Data]:
        """Type into a menu that asks the app for choices; in the top modal unless told."""
        who = self._person(user)
        seen = surface or self.top_view(user)
        block, element = find_element(seen, name)
        assert len(value) >= element.get("min_query_length", 3), f"{value!r} is too short to ask"
        body = payloads.interaction(self.world, "block_suggestion", who, self._team(who, seen))
        del body["trigger_id"]
        body |= self._place(who, seen) | {"value": value}
        body |= {"action_id": element["action_id"], "block_id": block["block_id"]}
        body.pop("response_url", None)
        answer = await self._deliver("interactive", body)
        assert answer.acked, f"no suggestions: {answer}"
        options = self._options(answer.body)
        self.suggested[element["action_id"]] = options
        return options

    @staticmethod
    def _options(body: Any) -> list[Data]:
        groups = body.get("option_groups", [{"options": body.get("options", [])}])
        options: list[Data] = [option for group in groups for option in group["options"]]
        assert len(options) <= 100, "more than 100 choices"
        return options

    async def uses_shortcut(
        self, user: str, callback_id: str, *, message: FakeMessage | None = None
    ) -> Answer:
        """Use a global shortcut, or one of a message."""
        who = self._person(user)
        kind = "message_action" if message else "shortcut"
        body = payloads.interaction(self.world, kind, who, self._team(who, message))
        body |= {"callback_id": callback_id, "action_ts": self.world.new_ts()}
        if message:
            place = payloads.on_message(self.world, message, user)
            del place["container"]
            body |= place | {"message_ts": message.ts}
        return await self._deliver("interactive", body)

    # --- what they all need ----------------------------------------------------------------

    def message(self, channel: str, ts: str) -> FakeMessage:
        """A message that somebody sees, be it only one person."""
        if posted := self.world.find_message(channel, ts):
            return posted
        for message in self.world.unseen:
            if message.channel == channel and message.ts == ts:
                return message
        raise AssertionError(f"no message {ts} in {channel}")

    def top_view(self, user: str) -> FakeView:
        """The modal that a person has before them."""
        stack = self.world.views.get(user)
        assert stack, f"{user} has no modal open"
        return stack[-1]

    def _person(self, user: str) -> FakeUser:
        return self.world.users[user]

    def _team(self, who: FakeUser, surface: Surface | None) -> FakeTeam:
        team_id = surface.team_id if surface else who.team_id
        if isinstance(surface, FakeMessage):
            team_id = self.world.channels[surface.channel].team_id
        return self.world.teams[team_id]

    def _place(self, who: FakeUser, surface: Surface) -> Data:
        if isinstance(surface, FakeView):
            return payloads.on_view(surface, self.world.teams[surface.team_id])
        return payloads.on_message(self.world, surface, who.id)

    async def _deliver(self, kind: str, payload: Data) -> Answer:
        return await self.deliveries.deliver(Delivery(kind=kind, payload=payload))

    def _send_event(self, event: Data, team_id: str) -> None:
        """Tell the app in the background, if it has subscribed and is installed."""
        team = self.world.teams[team_id]
        known = event["type"] in {*self.world.bot_events, "message"}
        if known and team.installed:
            payload = payloads.event_callback(self.world, event, team)
            self.deliveries.start(self._deliver("events_api", payload))
