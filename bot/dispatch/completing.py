"""Completion: what the word that is being typed may become."""

from collections.abc import Sequence

from bot.dispatch.command import Registry, find_command
from bot.domain.errors import UsageError
from bot.domain.selection import Filter
from bot.domain.wording import FILTER_WORDS
from bot.grammar.params import Kind, Param
from bot.ports.store import Tx
from bot.services.rules import Rules

_RECENT = 10
"""Runs that completion offers."""


def complete(tx: Tx, rules: Rules, registry: Registry, text: str) -> tuple[str, ...]:
    """What the last word of a request may become, in the order of help."""
    words = text.removeprefix("/run").lstrip().split(" ")
    begun = words[-1].lower()
    if len(words) == 1:
        offers = [command.verb for command in registry]
    else:
        try:
            command = find_command(registry, words[0])
        except UsageError:
            return ()
        offers = [word for param in command.params for word in _offers(tx, rules, registry, param)]
    return tuple(offer for offer in offers if offer.lower().startswith(begun))


def _offers(tx: Tx, rules: Rules, registry: Registry, param: Param) -> Sequence[str]:
    if param.hidden:
        return ()
    match param.kind:
        case Kind.BLUEPRINT:
            return sorted(rules.catalog.blueprints)
        case Kind.VERB:
            return [command.verb for command in registry]
        case Kind.PERSON:
            return [f"@{name}" for name in rules.policy.people]
        case Kind.CHOICE | Kind.ACTION:
            return param.choices
        case Kind.BY:
            return ("by", *param.choices)
        case Kind.OPTION:
            return (f"{param.name}=",)
        case Kind.RUN | Kind.RUNS:
            return ("last", *(run.key for run in tx.runs.find(Filter(), limit=_RECENT)))
        case Kind.FILTER:
            return FILTER_WORDS
        case _:
            return ()
