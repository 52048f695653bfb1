"""The card of a gate, an approval or a question: its structure. Words come from templates."""

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.codec import JSON
from bot.domain.gate import Gate, GateState
from bot.domain.invocation import Press
from bot.domain.run import Run
from bot.messages.message import Button, Field, FieldKind, Message, Tone
from bot.messages.question import answer_buttons, question_words
from bot.messages.render import Rendered, render, word
from bot.messages.views import GateView, RunView

_TONES = {
    GateState.OPEN: Tone.ATTENTION,
    GateState.SATISFIED: Tone.GOOD,
    GateState.REJECTED: Tone.BAD,
    GateState.EXPIRED: Tone.BAD,
}


def gate_card(view: RunView, gate_view: GateView) -> Message:
    """What is asked, and who may decide until when; once decided, by whom."""
    gate, run = gate_view.gate, view.run
    words = question_words(run, gate_view, gate.form) if gate.form else _words(run, gate_view)
    is_open = gate.state is GateState.OPEN
    return Message(
        title=words.title,
        body=words.body,
        fallback=words.fallback,
        buttons=_buttons(gate) if is_open else (),
        mentions=gate_view.ruling.who if is_open else (),
        tone=_TONES.get(gate.state, Tone.NEUTRAL),
        attributes={
            "run": run.key,
            "gate": gate.key,
            "state": gate.state.value,
            "subject": f"gate:{gate.id}",
            "fingerprint": gate.fingerprint,
            "owner": run.owner,
        },
    )


def _words(run: Run, gate_view: GateView) -> Rendered:
    gate = gate_view.gate
    return render(
        f"messages/gate_{gate.state.value}",
        run=run,
        gate=gate,
        who=gate_view.ruling.who,
        not_who=gate_view.ruling.not_who,
        last=gate.deciding,
    )


def _buttons(gate: Gate) -> tuple[Button, ...]:
    if gate.form is not None:
        return answer_buttons(gate, gate.form)
    bound = {"runs": [gate.key], "shown": gate.fingerprint}
    return (
        Button(
            label=word("buttons", "approve"),
            press=Press(verb="approve", arguments=bound),
            tone=Tone.GOOD,
        ),
        _asking("changes", "text", bound),
        _asking("ask", "question", {"run": gate.key}),
        replace(_asking("deny", "text", bound), tone=Tone.BAD),
    )


def _asking(verb: str, name: str, arguments: Mapping[str, JSON]) -> Button:
    """A button that asks for one text first."""
    asked = Field(name=name, label=word("fields", f"{verb}_{name}"), kind=FieldKind.LONG_TEXT)
    return Button(
        label=word("buttons", verb), press=Press(verb=verb, arguments=arguments), form=(asked,)
    )
