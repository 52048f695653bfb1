"""An office: a stage whose people have accounts with a tracker and another chat."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from bot.domain.actor import person
from bot.domain.conversation import CONSOLE, Conversation
from bot.domain.issue import Issue
from bot.domain.person import Person
from bot.domain.policy import ProjectTerms
from bot.messages.message import Message
from bot.ports.requests import IssueSearch
from tests.fakes.stage import FIX, HELLO, POLICY, Stage, rules, stage
from tests.fakes.tracker import ENG_142

ENG_FIX = replace(FIX, match={"team": "ENG"})
ISSUE = ENG_142.conversation
SESSION = replace(ISSUE, thread="session-1")
SLACK = Conversation(surface="slack", tenant="T1", channel="C1")
PEOPLE = {
    "developer": Person(
        handle="developer",
        email="Dev@Shop.example",
        identities=("linear/acme/u-dev", "slack/T1/U1"),
    ),
    "reviewer": Person(
        handle="reviewer", identities=("linear/acme/u-rev", "slack/T1/U2"), email="rev@x.example"
    ),
    "viewer": Person(handle="viewer", identities=("slack/T1/U3",)),
}
WITH_PEOPLE = replace(
    POLICY,
    persons=PEOPLE,
    projects={"shop": ProjectTerms(channels=frozenset({"slack/T1/C1", "console/local/console"}))},
)
DISPATCH = "dispatch"


@asynccontextmanager
async def office_at(database: str) -> AsyncIterator[Stage]:
    """The stage, with a blueprint for issues of the team ENG and one for none."""
    policy = replace(WITH_PEOPLE, projects={})
    async with stage(database, rules_=rules(ENG_FIX, HELLO, policy=policy)) as opened:
        yield opened


def cards(messages: list[Message]) -> list[Message]:
    """Those that are a run's card."""
    return [message for message in messages if message.attributes.get("subject") == "card"]


def assign(office: Stage, **fields: Any) -> None:
    """The tracker has its issue with these fields."""
    office.tracker.issues["ENG-142"] = replace(ENG_142, **fields)


async def finds(office: Stage, who: str, words: str) -> tuple[Issue, ...]:
    """The issues that somebody finds by words."""
    search: IssueSearch = office.dispatcher
    return await search.find_issues(words, actor=person(who, "console"), conversation=CONSOLE)


async def completes(office: Stage, who: str, text: str) -> tuple[str, ...]:
    """What somebody's words may become."""
    return await office.dispatcher.complete(
        text, actor=person(who, "console"), conversation=CONSOLE
    )
