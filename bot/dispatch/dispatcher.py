"""The dispatcher: takes requests durably and carries each out once."""

import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import TypeGuard

from bot.dispatch.command import Registry, Request, UnknownVerbError
from bot.dispatch.completing import complete
from bot.dispatch.concealing import conceal, forget_refused, is_harmless
from bot.dispatch.issues import IssueReader, TrackerAwayError, Wanted, find_wanted
from bot.dispatch.reading import read_command, read_values
from bot.dispatch.refusing import offer_blueprint, refusal_reply, refuse_control_characters
from bot.dispatch.resuming import Resuming
from bot.dispatch.suggesting import suggest_person
from bot.domain.actor import Actor
from bot.domain.codec import decode, encode
from bot.domain.conversation import Conversation
from bot.domain.errors import RefusedError, UnavailableError, UsageError, UserError
from bot.domain.invocation import Invocation, Press
from bot.domain.issue import Issue
from bot.grammar.words import LONGEST_TEXT
from bot.messages.message import Tone
from bot.messages.render import say
from bot.messages.reply import Outcome, Reply, ReplyFile
from bot.ports.admission import Admission
from bot.ports.artifact_files import ArtifactFiles
from bot.ports.clock import Ids
from bot.ports.requests import LateAnswers
from bot.ports.store import Store, Tx
from bot.ports.tracker import Tracker
from bot.ports.vault import Vault
from bot.services.people import account_of, look_as, require_known
from bot.services.rules import Rules, RulesNow

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What was found out for a request before its transaction; see Request."""

    issues: Mapping[str, Issue | UserError] = field(default_factory=dict)
    suggested: str = ""


_NOTHING = _Found()


class Dispatcher:
    """Takes requests durably and carries each out once."""

    def __init__(  # noqa: PLR0913  # all that it is wired to
        self,
        store: Store,
        registry: Registry,
        *,
        rules: RulesNow,
        ids: Ids,
        vault: Vault,
        files: ArtifactFiles,
        trackers: Mapping[str, Tracker] | None = None,
        admissions: Mapping[str, Admission] = MappingProxyType({}),
        late_answers: Mapping[str, LateAnswers] = MappingProxyType({}),
    ) -> None:
        """`rules` is asked anew for every request; `files` keeps what replies bring along.

        `trackers`, by their surface, may be filled until the first request, and so may
        `admissions`, which are asked before anything is done for somebody, and `late_answers`,
        which say what is done after a restart.
        """
        self._resuming = Resuming(store=store, perform=self.perform, late_answers=late_answers)
        self._issues = IssueReader(store, {} if trackers is None else trackers)
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
            words, pressed = text[: LONGEST_TEXT + 1], press
            if not is_harmless(
                self._registry, words, press, conversation=conversation, now=tx.now()
            ):
                words, pressed = conceal(self._request(tx, actor, conversation), words, press)
            return tx.invocations.accept(
                key=key, actor=actor, conversation=conversation, text=words, press=pressed
            )

        return await self._store.write(unit)

    async def perform(self, invocation: Invocation) -> Reply:
        """Carry a request out and return its answer; one that is done answers as it did."""
        try:
            if refused := await self._turn_away(invocation):
                return refused
            found = _Found(
                issues=await self._read_issues(invocation),
                suggested=await self._suggest(invocation),
            )
            if self._only_reads(invocation):
                return await self._look_up(invocation, found)
            return await self._store.write(partial(self._unit, invocation, found))
        except TrackerAwayError:
            return Reply(message=say("tracker_away", tone=Tone.BAD), outcome=Outcome.BROKEN)
        except UnavailableError:
            return Reply(message=say("unavailable", tone=Tone.BAD), outcome=Outcome.BROKEN)
        except Exception:  # the border between a person and our bugs
            return await self._broken(invocation)

    def _admission(self, invocation: Invocation) -> Admission | None:
        """Who says of the account that asks whether it may act; None where nobody does."""
        if invocation.actor.handle is None:
            return None
        return self._admissions.get(invocation.conversation.surface)

    async def _turn_away(self, invocation: Invocation) -> Reply | None:
        """The refusal of somebody whom the surface itself does not let act, or does no more."""
        admission = self._admission(invocation)
        if admission is None:
            return None
        try:
            await admission.admit(account_of(invocation.actor, invocation.conversation))
        except RefusedError as error:
            reply = refusal_reply(error)
            return await self._store.write(
                lambda tx: self._finish(self._request_of(invocation, tx), invocation, reply)
            )
        return None

    async def _suggest(self, invocation: Invocation) -> str:
        """Whose an account that is nobody's seems to be; empty for nobody's."""
        admission = self._admission(invocation)
        if admission is None or invocation.done_at is not None:
            return ""
        account = account_of(invocation.actor, invocation.conversation)
        return await suggest_person(self._store, self._rules().policy, account, admission)

    async def resume(self, *, older: timedelta = timedelta()) -> None:
        """Carry out what was accepted before and not done, in order within each channel.

        What is not `older` than this may be at work already, or wait for its turn.
        """
        await self._resuming.resume(older=older)

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

    @property
    def has_trackers(self) -> bool:
        """Whether there is any tracker."""
        return self._issues.has_trackers

    async def find_issues(
        self, words: str, *, actor: Actor, conversation: Conversation, limit: int = 10
    ) -> tuple[Issue, ...]:
        """Issues whose key or title fits, as far as this person may start work on them here."""
        rules = await self._store.read(partial(self._rules_of, actor, conversation))
        if rules is None:
            return ()
        return await self._issues.search(words, limit=limit, catalog=rules.catalog)

    async def _read_issues(self, invocation: Invocation) -> Mapping[str, Issue | UserError]:
        """What was read of the issues that a request is about, if its person is known."""
        wanted = self._wanted_issues(invocation)
        if wanted is None:
            return {}
        place = invocation.conversation
        rules = await self._store.read(partial(self._rules_of, invocation.actor, place))
        if rules is None:
            return {}
        return await self._issues.read_wanted(wanted, conversation=place, catalog=rules.catalog)

    def _wanted_issues(self, invocation: Invocation) -> Wanted | None:
        if not self._issues.has_trackers or invocation.done_at is not None:
            return None
        try:
            command, tail = read_command(self._registry, invocation, invocation.received_at)
            values = read_values(command, tail, invocation.press, invocation.received_at)
        except UserError:  # said when it is carried out
            return None
        return find_wanted(command.params, values, self._rules().catalog)

    def _rules_of(self, actor: Actor, conversation: Conversation, tx: Tx) -> Rules | None:
        """What binds a person in a place; None for whoever policy does not know."""
        request = self._request(tx, actor, conversation)
        return request.rules if request.actor.handle in request.rules.policy.people else None

    def _only_reads(self, invocation: Invocation) -> bool:
        try:
            return read_command(self._registry, invocation, invocation.received_at)[0].reads
        except UsageError:
            return False

    async def _look_up(self, invocation: Invocation, found: _Found) -> Reply:
        """Answer from a reading; what comes with the answer is kept before it is given."""

        def look(tx: Tx) -> Reply:
            return self._answer(self._request_of(invocation, tx, found), invocation)

        def finish(tx: Tx) -> Reply:
            return self._finish(self._request_of(invocation, tx), invocation, reply)

        reply = await self._store.read(look)
        for file in reply.files:
            await _keep_file(self._files, file)
        return await self._store.write(finish)

    async def _broken(self, invocation: Invocation) -> Reply:
        incident = self._ids.incident()
        _LOG.exception("incident %s: invocation %s failed", incident, invocation.id)
        reply = Reply(
            message=say("incident", tone=Tone.BAD, incident=incident), outcome=Outcome.BROKEN
        )
        await self._store.write(lambda tx: tx.invocations.finish(invocation.id, encode(reply)))
        return reply

    def _unit(self, invocation: Invocation, found: _Found, tx: Tx) -> Reply:
        request = self._request_of(invocation, tx, found)
        return self._finish(request, invocation, self._answer(request, invocation))

    def _answer(self, request: Request, invocation: Invocation) -> Reply:
        stored = request.tx.invocations.load(invocation.id)
        if stored.done_at is not None:
            return decode(Reply, stored.reply)
        try:
            with request.tx.savepoint():
                return self._carry_out(request, stored)
        except UserError as error:
            return refusal_reply(error)

    def _finish(self, request: Request, invocation: Invocation, reply: Reply) -> Reply:
        """Store what the answer was, but for secrets, and for whom files were made."""
        tx = request.tx
        for file in reply.files:
            tx.exports.add(request.actor.name, file.kept)
        if reply.outcome is not Outcome.DONE:
            forget_refused(request, invocation.press)
        kept = (*reply.kept, *(file.kept for file in reply.files))
        given = replace(reply, files=(), kept=kept)
        stored = replace(given, message=say("said_once")) if reply.once else given
        tx.invocations.finish(invocation.id, encode(stored))
        return given

    def _request_of(self, invocation: Invocation, tx: Tx, found: _Found = _NOTHING) -> Request:
        return self._request(tx, invocation.actor, invocation.conversation, found=found)

    def _request(
        self,
        tx: Tx,
        actor: Actor,
        conversation: Conversation,
        *,
        found: _Found = _NOTHING,
    ) -> Request:
        """The request of the person behind an account, in whose eyes other runs are not there."""
        rules = self._rules()
        known, seen = look_as(tx, rules.policy, actor, conversation)
        place = next(
            (one.place for one in found.issues.values() if _is_at(one, conversation)), conversation
        )
        return Request(
            tx=seen,
            rules=rules.here(known.handle or "", place),
            actor=known,
            conversation=conversation,
            registry=self._registry,
            vault=self._vault,
            account=account_of(actor, conversation),
            ids=self._ids,
            issues=found.issues,
            suggested=found.suggested,
        )

    def _carry_out(self, request: Request, invocation: Invocation) -> Reply:
        refuse_control_characters(invocation)
        now = request.tx.now()
        try:
            command, tail = read_command(self._registry, invocation, now)
        except UnknownVerbError as error:
            raise offer_blueprint(error, request.rules.catalog) from error
        if not command.for_strangers:
            require_known(request.rules.policy, request.actor, suggested=request.suggested)
        values = read_values(command, tail, invocation.press, now)
        return command.handle(request, command.arguments(**values))


def _is_at(read: Issue | UserError, conversation: Conversation) -> TypeGuard[Issue]:
    return isinstance(read, Issue) and read.conversation == conversation.root


async def _keep_file(files: ArtifactFiles, file: ReplyFile) -> None:
    """Keep the content of a file, durably."""

    async def whole() -> AsyncIterator[bytes]:
        yield file.text.encode()

    await files.put(file.kept.sha256, whole(), size=file.kept.size)
