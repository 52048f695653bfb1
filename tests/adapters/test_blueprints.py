"""Blueprint files: what they mean, and that a broken one hurts no other."""

import hashlib
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.blueprint_file import BlueprintFile
from adapters.blueprints import load_folder
from bot.domain.blueprint import (
    Blueprint,
    GateSpec,
    InputSpec,
    InputType,
    Limits,
    OnExpiry,
    Replies,
    Stream,
    Timeouts,
)
from bot.domain.catalog import Catalog
from bot.domain.vocabulary import Profile
from tests.adapters.blueprint_folder import DATA, HEAD, load

SMALLEST = Blueprint(
    name="fix", profile=Profile.POD, title="Fix it", project="shop", command=("make", "fix")
)


def test_the_smallest_blueprint_has_the_domains_defaults(tmp_path: Path) -> None:
    catalog = load(tmp_path, fix=HEAD)
    assert catalog.problems == ()
    assert catalog.find("fix") == SMALLEST


def test_a_whole_gate_and_input_have_the_domains_defaults(tmp_path: Path) -> None:
    catalog = load(
        tmp_path,
        fix=HEAD + "inputs: [{name: who}]\ngates: [{checkpoint: plan, prompt: 'Go on?'}]\n",
    )
    assert catalog.find("fix").inputs == (InputSpec(name="who"),)
    assert catalog.find("fix").gates == (GateSpec(checkpoint="plan", prompt="Go on?"),)


FIELDS: dict[str, tuple[str, Any]] = {
    "repositories": (
        """repositories: [remotes/a.git, /srv/git/a.git, "git@host:a/b.git", "https://host/a.git"]""",
        ("/srv/data/remotes/a.git", "/srv/git/a.git", "git@host:a/b.git", "https://host/a.git"),
    ),
    "inputs": (
        """
inputs:
  - {name: who, required: yes, help: the customer}
  - {name: count, type: number, default: 2}
  - {name: size, type: choice, choices: [small, large], default: small}
  - {name: dry, type: flag, default: no}
""",
        (
            InputSpec(name="who", required=True, help="the customer"),
            InputSpec(name="count", type=InputType.NUMBER, default=2),
            InputSpec(
                name="size", type=InputType.CHOICE, choices=("small", "large"), default="small"
            ),
            InputSpec(name="dry", type=InputType.FLAG, default=False),
        ),
    ),
    "gates": (
        """
gates:
  - {checkpoint: plan, prompt: 'Go on?', deadline: 4h, on_expiry: cancel, always: yes}
""",
        (
            GateSpec(
                checkpoint="plan",
                prompt="Go on?",
                deadline=timedelta(hours=4),
                on_expiry=OnExpiry.CANCEL,
                always=True,
            ),
        ),
    ),
    "limits": (
        "limits: {cpu: 1.5, memory_mb: 512, log_mb: 8}",
        Limits(cpu=1.5, memory_mb=512, log_mb=8),
    ),
    "timeouts": (
        "timeouts: {queue: 1d, start: 90s, run: 2h, idle: 10m, quiet: 3m}",
        Timeouts(
            queue=timedelta(days=1),
            start=timedelta(seconds=90),
            run=timedelta(hours=2),
            idle=timedelta(minutes=10),
            quiet=timedelta(minutes=3),
        ),
    ),
    "env": ("env: {MODE: quick}", {"MODE": "quick"}),
    "secrets": (
        "secrets: {TOKEN: env:SHOP_TOKEN, KEY: file:/etc/keys/shop}",
        {"TOKEN": "env:SHOP_TOKEN", "KEY": "file:/etc/keys/shop"},
    ),
    "replies": ("replies: stdin", Replies.STDIN),
    "stream": ("stream: codex", Stream.CODEX),
    "labels": ("labels: [linux, GPU]", ("gpu", "linux")),
    "match": ("match: {team: ENG}", {"team": "ENG"}),
    "keep_alive": ("keep_alive: 0s", timedelta(0)),
    "owner": ("owner: '@ana'", "ana"),
    "retry_safe": ("retry_safe: yes", True),
}


@pytest.mark.parametrize(("field", "text", "value"), [(f, *given) for f, given in FIELDS.items()])
def test_a_field_is_read_and_changes_no_other(
    tmp_path: Path, field: str, text: str, value: Any
) -> None:
    catalog = load(tmp_path, fix=HEAD + text)
    assert catalog.problems == ()
    assert catalog.find("fix") == replace(SMALLEST, **{field: value})


def test_every_field_is_read(tmp_path: Path) -> None:
    every = "\n".join(text for text, _ in FIELDS.values())
    found = load(tmp_path, fix=HEAD.replace("pod", "agent") + every).find("fix")
    values = {field: value for field, (_, value) in FIELDS.items()}
    assert found == replace(SMALLEST, profile=Profile.AGENT, **values)
    assert {field.name for field in fields(Blueprint)} == (
        {"name", "profile", "title", "project", "command", "runbook"} | values.keys()
    )


def test_a_command_is_words_or_a_list(tmp_path: Path) -> None:
    text = HEAD.replace("[make, fix]", 'make fix "two words"')
    assert load(tmp_path, fix=text).find("fix").command == ("make", "fix", "two words")


def test_an_alias_stands_for_what_it_names(tmp_path: Path) -> None:
    catalog = load(
        tmp_path, fix=HEAD + "env: {A: &word quick, B: *word}\ntimeouts: {run: 1h, idle: 1h}\n"
    )
    assert catalog.find("fix").env == {"A": "quick", "B": "quick"}


def test_a_broken_file_hides_no_other(tmp_path: Path) -> None:
    catalog = load(tmp_path, a="name: [", fix=HEAD, z="schema: 5")
    assert list(catalog.blueprints) == ["fix"]
    assert {problem.file for problem in catalog.problems} == {"a.yaml", "z.yaml"}


def test_a_name_counts_once(tmp_path: Path) -> None:
    catalog = load(tmp_path, a=HEAD, b=HEAD.replace("Fix it", "Fix it too"))
    assert catalog.find("fix").title == "Fix it"
    assert [str(problem) for problem in catalog.problems] == [
        "b.yaml, line 2, name: “fix” is the name in a.yaml too; rename one of them."
    ]


def test_only_visible_yaml_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(HEAD)
    (tmp_path / ".b.yaml").write_text("[")
    (tmp_path / "c.yaml~").write_text("[")
    (tmp_path / "d.yxml").write_text("[")
    assert load(tmp_path).problems == ()
    assert list(load(tmp_path).blueprints) == ["fix"]


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert load_folder(tmp_path / "none", base=DATA) == Catalog()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@settings(deadline=None)
@given(
    field=st.sampled_from(sorted(BlueprintFile.model_json_schema()["properties"])), value=ANYTHING
)
def test_whatever_stands_in_a_field_the_other_files_are_read(field: str, value: object) -> None:
    content = yaml.safe_load(HEAD) | {field: value}
    with TemporaryDirectory() as folder:
        catalog = load(Path(folder), a=yaml.safe_dump(content), z=HEAD.replace("fix", "other"))
    assert "other" in catalog.blueprints
    assert len(catalog.blueprints) == 2 or all(problem.line for problem in catalog.problems)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_whatever_stands_in_a_file_the_other_files_are_read(text: str) -> None:
    with TemporaryDirectory() as folder:
        assert "fix" in load(Path(folder), a=text, z=HEAD).blueprints


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=4).map(str.strip))
def test_no_problem_repeats_a_secret(value: str) -> None:
    secret = f"s3cr3t{value}"
    content = yaml.safe_load(HEAD) | {"secrets": {"TOKEN": secret, "KEY": [secret]}}
    with TemporaryDirectory() as folder:
        catalog = load(Path(folder), a=yaml.safe_dump(content))
    assert catalog.problems
    assert not any("s3cr3t" in str(problem) for problem in catalog.problems)


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        (HEAD + "owner: ana\n", "ana"),
        (HEAD + "owner: '@ana'\n", "ana"),
        (HEAD, ""),
        (HEAD + "owner: ana\ncommand: [x\n", "ana"),
        (HEAD + 'owner: "@ben.b"\nnonsense: 1\n', "ben.b"),
        ('{"name": "fix", "owner": "ana", "x": 1}', "ana"),
        ("\x00\xff", ""),
        (HEAD + "nonsense: 1\nowner: Ana!\n", ""),
    ],
)
def test_files_name_their_owner_also_when_they_are_broken(
    tmp_path: Path, text: str, owner: str
) -> None:
    (file,) = load(tmp_path, fix=text).files
    assert (file.file, file.owner) == ("fix.yaml", owner)
    assert file.sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_an_owner_is_a_persons_name(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, fix=HEAD + "owner: Ana Lima\n").problems
    assert (problem.field, problem.problem) == ("owner", "“Ana Lima” is not a person's name")


def test_files_that_are_no_files_are_broken(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    files = load_folder(tmp_path, base=DATA).files
    assert [(file.file, file.broken) for file in files] == [
        ("folder.yaml", True),
        ("gone.yaml", True),
    ]
