"""What people do in Linear, as requests to the core; and the answers, said where they asked."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from weakref import WeakValueDictionary

from adapters.linear.answering import Answers
from adapters.linear.auth import INSTALL_PATH
from adapters.linear.choices import read_bound
from adapters.linear.client import LinearClient
from adapters.linear.events import (
    COMMAND,
    AccessChanged,
    AppRevoked,
    CommentWritten,
    Event,
    IssueChanged,
    SessionCreated,
    SessionPrompted,
    created_key,
)
from adapters.linear.identity import OurIdentity
from adapters.linear.webhook import SURFACE
from bot.domain.actor import person
from bot.domain.conversation import Conversation
from bot.domain.errors import NotFoundError, UnavailableError
from bot.domain.invocation import Press
from bot.messages.reply import Outcome, Reply
from bot.ports.requests import Requests
from bot.ports.store import Store, Tx
from bot.ports.tracker import Tracker
from bot.ports.tracker_store import TrackerEvent
from bot.services.issue_dispatching import reassign_by_tracker
from bot.services.people import look_as
from bot.services.rules import Rules

_LOG = logging.getLogger(__name__)

_PATIENCE = timedelta(minutes=1)
"""How long a prompt waits for the beginning of its session, which may be told later."""


class LinearListener:
    """Hears events; what is heard twice is done once, by the key of its request."""

    def __init__(  # noqa: PLR0913  # all that it is wired to
        self,
        store: Store,
        requests: Requests,
        client: LinearClient,
        *,
        identity: OurIdentity,
        answers: Answers,
        tracker: Tracker,
        rules: Callable[[], Rules],
        labels: Collection[str] = (),
    ) -> None:
        """`labels` are those that start work on an issue when somebody sets them."""
        self._store = store
        self._requests = requests
        self._client = client
        self._identity = identity
        self._answers = answers
        self._tracker = tracker
        self._rules = rules
        self._labels = frozenset(label.casefold() for label in labels)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def greet(self, event: Event) -> None:
        """The first word in a new session, within ten seconds of its beginning."""
        if isinstance(event, SessionCreated):
            await self._answers.greet(event)

    async def hear(self, event: Event, taken: TrackerEvent) -> None:
        """Do what an event asks for, in turn with the others about its issue."""
        match event:
            case SessionCreated():
                await self._in_turn(event.issue or event.session, self._begin(event, taken))
            case SessionPrompted():
                await self._in_turn(event.issue or event.session, self._prompt(event, taken))
            case IssueChanged():
                await self._in_turn(event.issue, self._change(event, taken))
            case CommentWritten():
                await self._in_turn(event.issue, self._comment(event, taken))
            case AccessChanged():
                self._identity.forget()
                _LOG.warning("the app may not see these teams any more: %s", event.removed)
            case AppRevoked():
                await self._identity.end(event.at or taken.received_at)
                _LOG.error(
                    "the app was taken out of the workspace: let it in again at %s", INSTALL_PATH
                )

    async def _in_turn(self, place: str, doing: Awaitable[None]) -> None:
        turn = self._turns.setdefault(place, asyncio.Lock())
        async with turn:
            await doing

    async def _begin(self, event: SessionCreated, taken: TrackerEvent) -> None:
        """Start work on the issue; nobody's session starts nothing."""
        if not event.creator or not event.issue:
            return
        place = await self._place(event.issue, event.session)
        press = Press(verb="dispatch", arguments={"issue": event.issue})
        reply = await self._ask(taken, event.creator, place, press=press)
        await self._answers.in_session(place, reply, key=taken.key)

    async def _prompt(self, event: SessionPrompted, taken: TrackerEvent) -> None:
        await self._wait_for_beginning(event, taken)
        place = await self._place(event.issue or event.session, event.session)
        text = await self._without_mention(event.text)
        press = Press(verb="stop") if event.stop else await self._pressed(text)
        reply = await self._ask(taken, event.user, place, text="" if press else text, press=press)
        if not (event.stop and reply.outcome is Outcome.DONE):
            await self._answers.in_session(place, reply, key=taken.key)

    async def _wait_for_beginning(self, event: SessionPrompted, taken: TrackerEvent) -> None:
        """Linear promises no order: the beginning of a session may be told after a prompt."""
        key = created_key(event.session)
        known, now = await self._store.read(
            lambda tx: (tx.tracker_events.known(SURFACE, [key]), tx.now())
        )
        if not known and now - taken.received_at < _PATIENCE:
            raise UnavailableError("the beginning of its session has not come yet")

    async def _pressed(self, text: str) -> Press | None:
        """What a chosen option presses; None for other words."""
        bound = read_bound(text)
        if bound is None:
            return None

        def unit(tx: Tx) -> str:
            try:
                return tx.gates.load(bound.number).fingerprint
            except NotFoundError:
                return ""

        return bound.press(await self._store.read(unit))

    async def _without_mention(self, text: str) -> str:
        """What was said to us, without our name at its beginning."""
        us = await self._identity.viewer()
        name, said = f"@{us.name}".casefold(), text.strip()
        return said[len(name) :].lstrip(" ,:") if said.casefold().startswith(name) else said

    async def _change(self, event: IssueChanged, taken: TrackerEvent) -> None:
        us = await self._identity.viewer()
        asked = event.assignee == us.id or any(
            label.casefold() in self._labels for label in event.new_labels
        )
        if asked and event.actor:
            await self._start(event.issue, event.actor, taken)
        if event.assignee is not None and event.assignee != us.id:
            await self._reassign(event)

    async def _reassign(self, event: IssueChanged) -> None:
        """The issue's assignee, read anew, owns its run."""
        place = await self._place(event.issue)
        issue = await self._tracker.load_issue(event.issue)

        def unit(tx: Tx) -> None:
            rules = self._rules()
            known, _ = look_as(tx, rules.policy, person(event.actor, SURFACE), place)
            reassign_by_tracker(tx, rules, issue, actor=known)

        await self._store.write(unit)

    async def _start(self, issue: str, actor: str, taken: TrackerEvent) -> None:
        """Start work on an issue; only what keeps it from beginning is said."""
        place = await self._place(issue)
        press = Press(verb="dispatch", arguments={"issue": issue})
        reply = await self._ask(taken, actor, place, press=press)
        if reply.outcome is not Outcome.DONE:
            await self._answers.on_issue(place, reply, key=taken.key)

    async def _comment(self, event: CommentWritten, taken: TrackerEvent) -> None:
        """A command, or a reply in the thread of a run; other comments are not for us."""
        text = event.text
        root = event.parent or event.comment
        place = await self._place(event.issue, event.parent or None)
        if not event.actor or not (event.is_command or await self._is_of_run(place)):
            return
        if event.parent and (await self._client.comment_place(event.parent)).session:
            return  # told as a prompt of its session too
        if text in {COMMAND, f"{COMMAND} dispatch", f"{COMMAND} start"}:
            await self._start(event.issue, event.actor, taken)
            return
        reply = await self._ask(taken, event.actor, place, text=text)
        await self._answers.on_issue(place, reply, key=taken.key, parent=root)

    async def _is_of_run(self, place: Conversation) -> bool:
        """Whether it is the thread of a run's card."""
        if place.thread is None:
            return False
        return await self._store.read(lambda tx: tx.postings.find_run(place)) is not None

    async def _place(self, issue: str, thread: str | None = None) -> Conversation:
        us = await self._identity.viewer()
        return Conversation(surface=SURFACE, tenant=us.organization, channel=issue, thread=thread)

    async def _ask(
        self,
        taken: TrackerEvent,
        who: str,
        place: Conversation,
        *,
        text: str = "",
        press: Press | None = None,
    ) -> Reply:
        """Let the core do it, once. Raises UnavailableError where it could not be done yet."""
        invocation = await self._requests.accept(
            key=f"{SURFACE}:{taken.key}",
            actor=person(who, SURFACE),
            conversation=place,
            text=text,
            press=press,
        )
        reply = await self._requests.perform(invocation)
        if reply.outcome is Outcome.BROKEN:
            stored = await self._store.read(lambda tx: tx.invocations.load(invocation.id))
            if stored.done_at is None:
                raise UnavailableError("it could not be done yet")
        return reply
