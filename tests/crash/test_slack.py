"""A real bot in Slack: a story by either way in, kills on its way, two clicks; and its secrets."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.rehearsal import create_world
from tests.fakes.real_bot import PATIENCE, RealBot, processes_of
from tests.fakes.slack.fake import FakeMessage, FakeSlack, fake_slack
from tests.fakes.slack.surfaces import buttons_of
from tests.fakes.slack_stage import ACCOUNTS, CHANNEL, text_of

KEY = "c2lnbmFsYm94LXNsYWNrLXRlc3Qta2V5LTMyLWJ5dGU="
DEVELOPER, REVIEWER, SECOND = ACCOUNTS["developer"], ACCOUNTS["reviewer"], ACCOUNTS["second"]
SUPERVISED = "dispatch fix-rounding supervised pace=0"
QUICK = "dispatch hello autopilot pace=0"
WAITS = "waits for approval"


@dataclass
class Office:
    """A workspace, and the bot that speaks there."""

    slack: FakeSlack
    bot: RealBot
    way: str

    async def opens(self) -> None:
        """Start the bot, and wait until Slack reaches it."""
        await asyncio.to_thread(self.bot.start)
        if self.way == "http":
            address = (self.bot.data / "address").read_text().strip()
            self.slack.deliver_over_http(f"{address}/slack/events")
        else:
            await self.until(lambda: len(self.slack.sockets.connections) > 1, "connections")

    async def dies(self) -> None:
        """SIGKILL, and wait until Slack has noticed."""
        await asyncio.to_thread(self.bot.kill)
        await self.until(lambda: not self.slack.sockets.connections, "no connection")

    async def until(self, look: Callable[[], Any], what: str) -> Any:
        """What `look` gives once it is true."""
        end = asyncio.get_running_loop().time() + PATIENCE
        while asyncio.get_running_loop().time() < end:
            if found := look():
                return found
            await asyncio.sleep(0.02)
        said = [text_of(each)[:300] for each in self.slack.messages(CHANNEL)]
        private = [text_of(each)[:300] for each in self.slack.world.unseen]
        raise AssertionError((what, said, private, self.bot.log()[-3_000:]))

    async def asks(self, text: str, *, user: str = DEVELOPER) -> None:
        """Type `/run …`, which is acknowledged."""
        answer = await self.slack.types_command(user, CHANNEL, "/run", text)
        assert answer.acked, answer

    async def told(self, words: str, *, user: str) -> None:
        """Wait until a person is privately told these words."""
        await self.until(lambda: words in self.private(user), f"{words!r} to {user}")

    def private(self, user: str) -> str:
        """All that a person is told alone."""
        return "\n".join(text_of(each) for each in self.slack.ephemerals(CHANNEL, user))

    def saying(self, words: str) -> list[FakeMessage]:
        """The messages of the channel that have these words."""
        return [said for said in self.slack.messages(CHANNEL) if words in text_of(said)]

    async def gate(self) -> FakeMessage:
        """The card of the gate that waits, once it has its buttons."""

        def look() -> FakeMessage | None:
            found = [said for said in self.saying(WAITS) if "Approve" in buttons_of(said)]
            return next((said for said in found if said.thread_ts != said.ts), None)

        found: FakeMessage = await self.until(look, "a gate")
        return found

    async def ends(self) -> None:
        """Wait until the card and the note in its thread tell the end, and nothing is untold."""
        await self.until(lambda: len(self.finals()) > 1, "the end")
        await self.until(lambda: self.slack.messages(CHANNEL)[0] in self.finals(), "the card's end")
        await asyncio.sleep(1.5)

    def finals(self) -> list[FakeMessage]:
        """The card, as ended, and every other message that tells the end."""
        return [*self.saying(": Completed"), *self.saying(": Succeeded")]

    def told_once(self) -> None:
        """Fails where the channel has other than one card and one end, or anything twice."""
        messages = self.slack.messages(CHANNEL)
        keys = [said.metadata["event_payload"]["key"] for said in messages if said.metadata]
        assert len(keys) == len(messages) == len(set(keys)), keys
        assert [said.ts for said in messages if said.thread_ts in {None, said.ts}] == [
            messages[0].ts
        ], "one card, and all else in its thread"
        assert len(self.finals()) == 2, [said.text for said in messages]


@asynccontextmanager
async def deployed(data: Path, way: str, *, database: str = "") -> AsyncIterator[Office]:
    """The example world with the usual people, known by their accounts in Slack."""
    async with fake_slack() as slack:
        for name, user in ACCOUNTS.items():
            slack.add_user(user, name=name, email=f"{name}@shop.example")
        slack.add_channel(CHANNEL, members=ACCOUNTS.values())
        create_world(data)
        roles = {"developer": "operator", "viewer": "viewer", "admin": "admin"}
        people = {
            name: {"role": roles.get(name, "approver"), "identities": [f"slack/T0001/{user}"]}
            for name, user in ACCOUNTS.items()
        }
        policy = {"schema": "signalbox/policy/v1", "people": people, "fallback_owner": "admin"}
        policy["defaults"] = {"run": ["operator"], "approve": ["approver"], "four_eyes": True}
        (data / "policy.yaml").write_text(json.dumps(policy))
        settings = _settings(slack, way)
        if database:
            settings["SIGNALBOX_DATABASE_URL"] = database
        office = Office(slack, RealBot(data, settings), way)
        try:
            await office.opens()
            yield office
        finally:
            if office.bot.process is not None:
                await asyncio.to_thread(office.bot.stop)


def _settings(slack: FakeSlack, way: str) -> dict[str, str]:
    return {
        "SIGNALBOX_SLACK_API_URL": slack.api_url,
        "SIGNALBOX_SLACK_BOT_TOKEN": slack.bot_token,
        "SIGNALBOX_ENCRYPTION_KEY": KEY,
        **(
            {"SIGNALBOX_SLACK_SIGNING_SECRET": slack.signing_secret}
            if way == "http"
            else {"SIGNALBOX_SLACK_APP_TOKEN": slack.app_token}
        ),
    }


@pytest.fixture(params=["socket", "http"])
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    async with deployed(tmp_path / "data", request.param) as opened:
        yield opened


@pytest.fixture
async def by_socket(tmp_path: Path) -> AsyncIterator[Office]:
    async with deployed(tmp_path / "data", "socket") as opened:
        yield opened


async def test_from_the_command_to_the_end_without_a_secret_anywhere(office: Office) -> None:
    slack = office.slack
    await office.asks(SUPERVISED)
    gate = await office.gate()
    card = slack.messages(CHANNEL)[0]
    assert (card.thread_ts, gate.thread_ts) == (card.ts, card.ts)
    assert (await slack.presses(DEVELOPER, CHANNEL, gate.ts, "Approve")).acked
    await office.told("four eyes", user=DEVELOPER)
    assert "four eyes" not in "".join(text_of(said) for said in slack.messages(CHANNEL))
    kept_by_program = environments(office.bot, "R-1.1")
    assert (await slack.presses(REVIEWER, CHANNEL, gate.ts, "Approve")).acked
    await office.ends()
    office.told_once()
    assert buttons_of(gate) == []
    shown = office.bot.chat("/run logs 1").stdout
    assert shown
    kept = [path for path in office.bot.data.rglob("*") if path.is_file()]
    assert len(kept) > 10
    hooks = [f"/hooks/{hook}" for hook in slack.world.hooks]
    assert hooks
    for secret in [slack.bot_token, slack.app_token, slack.signing_secret, *hooks]:
        assert secret not in office.bot.log() + shown
        assert secret.encode() not in kept_by_program
        for path in kept:
            assert secret.encode() not in path.read_bytes(), path


def environments(bot: RealBot, job: str) -> bytes:
    """What every process of a job was started with."""
    found = processes_of(bot, job)
    assert found
    return b"\0".join(Path(f"/proc/{number}/environ").read_bytes() for number in found)


async def test_killed_right_after_a_command_was_acknowledged(office: Office) -> None:
    await office.asks(QUICK)
    await office.dies()
    await office.opens()
    await office.ends()
    office.told_once()


async def test_killed_while_a_gate_waits(office: Office) -> None:
    await office.asks(SUPERVISED)
    gate = await office.gate()
    await office.dies()
    refused = await office.slack.presses(REVIEWER, CHANNEL, gate.ts, "Approve")
    assert not refused.acked
    await office.opens()
    assert (await office.slack.presses(REVIEWER, CHANNEL, gate.ts, "Approve")).acked
    await office.ends()
    office.told_once()


@pytest.fixture(params=["socket sqlite", "http postgresql"])
async def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    """Both ways in and both databases."""
    way, kind = request.param.split()
    url = request.getfixturevalue("postgres_url") if kind == "postgresql" else ""
    async with deployed(tmp_path / "data", way, database=url) as opened:
        yield opened


@pytest.mark.parametrize("lost", ["request", "answer"])
async def test_killed_before_a_post_or_its_receipt(elsewhere: Office, lost: str) -> None:
    slack = elsewhere.slack
    slack.bot_events.discard("message.channels")  # no echo: the receipt is lost for good
    lose = slack.loses_request if lost == "request" else slack.loses_answer
    lose("chat.postMessage", times=None)
    await elsewhere.asks(QUICK)
    await elsewhere.until(lambda: slack.calls_of("chat.postMessage"), "a post")
    await elsewhere.dies()
    assert len(slack.messages(CHANNEL)) == (lost == "answer")
    slack.recovers()
    await elsewhere.opens()
    await elsewhere.ends()
    elsewhere.told_once()


async def test_killed_again_and_again_while_a_run_goes_on(by_socket: Office) -> None:
    await by_socket.asks("dispatch hello autopilot pace=0.5")
    for _ in range(3):
        await by_socket.until(lambda: by_socket.slack.messages(CHANNEL), "the card")
        await by_socket.dies()
        await by_socket.opens()
    await by_socket.ends()
    by_socket.told_once()


async def test_of_two_who_click_at_once_one_decides_and_the_other_is_told(office: Office) -> None:
    await office.asks(SUPERVISED)
    gate = await office.gate()
    pressed = await asyncio.gather(
        *(office.slack.presses(user, CHANNEL, gate.ts, "Approve") for user in (REVIEWER, SECOND))
    )
    assert all(answer.acked for answer in pressed)
    await office.ends()
    office.told_once()
    said = {user: office.private(user) for user in (REVIEWER, SECOND)}
    late = [user for user, text in said.items() if "already" in text]
    assert len(late) == 1, said
    won = "second" if late == [REVIEWER] else "reviewer"
    assert won in said[late[0]]
    assert text_of(gate).count("Approved by") == 1, text_of(gate)
    assert ACCOUNTS[won] in text_of(gate) or f"@{won}" in text_of(gate), text_of(gate)
