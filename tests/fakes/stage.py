"""A stage for dialogues: the real core on a real store, with scripted runners and a held clock."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.agent.embedded import EmbeddedJobSource
from adapters.artifact_folder import ArtifactFolder
from adapters.transcript import TranscriptMessenger
from adapters.vault import FernetVault
from bot.dispatch.dispatcher import Dispatcher
from bot.domain.actor import person
from bot.domain.assignment import Assignment
from bot.domain.blueprint import Blueprint, GateSpec, InputSpec, InputType, Replies
from bot.domain.catalog import Catalog
from bot.domain.codec import JSON, decode
from bot.domain.conversation import CONSOLE, Conversation
from bot.domain.invocation import Press
from bot.domain.order import Order
from bot.domain.policy import Policy, Role
from bot.domain.report import Report, ReportKind
from bot.domain.vocabulary import Profile
from bot.messages.markup import plain
from bot.messages.message import Button, Message
from bot.messages.reply import Reply
from bot.notifier import Notifier
from bot.ports.admission import Admission
from bot.ports.artifact_files import ArtifactFiles
from bot.ports.job_source import Offer
from bot.ports.messenger import Etiquette, Messenger
from bot.ports.requests import LateAnswers
from bot.ports.store import Store, Tx
from bot.services.claiming import find_claim, renew
from bot.services.reporting import Taken, take
from bot.services.rules import Rules
from bot.services.sweeping import sweep_gates, sweep_leases, sweep_timeouts
from bot.services.undoing import sweep_effects
from commands import COMMANDS
from storage.stores import open_store
from tests.fakes.clock import FakeClock, FixedIds
from tests.fakes.tracker import FakeTracker

POLICY = Policy(
    people={
        "developer": Role.OPERATOR,
        "reviewer": Role.APPROVER,
        "second": Role.APPROVER,
        "viewer": Role.VIEWER,
        "admin": Role.ADMIN,
    },
    fallback_owner="admin",
)
VAULT_KEY = "c2lnbmFsYm94LXN0YWdlLWtleS0zMi1ieXRlcy1sb24="
PLAN = {"summary": "Round half up", "base": "c0ffee", "files": ["shop/*.py"]}

FIX = Blueprint(
    name="fix-rounding",
    profile=Profile.POD,
    title="Fix checkout rounding",
    project="shop",
    repositories=("/remotes/shop.git",),
    command=("python3", "fix.py"),
    gates=(
        GateSpec(checkpoint="plan", prompt="Carry out this plan?", deadline=timedelta(hours=4)),
    ),
    replies=Replies.FILE,
)
HELLO = Blueprint(
    name="hello",
    profile=Profile.AGENT,
    title="Say hello",
    project="shop",
    command=("echo", "hello"),
    inputs=(
        InputSpec(name="name", default="world"),
        InputSpec(name="times", type=InputType.NUMBER, default=1),
    ),
)


def rules(*blueprints: Blueprint, policy: Policy = POLICY) -> Rules:
    """The rules of a stage; without blueprints, of its two usual ones."""
    chosen = blueprints or (FIX, HELLO)
    catalog = Catalog(blueprints={blueprint.name: blueprint for blueprint in chosen}, problems=())
    return Rules(policy=policy, catalog=catalog)


@dataclass
class Runner:
    """A scripted runner of one claim."""

    stage: "Stage"
    assignment: Assignment
    seq: int = 0

    async def reports(self, kind: str, **data: JSON) -> JSON:
        """Report one thing and return its result, if it has one."""
        self.seq += 1
        return (await self.repeats(self.seq, kind, **data)).results.get(self.seq)

    async def repeats(self, seq: int, kind: str, **data: JSON) -> Taken:
        """Deliver a report under a number of choice."""
        report = Report(seq=seq, kind=ReportKind(kind), data=data)

        def unit(tx: Tx) -> Taken:
            job = find_claim(tx, self.assignment.job, self.assignment.token)
            return take(tx, self.stage.rules, job, [report])

        return await self.stage.store.write(unit)

    async def starts(self) -> "Runner":
        """Report the workspace and the start of the program."""
        await self.reports("workspace", base="c0ffee")
        await self.reports("started", pid=1)
        return self

    async def ends(self, status: str = "succeeded", **data: JSON) -> None:
        """Report the end."""
        await self.reports(
            "ended", status=status, exit_code=0 if status == "succeeded" else 1, **data
        )

    async def orders(self, *, after: int = 0) -> tuple[Order, ...]:
        """Ask for orders, which renews the lease."""

        def unit(tx: Tx) -> tuple[Order, ...]:
            job = find_claim(tx, self.assignment.job, self.assignment.token)
            renew(tx, job, alive=True, lease=self.stage.rules.periods.lease)
            return tx.orders.after(job.id, after)

        return await self.stage.store.write(unit)


@dataclass
class Stage:
    """People say and press, runners report, and what is told can be read."""

    store: Store
    clock: FakeClock
    rules: Rules
    messengers: dict[str, Messenger]
    files: ArtifactFiles
    tracker: FakeTracker = field(default_factory=FakeTracker)
    keys: "itertools.count[int]" = field(default_factory=itertools.count)
    admissions: dict[str, Admission] = field(default_factory=dict)
    late_answers: dict[str, LateAnswers] = field(default_factory=dict)
    etiquettes: dict[str, Etiquette] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.vault = FernetVault(VAULT_KEY)
        self.dispatcher = Dispatcher(
            self.store,
            COMMANDS,
            rules=lambda: self.rules,
            ids=FixedIds(),
            vault=self.vault,
            files=self.files,
            trackers={self.tracker.surface: self.tracker},
            admissions=self.admissions,
            late_answers=self.late_answers,
        )
        self.notifier = Notifier(
            self.store, self.messengers, rules=lambda: self.rules, etiquettes=self.etiquettes
        )
        self.source = EmbeddedJobSource(
            self.store, rules=lambda: self.rules, ids=FixedIds(), vault=self.vault
        )

    async def says(self, who: str, text: str, *, thread: str | None = None) -> Reply:
        """Somebody types; what follows is told before this returns."""
        return await self._asks(who, text=text, thread=thread)

    async def presses(self, who: str, label: str, **form: str) -> Reply:
        """Somebody presses the newest button of this label, filling its form."""
        button = next(
            button
            for message in reversed(await self.told())
            for button in message.buttons
            if button.label == label
        )
        return await self.press(button, who, **form)

    async def press(self, button: Button, who: str, **form: str) -> Reply:
        """Somebody presses this very button."""
        press = replace(button.press, arguments={**button.press.arguments, **form})
        return await self._asks(who, press=press)

    async def thread_of(self, run: str) -> str:
        """The thread that hangs on a run's card."""
        said = await self.store.read(lambda tx: tx.transcript.since(CONSOLE, change=0, limit=1_000))
        return next(
            str(entry.id)
            for entry in said
            if entry.thread is None and entry.message["attributes"].get("run") == run
        )

    async def says_in_slack(
        self, account: str, text: str, *, channel: str = "C1", thread: str | None = None
    ) -> Reply:
        """Somebody types in another chat, which knows them by an account of its own."""
        place = Conversation(surface="slack", tenant="T1", channel=channel)
        return await self._asks(account, text=text, place=place, thread=thread)

    async def presses_in(
        self, place: Conversation, account: str, verb: str, **arguments: JSON
    ) -> Reply:
        """Somebody presses a button anywhere, or a tracker says the like of it."""
        press = Press(verb=verb, arguments=arguments)
        return await self._asks(account, press=press, place=place.root, thread=place.thread)

    async def told_in(self, place: Conversation) -> list[Message]:
        """Every message of another channel and its threads, as it stands."""
        said = await self.store.read(lambda tx: tx.transcript.since(place, change=0, limit=1_000))
        return [decode(Message, entry.message) for entry in sorted(said, key=lambda s: s.id)]

    async def _asks(
        self,
        who: str,
        *,
        text: str = "",
        press: Press | None = None,
        thread: str | None = None,
        place: Conversation = CONSOLE,
    ) -> Reply:
        invocation = await self.dispatcher.accept(
            key=f"stage:{next(self.keys)}",
            actor=person(who, place.surface),
            conversation=replace(place, thread=thread),
            text=text,
            press=press,
        )
        reply = await self.dispatcher.perform(invocation)
        await self.settle()
        return reply

    async def claims(self, *, agent: str = "local", labels: tuple[str, ...] = ("local",)) -> Runner:
        """An agent claims the next job. Fails when there is none."""
        assignment = await self.source.claim(Offer(agent=agent, labels=labels, slots=4))
        assert assignment is not None, "nothing to claim"
        await self.settle()
        return Runner(self, assignment)

    async def passes(self, **time: float) -> None:
        """Time goes by, and the sweeps tick."""
        self.clock.advance(timedelta(**time))
        for sweep in (
            lambda tx: sweep_gates(tx, self.rules),
            sweep_leases,
            lambda tx: sweep_timeouts(tx, self.rules),
            sweep_effects,
        ):
            await self.store.write(sweep)
        await self.settle()

    async def settle(self) -> None:
        """Tell all that is due."""
        while await self.notifier.tell_due():
            pass

    async def told(self) -> list[Message]:
        """Every message of the channel and its threads, as it stands."""
        said = await self.store.read(lambda tx: tx.transcript.since(CONSOLE, change=0, limit=1_000))
        return [decode(Message, entry.message) for entry in sorted(said, key=lambda s: s.id)]

    async def card(self) -> Message:
        """The newest run's card."""
        return next(
            message
            for message in reversed(await self.told())
            if message.attributes.get("subject") == "card"
        )


def text_of(message: Message) -> str:
    """All the words of a message."""
    facts = [f"{fact.label}: {plain(fact.value)}" for fact in message.facts]
    rows = [plain(row.text) for row in message.rows]
    return "\n".join([plain(message.title), plain(message.body), *facts, *rows])


@asynccontextmanager
async def stage(database: str, *, rules_: Rules | None = None) -> AsyncIterator[Stage]:
    """An open stage over the store at an address."""
    clock = FakeClock()
    async with open_store(database, clock) as store:
        messenger = TranscriptMessenger(store, "console")
        others = ("slack", "linear")
        messengers: dict[str, Messenger] = {"console": messenger}
        messengers |= {name: TranscriptMessenger(store, name) for name in others}
        with TemporaryDirectory() as folder:
            files = ArtifactFolder(Path(folder))
            yield Stage(store, clock, rules_ or rules(), messengers, files)
