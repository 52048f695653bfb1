"""Issues: their keys, what is kept of them, and which blueprint is for one."""

from dataclasses import replace

import pytest

from bot.domain.blueprint import Blueprint
from bot.domain.catalog import Catalog
from bot.domain.issue import Issue, IssueAttachment, IssueComment, bounded, is_issue_key
from bot.domain.issue_choice import MATCH_KEYS, choose_blueprint, is_withheld, meets
from tests.unit.test_blueprint import BLUEPRINT

ISSUE = Issue(
    surface="linear",
    tenant="acme",
    id="1",
    key="ENG-142",
    title="Checkout rounds down",
    team="ENG",
    project="Shop",
    labels=("Bug", "billing"),
    attachments=(
        IssueAttachment(title="Pull", url="https://github.com/Acme/Shop/pull/7"),
        IssueAttachment(title="broken", url="https://[oops"),
    ),
)


def named(name: str, **match: str) -> Blueprint:
    return replace(BLUEPRINT, name=name, match=match)


def catalog(*blueprints: Blueprint) -> Catalog:
    return Catalog(blueprints={one.name: one for one in blueprints})


@pytest.mark.parametrize(
    ("word", "is_key"),
    [
        ("ENG-142", True),
        ("eng-1", True),
        ("E2E-9", True),
        ("R-81", False),
        ("g-41", False),
        ("RE-1", True),
        ("ENG-", False),
        ("ENG-1x", False),
        ("fix-rounding", False),
        ("2ND-1", False),
        ("ABCDEFGHIJK-1", False),
        ("ENG-١", False),
    ],
)
def test_a_key_is_letters_and_a_number_and_none_of_ours(word: str, *, is_key: bool) -> None:
    assert is_issue_key(word) is is_key


def test_what_is_too_long_is_cut_and_the_last_comments_are_left() -> None:
    long = replace(
        ISSUE,
        title=" a\n ti\0t\u202ele " + "x" * 300,
        description="y" * 60_000,
        labels=("l",) * 60,
        comments=(
            *(IssueComment(by="a", text=str(at)) for at in range(210)),
            IssueComment(by="b", text="z" * 20_000),
        ),
        attachments=ISSUE.attachments * 101,
        attachments_left_out=3,
    )
    kept = bounded(long)
    assert kept.title.startswith("a title xxx")
    assert (len(kept.title), kept.title[-1]) == (200, "…")
    assert len(kept.description) == 50_000
    assert (len(kept.labels), len(kept.comments), len(kept.attachments)) == (50, 200, 200)
    assert kept.comments[0].text == "11"
    assert (kept.comments_left_out, kept.attachments_left_out) == (11, 5)
    assert len(kept.comments[-1].text) == 10_000
    assert bounded(ISSUE) == ISSUE


def test_comments_are_not_too_long_together() -> None:
    said = tuple(IssueComment(by="a", text=f"{at:03}" + "x" * 9_000) for at in range(30))
    kept = bounded(replace(ISSUE, comments=said))
    assert [comment.text[:3] for comment in kept.comments] == [f"{at:03}" for at in range(8, 30)]
    assert kept.comments_left_out == 8
    assert bounded(kept) == kept


def test_an_issue_has_a_place_and_a_key_of_its_own() -> None:
    assert ISSUE.conversation.address == "linear/acme/1"
    assert ISSUE.place.address == "linear/acme/ENG"
    assert replace(ISSUE, team="").place.address == "linear/acme/1"
    assert ISSUE.dedupe_key == "issue:linear/acme/1"


@pytest.mark.parametrize(
    ("name", "wanted", "met"),
    [
        ("team", "eng", True),
        ("team", "OPS", False),
        ("project", "shop", True),
        ("project", "", False),
        ("label", "BUG", True),
        ("label", "bu", False),
        ("repository", "github.com/acme/shop", True),
        ("repository", "github.com/acme/sho", False),
        ("repository", "github.com/acme", True),
        ("repository", "example.org/acme/shop", False),
        ("moon", "full", False),
    ],
)
def test_a_demand_is_met_or_not(name: str, wanted: str, *, met: bool) -> None:
    assert meets(ISSUE, {name: wanted}) is met


def test_a_repository_may_be_attached_itself() -> None:
    whole = IssueAttachment(title="repo", url="https://github.com/acme/shop.git/")
    assert meets(replace(ISSUE, attachments=(whole,)), {"repository": "github.com/acme/shop"})
    assert not meets(replace(ISSUE, attachments=()), {"repository": "github.com/acme/shop"})


@pytest.mark.parametrize(
    ("offered", "chosen", "because"),
    [
        ([], [], ""),
        ([named("plain")], [], ""),
        ([named("ops", team="OPS")], [], ""),
        ([named("eng", team="ENG"), named("plain")], ["eng"], "ENG-142 matches team ENG"),
        (
            [named("eng", team="ENG"), named("bugs", label="bug", team="eng")],
            ["bugs"],
            "ENG-142 matches team eng, label bug",
        ),
        (
            [named("b", label="bug"), named("a", team="ENG"), named("c", team="OPS", label="bug")],
            ["a", "b"],
            "ENG-142 matches team ENG",
        ),
    ],
)
def test_the_most_specific_fits_best(
    offered: list[Blueprint], chosen: list[str], because: str
) -> None:
    choice = choose_blueprint(ISSUE, offered)
    assert [one.name for one in choice.blueprints] == chosen
    assert choice.because == because


def test_only_what_fits_hidden_work_alone_is_withheld() -> None:
    whole = catalog(named("pay", team="ENG"), named("ops", team="OPS"), named("plain"))

    def seen(*names: str) -> Catalog:
        part = {name: whole.blueprints[name] for name in names}
        rest = {name: one.match for name, one in whole.blueprints.items() if name not in part}
        return replace(whole, blueprints=part, hidden=rest)

    assert is_withheld(ISSUE, seen("ops", "plain"))
    assert not is_withheld(ISSUE, seen("pay"))
    assert not is_withheld(replace(ISSUE, team="NEW"), seen("plain"))


def test_all_that_may_be_demanded_is_known() -> None:
    full = {"team": "ENG", "project": "Shop", "label": "bug", "repository": "github.com/acme/shop"}
    assert set(full) == set(MATCH_KEYS)
    assert meets(ISSUE, full)
