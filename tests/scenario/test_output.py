"""Reading what programs said: page by page, by words, and after it was removed."""

from datetime import timedelta

from bot.domain.codec import JSON
from bot.domain.selection import Filter
from bot.messages.message import Message
from tests.fakes.stage import Runner, Stage, text_of


async def running(theatre: Stage) -> Runner:
    await theatre.says("developer", "dispatch hello")
    return await (await theatre.claims()).starts()


async def says_of_it(theatre: Stage, words: str, *, who: str = "viewer") -> Message:
    return (await theatre.says(who, words)).message


async def turns(theatre: Stage, page: Message, label: str) -> Message:
    (button,) = [button for button in page.buttons if button.label == label]
    return (await theatre.press(button, "viewer")).message


def lines_of(page: Message) -> list[str]:
    return page.body.removeprefix("```\n").removesuffix("\n```").split("\n")


async def test_a_long_log_is_read_back_and_forth_without_a_gap(theatre: Stage) -> None:
    runner = await running(theatre)
    assert "said nothing yet" in text_of(await says_of_it(theatre, "logs 1"))
    wanted = [f"line {number} {'x' * (number % 90)}" for number in range(900)]
    for start in range(0, 900, 3):
        text = "".join(f"{line}\n" for line in wanted[start : start + 3])
        await runner.reports("log", stream="out", text=text)
    page = await says_of_it(theatre, "logs 1 1")
    assert [button.label for button in page.buttons] == ["Older"]
    back: list[str] = lines_of(page)
    while any(button.label == "Older" for button in page.buttons):
        page = await turns(theatre, page, "Older")
        back[:0] = lines_of(page)
    assert back == wanted
    forth: list[str] = lines_of(page)
    while any(button.label == "Newer" for button in page.buttons):
        page = await turns(theatre, page, "Newer")
        forth += lines_of(page)
    assert forth == wanted
    assert "has no job 7" in text_of(await says_of_it(theatre, "logs 1 7"))


async def test_one_very_long_line_is_read_to_its_beginning(theatre: Stage) -> None:
    runner = await running(theatre)
    text = "".join(f"{number:06}" for number in range(5_000))
    await runner.reports("log", stream="err", text=text)
    page = await says_of_it(theatre, "logs R-1.1")
    read = lines_of(page)[0]
    while any(button.label == "Older" for button in page.buttons):
        page = await turns(theatre, page, "Older")
        read = lines_of(page)[0] + read
    assert read == text
    forth = lines_of(page)[0]
    while any(button.label == "Newer" for button in page.buttons):
        page = await turns(theatre, page, "Newer")
        forth += lines_of(page)[0]
    assert forth == text


async def test_lines_that_hold_words_are_shown_with_their_place(theatre: Stage) -> None:
    runner = await running(theatre)
    await runner.reports("log", stream="out", text="all well\nnpm ERR! 403 for left-pad\n")
    await runner.reports("log", stream="err", text="Er\x1b[31mr\x1b[0mor 403\n\nSTRASSE 403 \\x\n")
    found = await says_of_it(theatre, "logs 1 err 403")
    assert "2 lines of R-1.1 with “err 403”" in text_of(found)
    first, second = text_of(found).split("\n")[-2:]
    assert first.endswith("· 1:2 · out · npm ERR! 403 for left-pad")
    assert second.endswith("· 2:1 · err · Error 403")
    shown = await theatre.press(found.rows[1].button, "viewer")  # type: ignore[arg-type]
    assert "STRASSE" in text_of(shown.message)
    assert "all well" not in text_of(shown.message)
    assert "1 line " in text_of(await says_of_it(theatre, "logs 1 straße \\x"))
    assert "3 lines " in text_of(await says_of_it(theatre, 'logs 1 "403"'))
    assert "1 line " in text_of(await says_of_it(theatre, 'logs 1 "error 403" error'))
    assert "No line of R-1.1 with “nowhere”" in text_of(await says_of_it(theatre, "logs 1 nowhere"))
    assert "never closed" in text_of(await says_of_it(theatre, 'logs 1 x "open'))
    unknown = text_of(await says_of_it(theatre, "logs 1 x", who="stranger"))
    assert "I do not know who you are" in unknown


async def test_many_hits_are_shown_ten_at_a_time(theatre: Stage) -> None:
    runner = await running(theatre)
    for part in range(4):
        text = "".join(f"error {part}{number} {'y' * 400}\n" for number in range(6))
        await runner.reports("log", stream="out", text=text)
    page = await says_of_it(theatre, "logs 1 error")
    seen: list[str] = []
    while True:
        seen[:0] = [row.text.rpartition("error ")[2][:2] for row in page.rows]
        assert all("…" in row.text for row in page.rows)
        if not page.buttons:
            break
        page = await turns(theatre, page, "Search earlier output")
    assert seen == [f"{part}{number}" for part in range(4) for number in range(6)]


async def test_a_search_says_when_it_has_not_seen_everything(theatre: Stage) -> None:
    runner = await running(theatre)
    await runner.reports("log", stream="out", text="needle\n")

    def noise(tx: JSON) -> None:
        for _ in range(450):
            tx.logs.append(1, stream="out", text="hay\n", at=tx.now())

    await theatre.store.write(noise)
    page = await says_of_it(theatre, "logs 1 needle")
    assert "so far" in text_of(page)
    page = await turns(theatre, page, "Search earlier output")
    assert "1 line of R-1.1" in text_of(page)
    page = await says_of_it(theatre, "logs 1 nothing")
    page = await turns(theatre, page, "Search earlier output")
    assert "No earlier line" in text_of(page)


async def test_removed_output_is_spoken_of_honestly(theatre: Stage) -> None:
    runner = await running(theatre)
    await runner.reports("log", stream="out", text="first\n")
    await theatre.passes(seconds=20)
    await runner.reports("log", stream="out", text="second\n")
    await runner.ends()

    async def removes(**age: float) -> None:
        until = theatre.clock.now() - timedelta(**age)
        await theatre.store.write(lambda tx: tx.logs.remove_before(until, limit=9))

    await removes(seconds=10)
    said = text_of(await says_of_it(theatre, "logs 1"))
    assert "what came before was removed" in said
    assert "second" in said
    await removes(seconds=-10)
    assert "older than logs are kept" in text_of(await says_of_it(theatre, "logs 1"))
    assert await theatre.store.read(lambda tx: tx.runs.find(Filter(), limit=1))
