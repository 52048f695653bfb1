"""The dispatcher: takes requests durably and carries each out once."""

import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import MappingProxyType

from bot.dispatch.command import Command, Registry, Request, find_command
from bot.dispatch.completing import complete
from bot.dispatch.concealing import SAY, conceal, forget_refused
from bot.dispatch.reading import read_verb
from bot.domain.actor import Actor
from bot.domain.codec import JSON, decode, encode
from bot.domain.conversation import Conversation
from bot.domain.errors import (
    RefusedError,
    UnavailableError,
    UsageError,
    UserError,
    WrongFieldError,
)
from bot.domain.form import FIELD, WrongAnswersError
from bot.domain.invocation import Invocation, Press
from bot.grammar.params import parse_press, parse_words
from bot.grammar.words import LONGEST_TEXT
from bot.messages.message import Button, Tone
from bot.messages.render import say
from bot.messages.reply import Outcome, Reply, ReplyFile
from bot.ports.admission import Admission
from bot.ports.artifact_files import ArtifactFiles
from bot.ports.clock import Ids
from bot.ports.store import Store, Tx
from bot.ports.vault import Vault
from bot.services.people import account_of, look_as, require_known
from bot.services.rules import Rules

_LOG = logging.getLogger(__name__)


class Dispatcher:
    """Takes requests durably and carries each out once."""

    def __init__(  # noqa: PLR0913  # all that it is wired to
        self,
        store: Store,
        registry: Registry,
        *,
        rules: Callable[[], Rules],
        ids: Ids,
        vault: Vault,
        files: ArtifactFiles,
        admissions: Mapping[str, Admission] = MappingProxyType({}),
    ) -> None:
        """`rules` is asked anew for every request; `files` keeps what replies bring along.

        `admissions`, by surface, are asked before anything is done for somebody.
        """
        self._admissions = admissions
        self._store = store
        self._vault = vault
        self._registry = registry
        self._rules = rules
        self._ids = ids
        self._files = files

    async def accept(
        self,
        *,
        key: str,
        actor: Actor,
        conversation: Conversation,
        text: str = "",
        press: Press | None = None,
    ) -> Invocation:
        """Store a request, secret answers sealed; the same key returns what was stored first."""

        def unit(tx: Tx) -> Invocation:
            request = self._request(tx, actor, conversation)
            words, pressed = conceal(request, text[: LONGEST_TEXT + 1], press)
            stored, _ = tx.invocations.accept(
                key=key, actor=actor, conversation=conversation, text=words, press=pressed
            )
            return stored

        return await self._store.write(unit)

    async def perform(self, invocation: Invocation) -> Reply:
        """Carry a request out and return its answer; one that is done answers as it did."""
        try:
            if refused := await self._turn_away(invocation):
                return refused
            if self._only_reads(invocation):
                return await self._look_up(invocation)
            return await self._store.write(partial(self._unit, invocation))
        except UnavailableError:
            return Reply(message=say("unavailable", tone=Tone.BAD), outcome=Outcome.BROKEN)
        except Exception:  # the border between a person and our bugs
            return await self._broken(invocation)

    async def _turn_away(self, invocation: Invocation) -> Reply | None:
        """The refusal of somebody whom the surface itself does not let act, or does no more."""
        admission = self._admissions.get(invocation.conversation.surface)
        if admission is None or invocation.actor.handle is None:
            return None
        try:
            await admission.admit(account_of(invocation.actor, invocation.conversation))
        except RefusedError as error:
            return await self._store.write(partial(self._finish, invocation, refusal_reply(error)))
        return None

    async def resume(self) -> None:
        """Carry out what was accepted before a crash and not done."""
        for invocation in await self._store.read(lambda tx: tx.invocations.unfinished()):
            await self.perform(invocation)

    async def complete(
        self, text: str, *, actor: Actor, conversation: Conversation
    ) -> tuple[str, ...]:
        """What the last word of a request may become for this person in this place."""

        def unit(tx: Tx) -> tuple[str, ...]:
            request = self._request(tx, actor, conversation)
            return complete(request.tx, request.rules, self._registry, text)

        return await self._store.read(unit)

    async def look(self, text: str, *, actor: Actor, conversation: Conversation) -> Reply:
        """The answer to words that only ask; nothing is stored. Raises UserError as said."""
        now = await self._store.read(lambda tx: tx.now())
        asked = Invocation(
            id=0, key="", actor=actor, conversation=conversation, received_at=now, text=text
        )
        return await self._store.read(
            lambda tx: self._carry_out(self._request(tx, actor, conversation), asked)
        )

    def _only_reads(self, invocation: Invocation) -> bool:
        try:
            return self._find(invocation, invocation.received_at)[0].reads
        except UsageError:
            return False

    async def _look_up(self, invocation: Invocation) -> Reply:
        """Answer from a reading; what comes with the answer is kept before it is given."""
        reply = await self._store.read(partial(self._answer, invocation))
        for file in reply.files:
            await keep_file(self._files, file)
        return await self._store.write(partial(self._finish, invocation, reply))

    async def _broken(self, invocation: Invocation) -> Reply:
        incident = self._ids.incident()
        _LOG.exception("incident %s: invocation %s failed", incident, invocation.id)
        reply = Reply(
            message=say("incident", tone=Tone.BAD, incident=incident), outcome=Outcome.BROKEN
        )
        await self._store.write(lambda tx: tx.invocations.finish(invocation.id, encode(reply)))
        return reply

    def _unit(self, invocation: Invocation, tx: Tx) -> Reply:
        return self._finish(invocation, self._answer(invocation, tx), tx)

    def _answer(self, invocation: Invocation, tx: Tx) -> Reply:
        stored = tx.invocations.load(invocation.id)
        if stored.done_at is not None:
            return decode(Reply, stored.reply)
        request = self._request(tx, stored.actor, stored.conversation)
        try:
            with tx.savepoint():
                return self._carry_out(request, stored)
        except UserError as error:
            return refusal_reply(error)

    def _finish(self, invocation: Invocation, reply: Reply, tx: Tx) -> Reply:
        """Store what the answer was, but for secrets, and for whom files were made."""
        request = self._request(tx, invocation.actor, invocation.conversation)
        for file in reply.files:
            tx.exports.add(request.actor.name, file.kept)
        if reply.outcome is not Outcome.DONE:
            forget_refused(request, invocation.press)
        given = replace(reply, files=())
        stored = replace(given, message=say("said_once")) if reply.once else given
        tx.invocations.finish(invocation.id, encode(stored))
        return given

    def _request(self, tx: Tx, actor: Actor, conversation: Conversation) -> Request:
        """The request of the person behind an account, in whose eyes other runs are not there."""
        rules = self._rules()
        known, seen = look_as(tx, rules.policy, actor, conversation)
        return Request(
            tx=seen,
            rules=rules.here(known.handle or "", conversation),
            actor=known,
            conversation=conversation,
            registry=self._registry,
            vault=self._vault,
            account=account_of(actor, conversation),
            ids=self._ids,
        )

    def _carry_out(self, request: Request, invocation: Invocation) -> Reply:
        refuse_control_characters(invocation)
        now = request.tx.now()
        command, tail = self._find(invocation, now)
        if not command.for_strangers:
            require_known(request.rules.policy, request.actor)
        if tail is None and invocation.press is not None:
            values = parse_press(command.params, invocation.press.arguments, verb=command.verb)
        else:
            values = parse_words(command.params, tail or "", verb=command.verb, now=now)
            values |= _carried(command, invocation.press)
        return command.handle(request, command.arguments(**values))

    def _find(self, invocation: Invocation, now: datetime) -> tuple[Command, str | None]:
        """The command that is meant and the words after its verb; None for a pressed button."""
        press = invocation.press
        if press is not None and press.verb != SAY:
            return find_command(self._registry, press.verb), None
        text = str(press.arguments.get("text", "")) if press else invocation.text
        _refuse_long(text)
        return read_verb(self._registry, text, conversation=invocation.conversation, now=now)


def _carried(command: Command, press: Press | None) -> dict[str, JSON]:
    """What goes along with words and is not typed."""
    arguments = press.arguments if press else {}
    hidden = {param.name for param in command.params if param.hidden}
    return {name: value for name, value in arguments.items() if name in hidden}


def _refuse_long(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise UsageError(
            f"That is more than {LONGEST_TEXT:,} characters, too long for one request; "
            "shorten it, or put the text into a file of the repository."
        )


async def keep_file(files: ArtifactFiles, file: ReplyFile) -> None:
    """Keep the content of a file, durably."""

    async def whole() -> AsyncIterator[bytes]:
        yield file.text.encode()

    await files.put(file.kept.sha256, whole(), size=file.kept.size)


def refusal_reply(error: UserError) -> Reply:
    """The private answer to a request that a person can mend."""
    outcome = Outcome.USAGE if isinstance(error, UsageError) else Outcome.REFUSED
    buttons = tuple(
        Button(label=words, press=Press(verb=SAY, arguments={"text": words}))
        for words in error.suggestions
    )
    name = "refused" if isinstance(error, RefusedError) else "not_done"
    message = say(name, tone=Tone.BAD, text=error.text)
    wrong = error.problems if isinstance(error, WrongAnswersError) else {}
    problems = {f"{FIELD}{name}": problem for name, problem in wrong.items()}
    if isinstance(error, WrongFieldError):
        problems = {error.field: error.text}
    return Reply(message=replace(message, buttons=buttons), outcome=outcome, problems=problems)


_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def refuse_control_characters(invocation: Invocation) -> None:
    """Raise UsageError for text that would not show what it says."""
    pressed = {} if invocation.press is None else dict(invocation.press.arguments)
    for text in (invocation.text, *_texts(pressed)):
        if match := _CONTROLS.search(text):
            raise UsageError(
                f"The request holds a control character (U+{ord(match[0]):04X}); "
                "type it anew without, or paste it as plain text."
            )


def _texts(value: JSON) -> Iterator[str]:
    """Every text in the arguments of a press, names aside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
