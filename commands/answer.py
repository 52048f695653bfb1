"""`/run answer <run|gate> <value…>`: answer what a run asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.dispatch.command import Command, Request, Secrecy
from bot.domain.codec import JSON
from bot.domain.errors import UsageError
from bot.domain.gate import require_question
from bot.domain.selection import Ref, Selection
from bot.grammar.answers import read_typed_answers
from bot.grammar.params import Kind, Param
from bot.messages.render import say
from bot.messages.reply import Reply
from bot.services.questions import answer_question
from bot.services.sealing import require_no_secret, unseal_given
from bot.services.selecting import select_gates


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Whose question, and the answer: in words, or as the fields of a form."""

    run: Ref | None = None
    value: str = ""
    fields: Mapping[str, JSON] = field(default_factory=dict)


def handle(request: Request, given: Arguments) -> Reply:
    """The first valid answer counts; the program goes on with it."""
    selection = Selection(refs=(given.run,) if given.run else ())
    (gate,) = select_gates(request.tx, selection, verb="answer", conversation=request.conversation)
    form = require_question(gate, request.tx.now())
    fields = given.fields
    if not fields:
        require_no_secret([gate])
        if not given.value and not form.only_choice:
            raise UsageError(
                f"{gate.key} needs an answer: /run answer {gate.key} "
                + " ".join(f"{part.name}=…" for part in form.fields),
                suggestions=(f"/run show R-{gate.run_id}",),
            )
        fields = read_typed_answers(form, given.value, now=request.tx.now())
    answers = unseal_given(request.tx, request.vault, gate, fields)
    run = answer_question(request.tx, request.rules, gate, actor=request.actor, given=answers)
    return Reply(message=say("answered", run=run, gate=gate), runs=(run.key,))


COMMAND = Command(
    verb="answer",
    summary="Answer what a run asks; the first valid answer counts.",
    arguments=Arguments,
    handle=handle,
    params=(
        Param(name="run", kind=Kind.RUN),
        Param(name="value", kind=Kind.TEXT, help="the answer, or name=value for several fields"),
        Param(name="fields", kind=Kind.FORM, hidden=True),
    ),
    examples=("/run answer R-81 staging", "/run answer G-41 region=eu count=3"),
    secrecy=Secrecy.LIKELY,
)
