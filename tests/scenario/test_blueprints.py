"""Blueprints: listed with all that is known, disabled and enabled; and runs that run again."""

from dataclasses import replace

import pytest

from bot.domain.actor import CLOCK, Actor, person
from bot.domain.catalog import Catalog, FileProblem
from bot.domain.codec import JSON
from bot.domain.conversation import CONSOLE
from bot.domain.vocabulary import Disposition, Profile
from bot.messages.message import Message
from bot.messages.reply import Outcome
from bot.ports.job_source import Offer
from bot.services.dispatching import DispatchRequest, dispatch_triggered
from tests.fakes.stage import HELLO, Stage, rules, text_of

PROBLEM = FileProblem(
    file="x.yaml", line=3, field="title", problem="“5” is not text", remedy="quote it"
)


async def says(theatre: Stage, who: str, words: str) -> str:
    return text_of((await theatre.says(who, words)).message)


async def listed(theatre: Stage, who: str = "viewer") -> Message:
    return (await theatre.says(who, "blueprints")).message


async def ends(theatre: Stage, status: str = "failed") -> None:
    runner = await (await theatre.claims()).starts()
    await runner.ends(status)


async def test_all_are_listed_with_their_last_run_and_what_is_wrong(theatre: Stage) -> None:
    known = theatre.rules.catalog.blueprints
    theatre.rules = replace(theatre.rules, catalog=Catalog(blueprints=known, problems=(PROBLEM,)))
    await theatre.says("developer", "dispatch hello")
    await ends(theatre, "succeeded")
    await theatre.passes(minutes=3)
    said = text_of(await listed(theatre)).split("\n")
    assert said == [
        "Blueprints",
        "✖ x.yaml, line 3, title: “5” is not text; quote it.",
        "fix-rounding · pod · shop · Fix checkout rounding · enabled · never run",
        "hello · agent · shop · Say hello · enabled · last R-1 Succeeded, 3 min ago",
    ]
    assert [row.button for row in (await listed(theatre)).rows] == [None, None]
    theatre.rules = replace(theatre.rules, catalog=Catalog(problems=(PROBLEM,)))
    nothing = text_of(await listed(theatre))
    assert "There is no blueprint that can be used" in nothing
    assert "x.yaml, line 3" in nothing
    assert "I do not know who you are" in await says(theatre, "stranger", "blueprints")


async def test_a_disabled_blueprint_starts_nothing_and_says_why(theatre: Stage) -> None:
    await theatre.says("developer", "dispatch hello")
    disable = (await listed(theatre, "reviewer")).rows[1].button
    assert disable is not None
    assert "Disable hello?" in disable.confirm
    await theatre.press(disable, "reviewer", reason="it *shouts*")
    for words in ("dispatch hello", "dispatch hello name=Ana"):
        refused = await theatre.says("developer", words)
        assert refused.outcome is Outcome.REFUSED
        said = text_of(refused.message)
        assert "is disabled: by @reviewer, 2026-03-02 12:00 UTC: “it *shouts*”" in said
        assert "/run blueprints enable hello" in said
        assert "@admin, @reviewer, @second" in said
    assert "disabled by @reviewer" in text_of(await listed(theatre))
    await ends(theatre)
    assert "is disabled" in await says(theatre, "developer", "retry 1")
    assert "disabled already" in await says(theatre, "second", "blueprints disable hello again")
    enable = (await listed(theatre, "second")).rows[1].button
    assert enable is not None
    assert enable.form == ()
    await theatre.press(enable, "second")
    assert "R-2" in await says(theatre, "developer", "dispatch hello")
    assert "enabled by @second" in text_of(await listed(theatre))
    assert "enabled already" in await says(theatre, "second", "blueprints enable hello")


async def test_triggers_are_ignored_and_counted_meanwhile(theatre: Stage) -> None:
    async def triggers(actor: Actor = CLOCK) -> JSON:
        return await theatre.store.write(
            lambda tx: dispatch_triggered(
                tx,
                theatre.rules,
                DispatchRequest(blueprint="hello"),
                actor=actor,
                conversation=CONSOLE,
            )
        )

    await theatre.says("reviewer", "blueprints disable hello")
    assert [await triggers() for _ in range(3)] == [None, None, None]
    assert "3 triggers ignored" in text_of(await listed(theatre))
    assert "3 triggers were ignored" in await says(theatre, "admin", "blueprints enable hello")
    assert (await triggers(person("developer", "schedule"))).key == "R-1"


@pytest.mark.parametrize(
    ("who", "words", "answer"),
    [
        ("reviewer", "blueprints disable", "Which blueprint?"),
        ("reviewer", "blueprints hello", "say enable or disable"),
        ("reviewer", "blueprints disable helo", "did you mean hello?"),
        ("reviewer", "blueprints enable helo", "did you mean hello?"),
        ("developer", "blueprints disable hello", "You may not disable this"),
    ],
)
async def test_what_cannot_be_done_is_said(
    theatre: Stage, who: str, words: str, answer: str
) -> None:
    assert answer in await says(theatre, who, words)


async def test_a_disabled_blueprint_stays_listed_without_its_file(theatre: Stage) -> None:
    await theatre.says("reviewer", "blueprints disable hello flaky")
    theatre.rules = rules(replace(HELLO, name="other"))
    page = await listed(theatre, "reviewer")
    assert "no file that can be used" in text_of(page)
    await theatre.press(page.rows[-1].button, "reviewer")  # type: ignore[arg-type]
    assert "hello" not in text_of(await listed(theatre)).replace("Say hello", "")


async def test_many_blueprints_are_paged(theatre: Stage) -> None:
    theatre.rules = rules(*(replace(HELLO, name=f"b{number:02}") for number in range(45)))
    page = await listed(theatre)
    names = [row.text.split("**")[1] for row in page.rows]
    while page.buttons:
        page = (await theatre.press(page.buttons[0], "viewer")).message
        names += [row.text.split("**")[1] for row in page.rows]
    assert names == [f"b{number:02}" for number in range(45)]


async def test_a_failed_run_runs_again_as_an_attempt(theatre: Stage) -> None:
    await theatre.says("developer", "dispatch hello")
    assert "only an ended run runs again" in await says(theatre, "developer", "rerun 1")
    await ends(theatre)
    assert "R-1 (attempt 2)" in await says(theatre, "developer", "rerun last")
    assert "You may not rerun" in await says(theatre, "viewer", "rerun 1")


async def test_a_succeeded_run_says_why_it_does_not(theatre: Stage) -> None:
    await theatre.says("developer", 'dispatch hello autopilot name="Ana B" times=2')
    await ends(theatre, "succeeded")
    refused = await theatre.says("developer", "rerun 1")
    assert refused.outcome is Outcome.REFUSED
    said = text_of(refused.message)
    assert "R-1 is succeeded" in said
    assert "pull request" in said
    again = await theatre.press(refused.message.buttons[0], "developer")
    assert again.runs == ("R-2",)
    inputs = await theatre.store.read(lambda tx: tx.runs.load(2).inputs)
    assert inputs == {"name": "Ana B", "times": 2}


async def test_a_pull_request_is_followed_up(theatre: Stage) -> None:
    await theatre.says("developer", "dispatch hello")
    await ends(theatre, "succeeded")

    def opened(tx: JSON) -> None:
        tx.runs.save(replace(tx.runs.load(1), disposition=Disposition.PR_OPEN), [])

    await theatre.store.write(opened)
    assert "attempt 2" in await says(theatre, "developer", "rerun 1")


@pytest.mark.parametrize("profile", [Profile.FLOW, Profile.GUIDE])
@pytest.mark.parametrize("status", ["succeeded", "failed"])
async def test_flows_and_guides_become_a_new_run(
    theatre: Stage, profile: Profile, status: str
) -> None:
    theatre.rules = rules(replace(HELLO, profile=profile))
    await theatre.says("developer", "dispatch hello autopilot name=Ana")
    planning = await theatre.source.unplanned(Offer(agent="local", labels=("local",), slots=4))
    assert planning is not None
    await theatre.source.planned(planning.job, ())
    await ends(theatre, status)
    assert "R-2 (a new run in place of R-1)" in await says(theatre, "reviewer", "rerun 1")
    new = await theatre.store.read(lambda tx: tx.runs.load(2))
    assert (new.retry_of, new.inputs["name"], new.requested_by) == (1, "Ana", "reviewer")


async def test_several_are_confirmed_first(theatre: Stage) -> None:
    for _ in range(2):
        await theatre.says("developer", "dispatch hello")
        await ends(theatre)
    asked = await theatre.says("developer", "rerun failed")
    assert asked.outcome is Outcome.PROPOSED
    done = await theatre.press(asked.message.buttons[0], "developer")
    assert sorted(done.runs) == ["R-1", "R-2"]
