"""Reading the verb of a request in words."""

from datetime import datetime

from bot.dispatch.command import Command, Registry, find_command
from bot.domain.conversation import Conversation
from bot.grammar.words import Words


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
