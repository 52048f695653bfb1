"""Flows and guides as dialogues: planned, claimed, watched, failed, and started again."""

import pytest

from bot.domain.blueprint import RUNBOOK_COMMAND, Blueprint, GateSpec
from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.runbook import Part, Remediation, Rule, Runbook, Step, StepKind
from bot.domain.vocabulary import Profile
from bot.ports.job_source import MissingTool, Offer, Planning
from tests.fakes.stage import HELLO, Runner, Stage, rules, stage, text_of

LOCAL = Offer(agent="local", labels=("local",), slots=4)
LOOK = Step(id="look", title="Look", kind=StepKind.SHELL, run="df", tools=("df",))
CUT = Step(id="cut", title="Cut the log", kind=StepKind.SHELL, run="cut", shell="bash")
ALLOW = Step(id="allow", title="Allow it", kind=StepKind.APPROVAL, prompt="May it be cut?")
CHECK = Blueprint(
    name="check",
    profile=Profile.FLOW,
    title="Check it",
    project="shop",
    command=RUNBOOK_COMMAND,
    gates=(GateSpec(checkpoint="allow", prompt="May it be cut?"),),
    runbook=Runbook(
        triage=(LOOK,),
        rules=(Rule(when="true", use="cut", reason="so"),),
        remediations=(Remediation(name="cut", title="Cut it", steps=(ALLOW, CUT)),),
    ),
)
EMPTY = Blueprint(
    name="empty",
    profile=Profile.GUIDE,
    title="Nothing",
    project="shop",
    command=RUNBOOK_COMMAND,
    runbook=Runbook(),
)


async def planned(theatre: Stage, *lacking: MissingTool) -> Planning:
    planning = await theatre.source.unplanned(LOCAL)
    assert planning is not None
    await theatre.source.planned(planning.job, lacking)
    await theatre.settle()
    return planning


async def tells(runner: Runner, step: Step, state: str, **more: JSON) -> None:
    await runner.reports("step", name=step.title, state=state, id=step.id, title=step.title, **more)


async def shown(theatre: Stage) -> str:
    return text_of((await theatre.says("viewer", "show 1")).message)


async def test_tools_are_identified_before_any_claim(database: str) -> None:
    async with stage(database, rules_=rules(CHECK, HELLO)) as theatre:
        await theatre.says("developer", "dispatch check")
        assert "Status: Pending" in text_of(await theatre.card())
        assert await theatre.source.claim(LOCAL) is None
        assert await theatre.source.unplanned(Offer(agent="x", labels=("gpu",), slots=1))
        planning = await theatre.source.unplanned(LOCAL)
        assert planning is not None
        await theatre.settle()
        assert "Status: Identifying tools" in text_of(await theatre.card())
        assert [(need.step, need.tool) for need in planning.needs] == [
            ("Look", "sh"),
            ("Look", "df"),
            ("Cut the log", "bash"),
        ]
        await planned(theatre)
        assert await theatre.source.unplanned(LOCAL) is None
        await theatre.claims()
        assert "Status: Ready for execution" in text_of(await theatre.card())


async def test_other_work_is_claimed_past_it(database: str) -> None:
    async with stage(database, rules_=rules(CHECK, HELLO)) as theatre:
        await theatre.says("developer", "dispatch check")
        await theatre.says("developer", "dispatch hello")
        runner = await theatre.claims()
        assert runner.assignment.run == "R-2"


async def test_a_missing_tool_is_named_with_its_step(database: str) -> None:
    async with stage(database, rules_=rules(CHECK)) as theatre:
        await theatre.says("developer", "dispatch check")
        await planned(
            theatre,
            MissingTool(step="Look", tool="df", agent="local"),
            MissingTool(step="Cut the log", tool="bash", agent="local"),
        )
        said = await shown(theatre)
        assert "Completed failure" in said
        assert "The step “Look” needs df" in said
        assert "and 1 more" in said
        assert "What to do: its tool failed" in said


async def test_a_runbook_without_steps_is_cancelled(database: str) -> None:
    async with stage(database, rules_=rules(EMPTY)) as theatre:
        await theatre.says("developer", "dispatch empty")
        await planned(theatre)
        assert "Status: No steps · The runbook has no steps" in text_of(await theatre.card())


async def test_what_was_stopped_meanwhile_is_not_planned(database: str) -> None:
    async with stage(database, rules_=rules(CHECK)) as theatre:
        await theatre.says("developer", "dispatch check")
        planning = await theatre.source.unplanned(LOCAL)
        assert planning is not None
        await theatre.says("developer", "stop 1")
        await theatre.source.planned(planning.job, ())
        assert "Cancelled" in await shown(theatre)


async def test_it_is_watched_waits_and_succeeds(database: str) -> None:
    async with stage(database, rules_=rules(CHECK)) as theatre:
        await theatre.says("developer", "dispatch check")
        await planned(theatre)
        runner = await (await theatre.claims()).starts()
        assert runner.assignment.runbook == CHECK.runbook
        await tells(runner, LOOK, "running", part=Part.TRIAGE)
        await theatre.settle()
        card = text_of(await theatre.card())
        assert "Status: Executing triage" in card
        assert "▸ Look" in card
        await tells(runner, LOOK, "done", seconds=1.25, output="80%", variables={"used": "80"})
        await runner.reports(
            "step",
            name="x",
            state="done",
            id="decision",
            title="Remediation: Cut it",
            variables={"remediation": "cut"},
        )
        await runner.reports("phase", name="ready_for_remediation")
        await tells(runner, ALLOW, "running", part=Part.REMEDIATION)
        await runner.reports("gate", checkpoint="allow", plan=None)
        await theatre.settle()
        said = await shown(theatre)
        assert "Waiting for user input (remediation)" in said
        assert "✔ Look · done · 1.2 s" in said
        assert "▸ Allow it · running" in said
        assert "○ Cut the log" in said
        assert "used=80" in said
        await runner.reports("parked", gate="G-1")
        await theatre.presses("reviewer", "Approve")
        again = await (await theatre.claims()).starts()
        await again.reports("phase", name="remediation")
        assert "Executing remediation" in await shown(theatre)
        await again.ends()
        assert "Completed success" in await shown(theatre)


async def test_a_failure_is_explained_and_begun_again_as_a_new_run(database: str) -> None:
    async with stage(database, rules_=rules(CHECK)) as theatre:
        await theatre.says("developer", "dispatch check")
        await planned(theatre)
        runner = await (await theatre.claims()).starts()
        failed = {"cause": "network", "message": "No route", "output": "df: no route"}
        await tells(runner, LOOK, "failed", input="df", **failed)
        await runner.ends("failed", reason_code="network", reason="The step “Look” failed")
        said = await shown(theatre)
        assert "Failed at Look: No route" in said
        assert "df: no route" in said
        assert "What to do: the other side could not be reached" in said
        final = (await theatre.told())[-1]
        assert "What to do" in final.body
        await theatre.says("developer", "retry 1")
        run = await theatre.store.read(lambda tx: tx.runs.load(2))
        assert (run.retry_of, run.blueprint_version, run.attempt) == (1, CHECK.version, 1)
        assert (await theatre.store.read(lambda tx: tx.runs.load(1))).attempt == 1
        assert "starts R-1 again" in text_of(await theatre.card())


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "x" * 81},
        {"part": "middle"},
        {"cause": "fate"},
        {"seconds": -1},
        {"seconds": "long"},
        {"output": "x" * 4_001},
        {"variables": ["a"]},
        {"variables": {"a": 1}},
        {"variables": {"a": "x" * 501}},
        {"variables": {str(number): "" for number in range(51)}},
        {"state": "perhaps"},
    ],
)
async def test_wrong_details_of_a_step_are_refused(database: str, wrong: dict[str, JSON]) -> None:
    async with stage(database, rules_=rules(HELLO)) as theatre:
        await theatre.says("developer", "dispatch hello")
        runner = await (await theatre.claims()).starts()
        with pytest.raises(UserError):
            await runner.reports("step", **{"name": "x", "state": "done", **wrong})
