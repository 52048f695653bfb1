"""The form that starts a run: a blueprint by type-ahead, then what that blueprint asks for."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters.slack import limits
from adapters.slack.blocks import Block, plain_text
from adapters.slack.forms import (
    Place,
    Submission,
    block_id,
    input_block,
    option,
    read_context,
    read_submission,
    with_context,
    write_metadata,
)
from bot.domain.blueprint import Blueprint, InputSpec, InputType
from bot.domain.codec import JSON
from bot.domain.invocation import Press
from bot.domain.issue import Issue
from bot.domain.vocabulary import Mode
from bot.messages.message import Button, Field, FieldKind
from bot.messages.render import word

DISPATCH_VIEW = "dispatch"
"""The callback_id of this form."""
CHOOSE_BLUEPRINT = "choose:blueprint"
"""The action_id of the type-ahead: asks for options, and says that one was chosen."""
CHOOSE_ISSUE = "choose:issue"
"""The action_id of the type-ahead of issues."""
CONTEXT_INPUT = "context"
"""The input of a blueprint that takes the message from which a run is started."""
_INPUT = "input."
_KINDS = {
    InputType.NUMBER: FieldKind.NUMBER,
    InputType.CHOICE: FieldKind.CHOICE,
    InputType.FLAG: FieldKind.FLAG,
}


def dispatch_modal(
    place: Place,
    *,
    blueprint: Blueprint | None = None,
    given: Mapping[str, str] | None = None,
    issues: bool = False,
    issue: Block | None = None,
) -> Block:
    """The form, before a blueprint is chosen or for this one.

    `given` holds first values by name: `branch`, `mode`, or an input of the blueprint. With
    `issues` one may be chosen in the blueprint's place; `issue` is the option that was. The input
    `context` holds what a message said and its address; the form keeps it, so that it is there
    whatever blueprint is chosen, and after a restart.
    """
    button = Button(label=word("slack", "new_run"), press=Press(verb="dispatch"))
    values = dict(given or {})
    metadata = with_context(
        write_metadata(button, place, "dispatch"), values.pop(CONTEXT_INPUT, "")
    )
    if context := read_context({"private_metadata": metadata}):
        values[CONTEXT_INPUT] = context
    inputs = blueprint.inputs if blueprint else ()
    fields = [_input_field(spec, values) for spec in inputs[: limits.VIEW_BLOCKS - 6]]
    return {
        "type": "modal",
        "callback_id": DISPATCH_VIEW,
        "title": plain_text(button.label, limits.VIEW_TITLE),
        "submit": plain_text(word("slack", "start"), limits.VIEW_TITLE),
        "close": plain_text(word("slack", "close"), limits.VIEW_TITLE),
        "private_metadata": metadata,
        "blocks": [
            _blueprint_block(blueprint, optional=issues),
            *([_issue_block(issue)] if issues else []),
            *(input_block(field) for field in fields),
            _mode_block(values.get("mode", Mode.SUPERVISED)),
            input_block(_optional("owner", FieldKind.PERSON)),
            input_block(_optional("branch", FieldKind.TEXT, values.get("branch", ""))),
        ],
    }


def _optional(name: str, kind: FieldKind, default: str = "") -> Field:
    return Field(
        name=name,
        label=word("slack", name),
        kind=kind,
        required=False,
        default=default,
        hint=word("slack", f"{name}_hint"),
    )


def _blueprint_block(chosen: Blueprint | None, *, optional: bool) -> Block:
    element: Block = {
        "type": "external_select",
        "action_id": CHOOSE_BLUEPRINT,
        "min_query_length": 0,
        "placeholder": plain_text(word("slack", "blueprint_hint"), limits.PLACEHOLDER),
    }
    if chosen:
        element["initial_option"] = blueprint_option(chosen)
    return {
        "type": "input",
        "block_id": block_id("blueprint"),
        "optional": optional,
        "dispatch_action": True,
        "label": plain_text(word("slack", "blueprint"), limits.INPUT_LABEL),
        "element": element,
    }


def _issue_block(chosen: Block | None) -> Block:
    return {
        "type": "input",
        "block_id": block_id("issue"),
        "optional": True,
        "label": plain_text(word("slack", "issue"), limits.INPUT_LABEL),
        "hint": plain_text(word("slack", "issue_hint"), limits.INPUT_HINT),
        "element": {
            "type": "external_select",
            "action_id": CHOOSE_ISSUE,
            "min_query_length": 0,
            **({"initial_option": chosen} if chosen else {}),
        },
    }


def _mode_block(first: str) -> Block:
    options = {
        mode.value: option(word("slack", f"mode_{mode.value}"), mode.value)
        for mode in (Mode.SUPERVISED, Mode.AUTOPILOT)
    }
    return {
        "type": "input",
        "block_id": block_id("mode"),
        "label": plain_text(word("slack", "mode"), limits.INPUT_LABEL),
        "element": {
            "type": "static_select",
            "action_id": FieldKind.CHOICE.value,
            "options": list(options.values()),
            "initial_option": options.get(first, options[Mode.SUPERVISED.value]),
        },
    }


def _input_field(spec: InputSpec, values: Mapping[str, str]) -> Field:
    default = values.get(spec.name, _words(spec.default))
    return Field(
        name=f"{_INPUT}{spec.name}",
        label=spec.name,
        kind=_KINDS.get(spec.type, FieldKind.TEXT),
        required=spec.required and spec.default is None,
        choices=spec.choices,
        default=default,
        hint=spec.help,
    )


def _words(default: JSON) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    return "" if default is None else str(default)


def blueprint_option(blueprint: Blueprint) -> Block:
    """A blueprint in the type-ahead."""
    title = f"{blueprint.name} · {blueprint.title}" if blueprint.title else blueprint.name
    return option(title, blueprint.name[: limits.OPTION_VALUE])


def issue_options(issues: Iterable[Issue]) -> list[Block]:
    """What the type-ahead of issues offers."""
    return [
        option(f"{issue.key} · {issue.title}", issue.id)
        for issue in issues
        if len(issue.id) <= limits.OPTION_VALUE
    ][: limits.OPTIONS]


def chosen_issue(view: Mapping[str, Any]) -> Block | None:
    """The issue's option that is chosen in a form."""
    field = view["state"]["values"].get(block_id("issue")) or {}
    chosen: Block | None = (field.get(CHOOSE_ISSUE) or {}).get("selected_option")
    return chosen


def offers_issues(view: Mapping[str, Any]) -> bool:
    """Whether a form has the type-ahead of issues."""
    return any(block.get("block_id") == block_id("issue") for block in view["blocks"])


def blueprint_options(blueprints: Iterable[Blueprint], typed: str) -> list[Block]:
    """What the type-ahead offers for what was typed so far: names that begin with it first."""
    words = typed.lower().split()

    def rank(blueprint: Blueprint) -> tuple[bool, str]:
        return not blueprint.name.lower().startswith(typed.lower().strip()), blueprint.name

    fit = [
        blueprint
        for blueprint in blueprints
        if len(blueprint.name) <= limits.OPTION_VALUE
        and all(word_ in f"{blueprint.name} {blueprint.title}".lower() for word_ in words)
    ]
    return [blueprint_option(blueprint) for blueprint in sorted(fit, key=rank)[: limits.OPTIONS]]


def read_dispatch(
    view: Mapping[str, Any], blueprints: Mapping[str, Blueprint]
) -> tuple[Submission, Press]:
    """What somebody sent, and the press of `dispatch` that it is.

    The press has the owner as Slack's user id where the submission's `people` names it.
    """
    named = read_submission(view).answers.get("blueprint", "")
    specs: Sequence[InputSpec] = blueprints[named].inputs if named in blueprints else ()
    form = tuple(_input_field(spec, {}) for spec in specs)
    submission = read_submission(view, form=form)
    known = {field.name for field in form}
    inputs = {
        name.removeprefix(_INPUT): str(value)
        for name, value in submission.answers.items()
        if name in known
    }
    others = {
        name: value
        for name, value in submission.answers.items()
        if not name.startswith(_INPUT) and name in {"blueprint", "mode", "owner", "branch"}
    }
    if issue := submission.answers.get("issue"):
        # A blueprint beside an issue is how to work on it; without one the best is matched.
        others["issue"] = issue
        if "blueprint" in others:
            others["chosen"] = others.pop("blueprint")
    arguments = {**others, **({"inputs": inputs} if inputs else {})}
    return submission, Press(verb="dispatch", arguments=arguments)


def dispatch_problems(problems: Mapping[str, str]) -> dict[str, str]:
    """Problems of a dispatch by the names of this form's fields."""
    own = {"blueprint", "issue", "mode", "owner", "branch"}
    problems = {"blueprint" if name == "chosen" else name: text for name, text in problems.items()}
    return {name if name in own else f"{_INPUT}{name}": said for name, said in problems.items()}


def filled_in(view: Mapping[str, Any]) -> dict[str, str]:
    """What was filled in and stays when another blueprint is chosen."""
    answers = read_submission(view).answers
    kept = {name: str(answers[name]) for name in ("branch", "mode") if name in answers}
    context = answers.get(f"{_INPUT}{CONTEXT_INPUT}") or read_context(view)
    return {**kept, CONTEXT_INPUT: str(context)}


def place_of(view: Mapping[str, Any]) -> Place:
    """Where the form was asked for. Raises UserError for a view that is not ours."""
    return read_submission({"private_metadata": view.get("private_metadata")}).place
