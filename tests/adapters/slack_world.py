"""A whole bot beside a fake Slack: people do things there, and what follows is waited for."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.config import Settings
from bot.wiring import Bot, running
from tests.fakes.slack.fake import FakeMessage, FakeSlack, fake_slack
from tests.fakes.stage import VAULT_KEY

PATIENCE = 15.0
PEOPLE = {"developer": "UDEV", "reviewer": "UREV", "viewer": "UVIEW", "admin": "UADM"}
ROLES = {"developer": "operator", "reviewer": "approver", "viewer": "viewer", "admin": "admin"}
CHANNEL = "C1"
STRANGER = "UNEW"


@dataclass
class SlackWorld:
    """Slack, and the bot in it."""

    slack: FakeSlack
    settings: Settings
    bot: Bot | None = None
    more_policy: dict[str, Any] = field(default_factory=dict)

    @asynccontextmanager
    async def bot_runs(self) -> AsyncIterator[Bot]:
        """A bot while the block runs; over HTTP where there is no app token."""
        async with running(self.settings) as bot:
            if self.settings.slack_app_token:
                self.slack.deliver_over_socket()
                await self.until(lambda: len(self.slack.sockets.connections) > 1)
            else:
                self.slack.deliver_over_http(f"{bot.address}/slack/events")
            yield bot

    async def until(self, look: Callable[[], Any]) -> Any:
        """What `look` gives once it is true."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := look()):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            said = [text_of(each)[:600] for each in self.slack.messages(CHANNEL)]
            private = [text_of(each)[:600] for each in self.slack.world.unseen]
            raise AssertionError((said, private)) from None
        return found

    async def hears(self, words: str, *, user: str = "UDEV", channel: str = CHANNEL) -> FakeMessage:
        """The newest message that only this person sees, once it has these words."""

        def look() -> FakeMessage | None:
            said = self.slack.ephemerals(channel, user)
            return said[-1] if said and words in text_of(said[-1]) else None

        found: FakeMessage = await self.until(look)
        return found

    async def sees(self, words: str, *, channel: str = CHANNEL) -> FakeMessage:
        """The newest message of a channel that has these words, once there is one."""

        def look() -> FakeMessage | None:
            said = [each for each in self.slack.messages(channel) if words in text_of(each)]
            return said[-1] if said else None

        found: FakeMessage = await self.until(look)
        return found

    async def shows(self, message: FakeMessage, name: str) -> None:
        """Wait until a message has this reaction alone."""
        await self.until(lambda: list(self.slack.reactions(message.channel, message.ts)) == [name])


def text_of(message: FakeMessage) -> str:
    """All that a message says."""
    return f"{message.text}\n{json.dumps(message.blocks, ensure_ascii=False)}"


def write_rules(data: Path, *, more: dict[str, Any] | None = None) -> None:
    """A policy in which people are known by their accounts, and two blueprints."""
    data.mkdir(parents=True, exist_ok=True)
    people = {
        name: {"role": ROLES[name], "identities": [f"slack/T0001/{user}"]}
        for name, user in PEOPLE.items()
    }
    people["robots"] = {"role": "operator", "identities": ["slack/T0001/workflow"]}
    policy = {"schema": "signalbox/policy/v1", "people": people, **(more or {})}
    (data / "policy.yaml").write_text(json.dumps(policy))
    folder = data / "blueprints"
    folder.mkdir(exist_ok=True)
    hello = {
        "schema": "signalbox/blueprint/v1",
        "name": "hello",
        "profile": "agent",
        "title": "Say hello",
        "project": "shop",
        "command": ["/bin/sh", "-c", "echo hello"],
        "inputs": [
            {"name": "name", "default": "world"},
            {"name": "times", "type": "number", "default": 1},
            {"name": "context"},
        ],
    }
    (folder / "hello.yaml").write_text(json.dumps(hello))


@asynccontextmanager
async def slack_world(
    data: Path, way: str, *, more: dict[str, Any] | None = None, slots: int = 1
) -> AsyncIterator[SlackWorld]:
    """A workspace with people in one channel; `way` is socket or http."""
    write_rules(data, more=more)
    async with fake_slack() as slack:
        for name, user in PEOPLE.items():
            slack.add_user(user, name=name, email=f"{name}@shop.example")
        slack.add_user(STRANGER, name="newcomer")
        slack.add_channel(CHANNEL, members=[*PEOPLE.values(), STRANGER])
        settings = Settings(
            data_dir=data,
            port=0,
            slots=slots,
            rehearsal=False,
            encryption_key=VAULT_KEY,
            slack_bot_token=slack.bot_token,
            slack_api_url=slack.api_url,
            slack_signing_secret=slack.signing_secret if way == "http" else "",
            slack_app_token=slack.app_token if way == "socket" else "",
        )
        yield SlackWorld(slack, settings)


__all__ = ["CHANNEL", "PEOPLE", "STRANGER", "SlackWorld", "replace", "slack_world", "text_of"]
