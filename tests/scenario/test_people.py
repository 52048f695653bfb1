"""People: accounts are linked by a code, and what somebody may not see is not there for them."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.domain.actor import CLOCK, person
from bot.domain.conversation import CONSOLE
from bot.domain.person import Person
from bot.domain.policy import Policy, ProjectTerms, Role, Terms
from bot.messages.reply import Outcome
from bot.services.people import account_of, identify
from tests.fakes.stage import FIX, HELLO, PLAN, POLICY, Stage, rules, stage, text_of

SECRET = replace(HELLO, name="pay", title="Pay the salaries", project="payroll")


def with_projects(**projects: ProjectTerms) -> Policy:
    return replace(POLICY, projects=projects)


RESTRICTED = with_projects(
    payroll=ProjectTerms(see=("@admin", "@reviewer", "@payer"), people={"payer": Role.OPERATOR})
)


@pytest.fixture
async def firm(database: str) -> AsyncIterator[Stage]:
    """A stage with a project that only some may see."""
    policy = replace(RESTRICTED, people={**POLICY.people, "payer": Role.VIEWER})
    async with stage(database, rules_=rules(FIX, HELLO, SECRET, policy=policy)) as opened:
        yield opened


async def code_for(theatre: Stage, who: str = "developer") -> str:
    reply = await theatre.says(who, "/run link")
    assert reply.outcome is Outcome.DONE
    return reply.message.title.split("`")[1]


# --- accounts


async def test_an_unlinked_account_may_do_nothing_and_is_told_how_to_link(theatre: Stage) -> None:
    await theatre.says("developer", "dispatch hello")
    for words in ("list", "show 1", "dispatch hello", "stop 1", "stats", "link"):
        reply = await theatre.says_in_slack("U7", words)
        assert reply.outcome is Outcome.REFUSED, words
        assert "slack/T1/U7 is linked to nobody" in text_of(reply.message)
        assert "/run link" in text_of(reply.message)
    assert "What you can ask" in text_of((await theatre.says_in_slack("U7", "help")).message)


async def test_a_code_links_an_account_once(theatre: Stage) -> None:
    code = await code_for(theatre)
    linked = await theatre.says_in_slack("U7", f"/run link {code.lower().replace('-', ' ')}")
    assert "You are @developer here now" in text_of(linked.message)
    assert (await theatre.says_in_slack("U7", "dispatch hello")).runs == ("R-1",)
    run = await theatre.store.read(lambda tx: tx.runs.load(1))
    assert (run.requested_by, run.owner, run.surface) == ("developer", "developer", "slack")
    again = await theatre.says_in_slack("U8", f"/run link {code}")
    assert again.outcome is Outcome.REFUSED
    assert "does not count" in text_of(again.message)
    mine = await theatre.says("developer", "/run link")
    assert "console/local/developer" in text_of(mine.message)
    assert "slack/T1/U7" in text_of(mine.message)


async def test_codes_expire_and_known_people_need_none(theatre: Stage) -> None:
    code = await code_for(theatre)
    known = await theatre.says("reviewer", f"/run link {code}")
    assert "You are @reviewer here already" in text_of(known.message)
    await theatre.passes(minutes=10)
    late = await theatre.says_in_slack("U7", f"/run link {code}")
    assert "does not count" in text_of(late.message)


async def test_a_code_is_stored_hashed_alone(theatre: Stage) -> None:
    code = await code_for(theatre)
    stored = await theatre.store.read(lambda tx: tx.invocations.load(1))
    assert code not in json.dumps(stored.reply)
    assert "said once" in json.dumps(stored.reply)
    repeated = await theatre.dispatcher.perform(stored)
    assert "said once" in text_of(repeated.message)


async def test_policy_can_vouch_for_an_account(theatre: Stage) -> None:
    ana = Person(handle="reviewer", identities=("slack/T1/U9",))
    theatre.rules = rules(policy=replace(POLICY, persons={"reviewer": ana}))
    assert (await theatre.says_in_slack("U9", "dispatch hello")).runs == ("R-1",)
    assert (await theatre.says_in_slack("reviewer", "list")).outcome is Outcome.REFUSED


async def test_whoever_leaves_the_policy_loses_all_accounts(theatre: Stage) -> None:
    await theatre.says_in_slack("U7", f"/run link {await code_for(theatre)}")
    code = await code_for(theatre)
    theatre.rules = rules(policy=Policy(people={"admin": Role.ADMIN}))
    assert (await theatre.says_in_slack("U7", "list")).outcome is Outcome.REFUSED
    assert "does not count" in text_of(
        (await theatre.says_in_slack("U8", f"/run link {code}")).message
    )
    admins = await code_for(theatre, "admin")
    await theatre.says_in_slack("U7", f"/run link {admins}")
    assert (await theatre.says_in_slack("U7", "list")).outcome is Outcome.DONE


async def test_only_people_have_accounts(theatre: Stage) -> None:
    account = account_of(CLOCK, CONSOLE)
    known = await theatre.store.read(lambda tx: identify(tx, POLICY, CLOCK, account))
    assert known == CLOCK


# --- what is seen


@pytest.mark.parametrize(
    "words",
    [
        *("show {}", "logs {}", "why {}", "stop {}", "retry {}", "restart {}", "delete {}"),
        *("review {}", "export {}", "undo {}", "assign {} @viewer", "approve {}", "deny {} no"),
        *("changes {} no", "ask {} why", "timeline {}", "nudge {}", "reply {} hurry"),
        *("answer {} yes", "can @payer stop {}"),
    ],
)
async def test_a_hidden_run_answers_as_one_that_is_not_there(firm: Stage, words: str) -> None:
    await firm.says("payer", "dispatch pay")
    hidden = await firm.says("developer", words.format("R-1"))
    absent = await firm.says("developer", words.format("R-2"))
    assert hidden.outcome is absent.outcome is Outcome.REFUSED
    assert text_of(hidden.message).replace("R-1", "R-2") == text_of(absent.message)


async def test_a_hidden_gate_answers_as_one_that_is_not_there(firm: Stage) -> None:
    secret = replace(FIX, name="pay-fix", project="payroll")
    firm.rules = replace(firm.rules, catalog=rules(secret).catalog)
    await firm.says("payer", "dispatch pay-fix")
    runner = await (await firm.claims()).starts()
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await firm.settle()
    for words in ("approve {}", "show {}", "ask {} why"):
        hidden = await firm.says("second", words.format("G-1"))
        absent = await firm.says("second", words.format("G-2"))
        assert text_of(hidden.message).replace("G-1", "G-2") == text_of(absent.message)
    card = next(m for m in await firm.told() if m.attributes.get("gate") == "G-1")
    assert card.mentions == ("admin", "reviewer")
    assert (await firm.says("reviewer", "approve G-1")).outcome is Outcome.DONE


async def test_lists_pages_counts_and_last_leave_hidden_runs_out(firm: Stage) -> None:
    for _ in range(6):
        await firm.says("developer", "dispatch hello")
        await firm.says("payer", "dispatch pay owner=@admin")
        await firm.says("developer", "dispatch hello")
    page = await firm.says("developer", "list")
    assert len(page.runs) == 10
    assert "R-17" not in page.runs
    older = await firm.press(page.message.buttons[-1], "developer")
    assert (older.runs, older.message.buttons) == (("R-3", "R-1"), ())
    assert len((await firm.says("developer", "list project=payroll")).runs) == 0
    assert len((await firm.says("payer", "list project=payroll")).runs) == 6
    assert "Total 12" in text_of((await firm.says("viewer", "stats")).message)
    assert "Total 18" in text_of((await firm.says("payer", "stats")).message)
    await firm.says("payer", "dispatch pay")
    assert (await firm.says("developer", "show last")).runs == ("R-18",)
    assert (await firm.says("payer", "show last")).runs == ("R-19",)
    assert "No run is called" in text_of((await firm.says("viewer", 'show "salaries"')).message)


async def test_a_hidden_thread_is_no_thread(firm: Stage) -> None:
    await firm.says("payer", "dispatch pay")
    thread = await firm.thread_of("R-1")
    hidden = await firm.says("developer", "stop too slow", thread=thread)
    assert text_of(hidden.message) == text_of((await firm.says("developer", "stop")).message)
    assert (await firm.says("payer", "show", thread=thread)).runs == ("R-1",)


async def test_completion_offers_what_is_seen(firm: Stage) -> None:
    await firm.says("payer", "dispatch pay")

    async def offered(who: str, text: str) -> tuple[str, ...]:
        return await firm.dispatcher.complete(
            text, actor=person(who, "console"), conversation=CONSOLE
        )

    assert await offered("developer", "show R-") == ()
    assert await offered("payer", "show R-") == ("R-1",)
    assert await offered("developer", "dispatch p") == ()
    assert await offered("payer", "dispatch p") == ("pay",)


async def test_a_hidden_blueprint_is_not_offered_nor_is_a_blind_owner_taken(firm: Stage) -> None:
    reply = await firm.says("developer", "dispatch pay")
    assert text_of(reply.message).startswith("There is no blueprint “pay”; there are")
    blind = await firm.says("payer", "dispatch pay owner=@developer")
    assert "Nobody here is called “developer”" in text_of(blind.message)
    await firm.says("payer", "dispatch pay")
    assert "Nobody here" in text_of((await firm.says("admin", "assign 1 @viewer")).message)


async def test_inbox_and_costs_leave_hidden_runs_out(firm: Stage) -> None:
    secret = replace(FIX, name="pay-fix", project="payroll")
    terms = {"pay-fix": Terms(escalate=("operator",), quorum=1)}
    policy = replace(firm.rules.policy, blueprints=terms)
    firm.rules = replace(firm.rules, catalog=rules(secret).catalog, policy=policy)
    await firm.says("payer", "dispatch pay-fix")
    runner = await (await firm.claims()).starts()
    await runner.reports("cost", usd=2.0)
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await firm.settle()
    assert (await firm.says("second", "inbox")).runs == ()
    assert (await firm.says("reviewer", "inbox")).runs == ("R-1",)
    for by in ("", "by project"):
        assert "2.00" not in text_of((await firm.says("second", f"cost {by}")).message)
        assert "2.00" in text_of((await firm.says("reviewer", f"cost {by}")).message)
    await runner.reports("parked", gate="G-1")
    await firm.passes(hours=2)
    await firm.passes(hours=1, minutes=50)
    reminded = [{*message.mentions} for message in await firm.told()]
    assert {"admin", "reviewer", "payer"} in reminded
    assert all(names.isdisjoint({"developer", "second"}) for names in reminded)


async def test_can_knows_projects_places_and_deletions(firm: Stage) -> None:
    async def can(words: str) -> str:
        return text_of((await firm.says("reviewer", f"can {words}")).message)

    assert "@payer may dispatch pay" in await can("@payer dispatch pay")
    assert "@developer may not dispatch pay" in await can("@developer dispatch pay")
    await firm.says("payer", "dispatch pay")
    runner = await (await firm.claims()).starts()
    await runner.ends("failed", reason="no luck")
    await firm.says("payer", "delete 1")
    assert "@payer may undo R-1" in await can("@payer undo R-1")
    assert "@reviewer may not undo R-1" in await can("@reviewer undo R-1")
    await firm.says("payer", "undo 1")
    assert "@payer may not undo R-1" in await can("@payer undo R-1")
    own = ProjectTerms(channels=frozenset({"slack/T1/C9"}), see=("operator",))
    firm.rules = rules(HELLO, policy=with_projects(shop=own))
    assert "cannot be started here" in await can("@developer dispatch hello")


# --- channels


async def test_a_channel_of_a_project_is_for_that_project(theatre: Stage) -> None:
    tools = replace(HELLO, name="lint", project="tools")
    policy = with_projects(shop=ProjectTerms(channels=frozenset({CONSOLE.address})))
    theatre.rules = rules(FIX, tools, policy=policy)
    elsewhere = await theatre.says("developer", "dispatch lint")
    assert "“lint” cannot be started here: this channel is for shop" in text_of(elsewhere.message)
    assert (await theatre.says("developer", "dispatch fix-rounding")).runs == ("R-1",)
    who = person("developer", "console")
    offered = await theatre.dispatcher.complete("dispatch ", actor=who, conversation=CONSOLE)
    assert "lint" not in offered
    theatre.rules = rules(tools, policy=policy)
    none = await theatre.says("developer", "dispatch smoke")
    assert "none can be started in this channel" in text_of(none.message)


async def test_a_restricted_project_is_told_in_its_own_channels(theatre: Stage) -> None:
    own = ProjectTerms(channels=frozenset({"slack/T1/C9"}), see=("operator",))
    theatre.rules = rules(FIX, policy=with_projects(shop=own))
    refused = await theatre.says("developer", "dispatch fix-rounding")
    assert "its runs are told only in slack/T1/C9" in text_of(refused.message)
    await theatre.says_in_slack("U7", f"link {await code_for(theatre)}")
    done = await theatre.says_in_slack("U7", "dispatch fix-rounding", channel="C9")
    assert done.runs == ("R-1",)


async def test_output_files_and_blueprints_of_a_hidden_project_are_not_there(firm: Stage) -> None:
    for who, blueprint in (("developer", "hello"), ("payer", "pay")):
        await firm.says(who, f"dispatch {blueprint}")
        runner = await (await firm.claims()).starts()
        await runner.reports("artifact", name=f"{blueprint}.txt", size=1, sha256="a" * 64)
        await runner.ends()
    mine, theirs = [
        text_of((await firm.says(who, "artifacts")).message) for who in ("developer", "payer")
    ]
    assert ("hello.txt" in mine, "pay.txt" in mine) == (True, False)
    assert "pay.txt" in theirs
    await firm.says("admin", "blueprints disable pay")
    assert "pay" not in text_of((await firm.says("viewer", "blueprints")).message)
    assert "disabled" in text_of((await firm.says("payer", "blueprints")).message)
    for words in ("logs 2", "artifacts R-2", "rerun 2"):
        assert "There is no run" in text_of((await firm.says("developer", words)).message), words
