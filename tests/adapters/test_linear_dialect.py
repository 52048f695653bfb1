"""A server that knows less of Linear's schema than Linear: what is asked of it fits."""

from collections.abc import AsyncIterator

import pytest
from graphql import GraphQLSchema, graphql_sync

from adapters.linear import documents
from adapters.linear.auth import FixedToken
from adapters.linear.budget import Budget
from adapters.linear.client import LinearClient
from adapters.linear.dialect import SCHEMA, Dialect, Schema, UnknownToServerError, read_schema
from adapters.linear.events import IssueChanged, SessionCreated, read_event
from adapters.linear.transport import Transport, is_linears
from adapters.linear.values import Activity, ActivityType
from bot.domain.codec import JSON
from bot.domain.errors import NotFoundError
from tests.fakes.linear.door import Door, open_door
from tests.fakes.linear.schema import lesser_schema, linear_schema, read_document

DOCUMENTS = {
    name: text for name, text in vars(documents).items() if name.isupper() and name[0] != "_"
}


def schema_of(known: GraphQLSchema) -> Schema:
    return read_schema(graphql_sync(known, SCHEMA).data)


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with open_door() as opened:
        opened.linear.lesser = True
        yield opened


def client(door: Door) -> LinearClient:
    return LinearClient(
        Transport(
            door.http,
            FixedToken(door.linear.tokens.api_key),
            url=door.linear.url,
            budget=Budget(door.clock),
            dialect=Dialect(whole=False),
        )
    )


@pytest.mark.parametrize("name", DOCUMENTS)
def test_nothing_is_cut_where_everything_is_known(name: str) -> None:
    text, _ = schema_of(linear_schema()).fit(DOCUMENTS[name], {})
    assert "".join(text.replace(",", " ").split()) == "".join(
        DOCUMENTS[name].replace(",", " ").split()
    )


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_left_is_valid(name: str) -> None:
    try:
        text, _ = schema_of(lesser_schema()).fit(DOCUMENTS[name], {})
    except UnknownToServerError:
        assert name in {"SEARCH_ISSUES", "ACTIVITY", "LINK_URL", "MORE_ATTACHMENTS"}
    else:
        assert read_document(text, lesser=True)[1] == ()


async def test_issues_are_read_and_searched(door: Door) -> None:
    for title in ("Fix rounding", "Fix colours"):
        door.linear.world.add_issue(title)
    found = await client(door).search("eng fix COL", limit=5)
    assert [issue.title for issue in found] == ["Fix colours"]
    assert (await client(door).issue(found[0].id)).branch == ""
    assert (await client(door).talk(found[0].id)).attachments == ()
    with pytest.raises(NotFoundError):
        await client(door).issue("ENG-999")


async def test_a_comment_has_the_id_that_the_server_gave(door: Door) -> None:
    issue = door.linear.world.add_issue("Fix rounding")
    ours = client(door)
    told = await ours.comment(issue.id, "one", made="0" * 8, parent="1" * 8)
    await ours.edit_comment(told, "two")
    assert [comment.body for comment in door.linear.world.comments.values()] == ["two"]
    assert (await ours.comment_place(told)).root == told
    await ours.link(issue.id, url="https://bot.test/", title="not kept here")


async def test_activities_are_told_in_the_flat_form(door: Door) -> None:
    session = door.linear.people.mentions_app(door.linear.world.add_issue("Fix rounding"))
    said = Activity(type=ActivityType.THOUGHT, body="On it")
    await client(door).act(session.id, said, made="0" * 8)
    await client(door).update_session(session.id, plan=[], links={"https://bot.test/": "Run"})
    assert session.activities[-1].content == {"type": "thought", "body": "On it"}


def told(**fields: JSON) -> JSON:
    return {"organizationId": "org", "actor": {"id": "ana"}, **fields}


def test_sessions_are_heard_in_the_form_of_other_events() -> None:
    data = {"id": "session", "issueId": "issue"}
    event = read_event(told(type="AgentSessionEvent", action="created", data=data))
    assert event == SessionCreated(session="session", issue="issue", creator="ana")


def test_what_is_told_as_before_but_is_the_same_has_not_changed() -> None:
    label, new = {"id": "1", "name": "bug"}, {"id": "2", "name": "signalbox"}
    data = {"id": "issue", "identifier": "ENG-1", "assigneeId": "ana", "labels": [label, new]}
    before = {**data, "labels": [label]}
    event = read_event(told(type="Issue", action="update", data=data, updatedFrom=before))
    assert isinstance(event, IssueChanged)
    assert (event.assignee, event.new_labels) == (None, ("signalbox",))


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://api.linear.app/graphql", ["linear"]),
        ("http://127.0.0.1:4012", []),
        ("https://linear.app.example/", []),
    ],
)
def test_linear_itself_is_not_asked_for_its_schema(url: str, own: list[str]) -> None:
    assert is_linears(url) is bool(own)
