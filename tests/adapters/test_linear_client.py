"""The client against the stand-in: errors, limits, tokens, and creating once."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from adapters.linear.auth import FixedToken
from adapters.linear.budget import Budget
from adapters.linear.tokens import NoTokenError
from adapters.linear.transport import authorize_address, graphql_address, token_address
from adapters.linear.values import Activity, ActivityType, made_id
from bot.domain.errors import NotFoundError, RefusedError, UnavailableError, UserError
from tests.fakes.clock import FakeClock
from tests.fakes.linear.door import Door, open_door
from tests.fakes.linear.tokens import DAY

THOUGHT = Activity(type=ActivityType.THOUGHT, body="On it")


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with open_door() as opened:
        yield opened


async def test_it_says_who_we_are(door: Door) -> None:
    viewer = await door.client().viewer()
    assert (viewer.is_app, viewer.organization) == (True, door.linear.world.organization)


@pytest.mark.parametrize("name", ["ENG-141", "eng-141", "id"])
async def test_issues_are_found_by_id_or_identifier(door: Door, name: str) -> None:
    made = door.linear.world.add_issue("Fix rounding", project="Shop", labels=["bug"])
    made.assignee = door.linear.world.users["ana"]
    issue = await door.client().issue(made.id if name == "id" else name)
    assert issue.identifier == "ENG-141"
    assert (issue.team_key, issue.project, issue.labels) == ("ENG", "Shop", ("bug",))
    assert issue.assignee_email == "ana@acme.test"
    assert issue.state.type == "unstarted"


async def test_searching_finds_by_title_and_identifier(door: Door) -> None:
    for title in ("Fix rounding", "Fix colours"):
        door.linear.world.add_issue(title)
    client = door.client()
    assert [issue.title for issue in await client.search("fix", limit=1)] == ["Fix rounding"]
    assert [issue.title for issue in await client.search("eng-142", limit=5)] == ["Fix colours"]


async def test_what_is_not_there_and_what_is_not_ours_look_the_same(door: Door) -> None:
    issue = door.linear.world.add_issue("Secret")
    door.linear.people.removes_team("ENG")
    for name in (issue.id, "ENG-999"):
        with pytest.raises(NotFoundError):
            await door.client().issue(name)


async def test_creating_twice_creates_once(door: Door) -> None:
    issue = door.linear.world.add_issue("Fix rounding")
    session = door.linear.people.mentions_app(issue)
    client = door.client()
    for _ in range(2):
        await client.act(session.id, THOUGHT, made=made_id("one"))
        await client.comment(issue.id, "Hello", made=made_id("two"))
    assert [activity.content["body"] for activity in session.activities] == ["On it"]
    assert len(door.linear.world.comments) == 2


async def test_an_answer_that_is_lost_is_no_second_comment(door: Door) -> None:
    issue = door.linear.world.add_issue("Fix rounding")
    door.linear.faults.lost = 1
    with pytest.raises(UnavailableError):
        await door.client().comment(issue.id, "Hello", made=made_id("x"))
    await door.client().comment(issue.id, "Hello", made=made_id("x"))
    assert len(door.linear.world.comments) == 1


async def test_all_that_was_said_is_read_page_by_page(door: Door) -> None:
    issue = door.linear.world.add_issue("Fix rounding")
    for number in range(7):
        door.clock.advance(timedelta(seconds=1))
        door.linear.people.comments(issue, f"word {number}")
        await door.client().link(issue.id, url=f"https://x.test/{number}", title=f"page {number}")
    talk = await door.client().talk(issue.id, page=3)
    assert [said.text for said in talk.comments] == [f"word {number}" for number in range(7)]
    assert [title for title, _ in talk.attachments] == [f"page {number}" for number in range(7)]
    assert [len(door.linear.called(f"More{what}")) for what in ("Comments", "Attachments")] == [
        2,
        2,
    ]


async def test_a_real_refusal_stays_one(door: Door) -> None:
    issue = door.linear.world.add_issue("Fix rounding")
    session = door.linear.people.mentions_app(issue)
    with pytest.raises(UserError, match="text that is not empty"):
        await door.client().act(
            session.id, Activity(type=ActivityType.THOUGHT, body=" "), made=made_id("x")
        )


async def test_a_session_of_another_app_is_refused(door: Door) -> None:
    issue = door.linear.world.add_issue("Fix rounding")
    session = door.linear.people.mentions_app(issue)
    session.owner = "another-app"
    with pytest.raises(RefusedError):
        await door.client().act(session.id, THOUGHT, made=made_id("x"))


@pytest.mark.parametrize("status", [500, 502, 503, 200, 404])
async def test_answers_that_are_no_json_are_tried_again(door: Door, status: int) -> None:
    door.linear.faults.statuses.append(status)
    with pytest.raises(UnavailableError, match=f"HTTP {status}"):
        await door.client().viewer()


async def test_an_outage_is_tried_again(door: Door) -> None:
    door.linear.faults.down = True
    with pytest.raises(UnavailableError):
        await door.client().viewer()
    dead = door.client()
    await door.http.aclose()
    with pytest.raises((UnavailableError, RuntimeError)):
        await dead.viewer()


async def test_an_error_beside_usable_data_is_no_failure(door: Door) -> None:
    door.linear.faults.partial.append("assignee could not be loaded")
    assert (await door.client().viewer()).name == "Signalbox"


async def test_a_document_that_is_wrong_is_said_so(door: Door) -> None:
    with pytest.raises(UserError, match="shoeSize"):
        await door.transport().ask("query Wrong { viewer { shoeSize } }")


@pytest.mark.parametrize("kind", ["Requests", "Complexity"])
async def test_a_spent_limit_is_waited_for(door: Door, kind: str) -> None:
    door.linear.buckets.empty(door.linear.tokens.client, kind)
    transport = door.transport()
    with pytest.raises(UnavailableError) as refused:
        await transport.ask("query Viewer { viewer { id } }")
    assert refused.value.retry_after is not None
    assert 0 < refused.value.retry_after <= 3_600
    before = len(door.linear.calls)
    with pytest.raises(UnavailableError):
        await transport.ask("query Viewer { viewer { id } }")
    assert len(door.linear.calls) == before
    door.clock.advance(timedelta(hours=1))
    assert await transport.ask("query Viewer { viewer { id } }")


def test_the_reserve_is_for_what_cannot_wait() -> None:
    clock = FakeClock()
    budget = Budget(clock)
    reset = str(int((clock.now().timestamp() + 600) * 1_000))
    budget.note(
        {
            "X-RateLimit-Requests-Limit": "1000",
            "X-RateLimit-Requests-Remaining": "20",
            "X-RateLimit-Requests-Reset": reset,
            "X-RateLimit-Complexity-Limit": "x",
        }
    )
    with pytest.raises(UnavailableError) as refused:
        budget.spend(urgent=False)
    assert refused.value.retry_after == pytest.approx(31 * 3.6)
    for _ in range(20):
        budget.spend(urgent=True)
    with pytest.raises(UnavailableError):
        budget.spend(urgent=True)
    clock.advance(timedelta(minutes=10))
    budget.spend(urgent=False)
    assert budget.wait() is None


async def test_api_keys_go_bare_and_tokens_as_bearers(door: Door) -> None:
    assert await FixedToken("lin_api_x").header() == "lin_api_x"
    assert await FixedToken("abc").header() == "Bearer abc"
    with pytest.raises(UnavailableError, match="does not know our token"):
        await door.client(FixedToken("lin_api_wrong")).viewer()


async def test_an_app_gets_its_token_and_keeps_it_sealed(door: Door) -> None:
    await door.client(door.app_credentials()).viewer()
    await door.client(door.app_credentials()).viewer()
    assert door.linear.tokens.grants == ["client_credentials"]
    assert "lin_oauth" not in door.shelf.sealed[0]


async def test_a_token_that_is_refused_is_renewed_once(door: Door) -> None:
    client = door.client(door.app_credentials())
    await client.viewer()
    door.linear.tokens.access.clear()
    await client.viewer()
    assert door.linear.tokens.grants == ["client_credentials"] * 2


async def test_an_installation_renews_with_rotating_tokens(door: Door) -> None:
    client = door.client(await door.installed())
    await client.viewer()
    for _ in range(3):
        door.clock.advance(DAY)
        await client.viewer()
    assert door.linear.tokens.grants == ["authorization_code"] + ["refresh_token"] * 3
    assert set(door.linear.tokens.refresh) == {"lin_refresh_5"}
    restarted = door.client(door.app_credentials())
    door.clock.advance(DAY)
    await restarted.viewer()
    assert door.linear.tokens.grants[-1] == "refresh_token"


async def test_an_app_that_was_revoked_waits_for_its_admin(door: Door) -> None:
    client = door.client(door.app_credentials())
    await client.viewer()
    door.linear.tokens.revoke_all()
    door.linear.tokens.client_secret = "another"  # made up
    with pytest.raises(UnavailableError, match="invalid_client"):
        await client.viewer()


async def test_another_bot_on_the_same_store_may_have_renewed_the_token(door: Door) -> None:
    one = door.client(await door.installed())
    other = door.client(door.app_credentials())
    await one.viewer()
    await other.viewer()
    for client in (one, other, other, one):
        door.clock.advance(DAY / 2)
        await client.viewer()
    assert door.linear.tokens.grants == ["authorization_code", *["refresh_token"] * 2]


async def test_an_installation_that_linear_ended_is_not_followed_by_another_grant(
    door: Door,
) -> None:
    client = door.client(await door.installed())
    door.linear.tokens.revoke_all()
    for _ in range(2):
        with pytest.raises(NoTokenError, match="/linear/install"):
            await client.viewer()
    assert door.linear.tokens.grants == ["authorization_code"]


async def test_without_an_installation_any_more_there_are_client_credentials(door: Door) -> None:
    credentials = await door.installed()
    before = door.clock.now() - timedelta(minutes=1)
    assert not await credentials.uninstall(before)
    assert await credentials.uninstall(door.clock.now())
    assert not await credentials.uninstall(door.clock.now())
    await door.client(credentials).viewer()
    assert door.linear.tokens.grants == ["authorization_code", "client_credentials"]


async def test_no_token_while_linear_is_down(door: Door) -> None:
    door.linear.faults.down = True
    with pytest.raises(UnavailableError, match="no token"):
        await door.client(door.app_credentials()).viewer()


def test_addresses() -> None:
    for given in (
        "https://api.linear.app",
        "https://api.linear.app/",
        "https://api.linear.app/graphql",
    ):
        assert graphql_address(given) == "https://api.linear.app/graphql"
        assert token_address(given) == "https://api.linear.app/oauth/token"
        assert authorize_address(given) == "https://linear.app/oauth/authorize"
    assert authorize_address("http://127.0.0.1:9/x") == "http://127.0.0.1:9/oauth/authorize"


def test_made_ids_have_the_form_linear_wants() -> None:
    assert made_id("a", "b") == made_id("a", "b") != made_id("a:b")
    assert made_id("a")[14] == "4"
