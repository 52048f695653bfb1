"""Concealing: answers to secret questions are sealed before their request is stored.

Whatever may be such an answer and cannot be told to be harmless is not stored at all.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.dispatch.command import Registry, Request, Secrecy
from bot.dispatch.reading import names_verb, read_verb, typed
from bot.domain.codec import JSON
from bot.domain.conversation import Conversation
from bot.domain.errors import UsageError, UserError
from bot.domain.form import FIELD, HIDDEN
from bot.domain.gate import Gate
from bot.domain.invocation import Press
from bot.domain.selection import Ref, Selection
from bot.grammar.params import form_values
from bot.grammar.words import Word, Words, next_ref, read_ref
from bot.services.sealing import hide, seal_given, sealed_number
from bot.services.selecting import select_gates


def is_harmless(
    registry: Registry, text: str, press: Press | None, *, conversation: Conversation, now: datetime
) -> bool:
    """Whether a request holds no secret, as its verb alone tells."""
    if names_verb(press):
        verbs = (command.verb for command in registry if command.secrecy is Secrecy.LIKELY)
        return press.verb not in verbs
    try:
        command, _ = read_verb(registry, typed(text, press), conversation=conversation, now=now)
    except UsageError as error:
        return not _meant_to_answer(registry, error)
    return command.secrecy is Secrecy.NONE


def conceal(request: Request, text: str, press: Press | None) -> tuple[str, Press | None]:
    """The words and the press of a request as they may be stored."""
    if press is None:
        return _conceal_words(request, text), None
    if not names_verb(press):
        words = _conceal_words(request, typed(text, press))
        return text, replace(press, arguments={**press.arguments, "text": words})
    likely = [command.verb for command in request.registry if command.secrecy is Secrecy.LIKELY]
    if press.verb not in likely:
        return text, press
    return text, replace(press, arguments=_conceal_fields(request, press.arguments))


def _conceal_fields(request: Request, arguments: Mapping[str, JSON]) -> dict[str, JSON]:
    given = form_values(arguments)
    gate = _find_gate(request, read_ref(Word(str(arguments.get("run")))))
    kept = seal_given(request.tx, request.vault, gate, given) if gate else hide(given)
    return {**arguments, **{f"{FIELD}{name}": value for name, value in kept.items()}}


def _conceal_words(request: Request, text: str) -> str:
    """The text, with what may be a secret replaced."""
    try:
        command, tail = read_verb(
            request.registry, text, conversation=request.conversation, now=request.tx.now()
        )
    except UsageError as error:
        return _cut(text, _after_first(text)) if _meant_to_answer(request.registry, error) else text
    if command.secrecy is Secrecy.NONE:
        return text
    ref, rest = _split(request, tail)
    gate = _find_gate(request, ref)
    if not rest.strip():
        if gate is not None and request.conversation.thread is None:
            return text
        # One word alone may be the answer to the run of this thread.
        gate, rest = _find_gate(request, None), tail
    if gate is None:
        return _cut(text, rest) if command.secrecy is Secrecy.LIKELY else text
    return _cut(text, rest) if gate.form and gate.form.secrets else text


def _meant_to_answer(registry: Registry, error: UsageError) -> bool:
    """Whether a verb that is not known is a misspelt one that takes answers."""
    likely = [command.verb for command in registry if command.secrecy is Secrecy.LIKELY]
    return not {f"/run {verb}" for verb in likely}.isdisjoint(error.suggestions)


def _after_first(text: str) -> str:
    return text.lstrip().removeprefix("/run").lstrip().partition(" ")[2]


def _split(request: Request, tail: str) -> tuple[Ref | None, str]:
    """The run that is named, and the words that follow."""
    words = Words(tail, now=request.tx.now())
    try:
        ref = next_ref(words)
    except UsageError:
        return None, tail
    return ref, words.remaining()


def _cut(text: str, rest: str) -> str:
    """The text without its rest, and a mark in its place."""
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
    sealed = map(sealed_number, form_values(press.arguments).values())
    numbers = [number for number in sealed if number is not None]
    if not numbers:
        return
    gate = _find_gate(request, read_ref(Word(str(press.arguments.get("run")))))
    for number in numbers:
        if gate is not None:
            request.tx.sealed.erase(gate.id, number)
