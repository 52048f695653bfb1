"""Where a run on an issue is told beside the place where it was asked for."""

from dataclasses import replace

from bot.domain.conversation import CONSOLE, Conversation
from bot.domain.mirroring import decide_mirrors, join_mirrors
from bot.domain.person import Person
from bot.domain.policy import ProjectTerms
from tests.unit.domain_samples import POLICY, a_run
from tests.unit.test_issue import ISSUE

SLACK = Conversation(surface="slack", tenant="T1", channel="C1", thread="7.7")
SESSION = replace(ISSUE.conversation, thread="s1")


def test_without_an_issue_there_is_one_place() -> None:
    assert decide_mirrors(POLICY, "shop", None, asked_in=CONSOLE) == ()


def test_what_is_asked_in_a_chat_is_told_on_the_issue_too() -> None:
    assert decide_mirrors(POLICY, "shop", ISSUE, asked_in=SLACK) == (ISSUE.conversation,)


def test_what_is_asked_on_the_issue_is_told_in_the_projects_channels() -> None:
    channels = frozenset({"slack/T1/C1", "console/local/console", "linear/acme/ENG"})
    policy = replace(POLICY, projects={"shop": ProjectTerms(channels=channels)})
    expected = (CONSOLE, SLACK.root)
    assert decide_mirrors(policy, "shop", ISSUE, asked_in=SESSION) == expected
    assert decide_mirrors(policy, "other", ISSUE, asked_in=SESSION) == ()


def test_what_must_not_be_told_on_an_issue_is_not() -> None:
    terms = ProjectTerms(see=("@ana",), channels=frozenset({"slack/T1/C1"}))
    policy = replace(POLICY, projects={"shop": terms})
    assert decide_mirrors(policy, "shop", ISSUE, asked_in=SLACK) == ()


def test_who_asks_again_elsewhere_is_told_there() -> None:
    mirrors = (ISSUE.conversation,)
    run = replace(a_run(), conversation=CONSOLE, issue=ISSUE, mirrors=mirrors)
    assert join_mirrors(run, SLACK) == (ISSUE.conversation, SLACK)
    assert join_mirrors(run, CONSOLE) == run.mirrors
    assert join_mirrors(run, ISSUE.conversation) == run.mirrors
    assert join_mirrors(run, SESSION) == (ISSUE.conversation, SESSION)
    assert join_mirrors(run, replace(SESSION, channel="2")) == run.mirrors
    joined = replace(run, mirrors=(ISSUE.conversation, SESSION, SLACK))
    assert join_mirrors(joined, replace(SESSION, thread="s2")) == joined.mirrors
    assert join_mirrors(joined, replace(SLACK, channel="C2")) == joined.mirrors


def test_an_email_means_one_person_or_nobody() -> None:
    persons = {
        "ana": Person(handle="ana", email="Ana@x.example"),
        "abel": Person(handle="abel", email="both@x.example"),
        "olga": Person(handle="olga", email="both@x.example"),
        "omar": Person(handle="omar"),
    }
    policy = replace(POLICY, persons=persons)
    assert policy.find_by_email("ana@X.example") == "ana"
    assert policy.find_by_email("both@x.example") == ""
    assert policy.find_by_email("else@x.example") == ""
    assert policy.find_by_email("") == ""
