"""Private answers that Slack does not take at once."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.forms import Place
from adapters.slack.intake import Asked
from adapters.slack.patience import Patience
from adapters.slack.workspaces import Workspace
from bot.domain.errors import UnavailableError, UserError
from bot.domain.export import ExportFile
from bot.messages.message import Message
from bot.messages.reply import Reply
from tests.fakes.clock import FakeClock

REPLY = Reply(
    message=Message(title="Here it is"),
    kept=(
        ExportFile(name="a.csv", sha256="a", size=1),
        ExportFile(name="b.csv", sha256="b", size=1),
    ),
)


@dataclass
class Slack:
    """Says what it is told to, once the failures that wait are used up."""

    failures: list[Exception | None] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    async def say(self, asked: Asked, reply: Reply) -> None:
        del asked
        self._take(reply.message.title)

    async def bring(self, asked: Asked, name: str, sha256: str) -> None:
        del asked, sha256
        self._take(name)

    def _take(self, words: str) -> None:
        failure = self.failures.pop(0) if self.failures else None
        if failure:
            raise failure
        self.said.append(words)


@pytest.fixture
def asked() -> Asked:
    workspace = Workspace(tenant="T1", client=AsyncWebClient())
    return Asked(key="k", workspace=workspace, user="U1", place=Place(channel="C1"))


def limited(seconds: float | None = None) -> UnavailableError:
    return UnavailableError("limited", retry_after=seconds, untouched=True)


async def test_what_is_limited_goes_on_where_it_stopped_and_when_slack_says(asked: Asked) -> None:
    slack, clock = Slack(failures=[None, limited(20)]), FakeClock()
    patience = Patience(telling=slack, clock=clock)
    await patience.give(asked, REPLY)
    assert slack.said == ["Here it is"]
    clock.advance(timedelta(seconds=19))
    assert await patience.sweep() == 0
    clock.advance(timedelta(seconds=1))
    assert await patience.sweep() == 1
    assert slack.said == ["Here it is", "a.csv", "b.csv"]
    assert await patience.sweep() == 0


async def test_what_may_have_been_said_is_not_said_again(asked: Asked) -> None:
    slack = Slack(failures=[UnavailableError("the answer was lost")])
    patience = Patience(telling=slack, clock=FakeClock())
    with pytest.raises(UnavailableError):
        await patience.give(asked, REPLY)
    assert (slack.said, len(patience.late)) == ([], 0)


async def test_what_is_refused_later_or_limited_for_too_long_is_given_up(asked: Asked) -> None:
    slack, clock = Slack(failures=[limited(), UserError("the channel is gone")]), FakeClock()
    patience = Patience(telling=slack, clock=clock)
    await patience.give(asked, REPLY)
    clock.advance(timedelta(seconds=5))
    assert await patience.sweep() == 1
    slack.failures = [limited(3_600)]
    with pytest.raises(UnavailableError):
        await patience.give(asked, REPLY)
    assert (slack.said, len(patience.late)) == ([], 0)
