"""Questions on cards: their words, and how they are answered by buttons and forms."""

from bot.domain.form import FIELD, FieldType, Form, FormField
from bot.domain.gate import Gate
from bot.domain.invocation import Press
from bot.domain.run import Run
from bot.messages.message import Button, Field, FieldKind, Tone
from bot.messages.render import Rendered, render, word
from bot.messages.views import GateView

_LONG = 200
"""A text field that takes more characters than this is a large one."""
_KINDS = {
    FieldType.NUMBER: FieldKind.NUMBER,
    FieldType.CHOICE: FieldKind.CHOICE,
    FieldType.MULTI_CHOICE: FieldKind.MULTI_CHOICE,
    FieldType.SECRET: FieldKind.SECRET,
    FieldType.FLAG: FieldKind.FLAG,
}


def question_words(run: Run, gate_view: GateView, form: Form) -> Rendered:
    """What is asked, why, and of whom; once answered, who answered what."""
    gate = gate_view.gate
    return render(
        f"messages/question_{gate.state.value}",
        run=run,
        gate=gate,
        form=form,
        who=gate_view.ruling.who,
        last=gate.deciding,
        answers=[(part.label, shown(gate.answers[part.name])) for part in _answered(gate, form)],
    )


def _answered(gate: Gate, form: Form) -> tuple[FormField, ...]:
    return tuple(part for part in form.fields if part.name in gate.answers)


def answer_buttons(gate: Gate, form: Form) -> tuple[Button, ...]:
    """A few choices as buttons; everything else by the form."""
    only = form.only_choice
    if only is None:
        return (answer_button(gate, form),)
    return tuple(
        Button(
            label=choice,
            press=Press(verb="answer", arguments={"run": gate.key, f"{FIELD}{only.name}": choice}),
        )
        for choice in only.choices
    )


def answer_button(gate: Gate, form: Form) -> Button:
    """The button that opens the typed form."""
    return Button(
        label=word("buttons", "answer"),
        press=Press(verb="answer", arguments={"run": gate.key}),
        tone=Tone.GOOD,
        form=tuple(_field(part) for part in form.fields),
    )


def _field(part: FormField) -> Field:
    kind = _KINDS.get(part.type, FieldKind.TEXT)
    if part.type is FieldType.TEXT and (part.max_length or _LONG + 1) > _LONG:
        kind = FieldKind.LONG_TEXT
    return Field(
        name=f"{FIELD}{part.name}",
        label=part.label,
        kind=kind,
        required=part.required and part.default is None,
        choices=part.choices,
        default="" if part.default is None else shown(part.default),
        hint=_hint(part),
    )


def _hint(part: FormField) -> str:
    bounds = {
        "at_least": part.min,
        "at_most": part.max,
        "longest": part.max_length if not part.pattern else None,
        "pattern": part.pattern or None,
    }
    said = (
        word("hints", name).format(value=f"{value:g}" if isinstance(value, float) else value)
        for name, value in bounds.items()
        if value is not None
    )
    return ", ".join(said)


def shown(answer: object) -> str:
    """An answer in words."""
    if isinstance(answer, bool):
        return word("hints", "yes" if answer else "no")
    if isinstance(answer, list):
        return ", ".join(map(str, answer))
    return str(answer)
