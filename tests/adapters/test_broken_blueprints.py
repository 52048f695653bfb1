"""What is said of blueprint files that are broken."""

from pathlib import Path

import pytest

from tests.adapters.blueprint_folder import HEAD, load


def test_every_problem_of_a_file_is_said_by_line(tmp_path: Path) -> None:
    catalog = load(tmp_path, fix=HEAD.replace("pod", "pot") + "limits: {cpu: 0}\nenvs: {}\n")
    assert [problem.line for problem in catalog.problems] == [3, 7, 8]
    assert {problem.name for problem in catalog.problems} == {"fix"}


BROKEN = {
    "nothing that an issue has": (
        HEAD + "match: {moon: full}\n",
        ", match.moon: “moon” is nothing that an issue is chosen by; "
        "write team, project, label or repository.",
        7,
    ),
    # the text itself
    "not YAML": (
        HEAD + "env: {A: 'x}\n",
        ": this is not YAML: found unexpected end of stream; "
        "check the indentation, the quotes and the colons there.",
        8,
    ),
    "a tab": (
        HEAD + "limits:\n\tcpu: 2\n",
        ": this is not YAML: found character '\\t' that cannot start any token; "
        "check the indentation, the quotes and the colons there.",
        8,
    ),
    "an unknown alias is not repeated": (
        HEAD + "secrets:\n  TOKEN: *hunter2\n",
        ": this is not YAML: found undefined alias; "
        "check the indentation, the quotes and the colons there.",
        8,
    ),
    "two documents": (
        HEAD + "---\nname: x\n",
        ": this is not YAML: but found another document; "
        "check the indentation, the quotes and the colons there.",
        7,
    ),
    "nothing": ("# later\n", ": the file is empty; fill it in, or remove it.", 1),
    "a list": (
        "- name: fix\n",
        ": the file is no list of fields; begin it with “schema: signalbox/…”.",
        1,
    ),
    "a repeated field": (
        HEAD + "replies: none\nreplies: file\n",
        ": the field “replies” stands here twice; keep one of them.",
        8,
    ),
    "a tag": (
        HEAD + "env: {A: !!python/name:os.system x}\n",
        ": this tag is not read here; take out the word that begins with “!”.",
        7,
    ),
    "a number that is none": (
        HEAD + "limits: {cpu: !!int ''}\n",
        ": this is no number or yes or no that can be read; put it in quotes.",
        7,
    ),
    "a number beyond all bounds": (
        HEAD + f"limits: {{memory_mb: 0x{'f' * 5000}}}\n",
        ": this number is too large; write a smaller one, or put it in quotes.",
        7,
    ),
    "half a character": (
        HEAD + 'env: {A: "\\ud800"}\n',
        ": this holds half a character; write the character itself.",
        7,
    ),
    "a name that is no word": (
        HEAD + "env:\n  [a, b]: c\n",
        ": a field's name must be a word; write “name: value”.",
        8,
    ),
    "an alias bomb": (
        HEAD
        + "env:\n"
        + "  a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"  {new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
            for old, new in ("ab", "bc", "cd", "de")
        ),
        ": there are more values than can be read; use fewer aliases.",
        8,
    ),
    "an alias in itself": (
        HEAD + "labels: &a [*a]\n",
        ": there are more values than can be read; use fewer aliases.",
        7,
    ),
    "deep nesting": (
        HEAD + "labels: " + "[" * 500 + "]" * 500 + "\n",
        ": this is nested too deeply; flatten it.",
        7,
    ),
    "a control character": (
        HEAD + "env: {A: \x07}\n",
        ": there is a control character; take it out.",
        7,
    ),
    "a large file": (
        HEAD + "#" * 256 * 1024,
        ": it is larger than 256 KiB; take out what does not belong to it.",
        None,
    ),
    # fields
    "another schema": (
        HEAD.replace("/v1", "/v9"),
        ", schema: “signalbox/blueprint/v9” is not known here; write signalbox/blueprint/v1.",
        1,
    ),
    "a missing field": (
        HEAD.replace("project: shop\n", ""),
        ", project: this field is missing; add “project: …”.",
        1,
    ),
    "a misspelt field": (
        HEAD + "timeout: {run: 1h}\n",
        ", timeout: “timeout” is not a field here; write “timeouts”.",
        7,
    ),
    "a misspelt field within": (
        HEAD + "gates:\n  - checkpoint: plan\n    prompt: Go on?\n    dead_line: 4h\n",
        ", gates[0].dead_line: “dead_line” is not a field here; write “deadline”.",
        10,
    ),
    "a field like no other": (
        HEAD + "limits: {zzz: 1}\n",
        ", limits.zzz: “zzz” is not a field here; take it out; there are cpu, memory_mb, log_mb.",
        7,
    ),
    "an empty field": (
        HEAD + "gates:\n",
        ", gates: this is empty; fill it in, or take the field out.",
        7,
    ),
    "a path for a name": (
        HEAD.replace("name: fix", "name: ../fix"),
        ", name: “../fix” is not a name; write up to 63 lower-case letters, digits and dashes.",
        2,
    ),
    "a number for a title": (
        HEAD.replace("Fix it", "2024"),
        ", title: “2024” is not text; put it in quotes.",
        4,
    ),
    "an unknown profile": (
        HEAD.replace("pod", "bot"),
        ", profile: “bot” is not known here; "
        "write agent, pod, pipeline, automation, flow or guide.",
        3,
    ),
    "a group for a list": (
        HEAD + "inputs: {name: who}\n",
        ", inputs: this is not a list; write it as [one, two].",
        7,
    ),
    "a word for a group": (
        HEAD + "limits: small\n",
        ", limits: “small” is not a group of fields; write lines of “name: value” below it.",
        7,
    ),
    "no command": (
        HEAD.replace("[make, fix]", "[]"),
        ", command: this is empty; write at least one.",
        6,
    ),
    "an open quote": (
        HEAD.replace("[make, fix]", "make 'fix"),
        ", command: a quote in it is not closed; close it, or write a list.",
        6,
    ),
    # durations and numbers
    "parsecs": (
        HEAD + "timeouts:\n  idle: 10m\n  run: 5 parsecs\n",
        ", timeouts.run: “5 parsecs” is not a duration; write 90s, 5m, 2h or 1d.",
        9,
    ),
    "a bare number": (
        HEAD + "keep_alive: 90\n",
        ", keep_alive: “90” is not a duration; write 90s, 5m, 2h or 1d.",
        7,
    ),
    "no time": (
        HEAD + "timeouts: {run: 0s}\n",
        ", timeouts.run: “0s” leaves no time; write 90s, 5m, 2h or 1d.",
        7,
    ),
    "half a megabyte": (
        HEAD + "limits: {memory_mb: 0.5}\n",
        ", limits.memory_mb: “0.5” is not a whole number; write one such as 2, without quotes.",
        7,
    ),
    "no core": (
        HEAD + "limits: {cpu: 0}\n",
        ", limits.cpu: “0” is too small; write more than 0.",
        7,
    ),
    "no number of cores": (
        HEAD + "limits: {cpu: .nan}\n",
        ", limits.cpu: “nan” is not a number; write one such as 2, without quotes.",
        7,
    ),
    "neither yes nor no": (
        HEAD + "retry_safe: sometimes\n",
        ", retry_safe: “sometimes” is neither yes nor no; write yes or no.",
        7,
    ),
    # repositories, variables, secrets
    "a password in an address": (
        HEAD + "repositories:\n  - https://ana:hunter2@host/shop.git\n",
        ", repositories[0]: an address must not carry a password or token; "
        "write git@host:path, which signs in with the host's key, and change the secret.",
        8,
    ),
    "a token in an address": (
        HEAD + "repositories: ['https://hunter2@host/shop.git']\n",
        ", repositories[0]: an address must not carry a password or token; "
        "write git@host:path, which signs in with the host's key, and change the secret.",
        7,
    ),
    "a command for an address": (
        HEAD + "repositories: ['ext::sh -c hunter2']\n",
        ", repositories[0]: this is no path and no address of a repository; "
        "write an absolute path, a path from the data folder, or a git, ssh or https URL.",
        7,
    ),
    "an address of another kind": (
        HEAD + "repositories: ['ftp://host/shop.git']\n",
        ", repositories[0]: “ftp:” is not fetched from; "
        "write an absolute path, a path from the data folder, or a git, ssh or https URL.",
        7,
    ),
    "a secret's value": (
        HEAD + "secrets:\n  TOKEN: hunter2\n",
        ", secrets.TOKEN: a secret stands here as a reference, never as its value; "
        "write env:NAME or file:/absolute/path, and change the secret if it stood here.",
        8,
    ),
    "a variable of ours": (
        HEAD + "env: {SIGNALBOX_RUN: R-1}\n",
        ", env.SIGNALBOX_RUN: “SIGNALBOX_RUN” cannot be set; "
        "write letters, digits and underscores, and do not begin with SIGNALBOX_.",
        7,
    ),
    "a number for a variable": (
        HEAD + "env:\n  PORT: 8080\n",
        ", env.PORT: “8080” is not text; put it in quotes.",
        8,
    ),
    "a variable that is a secret too": (
        HEAD + "secrets: {TOKEN: env:T}\nenv: {TOKEN: x}\n",
        ", env.TOKEN: “TOKEN” is a secret as well; keep one of them.",
        8,
    ),
    "a label": (
        HEAD + "labels: [linux, my gpu]\n",
        ", labels: “my gpu” is not a label; use 1 to 64 letters, digits or -_.:/.",
        7,
    ),
    # inputs and gates
    "an input's name": (
        HEAD + "inputs: [{name: Who}]\n",
        ", inputs[0].name: “Who” is not a name; write lower-case letters, digits and underscores.",
        7,
    ),
    "an input twice": (
        HEAD + "inputs:\n  - name: who\n  - name: who\n",
        ", inputs[1].name: “who” stands here twice; rename one of them.",
        9,
    ),
    "a choice without choices": (
        HEAD + "inputs:\n  - name: size\n    type: choice\n    default: small\n",
        ", inputs[0]: there is nothing to choose from; add “choices: [one, two]”.",
        8,
    ),
    "choices of a text": (
        HEAD + "inputs:\n  - name: size\n    choices: [s, l]\n",
        ", inputs[0].choices: text has no choices; write “type: choice”.",
        9,
    ),
    "a default that is no choice": (
        HEAD + "inputs: [{name: size, type: choice, choices: [s, l], default: m}]\n",
        ", inputs[0].default: “m” is none of the choices; write one of s, l.",
        7,
    ),
    "a default that is no number": (
        HEAD + "inputs: [{name: count, type: number, default: yes}]\n",
        ", inputs[0].default: “yes” is not a number; write one, without quotes.",
        7,
    ),
    "a default that is no flag": (
        HEAD + "inputs: [{name: dry, type: flag, default: 1}]\n",
        ", inputs[0].default: “1” is neither yes nor no; write yes or no.",
        7,
    ),
    "a default that is no text": (
        HEAD + "inputs: [{name: who, default: 5}]\n",
        ", inputs[0].default: “5” is not text; put it in quotes.",
        7,
    ),
    "a default that is a list": (
        HEAD + "inputs: [{name: who, default: [a]}]\n",
        ", inputs[0].default: this is not one value; write a text, a number, yes or no.",
        7,
    ),
    "required with a default": (
        HEAD + "inputs: [{name: who, required: yes, default: ana}]\n",
        ", inputs[0].required: with a default nothing is missing; take one of them out.",
        7,
    ),
    "a checkpoint twice": (
        HEAD + "gates:\n- {checkpoint: a, prompt: x}\n- {checkpoint: a, prompt: y}\n",
        ", gates[1].checkpoint: “a” stands here twice; rename one of them.",
        9,
    ),
}


@pytest.mark.parametrize(("text", "said", "line"), BROKEN.values(), ids=BROKEN)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str, line: int | None) -> None:
    place = f", line {line}" if line else ""
    catalog = load(tmp_path, broken=text)
    assert catalog.blueprints == {}
    assert [str(problem) for problem in catalog.problems] == [f"broken.yaml{place}{said}"]
    assert "hunter2" not in said


def test_other_encodings_are_said(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"name: a\ntitle: caf\xe9\n")
    assert [str(problem) for problem in load(tmp_path).problems] == [
        "a.yaml, line 2: this is not UTF-8; save it as UTF-8 text."
    ]


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").mkdir()
    assert [str(problem) for problem in load(tmp_path).problems] == [
        "a.yaml: there is no such file; create it, or correct its name."
    ]
