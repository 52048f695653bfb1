"""Every document of ours, and every set of variables, fits Linear's own schema."""

from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse
from graphql.execution.values import get_variable_values

from adapters.linear import documents
from tests.fakes.linear.door import Door, open_door
from tests.fakes.linear.schema import complexity, linear_schema, read_document
from tests.fakes.linear.server import MOST_POINTS

DOCUMENTS = {
    name: text for name, text in vars(documents).items() if name.isupper() and name[0] != "_"
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_valid(name: str) -> None:
    assert read_document(DOCUMENTS[name])[1] == ()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_cheap(name: str) -> None:
    assert complexity(parse(DOCUMENTS[name]), {"first": 100}) < MOST_POINTS / 2


def test_documents_have_names_of_their_own() -> None:
    names = [_operation(text).name.value for text in DOCUMENTS.values()]  # type: ignore[union-attr]  # all have names
    assert len(set(names)) == len(names) == len(DOCUMENTS)


def test_the_schema_refuses_what_it_does_not_know() -> None:
    assert read_document("query Wrong { viewer { shoeSize } }")[1]
    assert coerced(documents.CREATE_ACTIVITY, {"input": {"content": {}}})
    assert coerced(documents.UPDATE_ISSUE, {"id": "ENG-1", "input": {"priority": "high"}})


async def test_variables_fit_as_they_are_sent() -> None:
    async with open_door() as door:
        await ask_everything(door)
        for call in door.linear.calls:
            text = next(
                text
                for text in DOCUMENTS.values()
                if _operation(text).name.value == call.operation  # type: ignore[union-attr]  # all have names
            )
            assert coerced(text, dict(call.variables)) == []
        asked = {call.operation for call in door.linear.calls}
        asked.add("Issues")  # of servers that have no search
        assert asked == {_operation(text).name.value for text in DOCUMENTS.values()}  # type: ignore[union-attr]  # all have names


async def ask_everything(door: Door) -> None:
    """Use every call of the client once."""
    from adapters.linear.values import Activity, ActivityType, made_id  # noqa: PLC0415

    client = door.client()
    issue = door.linear.world.add_issue("Fix checkout rounding")
    await client.viewer()
    await client.issue("ENG-141")
    await client.search("rounding", limit=5)
    await client.standing(issue.id)
    for number in range(2):
        await client.comment(issue.id, "Look", made=made_id("look", str(number)))
        await client.link(issue.id, url=f"https://x.test/{number}", title="Page")
    await client.talk(issue.id, page=1)
    session = await client.open_session(issue.id)
    ask = Activity(type=ActivityType.ELICITATION, body="Which?", options=(("A", "a"),))
    for _ in range(2):
        await client.act(session, ask, made=made_id("ask"))
        await client.comment(issue.id, "Hello", made=made_id("hello"), parent="")
    await client.update_session(
        session, plan=[{"content": "Plan", "status": "pending"}], links={"https://x.test": "Run"}
    )
    await client.session(session)
    await client.update_issue(issue.id, stateId=issue.team.states["In Progress"].id)
    await client.edit_comment(made_id("hello"), "Hello again")
    await client.link(issue.id, url="https://x.test", title="Run")


def coerced(text: str, variables: dict[str, Any]) -> list[object]:
    """What is wrong with the variables of a document."""
    found = get_variable_values(
        linear_schema(), _operation(text).variable_definitions or (), variables
    )
    return list(found) if isinstance(found, list) else []


def _operation(text: str) -> OperationDefinitionNode:
    (node,) = read_document(text)[0].definitions
    assert isinstance(node, OperationDefinitionNode)
    return node
