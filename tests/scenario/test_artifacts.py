"""Files that runs left: listed, filtered, paged, and for whom."""

from dataclasses import replace

from bot.domain.codec import JSON
from bot.messages.message import Message
from tests.fakes.stage import FIX, HELLO, Stage, rules, text_of


async def leaves(theatre: Stage, *names: str, blueprint: str = "hello") -> None:
    """A run that ends leaving these files."""
    await theatre.says("developer", f"dispatch {blueprint}")
    runner = await (await theatre.claims()).starts()
    for name in names:
        await runner.reports("artifact", name=name, size=3_500, sha256=f"{len(name):064x}")
    await runner.ends()


async def lists(theatre: Stage, words: str = "", **asks: JSON) -> Message:
    return (await theatre.says("viewer", f"artifacts {words}", **asks)).message


def names(message: Message) -> list[str]:
    return [row.text.split("**")[1].replace("\\", "") for row in message.rows]


async def test_files_are_listed_newest_first_with_all_that_is_known(theatre: Stage) -> None:
    assert "No run left such a file" in text_of(await lists(theatre))
    await leaves(theatre, "report.txt", "a b.log")
    await theatre.passes(minutes=5)
    await leaves(theatre, "Straße.TXT")
    listed = await lists(theatre)
    assert names(listed) == ["Straße.TXT", "a b.log", "report.txt"]
    last = text_of(listed).split("\n")[-1]
    assert last == f"report.txt · 3.4 KB · R-1 · shop · 5 min ago · SHA-256 {10:064x}"
    assert "/save R-2 Straße.TXT" in text_of(listed)
    assert '/save R-1 "a b.log"' in text_of(await lists(theatre, "R-1"))
    shown = await theatre.press(listed.rows[0].button, "viewer")  # type: ignore[arg-type]
    assert shown.runs == ("R-2",)


async def test_files_are_found_by_run_words_and_filters(theatre: Stage) -> None:
    theatre.rules = rules(FIX, HELLO, replace(HELLO, name="brew", project="tea"))
    await leaves(theatre, "report.txt", "trace.log")
    await leaves(theatre, "STRASSE.txt", blueprint="brew")
    for words, found in (
        ("R-1", ["trace.log", "report.txt"]),
        ("1 report", ["report.txt"]),
        ("txt", ["STRASSE.txt", "report.txt"]),
        ("straße", ["STRASSE.txt"]),
        ("project=shop txt", ["report.txt"]),
        ("owner=@developer failed", []),
        ("2 report", []),
    ):
        assert names(await lists(theatre, words)) == found, words
    thread = await theatre.thread_of("R-2")
    assert names(await lists(theatre, thread=thread)) == ["STRASSE.txt"]
    assert "R-2 left no such file" in text_of(await lists(theatre, "nothing", thread=thread))
    refused = await theatre.says("stranger", "artifacts")
    assert "I do not know who you are" in text_of(refused.message)


async def test_long_lists_are_paged(theatre: Stage) -> None:
    for start in range(0, 120, 60):
        await leaves(theatre, *(f"n{number:03}" for number in range(start, start + 60)))

    async def pages(words: str) -> list[str]:
        page = await lists(theatre, words)
        found = names(page)
        while page.buttons:
            page = (await theatre.press(page.buttons[0], "viewer")).message
            found += names(page)
        return found

    assert await pages("") == [f"n{number:03}" for number in reversed(range(120))]
    assert await pages("R-1") == [f"n{number:03}" for number in reversed(range(60))]
    assert await pages("n11") == [f"n11{n}" for n in reversed(range(10))]
