"""Forms as modal views: what a button asks for, and what people sent.

The view keeps in its private metadata which press the answers belong to, where it was asked and,
where a run is started from a message, what that said; it keeps no other answer. Inputs have the
block_id `field:<name>`, under which Slack shows errors.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adapters.slack import limits
from adapters.slack.blocks import Block, plain_text
from adapters.slack.text import label
from adapters.slack.values import Reference, button_words, fits, read_value, write_value
from bot.domain.codec import JSON, decode, digest, encode
from bot.domain.errors import UserError
from bot.domain.invocation import Press
from bot.messages.message import Button, Field, FieldKind
from bot.messages.render import say, word

FORM_VIEW = "form"
"""The callback_id of a button's form."""
_FIELD = "field:"
_LONG_CHOICE = "~"
"""Begins an option's value that stands for a choice too long for one."""
_TRUE, _FALSE = "yes", "no"
_LONGEST_LAST_LINE = 200
_LONGEST_ESCAPE = 6
"""Characters that JSON makes of one."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a form was asked for: the answer's result is said there."""

    channel: str = ""
    thread: str = ""
    message: str = ""
    """The ts of the message whose button it was."""
    response_url: str = ""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A form as it was sent."""

    place: Place
    press: Press | None
    """None where the press is known by `reference` alone."""
    reference: Reference | None = None
    answers: Mapping[str, JSON]
    """By the name of the field."""
    people: tuple[str, ...] = ()
    """Names of answers that are Slack's user ids, to be made handles."""
    problems: Mapping[str, str]
    """By the name of the field: what is wrong with what was sent."""


def modal_for(button: Button, place: Place, *, source: str = "") -> Block:
    """The view that asks for what a button's form has."""
    return {
        "type": "modal",
        "callback_id": FORM_VIEW,
        "title": plain_text(button_words(button), limits.VIEW_TITLE),
        "submit": plain_text(word("slack", "send"), limits.VIEW_TITLE),
        "close": plain_text(word("slack", "close"), limits.VIEW_TITLE),
        "private_metadata": write_metadata(button, place, source),
        "blocks": [input_block(field) for field in button.form[: limits.VIEW_BLOCKS]],
    }


def write_metadata(button: Button, place: Place, source: str) -> str:
    """Which press a view belongs to and where it was asked, in 3,000 characters."""
    room = limits.PRIVATE_METADATA - len(_dense({"place": encode(place), "of": ""}))
    bare = replace(button, form=())
    kept = button if not fits(bare, room) else bare
    value = write_value(kept, source, limit=room if kept is bare else 0)
    return _dense({"place": encode(place), "of": json.loads(value)})


def with_context(metadata: str, context: str) -> str:
    """Metadata with the words that a run is started from, cut to fit; an address below stays."""
    if not context:
        return metadata
    data = json.loads(metadata)
    said, end, last = context.rpartition("\n")
    if len(last) > _LONGEST_LAST_LINE:
        said, end, last = context, "", ""
    length = len(said)
    while True:
        whole = _dense({**data, "context": limits.cut(said, length) + end + last})
        over = limits.units(whole) - limits.PRIVATE_METADATA
        if over <= 0 or length <= 0:
            return whole if over <= 0 else metadata
        length -= max(over // _LONGEST_ESCAPE, 1)


def read_context(view: Mapping[str, Any]) -> str:
    """The words that `with_context` has put into a view; they are somebody else's."""
    try:
        return str(json.loads(view["private_metadata"]).get("context", ""))
    except (AttributeError, ValueError):
        return ""


def input_block(field: Field, *, required: bool | None = None) -> Block:
    """One field as an input block."""
    block: Block = {
        "type": "input",
        "block_id": block_id(field.name),
        "label": plain_text(field.label, limits.INPUT_LABEL),
        "optional": not (field.required if required is None else required),
        "element": {**_element(field), "action_id": field.kind.value},
    }
    hint = "; ".join(filter(None, (field.hint, _warning(field))))
    if hint:
        block["hint"] = plain_text(hint, limits.INPUT_HINT)
    return block


def block_id(name: str) -> str:
    """The block_id of a field; of a very long name its beginning and a digest."""
    if len(name) <= limits.OPTION_VALUE:
        return f"{_FIELD}{name}"
    return f"{_FIELD}{name[:100]}~{digest(name)[:24]}"


def _warning(field: Field) -> str:
    if field.kind is FieldKind.SECRET:
        return word("slack", "secret")
    if len(field.choices) > limits.OPTIONS:
        return word("slack", "more_choices").format(count=limits.OPTIONS)
    return ""


def _element(field: Field) -> Block:
    match field.kind:
        case FieldKind.CHOICE:
            return _select("static_select", field)
        case FieldKind.MULTI_CHOICE:
            return _select("multi_static_select", field)
        case FieldKind.PERSON:
            return {"type": "users_select"}
        case FieldKind.FLAG:
            return _flag(field)
        case FieldKind.NUMBER:
            return _typed({"type": "number_input", "is_decimal_allowed": True}, field)
        case FieldKind.SECRET:
            return {"type": "plain_text_input", "max_length": limits.INPUT_TEXT}
        case _:
            long = {"multiline": True} if field.kind is FieldKind.LONG_TEXT else {}
            text = {"type": "plain_text_input", "max_length": limits.INPUT_TEXT, **long}
            return _typed(text, field)


def _typed(element: Block, field: Field) -> Block:
    if not field.default:
        return element
    return {**element, "initial_value": field.default[: limits.INPUT_TEXT]}


def _select(kind: str, field: Field) -> Block:
    choices = [choice for choice in dict.fromkeys(field.choices) if choice][: limits.OPTIONS]
    if not choices:
        return _typed({"type": "plain_text_input", "max_length": limits.INPUT_TEXT}, field)
    options = {choice: option(choice, _choice_value(choice)) for choice in choices}
    element: Block = {"type": kind, "options": list(options.values())}
    if kind == "static_select":
        if field.default in options:
            element["initial_option"] = options[field.default]
        return element
    chosen = [part.strip() for part in field.default.split(",")]
    initial = [options[part] for part in chosen if part in options]
    return {**element, "initial_options": initial} if initial else element


def option(text: str, value: str) -> Block:
    """One option of a menu."""
    return {"text": plain_text(text, limits.OPTION_TEXT), "value": value}


def _choice_value(choice: str) -> str:
    if len(choice) <= limits.OPTION_VALUE and not choice.startswith(_LONG_CHOICE):
        return choice
    return f"{_LONG_CHOICE}{digest(choice)[:24]}"


def _flag(field: Field) -> Block:
    options = {value: option(word("slack", value), value) for value in (_TRUE, _FALSE)}
    element: Block = {"type": "radio_buttons", "options": list(options.values())}
    default = field.default.lower()
    if default:
        yes = default in {_TRUE, "true"}
        element["initial_option"] = options[_TRUE if yes else _FALSE]
    return element


def read_submission(view: Mapping[str, Any], *, form: Sequence[Field] = ()) -> Submission:
    """What somebody sent, from the `view` of a view_submission.

    `form` holds the button's fields where `needs_form` says so: long choices are found in it.
    Raises UserError for a view that is not ours.
    """
    try:
        data: JSON = json.loads(view["private_metadata"])
        place = decode(Place, data["place"])
        found = read_value(json.dumps(data["of"]))
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(say("old_button").fallback) from error
    answers, problems = dict[str, JSON](), dict[str, str]()
    people = list[str]()
    for name, element in _elements(view, form):
        answer = _answer(element)
        if answer in (None, "", []):
            continue
        if element.get("type") == "users_select":
            people.append(name)
        try:
            answers[name] = _choices(answer, name, form)
        except UserError as error:
            problems[name] = error.text
    return Submission(
        place=place,
        press=found.press if isinstance(found, Button) else None,
        reference=found if isinstance(found, Reference) else None,
        answers=answers,
        people=tuple(people),
        problems=problems,
    )


def needs_form(view: Mapping[str, Any]) -> bool:
    """Whether an answer can be read only beside the form that was asked."""
    return any(
        str(chosen).startswith(_LONG_CHOICE)
        for _, element in _elements(view, ())
        for chosen in _chosen(element)
    )


def _elements(
    view: Mapping[str, Any], form: Sequence[Field]
) -> list[tuple[str, Mapping[str, Any]]]:
    """The fields of a view with their state, by name."""
    names = {block_id(field.name): field.name for field in form}
    values: Mapping[str, Mapping[str, Any]] = view.get("state", {}).get("values", {})
    return [
        (names.get(block, block.removeprefix(_FIELD)), element)
        for block, elements in values.items()
        if block.startswith(_FIELD)
        for element in elements.values()
    ]


def _answer(element: Mapping[str, Any]) -> JSON:
    match element.get("type"):
        case "static_select" | "external_select" | "radio_buttons":
            return next(iter(_chosen(element)), None)
        case "multi_static_select":
            return _chosen(element)
        case "users_select":
            return element.get("selected_user")
        case _:
            return element.get("value")


def _chosen(element: Mapping[str, Any]) -> list[str]:
    several = element.get("selected_options") or []
    one = element.get("selected_option")
    return [chosen["value"] for chosen in (*several, *([one] if one else []))]


def _choices(answer: JSON, name: str, form: Sequence[Field]) -> JSON:
    """Choices in full; a text that only looks like a short form of one is left alone."""
    if isinstance(answer, list):
        return [_choices(part, name, form) for part in answer]
    field = next((field for field in form if field.name == name), None)
    if field is None or not field.choices:
        return answer
    return next((choice for choice in field.choices if _choice_value(choice) == answer), answer)


def filled(press: Press, submission: Submission) -> Press:
    """The press with what was sent."""
    return replace(press, arguments={**press.arguments, **submission.answers})


def errors_for(view: Mapping[str, Any], problems: Mapping[str, str]) -> dict[str, str]:
    """Problems by the block_id that Slack shows them at; those of no field stand at the first.

    Empty where the view has no input to show them at.
    """
    inputs = [block["block_id"] for block in view.get("blocks", ()) if block["type"] == "input"]
    shown: dict[str, str] = {}
    for name, problem in problems.items():
        at = block_id(name) if block_id(name) in inputs else next(iter(inputs), "")
        if at:
            said = f"{shown[at]} {problem}" if at in shown else problem
            shown[at] = label(said, limits.INPUT_HINT)
    return shown


def notice_view(title: str, text: str) -> Block:
    """A modal that only says something, where a form can no longer be sent."""
    return {
        "type": "modal",
        "callback_id": "notice",
        "title": plain_text(title, limits.VIEW_TITLE),
        "close": plain_text(word("slack", "close"), limits.VIEW_TITLE),
        "blocks": [{"type": "section", "text": plain_text(text, limits.SECTION)}],
    }


def _dense(data: JSON) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)
