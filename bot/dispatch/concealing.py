"""Concealing: answers to secret questions are sealed before their request is stored.

Whatever may be such an answer and cannot be told to be harmless is not stored at all.
"""

from collections.abc import Mapping
from dataclasses import replace

from bot.dispatch.command import Command, Request, find_command
from bot.domain.codec import JSON
from bot.domain.errors import UsageError, UserError
from bot.domain.form import FIELD, HIDDEN
from bot.domain.gate import Gate
from bot.domain.invocation import Press
from bot.domain.selection import Ref, Selection
from bot.grammar.params import form_values
from bot.grammar.words import Word, Words, next_ref, read_ref
from bot.services.sealing import hide, seal_given, sealed_number
from bot.services.selecting import select_gates

SAY = "say"
"""The verb of a button that stands for typed words: its argument `text` is read as such."""


def conceal(request: Request, text: str, press: Press | None) -> tuple[str, Press | None]:
    """The words and the press of a request as they may be stored."""
    if press is None:
        return _conceal_words(request, text), None
    if press.verb == SAY:
        words = _conceal_words(request, str(press.arguments.get("text", "")))
        return text, replace(press, arguments={**press.arguments, "text": words})
    if not any(command.answers and command.verb == press.verb for command in request.registry):
        return text, press
    return text, replace(press, arguments=_conceal_fields(request, press.arguments))


def _conceal_fields(request: Request, arguments: Mapping[str, JSON]) -> dict[str, JSON]:
    given = form_values(arguments)
    gate = _find_gate(request, read_ref(Word(str(arguments.get("run")))))
    kept = seal_given(request.tx, request.vault, gate, given) if gate else hide(given)
    return {**arguments, **{f"{FIELD}{name}": value for name, value in kept.items()}}


def _conceal_words(request: Request, text: str) -> str:
    """The text, with what may be a secret replaced."""
    words = Words(text, now=request.tx.now())
    try:
        command = _verb(request, words)
        if command is None:
            return text
        after_verb = words.mark
        ref = next_ref(words)
        if not words.remaining().strip():
            # One word alone may be the answer to the run of this thread.
            words.rewind(after_verb)
            ref = None
    except UsageError:
        return _cut(text, words)
    gate = _find_gate(request, ref)
    harmless = gate is not None and (gate.form is None or not gate.form.secrets)
    return text if harmless else _cut(text, words)


def _verb(request: Request, words: Words) -> Command | None:
    """The command that takes answers, also where its verb is misspelt; None for all others.

    Raises UsageError where it was probably meant, and cannot be known.
    """
    try:
        first = words.next()
        if first and first.text.lower() in {"/run", "run"}:
            first = words.next()
    except UsageError:
        return None
    answering = [command for command in request.registry if command.answers]
    try:
        command = find_command(request.registry, first.text) if first else None
    except UsageError as error:
        meant = {f"/run {command.verb}" for command in answering}
        if meant.isdisjoint(error.suggestions):
            return None
        raise
    return command if command in answering else None


def _cut(text: str, words: Words) -> str:
    """The text up to where it was read, and a mark for the rest."""
    rest = words.remaining()
    return f"{text.removesuffix(rest)} {HIDDEN}" if rest.strip() else text


def _find_gate(request: Request, ref: Ref | None) -> Gate | None:
    """The one gate that is meant, if that can be known."""
    selection = Selection(refs=(ref,) if ref else ())
    try:
        gates = select_gates(
            request.tx, selection, verb="answer", conversation=request.conversation
        )
    except UserError:
        return None
    return gates[0] if len(gates) == 1 else None


def forget_refused(request: Request, press: Press | None) -> None:
    """Erase what was sealed for a request that came to nothing."""
    if press is None:
        return
    numbers = map(sealed_number, form_values(press.arguments).values())
    gate = _find_gate(request, read_ref(Word(str(press.arguments.get("run")))))
    for number in numbers:
        if number is not None and gate is not None:
            request.tx.sealed.erase(gate.id, number)
