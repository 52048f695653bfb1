from pathlib import Path

import pytest

from adapters.policy_file import load_policy
from bot.domain.catalog import BrokenFileError
from bot.domain.issue_state import Moment
from bot.domain.person import Person
from bot.domain.policy import Policy, ProjectTerms, Role, Terms

HEAD = """schema: signalbox/policy/v1
people: {ana: admin, ben: approver, cleo: operator}
"""


def read(tmp_path: Path, text: str) -> Policy:
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    return load_policy(file)


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(BrokenFileError) as caught:
        read(tmp_path, text)
    return caught.value.text.splitlines()


def test_the_smallest_policy_has_the_domains_defaults(tmp_path: Path) -> None:
    people = {"ana": Role.ADMIN, "ben": Role.APPROVER, "cleo": Role.OPERATOR}
    assert read(tmp_path, HEAD) == Policy(people=people)


def test_a_blueprints_terms_stand_over_the_files_defaults(tmp_path: Path) -> None:
    policy = read(
        tmp_path,
        HEAD
        + """defaults: {cancel: [admin], four_eyes: no}
blueprints:
  deploy: {run: [approver], approve: ["@ana", "@ben"], quorum: 2}
fallback_owner: ana
""",
    )
    assert policy.terms("other") == Terms(cancel=("admin",), four_eyes=False)
    assert policy.terms("deploy") == Terms(
        run=("approver",), approve=("@ana", "@ben"), cancel=("admin",), quorum=2, four_eyes=False
    )
    assert policy.fallback_owner == "ana"


def test_the_states_of_issues_are_named_by_team(tmp_path: Path) -> None:
    text = HEAD + "issue_states: {ENG: {started: In Progress, merged: Done}, OPS: {}}\n"
    assert read(tmp_path, text).issue_states == {
        "ENG": {Moment.STARTED: "In Progress", Moment.MERGED: "Done"},
        "OPS": {},
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "schema: signalbox/policy/v1\n",
            "policy.yaml, line 1, people: this field is missing; add “people: …”.",
        ),
        (
            "schema: signalbox/policy/v1\npeople: {ana: boss}\n",
            "policy.yaml, line 2, people.ana: “boss” is not known here; "
            "write viewer, operator, approver or admin.",
        ),
        (
            "schema: signalbox/policy/v1\npeople:\n  Ana Lima: admin\n",
            "policy.yaml, line 3, people.Ana Lima: “Ana Lima” is not a person's name; "
            "write lower-case letters, digits, dots, dashes and underscores.",
        ),
        (
            HEAD + "fallback_owner: dora\n",
            "policy.yaml, line 3, fallback_owner: “dora” is not among the people; "
            "add them under “people”.",
        ),
        (
            HEAD + "defaults:\n  run: [operators]\n",
            "policy.yaml, line 4, defaults.run[0]: “operators” is no role and no person; "
            "write viewer, operator, approver, admin, or a person such as @ana.",
        ),
        (
            HEAD + "defaults:\n  approve: []\n",
            "policy.yaml, line 4, defaults.approve: this is empty; write at least one.",
        ),
        (
            HEAD + "blueprints:\n  deploy:\n    approve: ['@ben', '@dora']\n",
            "policy.yaml, line 5, blueprints.deploy.approve[1]: “dora” is not among the people; "
            "add them under “people”.",
        ),
        (
            HEAD + "defaults:\n  quorum: 3\n",
            "policy.yaml, line 4, defaults.quorum: 3 must approve, but only 2 may; "
            "lower it, or let more people approve.",
        ),
        (
            HEAD + "blueprints:\n  deploy: {approves: [admin]}\n",
            "policy.yaml, line 4, blueprints.deploy.approves: “approves” is not a field here; "
            "write “approve”.",
        ),
        (
            HEAD + "issue_states: {eng: {}}\n",
            "policy.yaml, line 3, issue_states.eng: “eng” is not the key of a team; "
            "write it as its issues do: ENG for ENG-142.",
        ),
        (
            HEAD + "defaults: {four_eyes: 1}\n",
            "policy.yaml, line 3, defaults.four_eyes: “1” is neither yes nor no; write yes or no.",
        ),
        (
            HEAD + "blueprints: {Deploy: {}}\n",
            "policy.yaml, line 3, blueprints.Deploy: “Deploy” is not a blueprint's name; "
            "write lower-case letters, digits and dashes.",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    assert problems(tmp_path, text) == [said]


def test_people_may_be_described_and_projects_have_terms(tmp_path: Path) -> None:
    policy = read(
        tmp_path,
        """schema: signalbox/policy/v1
people:
  ana: {role: admin, name: Ana Lima, email: ana@shop.example, time_zone: Europe/Lisbon,
    identities: [slack/T012/U345]}
  ben: approver
projects:
  shop: {channels: [console/local/console], see: ["@ana", approver], people: {ben: viewer}}
  tools: {}
""",
    )
    assert policy.people == {"ana": Role.ADMIN, "ben": Role.APPROVER}
    assert policy.persons["ana"] == Person(
        handle="ana",
        name="Ana Lima",
        email="ana@shop.example",
        time_zone="Europe/Lisbon",
        identities=("slack/T012/U345",),
    )
    assert policy.projects["tools"] == ProjectTerms()
    assert policy.projects["shop"] == ProjectTerms(
        channels=frozenset({"console/local/console"}),
        see=("@ana", "approver"),
        people={"ben": Role.VIEWER},
    )


PERSON = "schema: signalbox/policy/v1\npeople:\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            PERSON + "  ana: {role: boss}\n",
            "policy.yaml, line 3, people.ana.role: “boss” is not known here; "
            "write viewer, operator, approver or admin.",
        ),
        (
            PERSON + "  ana: {role: admin, mail: a@b}\n",
            "policy.yaml, line 3, people.ana.mail: “mail” is not a field here; write “email”.",
        ),
        (
            PERSON + "  ana: {role: admin, time_zone: Mars/Base}\n",
            "policy.yaml, line 3, people.ana.time_zone: “Mars/Base” is no time zone; "
            "write one such as Europe/Berlin.",
        ),
        (
            PERSON + "  ana: {role: admin, identities: [U1]}\n",
            "policy.yaml, line 3, people.ana.identities[0]: “U1” is not an account; "
            "write surface/team/account, such as slack/T012/U345.",
        ),
        (
            PERSON
            + "  ana: {role: admin, identities: [slack/T/U]}\n"
            + "  ben: {role: admin, identities: [slack/T/U]}\n",
            "policy.yaml, line 4, people.ben.identities[0]: “slack/T/U” is @ana's already; "
            "take it out of one.",
        ),
        (
            PERSON + "  ana: admin\nprojects: {shop: {see: ['@dora']}}\n",
            "policy.yaml, line 4, projects.shop.see[0]: “dora” is not among the people; "
            "add them under “people”.",
        ),
        (
            PERSON + "  ana: admin\nprojects: {shop: {people: {dora: admin}}}\n",
            "policy.yaml, line 4, projects.shop.people.dora: “dora” is not among the people; "
            "add them under “people”.",
        ),
        (
            PERSON + "  ana: admin\nprojects: {shop: {channels: [general]}}\n",
            "policy.yaml, line 4, projects.shop.channels[0]: “general” is not a channel; "
            "write surface/team/channel, such as slack/T012/C345 or console/local/console.",
        ),
        (
            PERSON + "  ana: admin\nprojects: {The Shop: {}}\n",
            "policy.yaml, line 4, projects.The Shop: “The Shop” is not a project's name; "
            "write lower-case letters, digits and dashes.",
        ),
    ],
)
def test_what_is_wrong_with_people_and_projects_is_said(
    tmp_path: Path, text: str, said: str
) -> None:
    assert problems(tmp_path, text) == [said]


def test_a_missing_policy_is_said(tmp_path: Path) -> None:
    with pytest.raises(BrokenFileError) as caught:
        load_policy(tmp_path / "policy.yaml")
    assert caught.value.text == (
        "policy.yaml: there is no such file; create it, or correct its name."
    )
