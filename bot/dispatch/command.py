"""Commands: what a verb is made of, and the registry that all surfaces read."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum, unique
from functools import lru_cache
from typing import Any

from bot.domain.actor import Actor
from bot.domain.conversation import Conversation
from bot.domain.errors import UsageError, UserError
from bot.domain.issue import Issue
from bot.domain.person import Account
from bot.domain.run import Run
from bot.domain.selection import Filter, Ref, RefKind, Selection
from bot.grammar.filters import ME
from bot.grammar.params import Param
from bot.messages.reply import Reply
from bot.ports.clock import Ids
from bot.ports.store import Tx
from bot.ports.vault import Vault
from bot.services.rules import Rules
from bot.services.selecting import MOST_RUNS, select_run, select_runs

_EXAMPLES = ("/run list active", "/run inbox", "/run blueprints")
_NEAR = 3
"""Offers when a word is unknown."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One command being carried out, inside its transaction."""

    tx: Tx
    """As the asking person sees it: other runs are not there."""
    rules: Rules
    """With only the blueprints that the person may see and start here."""
    actor: Actor
    conversation: Conversation
    registry: "Registry"
    vault: Vault
    account: Account
    """What the surface says of who asks; `actor` is the person behind it."""
    ids: Ids
    issues: Mapping[str, Issue | UserError] = field(default_factory=dict)
    """What was read of the issues that the arguments name, or why it could not be."""
    suggested: str = ""
    """Of an account that is nobody's: the person whose e-mail address it has."""

    def issue(self, name: str) -> Issue | None:
        """The issue that an argument names, if it names one. Raises why it could not be read."""
        found = self.issues.get(name)
        if isinstance(found, UserError):
            raise found
        return found

    def select(self, selection: Selection, verb: str, *, most: int = MOST_RUNS) -> tuple[Run, ...]:
        """The runs that a selection means to this person, in this conversation."""
        return select_runs(
            self.tx, self.owned(selection), verb=verb, conversation=self.conversation, most=most
        )

    def select_one(self, ref: Ref | None, verb: str) -> Run:
        """The run that a reference means; without one, the run of the thread."""
        named = ref or Ref(kind=RefKind.HERE)
        return select_run(self.tx, named, verb=verb, conversation=self.conversation)

    def owned(self, selection: Selection) -> Selection:
        """The selection with “mine” meaning the asking person."""
        if selection.filter is None:
            return selection
        return replace(selection, filter=self.mine(selection.filter))

    def mine(self, filter_: Filter) -> Filter:
        """The filter with “mine” meaning the asking person."""
        return replace(filter_, owner=self.actor.name) if filter_.owner == ME else filter_


@unique
class Secrecy(StrEnum):
    """Whether the words of a verb may answer a secret question; such words are not stored."""

    NONE = "none"
    POSSIBLE = "possible"
    """While the run that is meant asks for a secret."""
    LIKELY = "likely"
    """Also where it is not known which question is meant; its form's secrets are sealed."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """One verb: its words, its grammar, and what it does."""

    verb: str
    summary: str
    """What it is for, in one line of help."""
    arguments: type[Any]
    """The dataclass that the parameters' values make."""
    handle: Callable[[Request, Any], Reply]
    params: tuple[Param, ...] = ()
    synonyms: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    secrecy: Secrecy = Secrecy.NONE
    for_strangers: bool = False
    """Whether people whom policy does not know may use it."""
    reads: bool = False
    """Whether it only reads, and its reply may bring files: it keeps no writer waiting."""

    @property
    def usage(self) -> str:
        """The grammar in one line."""
        shown = [param.usage for param in self.params if not param.hidden]
        return " ".join(["/run", self.verb, *shown])


Registry = Sequence[Command]


class UnknownVerbError(UsageError):
    """No command is called by this word."""

    def __init__(self, verb: str, commands: Sequence[str]) -> None:
        """`commands` may have been meant; without any, three examples are offered."""
        words = "" if commands else " Three that there are; /run help has them all."
        super().__init__(
            f"There is no command “{verb[:40]}”.{words}", suggestions=commands or _EXAMPLES
        )
        self.verb = verb


def find_command(registry: Registry, verb: str) -> Command:
    """The command of a verb or synonym. Raises UnknownVerbError with the nearest verbs."""
    word = verb.lower()
    for command in registry:
        if word == command.verb or word in command.synonyms:
            return command
    near = _near(word, tuple(v for command in registry for v in (command.verb, *command.synonyms)))
    raise UnknownVerbError(verb, [f"/run {name}" for name in near])


@lru_cache(maxsize=1_000)
def _near(word: str, verbs: tuple[str, ...]) -> tuple[str, ...]:
    """Verbs that a word may have been meant to be; looking for them takes long."""
    return tuple(difflib.get_close_matches(word, verbs, n=_NEAR, cutoff=0.5))
