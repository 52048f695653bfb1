"""Store: transactions over everything that is kept. One `write` is one commit.

A unit (the function handed in) is pure but for the transaction: it may be run again.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum, unique
from typing import Protocol, TypeVar

from bot.domain.blueprint import Blueprint
from bot.domain.blueprint_state import BlueprintState, ToldFile
from bot.domain.codec import JSON
from bot.domain.conversation import Conversation
from bot.domain.costs import CostBy, CostEntry, CostSum
from bot.domain.events import Event, EventType, NewEvent
from bot.domain.gate import Gate
from bot.domain.job import Job
from bot.domain.order import Order, OrderKind
from bot.domain.posting import Posting
from bot.domain.run import Run
from bot.domain.selection import Filter
from bot.domain.sight import Sight
from bot.domain.vocabulary import Profile, Status
from bot.ports.chat_store import Followups, Installations, Transcript
from bot.ports.issue_store import Issues
from bot.ports.output_store import Artifacts, Logs
from bot.ports.people_store import Effects, Exports, Identities, Invocations
from bot.ports.pull_store import Deliveries, PullRequests
from bot.ports.tracker_store import TrackerEvents, TrackerTokens

T = TypeVar("T")


@unique
class Topic(StrEnum):
    """What a waiter can be woken by once the commit is durable."""

    POSTINGS = "postings"
    QUEUE = "queue"
    ORDERS = "orders"
    TRANSCRIPT = "transcript"
    OUTPUT = "output"
    """A job said something, or ended."""
    PULL_REQUESTS = "pull_requests"


class Runs(Protocol):
    """Runs with their events: the two change together or not at all."""

    def create(self, run: Run) -> Run:
        """Store a new run and return it with its id; the given id and version are ignored."""

    def load(self, run_id: int) -> Run:
        """Raises NotFoundError."""

    def save(self, run: Run, events: Sequence[NewEvent]) -> tuple[Run, tuple[Event, ...]]:
        """Store a changed run and append its events, chained and numbered.

        Raises ConflictError when `run.version` is not the stored one. The returned run has
        the next version, last_seq, head and updated_at.
        """

    def find(self, filter_: Filter, *, limit: int, before: int | None = None) -> tuple[Run, ...]:
        """The runs that match, newest first; `before` is the last id of the page before."""

    def find_live(self, dedupe_key: str) -> int | None:
        """The id of the live run with this key, whoever may see it."""

    def find_titled(self, words: str, *, limit: int) -> tuple[Run, ...]:
        """Runs whose title contains these words, letter case aside, newest first."""

    def events(self, run_id: int, *, after: int = 0) -> tuple[Event, ...]:
        """The run's events in order, past a sequence number."""

    def events_of(self, run_id: int, *types: EventType) -> tuple[Event, ...]:
        """The run's events of these types, in order."""

    def stats(self) -> Mapping[tuple[Profile, Status], int]:
        """How many runs stand in each status, deleted ones left out."""

    def fold_stats(self) -> None:
        """Fold the deltas behind `stats` into one row each."""

    def page(self, *, after: int, limit: int) -> tuple[Run, ...]:
        """Every run past an id, in the order of ids, deleted ones too."""

    def purge(self, run_id: int) -> None:
        """Take from a deleted run what it was about and what it did.

        Gone are title, inputs, texts, what events say, gates, output, orders and artifacts'
        rows. Left are its number, who and when, and the hashes of its events.
        """


class Jobs(Protocol):
    """Jobs."""

    def create(self, job: Job) -> Job:
        """Store a new job, return it with its id; a rank of 0 becomes the queue's end."""

    def load(self, job_id: int) -> Job:
        """Raises NotFoundError."""

    def of_run(self, run_id: int) -> tuple[Job, ...]:
        """All jobs of a run over all attempts, by number."""

    def by_key(self, key: str) -> Job:
        """The job that `R-81.1` names. Raises NotFoundError."""

    def save(self, job: Job) -> None:
        """Store a changed job. Its run's version guards it."""

    def queued(self, *, limit: int) -> tuple[Job, ...]:
        """Queued jobs in the order of the queue: priority down, rank up, id up."""

    def take(self, job_id: int) -> bool:
        """Keep a queued job for this transaction; False while another has it."""

    def in_status(self, *statuses: Status) -> tuple[Job, ...]:
        """All jobs in these statuses, by id."""

    def held_by(self, agent: str) -> tuple[Job, ...]:
        """Jobs with a claim of this agent: those with a token."""

    def front_rank(self) -> int:
        """A rank before every queued job."""

    def touch(self, job_id: int, *, lease_expires_at: datetime, at: datetime, alive: bool) -> None:
        """Renew a lease: sets heartbeat_at, and reported_at too when `alive`.

        Neither an event nor a change of the run.
        """


class Gates(Protocol):
    """Gates with their decisions."""

    def create(self, gate: Gate) -> Gate:
        """Store a new gate and return it with its id."""

    def load(self, gate_id: int) -> Gate:
        """Raises NotFoundError."""

    def save(self, gate: Gate) -> None:
        """Store a changed gate and its decisions."""

    def of_run(self, run_id: int) -> tuple[Gate, ...]:
        """All gates of a run, oldest first."""

    def expired(self, now: datetime) -> tuple[Gate, ...]:
        """Open gates whose deadline has passed."""

    def open(self, *, limit: int) -> tuple[Gate, ...]:
        """Open gates, the nearest deadline first."""

    def to_remind(self, now: datetime) -> tuple[Gate, ...]:
        """Open gates whose next reminder is due."""


class Sealed(Protocol):
    """Secret answers between the person and the program: sealed, and erased once delivered.

    Not part of any export.
    """

    def keep(self, gate_id: int, sealed: str) -> int:
        """Store a sealed value for a gate; its number."""

    def load(self, gate_id: int, number: int) -> str:
        """The sealed value. Raises NotFoundError where it is erased, or is another gate's."""

    def erase(self, gate_id: int, number: int) -> None:
        """Erase one value; none there is no error."""

    def erase_all(self, gate_id: int, *, but: Collection[int] = ()) -> None:
        """Erase a gate's values, except those numbers."""


class Postings(Protocol):
    """What is to be told, and the receipts of what was."""

    def want(
        self, run_id: int, conversation: Conversation, subject: str, *, urgency: int = 0
    ) -> None:
        """Let a subject be told, or told anew: creates the posting or raises `wanted`."""

    def due(self, now: datetime, *, limit: int) -> tuple[Posting, ...]:
        """Of every run in every channel the first posting to tell, if its time has come.

        A told card that is only to be edited comes after all else of its run, unless it is
        urgent. Runs with something urgent come first, those with edits alone last.
        """

    def save(self, posting: Posting) -> None:
        """Store what telling it came to, never `wanted`; what is told is urgent no more."""

    def find(self, run_id: int, conversation: Conversation, subject: str) -> Posting | None:
        """The posting of a subject."""

    def find_run(self, conversation: Conversation) -> int | None:
        """The run whose card is the root of this thread, or the newest that is told in it."""

    def want_again(self, run_id: int) -> None:
        """Let all that was told of a run be told anew."""


class Orders(Protocol):
    """Orders to runners."""

    def give(self, job_id: int, kind: OrderKind, data: Mapping[str, JSON]) -> Order:
        """Store an order and wake its runner."""

    def load(self, order_id: int) -> Order:
        """Raises NotFoundError."""

    def after(self, job_id: int, order_id: int) -> tuple[Order, ...]:
        """Orders with a higher id that have not been consumed, in order."""

    def consume(self, job_id: int, order_ids: Sequence[int], at: datetime) -> None:
        """The runner took these; those of other jobs are left alone."""


class Costs(Protocol):
    """What was spent: an entry each time, so that no two runs share a row."""

    def add(self, entry: CostEntry) -> None:
        """Store an entry; what is not priced in it has no price for good."""

    def sums(self, filter_: Filter, *, by: CostBy | None, limit: int) -> tuple[CostSum, ...]:
        """What the runs that match have cost, the dearest first, days from the newest.

        `since` and `until` of the filter are about the spending, not the runs' beginning.
        Without `by` there is one sum over everything, or none where nothing was spent.
        """


class Blueprints(Protocol):
    """The versions that runs were made of."""

    def keep(self, blueprint: Blueprint) -> None:
        """Store a version unless it is stored already."""

    def load(self, version: str) -> Blueprint:
        """Raises NotFoundError."""

    def states(self) -> Mapping[str, BlueprintState]:
        """The last word on each blueprint that was ever enabled or disabled, by name."""

    def find_state(self, name: str) -> BlueprintState | None:
        """The last word on one blueprint."""

    def save_state(self, state: BlueprintState) -> None:
        """Store the last word on a blueprint."""

    def told_files(self) -> Mapping[str, ToldFile]:
        """The files of blueprints as their people know them, by name."""

    def save_told_file(self, told: ToldFile) -> None:
        """Store what was told of a file."""


class Workspaces(Protocol):
    """Where jobs work."""

    def keep(self, job_id: int, agent: str) -> None:
        """A job's workspace exists, or is needed again."""

    def remove_at(self, job_id: int, at: datetime) -> None:
        """It is not needed from then on."""

    def removable(self, agent: str, now: datetime) -> tuple[int, ...]:
        """Jobs whose workspaces on this agent may go."""

    def removed(self, job_id: int) -> None:
        """It is gone."""


class Tx(Protocol):
    """One transaction. Reading transactions raise on every change."""

    runs: Runs
    jobs: Jobs
    gates: Gates
    sealed: Sealed
    postings: Postings
    invocations: Invocations
    orders: Orders
    logs: Logs
    artifacts: Artifacts
    costs: Costs
    blueprints: Blueprints
    transcript: Transcript
    workspaces: Workspaces
    identities: Identities
    effects: Effects
    exports: Exports
    installations: Installations
    followups: Followups
    issues: Issues
    tracker_events: TrackerEvents
    tracker_tokens: TrackerTokens
    pull_requests: PullRequests
    deliveries: Deliveries

    def seeing(self, sight: Sight) -> "Tx":
        """The same transaction as somebody sees it: other runs and gates are not there."""

    def now(self) -> datetime:
        """The transaction's time: the same for all of it, microseconds, UTC."""

    def savepoint(self) -> AbstractContextManager[None]:
        """A part that is undone alone when it raises."""

    def wake(self, topic: Topic) -> None:
        """Wake waiters of a topic once this is durable."""


class Store(Protocol):
    """Runs units off the event loop."""

    async def read(self, unit: Callable[[Tx], T]) -> T:
        """Run a unit that changes nothing."""

    async def write(self, unit: Callable[[Tx], T]) -> T:
        """Run a unit and commit; returns once it is durable. What it raises, this raises."""

    def watch(self, topic: Topic) -> "Watch":
        """Start watching before looking, so that nothing in between is missed."""

    def leads(self) -> bool:
        """Whether this bot, of all that share the database, is to tell and to keep deadlines."""


class Watch(Protocol):
    """Remembers whether a topic was woken since it was made or last waited for."""

    async def wait(self, seconds: float) -> None:
        """Return when woken, at the latest after `seconds`."""
