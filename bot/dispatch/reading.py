"""Reading the verb of a request in words."""

from bot.dispatch.command import Command, Request, find_command
from bot.grammar.words import Words


def read_verb(request: Request, text: str) -> tuple[Command, str]:
    """The command that words ask for, and what follows its verb; nothing at all asks for help.

    In a run's thread words that begin with no verb are for its program. Raises UsageError with
    the nearest verbs.
    """
    registry = request.registry
    words = Words(text, now=request.tx.now())
    first = words.next()
    called = first is not None and first.text.lower() in {"/run", "run"}
    if called:
        first = words.next()
    if first is None:
        return find_command(registry, "help"), ""
    word = first.text.lower()
    known = any(word in {command.verb, *command.synonyms} for command in registry)
    if request.conversation.thread and not called and not known:
        return find_command(registry, "reply"), text
    return find_command(registry, first.text), words.remaining()
