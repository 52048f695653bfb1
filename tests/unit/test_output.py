"""Pure parts of reading output and of news about files."""

import pytest

from bot.domain.blueprint_state import FileNews, ToldFile, decide_news
from bot.domain.catalog import CatalogFile, FileProblem
from bot.domain.log_text import lines_holding, plain_text
from bot.messages.message import is_for

PROBLEMS = (FileProblem(file="a.yaml", problem="p", remedy="r"),)


def test_escapes_of_a_terminal_are_no_text() -> None:
    assert plain_text("\x1b[1;31mer\x1b[0mror\x1b[2K!") == "error!"


def test_lines_hold_all_words_letter_case_aside() -> None:
    text = "Error one\n\nno\n\x1b[31mER\x1b[0mROR Straße\n"
    assert list(lines_holding(text, ["error"])) == [(1, "Error one"), (4, "ERROR Straße")]
    assert list(lines_holding(text, ["ERR", "strasse"])) == [(4, "ERROR Straße")]
    assert list(lines_holding(text, ["x"])) == []


def told(sha256: str, *, broken: bool) -> ToldFile:
    return ToldFile(file="a.yaml", sha256=sha256, broken=broken, owner="", told_to="", changes=1)


@pytest.mark.parametrize(
    ("known", "sha256", "broken", "news"),
    [
        (None, "1", True, FileNews.BROKEN),
        (None, "1", False, None),
        (told("1", broken=True), "1", True, None),
        (told("1", broken=True), "2", True, FileNews.BROKEN),
        (told("1", broken=True), "2", False, FileNews.MENDED),
        (told("1", broken=True), "1", False, FileNews.MENDED),
        (told("1", broken=False), "1", True, FileNews.BROKEN),
        (told("1", broken=False), "2", True, FileNews.BROKEN),
        (told("1", broken=False), "2", False, None),
    ],
)
def test_news_of_a_file(
    known: ToldFile | None, sha256: str, *, broken: bool, news: FileNews | None
) -> None:
    file = CatalogFile(file="a.yaml", sha256=sha256, problems=PROBLEMS if broken else ())
    assert decide_news(known, file) is news


def test_a_message_to_one_person_is_for_nobody_else() -> None:
    assert is_for({"attributes": {"to": "ana"}}, "ana")
    assert not is_for({"attributes": {"to": "ana"}}, "ben")
    assert is_for({"attributes": {}}, "ben")
