"""Modals that are sent off, and what happens to the workspace around the app."""

from typing import Any

from tests.fakes.slack import payloads
from tests.fakes.slack.api_views import put_on_stack, replace_view
from tests.fakes.slack.delivery import Answer
from tests.fakes.slack.entities import Data, FakeExecution
from tests.fakes.slack.people import People
from tests.fakes.slack.shown import FakeView
from tests.fakes.slack.surfaces import enter, entered, find_element, missing_inputs
from tests.fakes.slack.views import accept_view


class Happenings(People):
    """What else people do."""

    # --- modals ----------------------------------------------------------------------------

    def fills(self, user: str, values: Data) -> None:
        """Enter values into the top modal, by label, action_id, or block_id → action_id."""
        view = self.top_view(user)
        blocks = {block["block_id"]: block for block in view.blocks}
        for name, value in values.items():
            if name in blocks and isinstance(value, dict) and set(value) <= set(view.state[name]):
                view.state[name] |= value
                continue
            block, element = find_element(view, name)
            suggested = self.suggested.get(element["action_id"], [])
            enter(view, block, element, entered(element, value, suggested))

    async def submits(self, user: str, values: Data | None = None) -> Answer:
        """Send off the top modal; what the app answers happens to it.

        The answer's body is the app's response_action, if any. As in Slack, a form that lacks
        an input cannot be sent (AssertionError).
        """
        view = self.top_view(user)
        self.fills(user, values or {})
        missing = missing_inputs(view)
        assert not missing, f"Slack would not send the form: {missing} must be filled in"
        view.errors = {}
        who, team = self._person(user), self.world.teams[view.team_id]
        body = payloads.interaction(self.world, "view_submission", who, team)
        body |= {"view": view.payload(team), "response_urls": []}
        answer = await self._deliver("interactive", body)
        if answer.acked:
            self._respond(view, answer.body if isinstance(answer.body, dict) else {})
        return answer

    def _respond(self, view: FakeView, body: Data) -> None:
        stack = self.world.views[view.user]
        match body.get("response_action"):
            case None:
                if view in stack:
                    stack.remove(view)
            case "clear":
                stack.clear()
            case "errors":
                self._show_errors(view, body["errors"])
            case "update":
                replace_view(self.world, view, accept_view(body["view"], "modal"))
            case "push":
                put_on_stack(self.world, view.user, accept_view(body["view"], "modal"))
            case other:
                raise AssertionError(f"Slack knows no response_action {other!r}")

    @staticmethod
    def _show_errors(view: FakeView, errors: dict[str, str]) -> None:
        inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
        assert errors, "errors must name at least one block"
        assert set(errors) <= inputs, f"{set(errors) - inputs} are no input blocks"
        view.errors = dict(errors)

    async def closes(self, user: str, *, all_of_them: bool = False) -> Answer:
        """Close the top modal, or the whole stack; told to the app where it wants to know."""
        view = self.top_view(user)
        stack = self.world.views[user]
        if all_of_them:
            stack.clear()
        else:
            stack.remove(view)
        if not view.given.get("notify_on_close"):
            return Answer(acked=True)
        who, team = self._person(user), self.world.teams[view.team_id]
        body = payloads.interaction(self.world, "view_closed", who, team)
        del body["trigger_id"]
        body |= {"view": view.payload(team), "is_cleared": all_of_them}
        return await self._deliver("interactive", body)

    # --- opening, stopping, steps ----------------------------------------------------------

    async def opens_home(self, user: str, tab: str = "home") -> None:
        """Open the app: its home, or the messages with it."""
        channel = self.world.open_dm(user)
        team = self.world.team_of(channel)
        event: Data = {"type": "app_home_opened", "user": user, "channel": channel.id, "tab": tab}
        home = self.world.homes.get(user)
        if tab == "home" and home is not None:
            event["view"] = home.payload(team)
        await self._tell(event, team.id)

    async def presses_stop(self, user: str, channel: str, thread_ts: str) -> None:
        """Press Slack's own Stop button, which only a session in progress has."""
        session = self.world.sessions.get((channel, thread_ts))
        assert session is not None, "there is no agent session here"
        assert self.world.session_status(session) == "processing", "there is no Stop button"
        streaming = []
        for message in self.world.replies_to(channel, thread_ts):
            if message.stream and message.stream.state == "in_progress":
                message.stream.state = "stopped_by_user"
                streaming.append(message.ts)
        event: Data = {"type": "agent_session_stopped", "channel": channel, "user": user}
        event |= {"thread_ts": thread_ts, "streaming_message_ts": streaming}
        await self._tell(event, self.world.channels[channel].team_id)

    async def runs_step(
        self, callback_id: str, inputs: Data, *, team_id: str | None = None
    ) -> FakeExecution:
        """Let a workflow run one of the app's steps."""
        team = self.world.teams[team_id or next(iter(self.world.teams))]
        execution = FakeExecution(
            id=self.world.number("Fx"),
            token=self.world.number("xwfp-"),
            callback_id=callback_id,
            inputs=inputs,
        )
        self.world.executions[execution.id] = execution
        self.world.grant(execution.token, team.id, "execution")
        function: Data = {"id": "Fn0001", "callback_id": callback_id, "title": callback_id}
        event: Data = {
            "type": "function_executed",
            "function": function | {"type": "app", "app_id": "A0001"},
            "inputs": inputs,
            "function_execution_id": execution.id,
            "workflow_execution_id": self.world.number("Wx"),
            "bot_access_token": execution.token,
        }
        await self._tell(event, team.id)
        return execution

    # --- the workspace ---------------------------------------------------------------------

    async def uninstalls(self, team_id: str | None = None) -> None:
        """Take the app out of a workspace: its tokens die, and it is told."""
        team = self.world.teams[team_id or next(iter(self.world.teams))]
        self._kill_tokens(team.id, "account_inactive")
        revoked = {"oauth": [], "bot": [team.bot_user_id]}
        self._send_event({"type": "tokens_revoked", "tokens": revoked}, team.id)
        self._send_event({"type": "app_uninstalled"}, team.id)
        team.installed = False
        await self.deliveries.settle()

    async def revokes_tokens(self, team_id: str | None = None) -> None:
        """Make the bot's tokens invalid, and tell the app."""
        team = self.world.teams[team_id or next(iter(self.world.teams))]
        self._kill_tokens(team.id, "token_revoked")
        revoked = {"oauth": [], "bot": [team.bot_user_id]}
        await self._tell({"type": "tokens_revoked", "tokens": revoked}, team.id)

    def _kill_tokens(self, team_id: str, error: str) -> None:
        for grant in self.world.grants.values():
            if grant.team_id == team_id and grant.kind == "bot" and not grant.revoked:
                grant.revoked = error

    async def archives(self, channel: str) -> None:
        """Archive a channel."""
        where = self.world.channels[channel]
        where.is_archived = True
        await self._tell({"type": "channel_archive", "channel": channel}, where.team_id)

    async def removes_bot(self, channel: str) -> None:
        """Take the bot out of a channel."""
        where = self.world.channels[channel]
        where.members.discard(self.world.team_of(where).bot_user_id)
        await self._tell({"type": "channel_left", "channel": channel}, where.team_id)

    async def invites_bot(self, channel: str) -> None:
        """Take the bot into a channel."""
        where = self.world.channels[channel]
        bot = self.world.team_of(where).bot_user_id
        where.members.add(bot)
        event = {"type": "member_joined_channel", "channel": channel, "user": bot}
        await self._tell(event, where.team_id)

    async def happens(self, event: dict[str, Any], *, team_id: str | None = None) -> None:
        """Send any event that the app has subscribed to."""
        await self._tell(event, team_id or next(iter(self.world.teams)))

    async def _tell(self, event: Data, team_id: str) -> None:
        self._send_event(event, team_id)
        await self.deliveries.settle()
