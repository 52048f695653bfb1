"""Answers to what people ask in Linear: in their session, or below their comment."""

from adapters.linear.choices import options_of
from adapters.linear.client import LinearClient
from adapters.linear.events import SessionCreated
from adapters.linear.sessions import SessionTeller
from adapters.linear.text import message_text
from adapters.linear.values import Activity, ActivityType, made_id
from bot.domain.conversation import Conversation
from bot.domain.run import Run
from bot.domain.vocabulary import Status
from bot.messages.render import word
from bot.messages.reply import Outcome, Reply
from bot.ports.store import Store, Tx

_OPEN = frozenset({Outcome.USAGE, Outcome.PROPOSED})
"""Outcomes after which it is the person's turn."""


class Answers:
    """Says things to who asked. Each is said once."""

    def __init__(self, store: Store, client: LinearClient, teller: SessionTeller) -> None:
        """`teller` speaks in sessions."""
        self._store = store
        self._client = client
        self._teller = teller

    async def greet(self, event: SessionCreated) -> None:
        """The first word in a session; where nothing can follow, it is the last."""
        if not event.creator:
            kind, name = ActivityType.ERROR, "automation"
        elif not event.issue:
            kind, name = ActivityType.RESPONSE, "no_issue"
        else:
            kind, name = ActivityType.THOUGHT, "on_it"
        first = Activity(type=kind, body=word("linear", name))
        await self._teller.say(
            event.session, first, made=made_id(event.session, "first"), urgent=True
        )

    async def in_session(self, place: Conversation, reply: Reply, *, key: str) -> None:
        """Answer in a session, and leave it in the state that its run is in."""
        session = place.thread or ""
        run = await self._store.read(lambda tx: _run_of(tx, place, reply))
        options = options_of(reply.message)
        activity = Activity(
            type=_type(run, reply, offers=bool(options)),
            body=message_text(reply.message, facts=True),
        )
        if activity.type is ActivityType.ELICITATION:
            activity = Activity(type=activity.type, body=activity.body, options=options)
        await self._teller.say(session, activity, made=made_id(session, key, "reply"), urgent=True)

    async def on_issue(
        self, place: Conversation, reply: Reply, *, key: str, parent: str = ""
    ) -> None:
        """Answer by a comment; what buttons say can be typed."""
        lines = [message_text(reply.message, facts=True)]
        lines += [f"- `{value}`" for _, value in options_of(reply.message)]
        made = made_id(place.channel, key, "reply")
        await self._client.comment(place.channel, "\n".join(lines), made=made, parent=parent)


def _run_of(tx: Tx, place: Conversation, reply: Reply) -> Run | None:
    """The run of a session, or the one that was just asked for in it."""
    run_id = tx.postings.find_run(place)
    if run_id is None and len(reply.runs) == 1:
        run_id = int(reply.runs[0].removeprefix("R-"))
    return tx.runs.load(run_id) if run_id is not None else None


def _type(run: Run | None, reply: Reply, *, offers: bool) -> ActivityType:
    if run is not None and run.status.live:
        asks = reply.outcome is not Outcome.DONE or run.status is Status.WAITING
        return ActivityType.ELICITATION if asks else ActivityType.THOUGHT
    if reply.outcome in _OPEN and offers:
        return ActivityType.ELICITATION
    is_done = reply.outcome is Outcome.DONE
    return ActivityType.RESPONSE if is_done else ActivityType.ERROR
