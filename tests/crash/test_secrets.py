"""A real bot with Slack, Linear and GitHub at once: when a run is done, no secret lies anywhere."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.system import SystemClock
from tests.adapters.github_world import SHOP, app_key
from tests.fakes.clock import FakeClock
from tests.fakes.github.server import GitHub, github
from tests.fakes.github.state import App
from tests.fakes.linear.server import FakeLinear, fake_linear
from tests.fakes.linear.world import Session
from tests.fakes.real_bot import RealBot, processes_of, wait_for
from tests.fakes.slack.fake import FakeMessage, FakeSlack, fake_slack
from tests.fakes.slack.surfaces import buttons_of
from tests.fakes.slack_stage import CHANNEL, text_of

KEY = "c2lnbmFsYm94LXNlY3JldHMtdGVzdC1rZXktMzItYiE="
GITHUB_SECRET = "webhook-secret-of-github"
WORK = """
plan="$TMPDIR/plan.json" kept="$TMPDIR/env.txt"
echo '{"summary": "Round half up", "files": ["code.py"], "base": "'"$SIGNALBOX_BASE"'"}' > "$plan"
signalbox report gate plan --plan "$plan" --wait || exit
echo 'x = 1' > code.py && git add code.py && git commit --quiet --message work
{ env; git config --list; git remote --verbose; } > "$kept"
cat "$kept" && cp "$kept" untracked.txt && signalbox report artifact "$kept"
signalbox report push
"""


@dataclass
class Everything:
    """The bot, and all that it is connected to."""

    bot: RealBot
    slack: FakeSlack
    linear: FakeLinear
    github: GitHub

    async def until(self, look: Callable[[], Any], what: str) -> Any:
        """What `look` gives once it is true."""
        return await asyncio.to_thread(wait_for, look, what=what)

    def told(self, session: Session, words: str) -> bool:
        """Whether Slack and Linear both say this."""
        slack = "".join(text_of(each) for each in self.slack.messages(CHANNEL))
        return words in slack and words in str(session.activities)

    def asking(self) -> FakeMessage | None:
        """The message in Slack that can be approved."""
        said = self.slack.messages(CHANNEL)
        return next((each for each in said if "Approve" in buttons_of(each)), None)

    def secrets(self) -> dict[str, str]:
        """Everything that the bot knows and nobody else must."""
        linear, slack = self.linear, self.slack
        return {
            "encryption key": KEY,
            "Linear's client secret": linear.tokens.client_secret,
            "Linear's webhook secret": linear.hooks.secret,
            **{f"Linear's token {name[-4:]}": name for name in linear.tokens.access},
            "Slack's bot token": slack.bot_token,
            "Slack's signing secret": slack.signing_secret,
            **{f"Slack's hook {hook}": f"/hooks/{hook}" for hook in slack.world.hooks},
            "GitHub's webhook secret": GITHUB_SECRET,
            "GitHub's private key": app_key()[0].splitlines()[3],
            **{f"GitHub's token {token[-4:]}": token for token, _ in self.github.state.minted},
        }

    def messages(self) -> str:
        """All that was said on every surface, and written to GitHub."""
        linear, state = self.linear.world, self.github.state
        return "\n".join(
            [
                *(text_of(each) for each in self.slack.messages(CHANNEL)),
                *(text_of(each) for each in self.slack.world.unseen),
                *(comment.body for comment in linear.comments.values()),
                *(str(act) for one in linear.sessions.values() for act in one.activities),
                *(str(each) for each in linear.attachments.values()),
                *(f"{pull.title}\n{pull.body}" for pull in state.pulls),
                json.dumps([state.checks, state.statuses], default=str),
                json.dumps(self.bot.transcript()),
                self.bot.chat("/run show R-1").stdout,
                self.bot.chat("/run logs R-1").stdout,
            ]
        )


@pytest.fixture
def code(tmp_path: Path) -> Iterator[GitHub]:
    with github(tmp_path / "github", SystemClock()) as running:
        running.state.add_repository(SHOP)
        running.state.secret = GITHUB_SECRET
        running.state.app = App("Iv1.abc", app_key()[1], installations={41: (SHOP,)})
        yield running


@pytest.fixture
async def everything(tmp_path: Path, code: GitHub) -> AsyncIterator[Everything]:
    async with fake_linear(FakeClock(datetime.now(UTC))) as linear, fake_slack() as slack:
        for user in ("UDEV", "UREV"):
            slack.add_user(user)
        slack.add_channel(CHANNEL, members=["UDEV", "UREV"])
        key = tmp_path / "app.pem"
        key.write_text(app_key()[0])
        bot = RealBot(tmp_path / "data", settings(linear, slack, code) | {_PRIVATE_KEY: str(key)})
        describe(bot.data, linear, code)
        async with started(bot) as address:
            slack.deliver_over_http(f"{address}/slack/events")
            linear.hooks.connect(httpx.AsyncClient(trust_env=False), f"{address}/linear/webhook")
            yield Everything(bot, slack, linear, code)


_PRIVATE_KEY = "SIGNALBOX_GITHUB_PRIVATE_KEY"


def settings(linear: FakeLinear, slack: FakeSlack, code: GitHub) -> dict[str, str]:
    return {
        "SIGNALBOX_ENCRYPTION_KEY": KEY,
        "SIGNALBOX_LINEAR_API_URL": linear.url,
        "SIGNALBOX_LINEAR_CLIENT_ID": linear.tokens.client,
        "SIGNALBOX_LINEAR_CLIENT_SECRET": linear.tokens.client_secret,
        "SIGNALBOX_LINEAR_WEBHOOK_SECRET": linear.hooks.secret,
        "SIGNALBOX_SLACK_API_URL": slack.api_url,
        "SIGNALBOX_SLACK_BOT_TOKEN": slack.bot_token,
        "SIGNALBOX_SLACK_SIGNING_SECRET": slack.signing_secret,
        "SIGNALBOX_GITHUB_API_URL": code.address,
        "SIGNALBOX_GITHUB_APP_ID": "Iv1.abc",
        "SIGNALBOX_GITHUB_WEBHOOK_SECRET": GITHUB_SECRET,
    }


def describe(data: Path, linear: FakeLinear, code: GitHub) -> None:
    """A policy with ana and ben, who are in Slack too, and one blueprint."""
    world = linear.world

    def who(name: str, role: str, user: str) -> dict[str, Any]:
        ours = world.users[name]
        accounts = [f"linear/{world.organization}/{ours.id}", f"slack/T0001/{user}"]
        return {"role": role, "email": ours.email, "identities": accounts}

    policy = {
        "schema": "signalbox/policy/v1",
        "people": {
            "developer": who("ana", "operator", "UDEV"),
            "reviewer": who("ben", "approver", "UREV"),
            "admin": "admin",
        },
        "projects": {"shop": {"channels": [f"slack/T0001/{CHANNEL}", "console/local/console"]}},
        "fallback_owner": "admin",
    }
    blueprint = {
        "schema": "signalbox/blueprint/v1",
        "name": "fix",
        "profile": "pod",
        "title": "Fix it",
        "project": "shop",
        "repositories": [code.clone_url(SHOP)],
        "command": ["/bin/sh", "-c", WORK],
        "gates": [{"checkpoint": "plan", "prompt": "Carry out this plan?"}],
        "match": {"team": "ENG"},
        "keep_alive": "1h",
    }
    (data / "blueprints").mkdir(parents=True)
    (data / "policy.yaml").write_text(json.dumps(policy))
    (data / "blueprints" / "fix.yaml").write_text(json.dumps(blueprint))


@asynccontextmanager
async def started(bot: RealBot) -> AsyncIterator[str]:
    try:
        await asyncio.to_thread(bot.start)
        yield (bot.data / "address").read_text().strip()
    finally:
        if bot.process is not None:
            await asyncio.to_thread(bot.stop)


async def at_the_gate(all_: Everything) -> tuple[Session, FakeMessage]:
    session = all_.linear.people.delegates(all_.linear.world.add_issue("Checkout rounds down"))
    assert session is not None
    await all_.linear.hooks.deliver()
    asking = await all_.until(all_.asking, "a gate in Slack")
    return session, asking


def environments_of(bot: RealBot) -> dict[bytes, bytes]:
    """What every process of the job was started with, by its command."""
    found = {}
    for number in processes_of(bot, "R-1.1"):
        folder = Path(f"/proc/{number}")
        with suppress(OSError):  # it has ended meanwhile
            found[(folder / "cmdline").read_bytes()] = (folder / "environ").read_bytes()
    return found


async def test_from_linear_to_a_merge_without_a_secret_anywhere(everything: Everything) -> None:
    session, asking = await at_the_gate(everything)
    environments = environments_of(everything.bot)
    assert len(environments) > 1
    assert (await everything.slack.uses("UREV", asking, "Approve")).acked
    state = everything.github.state

    def opened() -> bool:
        environments.update(environments_of(everything.bot))
        return everything.told(session, "Pull request")

    await everything.until(opened, "a pull request")
    address = (everything.bot.data / "address").read_text().strip()
    merged = state.merge(state.pulls[0].number)
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(
            f"{address}/github/webhook", content=merged.body, headers=dict(merged.headers)
        )
    assert answer.status_code == 200
    await everything.until(lambda: everything.told(session, "was merged"), "the merge")
    words = await asyncio.to_thread(everything.messages)
    assert await asyncio.to_thread(everything.bot.stop) == 0
    everything.bot.process = None
    files = [path for path in everything.bot.data.rglob("*") if path.is_file()]
    kept = {str(path): path.read_bytes() for path in files}
    assert {"signalbox.db", "bot.log", "untracked.txt"} <= {path.name for path in files}
    assert any("artifacts" in path.parts for path in files)
    secrets = everything.secrets()
    assert len(secrets) > 12
    for name, secret in secrets.items():
        assert secret not in words, name
        for places in (environments, kept):
            found = [place for place, content in places.items() if secret.encode() in content]
            assert found == [], name
