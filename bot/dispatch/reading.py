"""Reading a request: the command that is meant, and what it gives to its parameters."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeGuard

from bot.dispatch.command import Command, Registry, find_command
from bot.domain.codec import JSON
from bot.domain.conversation import Conversation
from bot.domain.errors import UsageError
from bot.domain.invocation import Invocation, Press
from bot.grammar.params import parse_press, parse_words
from bot.grammar.words import LONGEST_TEXT, Words

SAY = "say"
"""The verb of a button that stands for typed words: its argument `text` is read as such."""


def names_verb(press: Press | None) -> TypeGuard[Press]:
    """Whether a button was pressed that names its command, not one that stands for words."""
    return press is not None and press.verb != SAY


def typed(text: str, press: Press | None) -> str:
    """The words of a request, typed or those that a button stands for."""
    return str(press.arguments.get("text", "")) if press else text


def read_command(
    registry: Registry, invocation: Invocation, now: datetime
) -> tuple[Command, str | None]:
    """The command that is meant and the words after its verb; None for a pressed button.

    Raises UsageError.
    """
    if names_verb(invocation.press):
        return find_command(registry, invocation.press.verb), None
    text = typed(invocation.text, invocation.press)
    _refuse_long(text)
    return read_verb(registry, text, conversation=invocation.conversation, now=now)


def read_values(
    command: Command, tail: str | None, press: Press | None, now: datetime
) -> dict[str, Any]:
    """What a request gives to the parameters of its command. Raises UsageError."""
    given = press.arguments if press else {}
    if tail is None:
        return parse_press(command.params, given, verb=command.verb)
    values = parse_words(command.params, tail, verb=command.verb, now=now)
    return values | _carried(command, given)


def _carried(command: Command, given: Mapping[str, JSON]) -> dict[str, JSON]:
    """What goes along with words and is not typed."""
    hidden = {param.name for param in command.params if param.hidden}
    return {name: value for name, value in given.items() if name in hidden}


def _refuse_long(text: str) -> None:
    """Raise UsageError for text that no request needs."""
    if len(text) > LONGEST_TEXT:
        raise UsageError(
            f"That is more than {LONGEST_TEXT:,} characters, too long for one request; "
            "shorten it, or put the text into a file of the repository."
        )


def read_verb(
    registry: Registry, text: str, *, conversation: Conversation, now: datetime
) -> tuple[Command, str]:
    """The command that words ask for, and what follows its verb; nothing at all asks for help.

    In a run's thread words that begin with no verb are for its program. Raises UsageError with
    the nearest verbs.
    """
    words = Words(text, now=now)
    first = words.next()
    called = first is not None and first.text.lower() in {"/run", "run"}
    if called:
        first = words.next()
    if first is None:
        return find_command(registry, "help"), ""
    if conversation.thread and not called and not _known(registry, first.text.lower()):
        return find_command(registry, "reply"), text
    return find_command(registry, first.text), words.remaining()


def _known(registry: Registry, word: str) -> bool:
    return any(word in {command.verb, *command.synonyms} for command in registry)
