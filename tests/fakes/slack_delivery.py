"""A stage whose conversation is a channel of the fake Slack, told by the real messenger."""

import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.boards import Boards, live_runs
from adapters.slack.calls import Calls
from adapters.slack.echoes import Echoes
from adapters.slack.outbound import SlackMessenger
from adapters.slack.pacing import Pacing
from adapters.slack.sessions import Sessions
from adapters.slack.workspaces import MakeClient, open_clients
from bot.domain.actor import person
from bot.domain.conversation import Conversation
from bot.domain.run import Run
from bot.domain.vocabulary import Mode
from bot.notifier import Notifier
from bot.services.dispatching import DispatchRequest, dispatch
from tests.fakes.block_kit import check_blocks, check_view
from tests.fakes.slack.fake import FakeSlack, fake_slack
from tests.fakes.slack.shown import FakeMessage
from tests.fakes.stage import Stage, stage

TEAM = "T0001"
CHANNEL = Conversation(surface="slack", tenant=TEAM, channel="C1")
USERS = {"developer": "UDEV", "reviewer": "UREV"}


@dataclass
class SlackStage:
    """The core on one side, the fake Slack on the other."""

    stage: Stage
    slack: FakeSlack
    make_client: MakeClient
    public_url: str = ""
    fallback_channel: str = ""

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, messenger: type[SlackMessenger] = SlackMessenger) -> None:
        """The bot begins anew and remembers nothing but what is stored."""
        self.echoes = Echoes()
        self.pacing = Pacing(self.stage.clock, self.echoes)
        self.calls = Calls(self._client)
        self.messenger = messenger(
            self.calls,
            self.echoes,
            self.pacing,
            people=self._people,
            sessions=Sessions(self.calls, self.stage.clock),
            public_url=self.public_url,
            fallback_channel=self.fallback_channel,
            echo_wait=0.1,
        )
        self.notifier = Notifier(
            self.stage.store,
            {"slack": self.messenger},
            rules=lambda: self.stage.rules,
            etiquettes={"slack": self.pacing},
        )
        self.boards = Boards(
            self.messenger,
            self.pacing,
            self.echoes,
            clock=self.stage.clock,
            live=live_runs(self.stage.store),
        )
        self.stage.notifier = self.notifier

    def hears_itself(self) -> None:
        """Let echoes come in, as the inbound half does."""

        def send(event: dict[str, Any], team: str) -> None:
            metadata = event.get("metadata")
            if event.get("subtype") == "message_deleted":
                self.echoes.deleted(team, event["channel"], event["deleted_ts"])
            elif metadata and not event.get("subtype"):
                key = metadata["event_payload"]["key"]
                self.echoes.heard(team, event["channel"], key, event["ts"])

        self.slack.world.send_event = send

    async def dispatches(
        self,
        blueprint: str = "hello",
        *,
        place: Conversation = CHANNEL,
        mode: Mode = Mode.SUPERVISED,
    ) -> Run:
        """Somebody starts a run in a conversation; nothing is told yet."""
        wanted = DispatchRequest(blueprint=blueprint, mode=mode)
        return await self.stage.store.write(
            lambda tx: dispatch(
                tx, self.stage.rules, wanted, actor=person("developer", "slack"), conversation=place
            )
        )

    async def tells(self) -> None:
        """Tell all that may be told at this moment."""
        while await self.notifier.tell_due():
            pass

    async def goes_on(self, seconds: float, *, step: float = 0.25, boards: bool = False) -> None:
        """Time goes by, and the notifier looks again and again."""
        for _ in range(round(seconds / step)):
            self.stage.clock.advance(timedelta(seconds=step))
            await self.tells()
            if boards:
                await self.boards.tick()

    def said(self, channel: str = "C1") -> list[FakeMessage]:
        """What stands in a channel and its threads."""
        return self.slack.messages(channel)

    async def _client(self, tenant: str) -> AsyncWebClient:
        assert tenant == TEAM
        return self.make_client(self.slack.bot_token)

    async def _people(self, tenant: str, handles: Collection[str]) -> Mapping[str, str]:
        assert tenant == TEAM
        return {handle: USERS[handle] for handle in handles if handle in USERS}


@asynccontextmanager
async def slack_stage(
    database: str, *, limits: bool = False, **options: str
) -> AsyncIterator[SlackStage]:
    """Open both; the channel C1 has a developer, a reviewer and the bot."""
    async with stage(database) as opened, fake_slack(opened.clock, limits=limits) as slack:
        for user in USERS.values():
            slack.add_user(user)
        slack.add_channel("C1", members=list(USERS.values()), name="deploys")
        async with open_clients(slack.api_url) as make_client:
            yield SlackStage(opened, slack, make_client, **options)
        check_payloads(slack)


def check_payloads(slack: FakeSlack) -> None:
    """Fails where anything that was sent would be refused by Slack's own rules."""
    for call in slack.calls:
        for name, check in (("blocks", check_blocks), ("view", check_view)):
            given = call.arguments.get(name)
            payload = json.loads(given) if isinstance(given, str) else given
            if payload:
                check(payload)
        if call.method in {"chat.postMessage", "chat.update", "chat.postEphemeral"}:
            assert call.arguments["text"], "no fallback"
