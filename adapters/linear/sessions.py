"""Telling in agent sessions: what Linear shows of a session follows from what was said last."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from adapters.linear.choices import options_of
from adapters.linear.client import LinearClient
from adapters.linear.limits import HEARTBEAT
from adapters.linear.plan import close_plan, phase_words, plan_of
from adapters.linear.text import escape, message_text
from adapters.linear.values import Activity, ActivityType, made_id
from bot.domain.codec import digest
from bot.domain.conversation import Conversation
from bot.domain.events import EventType
from bot.domain.gate import GateState
from bot.domain.posting import CARD
from bot.domain.run import Run
from bot.domain.vocabulary import LIVE, Status
from bot.messages.message import Message
from bot.messages.render import word
from bot.ports.clock import Clock

_FAILED = frozenset({Status.FAILED, Status.TIMED_OUT})
_UNSAID = frozenset({EventType.JOB_CANCELLING})
"""The end confirms a stop; between the two nothing is said."""
_BEFORE_END = frozenset(
    {
        EventType.BRANCH_PUSHED,
        EventType.GATE_ASKED,
        EventType.GATE_REMINDED,
        EventType.GATE_SATISFIED_BY_POLICY,
        EventType.NOTE_REPORTED,
        EventType.NUDGED,
        EventType.REPLY_GIVEN,
        EventType.RESTART_ORDERED,
        EventType.SUMMARY_REPORTED,
        EventType.WENT_QUIET,
    }
)
"""What only live runs do: where it is told late, the end is still to be told, and closes."""
_IDLE = frozenset({Status.SCHEDULED, Status.QUEUED, Status.WAITING, Status.CANCELLING})
"""Statuses in which no phase is said: nothing works, and what is asked must stay the last word."""


@dataclass(kw_only=True)
class _Session:
    """What this process has done in a session."""

    kept: str = ""
    """What the plan and the links were set to, as a hash."""
    phase: str = ""
    spoke_at: datetime | None = None


class SessionTeller:
    """Says things in sessions, each once."""

    def __init__(
        self, client: LinearClient, *, clock: Clock, run_page: Callable[[str], str]
    ) -> None:
        """`run_page` gives the address of a run's page, or nothing."""
        self._client = client
        self._clock = clock
        self._run_page = run_page
        self._sessions: dict[str, _Session] = {}

    async def post(self, session: str, message: Message, *, key: str) -> str:
        """Tell a message; a card's id is the session, so that it is the root of its thread."""
        subject = message.attributes.get("subject", "")
        if subject == CARD:
            await self._keep(session, message.attributes)
            return session
        made = made_id(session, key)
        if subject.startswith("gate:"):
            await self._tell_gate(session, message, made)
            return made
        event = message.attributes.get("event", "")
        if event not in _UNSAID:
            activity = Activity(type=_type(message.attributes), body=message_text(message))
            await self.say(session, activity, made=made, urgent=event == EventType.JOB_ENDED)
        return made

    async def edit(self, session: str, message_id: str, message: Message) -> None:
        """Say what has changed. Events are told once."""
        subject = message.attributes.get("subject", "")
        if subject == CARD:
            await self._keep(session, message.attributes)
        elif subject.startswith("gate:"):
            await self._tell_gate(session, message, message_id)

    async def say(
        self, session: str, activity: Activity, *, made: str, urgent: bool = False
    ) -> None:
        """Say one thing under an id of ours."""
        await self._client.act(session, activity, made=made, urgent=urgent)
        self._of(session).spoke_at = self._clock.now()

    async def keep_alive(self, conversation: Conversation, run: Run) -> None:
        """Let a session that was silent for long say that its run lives, until it says more."""
        session, now = conversation.thread, self._clock.now()
        if session is None or run.status not in LIVE - {Status.WAITING}:
            return
        spoke_at = self._of(session).spoke_at
        if spoke_at is not None and now - spoke_at < HEARTBEAT:
            return
        phase = phase_words(run.phase) or word("linear", "waiting")
        body = escape(word("linear", "alive").format(run=run.key, phase=phase))
        alive = Activity(type=ActivityType.THOUGHT, body=body, ephemeral=True)
        await self.say(session, alive, made=made_id(session, "alive", now.isoformat()))

    async def _keep(self, session: str, card: Mapping[str, str]) -> None:
        """Bring the plan, the links and the phase in step with a card."""
        links = self._links(card)
        status, plan = Status(card["status"]), plan_of(card)
        if plan is None and not status.live:
            plan = close_plan((await self._client.session(session)).plan, status)
        wanted, known = digest([plan, links]), self._of(session)
        if known.kept != wanted:
            await self._client.update_session(session, plan=plan, links=links)
            known.kept = wanted
        if not status.live:
            self._sessions.pop(session, None)
            return
        phase = card.get("phase", "")
        if status in _IDLE or not phase or known.phase == phase:
            return
        action = Activity(
            type=ActivityType.ACTION, body=word("linear", "phase"), parameter=phase_words(phase)
        )
        made = made_id(session, card["run"], card.get("attempt", ""), "phase", phase)
        await self.say(session, action, made=made)
        known.phase = phase

    def _links(self, card: Mapping[str, str]) -> Mapping[str, str]:
        run = card["run"]
        found = {
            self._run_page(run): word("linear", "run_page").format(run=run),
            card.get("pr_url", ""): word("linear", "pull_request"),
        }
        return {url: label for url, label in found.items() if url}

    async def _tell_gate(self, session: str, message: Message, receipt: str) -> None:
        """Ask what is open, say how what was asked has ended; the same again says nothing.

        Nothing is said of what its run's end has answered: the end is, and once.
        """
        state = message.attributes.get("state")
        if state == GateState.VOID.value:
            return
        is_open = state == GateState.OPEN.value
        text = message_text(message)
        hint = _hint(message) if is_open else ""
        activity = Activity(
            type=ActivityType.ELICITATION if is_open else ActivityType.THOUGHT,
            body=f"{text}\n\n{hint}" if hint else text,
            options=options_of(message) if is_open else (),
        )
        await self.say(session, activity, made=made_id(receipt, digest(activity)), urgent=True)

    def _of(self, session: str) -> _Session:
        return self._sessions.setdefault(session, _Session())


def _type(attributes: Mapping[str, str]) -> ActivityType:
    """What kind of activity leaves the session in the state in which its run is."""
    status = Status(attributes.get("status", Status.RUNNING))
    if status.live:
        waits = status is Status.WAITING
        return ActivityType.ELICITATION if waits else ActivityType.THOUGHT
    event = attributes.get("event")
    if event in _BEFORE_END:
        return ActivityType.THOUGHT
    ended = event == EventType.JOB_ENDED
    return ActivityType.ERROR if ended and status in _FAILED else ActivityType.RESPONSE


def _hint(message: Message) -> str:
    """What may be typed in the place of buttons that need words."""
    verbs = {button.press.verb for button in message.buttons if button.form}
    if "answer" in verbs:
        secret = any(field.kind == "secret" for button in message.buttons for field in button.form)
        return word("linear", "secret" if secret else "answer")
    return word("linear", "choose") if verbs else ""
