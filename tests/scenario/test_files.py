"""Owners hear of their broken files: once per content, and when they are mended."""

from dataclasses import replace

from bot.domain.catalog import Catalog, CatalogFile, FileProblem
from bot.messages.message import Message
from bot.services.file_telling import tell_files
from tests.fakes.stage import POLICY, Stage, text_of


def problem(number: int) -> FileProblem:
    return FileProblem(
        file="fix.yaml", line=number, field="title", problem="it is *bad*", remedy="mend it"
    )


async def sees(
    theatre: Stage, sha256: str, *, owner: str = "", problems: int = 0, file: str = "fix.yaml"
) -> list[Message]:
    """A file is looked at; everything that was told of files so far, newest last."""
    seen = CatalogFile(
        file=file,
        sha256=sha256,
        owner=owner,
        problems=tuple(problem(number) for number in range(1, problems + 1)),
    )
    rules = replace(theatre.rules, catalog=Catalog(files=(seen,)))
    await theatre.store.write(lambda tx: tell_files(tx, rules))
    return [m for m in await theatre.told() if m.attributes["subject"].startswith("file:")]


async def test_a_broken_file_is_told_to_its_owner_once(theatre: Stage) -> None:
    assert await sees(theatre, "good", owner="developer") == []
    for _ in range(3):
        (told,) = await sees(theatre, "bad", owner="reviewer", problems=1)
    assert told.mentions == ("reviewer",)
    assert told.attributes["to"] == "reviewer"
    assert "fix.yaml, line 1, title: it is *bad*; mend it." in text_of(told)
    *_, worse = await sees(theatre, "worse", owner="reviewer", problems=12)
    assert "and 2 more" in text_of(worse)
    *_, mended = await sees(theatre, "good", owner="developer")
    assert "can be used again" in text_of(mended)
    assert mended.mentions == ("reviewer",)
    assert len(await sees(theatre, "better", owner="developer")) == 3
    assert len(await sees(theatre, "bad", owner="reviewer", problems=1)) == 4


async def test_an_unreadable_file_is_told_to_whom_it_named_before(theatre: Stage) -> None:
    await sees(theatre, "good", owner="second")
    (told,) = await sees(theatre, "bad", problems=1)
    assert told.mentions == ("second",)


async def test_without_a_known_owner_the_fallback_hears_of_it(theatre: Stage) -> None:
    for file, owner in (("a.yaml", ""), ("b.yaml", "ghost")):
        *_, told = await sees(theatre, "bad", owner=owner, problems=1, file=file)
        assert told.mentions == ("admin",)
    theatre.rules = replace(theatre.rules, policy=replace(POLICY, fallback_owner=""))
    *_, told = await sees(theatre, "bad", problems=1, file="c.yaml")
    assert told.mentions == ()
    assert "to" not in told.attributes
