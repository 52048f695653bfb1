"""Reading issues from several trackers, of which some are away or slow."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.dispatch import issues
from bot.dispatch.issues import IssueReader
from bot.domain.catalog import Catalog
from bot.domain.conversation import CONSOLE
from bot.domain.errors import NotFoundError, UnavailableError, UserError
from bot.domain.issue import Issue
from bot.ports.store import Store
from tests.fakes.clock import FakeClock
from tests.fakes.tracker import ENG_142, FakeTracker

OTHER = replace(ENG_142, surface="jira", id="9", key="OPS-9", title="Other")
KEY = ENG_142.key


def two() -> tuple[FakeTracker, FakeTracker]:
    return FakeTracker(), FakeTracker(surface="jira", issues={"OPS-9": OTHER})


async def read_one(store: Store, *trackers: FakeTracker, name: str = KEY) -> Issue | UserError:
    reader = IssueReader(store, {tracker.surface: tracker for tracker in trackers})
    return (await reader.read([name], conversation=CONSOLE))[name]


async def test_whichever_tracker_knows_it_is_believed(store: Store) -> None:
    linear, jira = two()
    assert await read_one(store, jira, linear) == ENG_142
    assert await read_one(store, linear, jira, name="OPS-9") == OTHER
    assert isinstance(await read_one(store, linear, jira, name="OPS-8"), NotFoundError)


async def test_the_tracker_that_asks_is_asked_first(store: Store) -> None:
    linear, jira = two()
    reader = IssueReader(store, {"jira": jira, "linear": linear})
    found = await reader.read([KEY], conversation=ENG_142.conversation)
    assert found == {KEY: ENG_142}
    assert jira.read == 0


async def test_what_a_tracker_that_is_away_may_have_is_not_denied(store: Store) -> None:
    linear, jira = two()
    linear.away = True
    said = await read_one(store, linear, jira)
    assert not isinstance(said, NotFoundError)
    assert "The tracker does not answer" in str(said)


async def test_a_tracker_has_only_so_long(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issues, "_PATIENCE", 0.01)
    monkeypatch.setattr(issues, "_TYPING_PATIENCE", 0.01)
    linear, jira = two()
    linear.slow = True
    assert "The tracker does not answer" in str(await read_one(store, linear, jira))
    await store.write(lambda tx: tx.issues.keep(ENG_142))
    assert await read_one(store, linear, jira) == ENG_142
    reader = IssueReader(store, {"linear": linear, "jira": jira})
    found = await reader.search("o", limit=5, catalog=Catalog())
    assert found == (ENG_142, OTHER)


async def test_the_tracker_itself_waits_for_its_return(store: Store, clock: FakeClock) -> None:
    linear, _ = two()
    await store.write(lambda tx: tx.issues.keep(ENG_142))
    clock.advance(timedelta(minutes=10))
    linear.away = True
    reader = IssueReader(store, {"linear": linear})
    with pytest.raises(UnavailableError):
        await reader.read([KEY], conversation=ENG_142.conversation)
