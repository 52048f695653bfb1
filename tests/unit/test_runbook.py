"""Runbooks: what comes next, how they end, what is logged, and why steps fail."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.actor import AGENT
from bot.domain.codec import JSON, decode, encode
from bot.domain.errors import UserError
from bot.domain.events import Event, EventType
from bot.domain.failure import Cause, cause_of, classify_exit, classify_status, telling_line
from bot.domain.runbook import (
    OnFailure,
    Part,
    Produced,
    Remediation,
    Rule,
    Runbook,
    Step,
    StepKind,
    extract,
    is_source,
)
from bot.domain.runbook_course import (
    AskWay,
    Choose,
    Course,
    FailStep,
    Finish,
    Move,
    Outcome,
    Result,
    RunStep,
    SkipStep,
    StepState,
    decide_next,
)
from bot.domain.runbook_log import DECISION, read_log
from bot.domain.vocabulary import Reason

DONE = Result(state=StepState.DONE)
FAILED = Result(state=StepState.FAILED, cause=Cause.NETWORK, message="gone")


def step(id_: str, **fields: JSON) -> Step:
    return Step(id=id_, title=f"Do {id_}", kind=StepKind.SHELL, run="true", **fields)


BOOK = Runbook(
    triage=(step("look"),),
    rules=(
        Rule(when="size > 10", use="shrink", reason="It has ${size}"),
        Rule(when="size < 5", use="none", reason="It is small"),
    ),
    remediations=(
        Remediation(name="shrink", title="Shrink it", steps=(step("cut"), step("press"))),
        Remediation(name="move", title="Move it", steps=(step("carry"),)),
    ),
    checks=(step("again"),),
)


def play(runbook: Runbook, course: Course, **results: Result) -> tuple[list[Move], Course]:
    """Every move until somebody must be asked or it ends; steps end as told, or well."""
    moves: list[Move] = []
    for _ in range(500):
        move = decide_next(runbook, course)
        moves.append(move)
        match move:
            case RunStep():
                course = course.with_result(move.step, results.get(move.step.id, DONE))
            case SkipStep():
                course = course.with_result(move.step, Result(state=StepState.SKIPPED))
            case FailStep():
                failed = replace(FAILED, attempts=move.step.retries + 1)
                course = course.with_result(move.step, failed)
            case Choose():
                course = course.chosen(move.name)
            case _:
                return moves, course
    raise AssertionError("it never ends")


def ran(moves: list[Move]) -> list[str]:
    return [move.step.id for move in moves if isinstance(move, RunStep)]


def test_a_rule_chooses_the_remediation() -> None:
    moves, _ = play(BOOK, Course(variables={"size": 12}))
    assert ran(moves) == ["look", "cut", "press", "again"]
    assert moves[1] == Choose(name="shrink", reason="It has 12")
    assert moves[-1] == Finish(outcome=Outcome.SUCCESS)


def test_nothing_to_remedy_goes_on_to_the_summary() -> None:
    moves, _ = play(BOOK, Course(variables={"size": 1}))
    assert ran(moves) == ["look", "again"]


def test_without_a_rule_that_holds_a_person_chooses() -> None:
    moves, course = play(BOOK, Course(variables={"size": 7}))
    assert moves[-1] == AskWay(why="No rule fits what was found")
    moves, _ = play(BOOK, course.chosen("move"))
    assert ran(moves) == ["carry", "again"]


def test_a_rule_that_cannot_be_decided_ends_it() -> None:
    moves, _ = play(BOOK, Course(variables={"size": "big"}))
    end = moves[-1]
    assert isinstance(end, Finish)
    assert (end.outcome, end.cause) == (Outcome.FAILURE, Cause.INVALID_INPUT)
    assert "size > 10" in end.message


def test_an_objection_lets_people_choose() -> None:
    course = Course(variables={"size": 12}).with_result(BOOK.triage[0], DONE).chosen("shrink")
    objected = course.with_result(BOOK.remediations[0].steps[0], DONE).objected(BOOK, "not now")
    assert list(objected.results) == ["look"]
    assert decide_next(BOOK, objected) == AskWay(why="not now")
    assert decide_next(BOOK, course.chosen("none").objected(BOOK, "")) == AskWay(
        why="Choose another way"
    )


def test_a_failure_stops_or_is_carried_on() -> None:
    moves, _ = play(BOOK, Course(variables={"size": 12}), cut=FAILED)
    assert ran(moves) == ["look", "cut"]
    assert moves[-1] == Finish(
        outcome=Outcome.FAILURE,
        failed=BOOK.remediations[0].steps[0],
        cause=Cause.NETWORK,
        message="gone",
    )
    lenient = replace(BOOK, triage=(step("look", on_failure=OnFailure.CONTINUE),))
    moves, course = play(lenient, Course(variables={"size": 12}), look=FAILED)
    assert moves[-1] == Finish(outcome=Outcome.PARTIAL)
    assert course.scope["failed_steps"] == ["look"]


def test_a_check_that_fails_leaves_a_part_of_a_success() -> None:
    moves, _ = play(BOOK, Course(variables={"size": 12}), again=FAILED)
    end = moves[-1]
    assert isinstance(end, Finish)
    assert end.outcome is Outcome.PARTIAL


def test_a_step_is_tried_as_often_as_it_says() -> None:
    book = Runbook(triage=(step("look", retries=2),))
    moves, course = play(book, Course(), look=FAILED)
    assert ran(moves) == ["look"] * 3
    assert course.results["look"].attempts == 3


def test_conditions_skip_and_fail_steps() -> None:
    book = Runbook(triage=(step("a", when="x"), step("b", when="x > 1", retries=3)))
    moves, _ = play(book, Course())
    assert isinstance(moves[0], SkipStep)
    assert isinstance(moves[1], FailStep)
    assert isinstance(moves[2], Finish)


def test_no_steps_at_all() -> None:
    assert decide_next(Runbook(), Course()) == Finish(outcome=Outcome.NO_STEPS)


steps = st.builds(
    step,
    st.sampled_from([f"s{number}" for number in range(40)]),
    when=st.sampled_from(["", "x > 1", "x < 1", "nothing > 1", "'s1' in failed_steps"]),
    on_failure=st.sampled_from(OnFailure),
    retries=st.integers(0, 2),
)
books = st.lists(steps, max_size=12, unique_by=lambda made: made.id).map(
    lambda made: Runbook(
        triage=tuple(made[:4]),
        rules=(Rule(when="x > 1", use="a", reason="r"), Rule(when="true", use="none", reason="r")),
        remediations=(Remediation(name="a", title="A", steps=tuple(made[4:8])),),
        checks=tuple(made[8:]),
    )
)
results = st.dictionaries(
    st.sampled_from([f"s{number}" for number in range(40)]), st.sampled_from([DONE, FAILED])
)


@given(books, st.integers(0, 3), results)
def test_every_course_ends_in_order_and_says_so_rightly(
    book: Runbook, x: int, told: dict[str, Result]
) -> None:
    moves, course = play(book, Course(variables={"x": x}), **told)
    end = moves[-1]
    assert isinstance(end, Finish)
    order = [placed.id for _, placed in book.placed()]
    acted = [m.step.id for m in moves if isinstance(m, RunStep | SkipStep | FailStep)]
    assert [id_ for id_ in order if id_ in acted] == list(dict.fromkeys(acted))
    by_id = {placed.id: placed for _, placed in book.placed()}
    for id_ in acted:
        assert acted.count(id_) <= by_id[id_].retries + 1
    failed = course.scope["failed_steps"]
    assert (end.outcome is Outcome.SUCCESS) == (not failed and bool(order))
    assert (end.outcome is Outcome.NO_STEPS) == (not order)
    if end.failed:
        assert acted[-1] == end.failed.id
    assert decode(Course, encode(course)) == course


# --- what steps give ------------------------------------------------------------------------


def test_variables_from_what_a_step_gives() -> None:
    produced = Produced(output=" 12 \n", exit_code=0, status=200, json={"a": [{"b": 1}]})
    saved = {"o": "output", "e": "exit_code", "s": "status", "j": "json.a.0.b", "w": "json"}
    values = {"o": "12", "e": 0, "s": 200, "j": 1, "w": {"a": [{"b": 1}]}}
    assert extract(saved, produced) == values
    assert is_source("json.a-b.0")
    assert not is_source("secret")
    with pytest.raises(UserError, match=r"“x” could not be set: there is no json.c"):
        extract({"x": "json.c"}, produced)


def test_what_steps_need() -> None:
    agent = Step(id="a", title="A", kind=StepKind.AGENT, command=("claude", "-p"), tools=("git",))
    assert agent.needs == ("claude", "git")
    assert step("s").needs == ("sh",)
    ask = Step(id="p", title="P", kind=StepKind.PROMPT)
    assert (ask.needs, ask.asks_people, agent.asks_people) == ((), True, False)


@pytest.mark.parametrize(
    ("code", "output", "cause"),
    [
        (126, "", Cause.MISSING_PERMISSION),
        (127, "sh: nope: not found", Cause.TOOL_ERROR),
        (1, "Permission denied (publickey)", Cause.MISSING_PERMISSION),
        (6, "curl: Could not resolve host: x", Cause.NETWORK),
        (1, "operation timed out", Cause.TIMEOUT),
        (2, "usage: x [y]", Cause.INVALID_INPUT),
        (1, "", Cause.TOOL_ERROR),
    ],
)
def test_the_class_of_a_commands_failure(code: int, output: str, cause: Cause) -> None:
    assert classify_exit(code, output) is cause


def test_the_class_of_an_answer() -> None:
    told = {code: classify_status(code) for code in (301, 400, 401, 404, 408, 500, 504)}
    assert told == {
        301: Cause.TOOL_ERROR,
        400: Cause.INVALID_INPUT,
        401: Cause.MISSING_PERMISSION,
        404: Cause.INVALID_INPUT,
        408: Cause.TIMEOUT,
        500: Cause.TOOL_ERROR,
        504: Cause.TIMEOUT,
    }
    assert {cause: cause_of(cause.reason) for cause in Cause} == {cause: cause for cause in Cause}
    assert cause_of(Reason.STOPPED) is None
    assert cause_of(None) is None


def test_the_line_that_tells_most() -> None:
    assert telling_line("one\nfatal: no repository\n\ncheck it\n") == "fatal: no repository"
    assert telling_line("one\ntwo\n") == "two"
    assert telling_line("") == ""


# --- the log --------------------------------------------------------------------------------


def event(seq: int, type_: EventType, **data: JSON) -> Event:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Event(run_id=1, seq=seq, type=type_, actor=AGENT, at=at, data=data)


def test_the_log_follows_the_events() -> None:
    told = EventType.STEP_REPORTED
    log = read_log(
        BOOK,
        [
            event(1, told, id="look", name="x", state="failed", cause="network", message="gone"),
            event(2, EventType.ATTEMPT_OPENED),
            event(3, told, name="of a program", state="done"),
            event(4, told, id="look", name="x", state="done", seconds=1.5, variables={"size": "7"}),
            event(
                5,
                told,
                id=DECISION,
                name="x",
                state="done",
                title="Remediation: Move it",
                variables={"remediation": "move"},
            ),
            event(6, told, id="carry", name="x", state="failed", cause="timeout", output="slow"),
            event(7, EventType.SUMMARY_REPORTED, text="so so"),
        ],
    )
    assert [(s.id, s.part, s.state) for s in log.steps] == [
        ("look", Part.TRIAGE, "done"),
        (DECISION, Part.REMEDIATION, "done"),
        ("carry", Part.REMEDIATION, "failed"),
        ("again", Part.SUMMARY, "todo"),
    ]
    assert log.variables == {"size": "7", "remediation": "move"}
    assert log.summary == "so so"
    assert log.failed is not None
    assert (log.failed.cause, log.failed.mark, log.failed.output) == (Cause.TIMEOUT, "✖", "slow")
    assert read_log(BOOK, []).failed is None
