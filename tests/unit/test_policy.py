"""Who may do what: role × verb × relation, gates under four eyes, and owners."""

from itertools import product

import pytest

from bot.domain.gate import GateKind
from bot.domain.policy import (
    Policy,
    ProjectTerms,
    Role,
    Terms,
    decide_gate_permission,
    decide_owner,
    decide_permission,
    decide_places,
    decide_undo,
    decide_visibility,
)
from tests.unit.domain_samples import POLICY, a_gate, a_run

READING = (
    *("list", "show", "logs", "artifacts", "blueprints", "mine", "stats", "why", "help"),
    *("timeline", "inbox", "can", "export"),
)
OWN = ("restart", "stop", "delete", "retry", "rerun")
LEAST: dict[str, Role] = {
    **dict.fromkeys(READING, Role.VIEWER),
    **dict.fromkeys(("ask", "review", "dispatch", "nudge", "answer"), Role.OPERATOR),
    **dict.fromkeys(("retry", "rerun"), Role.OPERATOR),
    **dict.fromkeys(("restart", "stop", "delete", "enable", "disable"), Role.APPROVER),
    "assign": Role.ADMIN,
    "confirm": Role.ADMIN,
}
RELATIONS = {
    "none": a_run(owner="x", requested_by="y"),
    "owner": a_run(owner="me", requested_by="y"),
    "requester": a_run(owner="x", requested_by="me"),
}


@pytest.mark.parametrize(("verb", "role"), list(product(LEAST, Role)))
@pytest.mark.parametrize("relation", RELATIONS)
def test_role_verb_and_relation(role: Role, verb: str, relation: str) -> None:
    own = relation != "none" and verb in OWN and role >= Role.OPERATOR
    ruling = decide_permission(Policy(people={"me": role}), "me", verb, run=RELATIONS[relation])
    assert ruling.allowed is (role >= LEAST[verb] or own)
    assert ("me" in ruling.who) is ruling.allowed


@pytest.mark.parametrize("verb", LEAST)
def test_unknown_people_may_do_nothing_even_with_their_own(verb: str) -> None:
    for name in ("ghost", ""):
        run = a_run(owner=name, requested_by=name)
        assert not decide_permission(POLICY, name, verb, run=run).allowed


def test_unknown_verbs_are_for_nobody() -> None:
    ruling = decide_permission(POLICY, "root", "obliterate")
    assert (ruling.allowed, ruling.who) == (False, ())
    assert ruling.rule == "no rule lets anybody “obliterate”"


def test_a_refusal_names_the_rule_and_who_may() -> None:
    ruling = decide_permission(POLICY, "omar", "stop", run=a_run(requested_by="root"))
    assert not ruling.allowed
    assert ruling.rule == "cancel of fix: approver"
    assert ruling.who == ("abel", "ana", "olga", "root")
    assert decide_permission(POLICY, "vera", "assign").rule == "assign needs the role admin"
    assert decide_permission(POLICY, "vera", "dispatch").rule == "run of a blueprint: operator"


def test_terms_of_a_blueprint_stand_in_for_the_defaults() -> None:
    policy = Policy(people=POLICY.people, blueprints={"fix": Terms(run=("@vera", "admin"))})
    assert decide_permission(policy, "vera", "dispatch", blueprint="fix").allowed
    assert not decide_permission(policy, "omar", "dispatch", blueprint="fix").allowed
    assert decide_permission(policy, "omar", "dispatch", blueprint="other").allowed


def test_names_are_handles_or_roles() -> None:
    assert POLICY.who(("approver", "@vera")) == ("abel", "ana", "root", "vera")
    assert POLICY.who(("Approver", "ADMIN")) == ("abel", "ana", "root")
    assert POLICY.who(("vera", "@ghost", "wizard")) == ()
    assert Role.APPROVER.word == "approver"


# --- gates ----------------------------------------------------------------------------------


def test_approvers_decide_and_operators_do_not() -> None:
    run, gate = a_run(), a_gate()
    allowed = {
        name
        for name in (*POLICY.people, "ghost", "")
        if decide_gate_permission(POLICY, name, run=run, gate=gate).allowed
    }
    assert allowed == {"ana", "abel", "root"}


def test_four_eyes_keep_out_whoever_asked_or_steered_whatever_their_role() -> None:
    run = a_run(requested_by="ana", attempt_by="abel", steerers=("root", "omar"))
    ruling = decide_gate_permission(POLICY, "root", run=run, gate=a_gate())
    assert not ruling.allowed
    assert ruling.rule.startswith("four eyes")
    assert ruling.who == ()
    assert ruling.not_who == (
        ("abel", "asked for it"),
        ("ana", "asked for it"),
        ("root", "steered it"),
    )


def test_only_those_whose_role_would_do_are_named_as_kept_out() -> None:
    run = a_run(requested_by="omar", attempt_by="ana")
    ruling = decide_gate_permission(POLICY, "omar", run=run, gate=a_gate())
    assert ruling.not_who == (("ana", "asked for it"),)
    assert ruling.who == ("abel", "root")


def test_without_four_eyes_an_approver_may_decide_their_own() -> None:
    run = a_run(requested_by="ana", attempt_by="ana")
    ruling = decide_gate_permission(POLICY, "ana", run=run, gate=a_gate(four_eyes=False))
    assert (ruling.allowed, ruling.not_who) == (True, ())
    assert ruling.rule == "approve of fix: approver"


# --- owners ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("explicit", "assignee", "owner"),
    [
        ("olga", None, ("olga", False)),
        ("olga", "ana", ("olga", False)),
        ("", None, ("omar", False)),
        ("", "ana", ("ana", False)),
        ("", "", ("root", True)),
    ],
)
def test_who_owns_a_new_run(explicit: str, assignee: str | None, owner: tuple[str, bool]) -> None:
    given = decide_owner(POLICY, explicit=explicit, requester="omar", assignee=assignee)
    assert given == owner


def test_without_a_fallback_account_the_requester_stands_in() -> None:
    assert decide_owner(Policy(), explicit="", requester="omar", assignee="") == ("omar", True)


def test_questions_are_for_operators_unless_policy_says_otherwise() -> None:
    question = a_gate(kind=GateKind.QUESTION, four_eyes=True)
    run = a_run()
    ruling = decide_gate_permission(POLICY, "omar", run=run, gate=question)
    assert ruling.allowed
    assert ruling.who == ("abel", "ana", "olga", "omar", "root")
    terms = {"fix": Terms(answer=("@ana",))}
    strict = Policy(people=POLICY.people, blueprints=terms)
    refused = decide_gate_permission(strict, "omar", run=run, gate=question)
    assert (refused.allowed, refused.rule) == (False, "answer of fix: @ana")


# --- projects -------------------------------------------------------------------------------

SEEN_BY: dict[tuple[str, ...], Role | None] = {
    **{(role.word,): role for role in Role},
    ("@me",): Role.VIEWER,
    ("@somebody",): None,
}


def project_policy(role: Role, see: tuple[str, ...] = ("viewer",), **own: Role) -> Policy:
    people = {"me": role, "somebody": Role.VIEWER}
    return Policy(people=people, projects={"shop": ProjectTerms(see=see, people=own)})


@pytest.mark.parametrize(("see", "role"), list(product(SEEN_BY, Role)))
@pytest.mark.parametrize("relation", RELATIONS)
def test_who_sees_a_project_by_role_whatever_the_relation(
    role: Role, see: tuple[str, ...], relation: str
) -> None:
    least = SEEN_BY[see]
    seen = least is not None and role >= least
    policy = project_policy(role, see)
    assert decide_visibility(policy, "me").shows("shop") is seen
    assert decide_visibility(policy, "me").shows("another")
    for verb, needed in LEAST.items():
        allowed = decide_permission(policy, "me", verb, run=RELATIONS[relation]).allowed
        own = relation != "none" and verb in OWN and role >= Role.OPERATOR
        assert allowed is (seen and (role >= needed or own)), verb


@pytest.mark.parametrize("see", SEEN_BY)
def test_strangers_see_nothing(see: tuple[str, ...]) -> None:
    for name in ("ghost", ""):
        sight = decide_visibility(project_policy(Role.ADMIN, see), name)
        assert not sight.shows("shop")
        assert not sight.shows("another")


@pytest.mark.parametrize(("general", "own"), list(product(Role, Role)))
def test_a_projects_role_stands_in_for_the_general_one(general: Role, own: Role) -> None:
    policy = project_policy(general, ("approver",), me=own)
    assert decide_visibility(policy, "me").shows("shop") is (own >= Role.APPROVER)
    inside = decide_permission(policy, "me", "dispatch", project="shop").allowed
    assert inside is (own >= Role.APPROVER)
    outside = decide_permission(policy, "me", "dispatch", project="another").allowed
    assert outside is (general >= Role.OPERATOR)


def test_gates_are_decided_by_who_sees_the_run() -> None:
    hidden = Policy(people=POLICY.people, projects={"shop": ProjectTerms(see=("@ana", "@vera"))})
    ruling = decide_gate_permission(hidden, "root", run=a_run(), gate=a_gate())
    assert (ruling.allowed, ruling.who) == (False, ("ana",))


def test_undo_is_for_whoever_asked_and_for_admins() -> None:
    asked = {
        name: decide_undo(POLICY, name, asked_by="olga", run=a_run()).allowed
        for name in (*POLICY.people, "ghost")
    }
    assert {name for name, allowed in asked.items() if allowed} == {"olga", "root"}
    assert not decide_undo(POLICY, "ghost", asked_by="ghost", run=a_run()).allowed


@pytest.mark.parametrize(
    ("project", "channel", "why"),
    [
        ("shop", "slack/T/shop", ""),
        ("tools", "slack/T/shop", "this channel is for shop and till"),
        ("tools", "slack/T/all", ""),
        ("shop", "slack/T/all", ""),
        ("till", "slack/T/all", "its runs are told only in slack/T/shop"),
        ("vault", "slack/T/all", ""),
    ],
)
def test_where_a_projects_runs_may_be_started(project: str, channel: str, why: str) -> None:
    shared = frozenset({"slack/T/shop"})
    policy = Policy(
        projects={
            "shop": ProjectTerms(channels=shared),
            "till": ProjectTerms(channels=shared, see=("admin",)),
            "vault": ProjectTerms(see=("admin",)),
        }
    )
    assert decide_places(policy, project, channel) == why
