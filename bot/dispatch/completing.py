"""Completion: what the word that is being typed may become."""

from collections.abc import Sequence

from bot.dispatch.command import Registry, find_command
from bot.domain.errors import UsageError
from bot.domain.issue_choice import is_withheld
from bot.domain.selection import Filter
from bot.domain.wording import FILTER_WORDS
from bot.grammar.params import Kind, Param
from bot.ports.store import Tx
from bot.services.rules import Rules

_RECENT = 10
"""Runs and issues that completion offers."""


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
    fitting = (offer for offer in offers if offer.lower().startswith(begun))
    return tuple(dict.fromkeys(fitting))


def _offers(tx: Tx, rules: Rules, registry: Registry, param: Param) -> Sequence[str]:
    if param.hidden:
        return ()
    match param.kind:
        case Kind.BLUEPRINT | Kind.WORK | Kind.WITH:
            issues = _issues(tx, rules) if param.kind is Kind.WORK else ()
            word = ("with",) if param.kind is Kind.WITH else ()
            return (*word, *sorted(rules.catalog.blueprints), *issues)
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


def _issues(tx: Tx, rules: Rules) -> Sequence[str]:
    """The keys of issues that were read lately."""
    recent = tx.issues.recent(limit=_RECENT)
    return [issue.key for issue in recent if not is_withheld(issue, rules.catalog)]
