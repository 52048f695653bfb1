"""What is typed: lists, details, logs, help, and words that are no request."""

import pytest

from bot.domain.actor import person
from bot.domain.conversation import CONSOLE
from bot.messages.reply import Outcome
from tests.fakes.stage import Stage, text_of


@pytest.mark.parametrize(
    ("text", "said", "outcome"),
    [
        ("", "What you can ask", Outcome.DONE),
        ("/run", "What you can ask", Outcome.DONE),
        ("/run help dispatch", "Start a run of a blueprint", Outcome.DONE),
        ("help flying", "no command “flying”", Outcome.USAGE),
        ("dispach hello", "no command “dispach”", Outcome.USAGE),
        ("dispatch", "dispatch needs <blueprint|issue>", Outcome.USAGE),
        ("dispatch helo", "did you mean hello", Outcome.REFUSED),
        ("dispatch hello sideways", "“sideways” has no place in dispatch", Outcome.USAGE),
        ("dispatch hello autopilot supervised", "mode is given twice", Outcome.USAGE),
        ("dispatch hello times=many", "times takes a number", Outcome.REFUSED),
        ("dispatch hello branch=../x", "cannot name a branch", Outcome.REFUSED),
        ("dispatch hello owner=@nobody", "Nobody here is called", Outcome.REFUSED),
        ('dispatch "hello', "never closed", Outcome.USAGE),
        ("show 99", "no run R-99", Outcome.REFUSED),
        ("show G-99", "no gate G-99", Outcome.REFUSED),
        ("show last", "There is no run yet", Outcome.REFUSED),
        ("show ENG-1", "No run works on ENG-1", Outcome.REFUSED),
        ('show "no such title"', "No run is called", Outcome.REFUSED),
        ("stop", "Which run?", Outcome.REFUSED),
        ("stop mine", "No run is meant", Outcome.REFUSED),
        ("stop mine except", "Say which runs to leave out", Outcome.USAGE),
        ("deny", "deny needs <reason…>", Outcome.USAGE),
        ("approve G-7", "no gate G-7", Outcome.REFUSED),
        ("list from yesterday", "is no time", Outcome.USAGE),
        ("assign 1", "assign needs @person", Outcome.USAGE),
        ("list \x07", "control character (U+0007)", Outcome.USAGE),
        ("list " + "x" * 9_000, "more than 8,000 characters", Outcome.USAGE),
        ("stats", "There is no run yet", Outcome.DONE),
        ("list", "No run matches", Outcome.DONE),
        ("list done by hand", "No run matches", Outcome.DONE),
    ],
)
async def test_bad_words_get_a_clear_answer(
    theatre: Stage, text: str, said: str, outcome: Outcome
) -> None:
    reply = await theatre.says("developer", text)
    assert said in text_of(reply.message)
    assert reply.outcome is outcome
    assert await theatre.told() == []


async def test_lists_filter_and_page(theatre: Stage) -> None:
    for _ in range(12):
        await theatre.says("developer", "dispatch hello")
    await theatre.says("reviewer", "dispatch fix-rounding")
    page = await theatre.says("viewer", "list")
    assert len(page.runs) == 10
    assert page.runs[0] == "R-13"
    older = await theatre.press(page.message.buttons[-1], "viewer")
    assert older.runs == ("R-3", "R-2", "R-1")
    for words, count in (
        ("list mine", 1),
        ("list pods", 1),
        ("list active pods queued", 1),
        ("list failed", 0),
        ("list checkout", 1),
        ("list owner=@reviewer last 24h", 1),
        ("list blueprint=fix-rounding project=shop", 1),
        ("list from 2026-03-02 to 2026-03-03T00:00:00+00:00 fix", 1),
        ("list to 2026-03-01", 0),
        ('list "Fix checkout"', 1),
    ):
        assert len((await theatre.says("reviewer", words)).runs) == count, words
    assert len((await theatre.says("developer", "mine")).runs) == 12


async def test_runs_are_named_in_every_way(theatre: Stage) -> None:
    await theatre.says("developer", "dispatch hello")
    await theatre.says("developer", "dispatch fix-rounding")
    for words in (
        "show 2",
        "show R-2",
        "show #2",
        "show R-2.1",
        "show last",
        'show "rounding"',
        "show checkout",
    ):
        assert (await theatre.says("viewer", words)).runs == ("R-2",), words
    thread = await theatre.thread_of("R-1")
    for words in ("show", "show that one", "why", "logs"):
        assert (await theatre.says("viewer", words, thread=thread)).runs == ("R-1",), words
    await theatre.says("developer", "dispatch hello")
    both = await theatre.says("viewer", "show hello")
    assert "means several runs" in text_of(both.message)
    await theatre.says("developer", "stop too slow", thread=thread)
    assert "too slow" in text_of((await theatre.says("viewer", "show 1")).message)


async def test_why_answers_in_three_lines(theatre: Stage) -> None:
    await theatre.says("developer", "dispatch hello name=Ana")
    assert "You may not stop it" in text_of((await theatre.says("viewer", "why 1")).message)
    runner = await (await theatre.claims()).starts()
    await runner.ends("failed", reason="it broke")
    told = text_of((await theatre.says("developer", "why 1")).message)
    assert "name=Ana" in told
    assert "You may retry it" in told
    assert "it broke" in told


async def test_stats_count_by_profile(theatre: Stage) -> None:
    await theatre.says("developer", "dispatch hello")
    await (await (await theatre.claims()).starts()).ends()
    await theatre.says("developer", "dispatch hello")
    told = text_of((await theatre.says("viewer", "stats")).message)
    assert "Active" in told
    assert "Total 2" in told
    await theatre.store.write(lambda tx: tx.runs.fold_stats())
    assert text_of((await theatre.says("viewer", "stats")).message) == told


async def test_completion_offers_what_fits(theatre: Stage) -> None:
    await theatre.says("developer", "dispatch hello")

    async def complete(text: str) -> tuple[str, ...]:
        who = person("developer", "console")
        return await theatre.dispatcher.complete(text, actor=who, conversation=CONSOLE)

    for text, offer in (
        ("/run di", "dispatch"),
        ("dispatch fi", "fix-rounding"),
        ("dispatch hello auto", "autopilot"),
        ("dispatch hello bra", "branch="),
        ("stop R", "R-1"),
        ("list act", "active"),
        ("assign 1 @re", "@reviewer"),
        ("help sta", "stats"),
        ("cost by d", "day"),
    ):
        assert offer in await complete(text), text
    assert await complete("nonsense x") == ()
    assert await complete("deny x") == ()


@pytest.mark.parametrize("words", ["dispatch helo", "run hello"])
async def test_suggestions_can_be_pressed(theatre: Stage, words: str) -> None:
    reply = await theatre.says("developer", words)
    done = await theatre.press(reply.message.buttons[0], "developer")
    assert done.runs == ("R-1",)
