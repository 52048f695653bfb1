"""Runbooks in blueprint files: what they mean, and what is said of broken ones."""

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.blueprints import load_folder
from bot.domain.blueprint import RUNBOOK_COMMAND, GateSpec, OnExpiry
from bot.domain.catalog import Catalog
from bot.domain.runbook import OnFailure, Remediation, Rule, Runbook, Step, StepKind

HEAD = """schema: signalbox/blueprint/v1
name: check
profile: flow
title: Check it
project: shop
"""
LOOK = "runbook:\n  steps:\n    - id: look\n      title: Look\n"


def load(folder: Path, text: str) -> Catalog:
    (folder / "check.yaml").write_text(text)
    return load_folder(folder, base=folder)


STEPS = {
    "shell": (
        """
      shell: bash
      tools: [df]
      run: df
      timeout: 10s
      save: {used: output, code: exit_code}
      on_failure: continue
      retries: 2
""",
        Step(
            id="look",
            title="Look",
            kind=StepKind.SHELL,
            shell="bash",
            tools=("df",),
            run="df",
            timeout=timedelta(seconds=10),
            save={"used": "output", "code": "exit_code"},
            on_failure=OnFailure.CONTINUE,
            retries=2,
        ),
    ),
    "http": (
        """
      when: limit == 0
      method: POST
      url: "${SIGNALBOX_URL}/x/${limit}"
      headers: {Authorization: "Bearer ${TOKEN}"}
      body: {limit: "${limit}"}
      save: {size: json.size}
""",
        Step(
            id="look",
            title="Look",
            kind=StepKind.HTTP,
            when="limit == 0",
            method="POST",
            url="${SIGNALBOX_URL}/x/${limit}",
            headers={"Authorization": "Bearer ${TOKEN}"},
            body={"limit": "${limit}"},
            save={"size": "json.size"},
        ),
    ),
    "prompt": (
        """
      form: {prompt: "Go?", fields: [{name: go, label: "Go?"}]}
""",
        Step(
            id="look",
            title="Look",
            kind=StepKind.PROMPT,
            form={"prompt": "Go?", "fields": [{"name": "go", "label": "Go?"}]},
        ),
    ),
    "agent": (
        """
      command: claude -p
      run: why ${limit}?
""",
        Step(
            id="look",
            title="Look",
            kind=StepKind.AGENT,
            command=("claude", "-p"),
            run="why ${limit}?",
        ),
    ),
    "approval": (
        """
      prompt: "May it?"
      deadline: 2h
      always: yes
""",
        Step(id="look", title="Look", kind=StepKind.APPROVAL, prompt="May it?"),
    ),
}
GIVEN = HEAD + "inputs: [{name: limit, type: number, default: 3}]\nsecrets: {TOKEN: env:TOKEN}\n"


@pytest.mark.parametrize(("kind", "text", "step"), [(k, *given) for k, given in STEPS.items()])
def test_every_field_of_a_step_is_read(tmp_path: Path, kind: str, text: str, step: Step) -> None:
    catalog = load(tmp_path, f"{GIVEN}{LOOK}      kind: {kind}{text}")
    assert catalog.problems == ()
    assert catalog.find("check").runbook == Runbook(triage=(step,))


def test_every_kind_of_step_is_read() -> None:
    assert STEPS.keys() == {kind.value for kind in StepKind}


def test_an_approval_is_a_gate(tmp_path: Path) -> None:
    text = f"{GIVEN}{LOOK}      kind: approval{STEPS['approval'][0]}"
    blueprint = load(tmp_path, text).find("check")
    assert blueprint.command == RUNBOOK_COMMAND
    assert blueprint.gates == (
        GateSpec(
            checkpoint="look",
            prompt="May it?",
            deadline=timedelta(hours=2),
            on_expiry=OnExpiry.TIME_OUT,
            always=True,
        ),
    )


def test_every_part_of_a_runbook_is_read(tmp_path: Path) -> None:
    catalog = load(
        tmp_path,
        GIVEN
        + """
runbook:
  rules:
    - {when: limit > 2, use: cut, reason: "It has ${limit}"}
    - {when: "true", use: none, reason: It is small}
  remediations:
    - name: cut
      title: Cut it
      steps: [{id: cut, title: Cut, kind: shell, run: cut}]
  summary:
    steps: [{id: again, title: Again, kind: shell, run: df}]
    text: "${remediation} in ${mode} of ${run}"
""",
    )
    assert catalog.problems == ()
    cut = Step(id="cut", title="Cut", kind=StepKind.SHELL, run="cut")
    assert catalog.find("check").runbook == Runbook(
        rules=(
            Rule(when="limit > 2", use="cut", reason="It has ${limit}"),
            Rule(when="true", use="none", reason="It is small"),
        ),
        remediations=(Remediation(name="cut", title="Cut it", steps=(cut,)),),
        checks=(Step(id="again", title="Again", kind=StepKind.SHELL, run="df"),),
        summary="${remediation} in ${mode} of ${run}",
    )


def test_a_runbook_may_have_no_steps(tmp_path: Path) -> None:
    assert load(tmp_path, HEAD + "runbook: {}\n").find("check").runbook == Runbook()


STEP = HEAD + LOOK
BROKEN: dict[str, tuple[str, str]] = {
    "no runbook": (HEAD, ", runbook: this field is missing; add “runbook: …”."),
    "a command": (
        HEAD + "command: x\nrunbook: {}\n",
        "line 6, command: profile flow has no command; write a runbook instead.",
    ),
    "a runbook for an agent": (
        HEAD.replace("flow", "agent") + "command: x\nrunbook: {}\n",
        "line 7, runbook: profile agent has no runbook; write a command instead.",
    ),
    "gates": (
        HEAD + "runbook: {}\ngates: [{checkpoint: a, prompt: b}]\n",
        "line 7, gates: a runbook's gates are its approval steps; take the field out.",
    ),
    "an unknown kind": (
        STEP + "      kind: magic\n",
        "line 10, runbook.steps[0].kind: “magic” is not known here; write shell, http, prompt, "
        "approval or agent.",
    ),
    "an unknown field": (
        STEP + "      kind: shell\n      run: x\n      runs: x\n",
        "line 12, runbook.steps[0].runs: “runs” is not a field here; write “run”.",
    ),
    "a missing script": (
        STEP + "      kind: shell\n",
        "line 8, runbook.steps[0]: a step of kind shell needs run; add “run: …”.",
    ),
    "a field of another kind": (
        STEP + "      kind: shell\n      run: x\n      url: y\n",
        "line 12, runbook.steps[0].url: a step of kind shell has no url; take it out.",
    ),
    "a broken condition": (
        STEP + "      kind: shell\n      run: x\n      when: a ==\n",
        "line 12, runbook.steps[0].when: The condition “a ==” cannot be read: it stops; write "
        "comparisons such as size > 16, joined by and, or and not.",
    ),
    "an unknown variable": (
        STEP + "      kind: shell\n      run: x\n      save: {size: json}\n      when: sise > 1\n",
        "line 13, runbook.steps[0].when: “sise” is no variable here; write “size”.",
    ),
    "an unknown placeholder": (
        STEP + "      kind: http\n      url: http://x/${sizes}\n      save: {size: json}\n",
        "line 11, runbook.steps[0].url: “sizes” is no variable here; write “size”.",
    ),
    "a wrong source": (
        STEP + "      kind: shell\n      run: x\n      save: {size: stdout}\n",
        "line 12, runbook.steps[0].save.size: “stdout” is no part of what a step gives; write "
        "output, exit_code, status, json, or a path such as json.size.",
    ),
    "an id of ours": (
        STEP.replace("id: look", "id: decision") + "      kind: shell\n      run: x\n",
        "line 8, runbook.steps[0].id: “decision” has a meaning of its own; choose another name.",
    ),
    "an id that stands twice": (
        STEP
        + "      kind: shell\n      run: x\n"
        + "  summary: {steps: [{id: look, title: x, kind: shell, run: x}]}\n",
        "line 12, runbook.summary.steps[0].id: “look” stands here twice; rename one of them.",
    ),
    "an unknown remediation": (
        STEP + "      kind: shell\n      run: x\n  rules: [{when: 'true', use: cut, reason: x}]\n",
        "line 12, runbook.rules[0].use: “cut” is no remediation here; write one of none.",
    ),
    "a broken form": (
        STEP
        + "      kind: prompt\n      form: {prompt: x, fields: [{name: a, label: A, min: 1}]}\n",
        "line 11, runbook.steps[0].form: The field “a”: a text has no min; take it out; correct "
        "the form.",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, case: str) -> None:
    text, said = BROKEN[case]
    catalog = load(tmp_path, text)
    assert len(catalog.problems) == 1
    assert said.strip(", ") in str(catalog.problems[0])
