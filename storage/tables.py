"""Every table. Times are microseconds since 1970; a conversation is four columns.

A change here needs a migration; the tests compare the two.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    text,
)

from bot.domain.blueprint import OnExpiry
from bot.domain.conversation import Conversation
from bot.domain.effect import EffectKind, EffectState
from bot.domain.events import EventType
from bot.domain.form import Form
from bot.domain.gate import Choice, GateKind, GateState
from bot.domain.invocation import Press
from bot.domain.issue import Issue
from bot.domain.order import OrderKind
from bot.domain.plan import Plan
from bot.domain.posting import CARD
from bot.domain.run import Cost
from bot.domain.vocabulary import LIVE, Disposition, Mode, Profile, Reason, Status
from storage import chat_tables, kept_tables, tracker_tables
from storage.columns import ID, PLACE, WORDS, Duration, Json, Labels, Usd, Word
from storage.table_parts import (
    actor_columns,
    at,
    key,
    of,
    only,
    place_columns,
    words,
)

assert chat_tables.followups.metadata is kept_tables.artifacts.metadata
metadata = kept_tables.artifacts.metadata
"""All tables, those of chat_tables, kept_tables and tracker_tables among them."""
assert tracker_tables.tracker_events.metadata is metadata

NOTHING = text("''")
"""The default of a text that an older database does not have."""

QUEUED = text(f"status = '{Status.QUEUED.value}'")
LIVE_ONLY = text(f"status IN {tuple(status.value for status in sorted(LIVE))}")
CLAIMED = text("token_hash <> ''")
PENDING = text("wanted > told AND given_up = ''")
CARD_IN_THREAD = text(f"subject = '{CARD}' AND thread <> ''")
CARD_TOLD = text(f"subject = '{CARD}' AND message_id <> ''")
OPEN = text(f"state = '{GateState.OPEN.value}'")
LIVE_DEDUPED = text(f"dedupe_key <> '' AND {LIVE_ONLY.text}")
UNFINISHED = text("done_at IS NULL")
UNCONSUMED = text("consumed_at IS NULL")
PENDING_EFFECT = text(f"state = '{EffectState.PENDING.value}'")
"""Conditions of partial indexes; a query uses the index only by saying the very same words."""


runs = Table(
    "runs",
    metadata,
    key(),
    Column("profile", Word(Profile), nullable=False),
    words("blueprint"),
    words("blueprint_version"),
    words("project"),
    words("title"),
    words("title_folded"),
    words("requested_by"),
    words("requested_on"),
    words("owner"),
    Column("owner_fallback", Boolean, nullable=False),
    Column("mode", Word(Mode), nullable=False),
    words("chosen_because"),
    Column("inputs", Json(), nullable=False),
    words("branch"),
    Column("status", Word(Status), nullable=False),
    words("phase"),
    Column("reason_code", Word(Reason)),
    words("reason"),
    Column("disposition", Word(Disposition), nullable=False),
    Column("attempt", Integer, nullable=False),
    words("attempt_by"),
    Column("steerers", Json(tuple[str, ...]), nullable=False),
    Column("retry_of", ID),
    Column("cost", Json(Cost), nullable=False),
    words("pushed_commit"),
    words("pr_url"),
    *place_columns(),
    at("created_at"),
    at("updated_at"),
    at("started_at", nullable=True),
    at("ended_at", nullable=True),
    Column("version", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
    words("head"),
    Column("mirrors", Json(tuple[Conversation, ...]), nullable=False, server_default="[]"),
    Column("issue", Json(Issue)),
    Column("issue_key", WORDS, nullable=False, server_default=NOTHING),
    Column("dedupe_key", WORDS, nullable=False, server_default=NOTHING),
    Index(None, "issue_key", "id"),
    Index("runs_dedupe_key", "dedupe_key", unique=True, **only(LIVE_DEDUPED)),
    Index(None, "status", "id"),
    Index(None, "owner", "id"),
    Index(None, "project", "id"),
    Index(None, "project", "status", "id"),
    Index(None, "blueprint", "id"),
    Index(None, "created_at"),
    # The number of a run that was purged is never given again.
    sqlite_autoincrement=True,
)

events = Table(
    "events",
    metadata,
    of("run", primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("type", Word(EventType), nullable=False),
    *actor_columns(),
    at("at"),
    Column("data", Json(), nullable=False),
    words("hash"),
    sqlite_with_rowid=False,
)

stats_deltas = Table(
    "stats_deltas",
    metadata,
    key(),
    Column("profile", Word(Profile), nullable=False),
    words("project"),
    Column("status", Word(Status), nullable=False),
    Column("delta", BigInteger, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    key(),
    of("run"),
    Column("number", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("status", Word(Status), nullable=False),
    at("queued_at"),
    words("target"),
    Column("labels", Labels, nullable=False),
    words("phase"),
    words("held_phase"),
    Column("reason_code", Word(Reason)),
    words("reason"),
    Column("ends_as", Word(Status)),
    Column("priority", Integer, nullable=False),
    Column("rank", BigInteger, nullable=False),
    Column("agent", WORDS),
    Column("workspace_agent", WORDS),
    Column("fence", Integer, nullable=False),
    words("token_hash"),
    Column("claim_count", Integer, nullable=False),
    at("lease_expires_at", nullable=True),
    at("heartbeat_at", nullable=True),
    at("claimed_at", nullable=True),
    at("started_at", nullable=True),
    at("reported_at", nullable=True),
    at("waiting_since", nullable=True),
    Column("waited", Duration, nullable=False),
    at("cancelling_since", nullable=True),
    at("ended_at", nullable=True),
    Column("program_present", Boolean, nullable=False),
    Column("resume_gate", ID),
    Column("report_seq", Integer, nullable=False),
    Column("exit_code", Integer),
    words("base"),
    at("quiet_since", nullable=True),
    Column("compute_rate", Usd, nullable=False, server_default="0"),
    Column("may_push", WORDS, nullable=False, server_default=NOTHING),
    UniqueConstraint("run_id", "number"),
    Index("jobs_live", "status", "id", **only(LIVE_ONLY)),
)
Index("jobs_queue", jobs.c.priority.desc(), jobs.c.rank, jobs.c.id, **only(QUEUED))
Index("jobs_queue_rank", jobs.c.rank, **only(QUEUED))
Index("jobs_claims", jobs.c.agent, **only(CLAIMED))

gates = Table(
    "gates",
    metadata,
    key(),
    of("run", index=True),
    of("job"),
    Column("attempt", Integer, nullable=False),
    words("checkpoint"),
    words("prompt"),
    words("fingerprint"),
    at("opened_at"),
    at("expires_at"),
    Column("kind", Word(GateKind), nullable=False),
    words("cause"),
    Column("report", Json(tuple[int, ...]), nullable=False),
    Column("plan", Json(Plan)),
    Column("outside", Json(tuple[str, ...]), nullable=False),
    Column("quorum", Integer, nullable=False),
    Column("four_eyes", Boolean, nullable=False),
    Column("on_expiry", Word(OnExpiry), nullable=False),
    Column("state", Word(GateState), nullable=False),
    at("decided_at", nullable=True),
    Column("form", Json(Form)),
    Column("answers", Json(), nullable=False, server_default="{}"),
    Column("sealed", Json(), nullable=False, server_default="{}"),
    at("remind_at", nullable=True),
    Column("reminded", Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)
Index("gates_deadlines", gates.c.expires_at, **only(OPEN))

decisions = Table(
    "decisions",
    metadata,
    key(),
    of("gate"),
    *actor_columns(),
    Column("choice", Word(Choice), nullable=False),
    at("at"),
    words("note"),
    UniqueConstraint("gate_id", "actor_name"),
)

sealed_answers = Table(
    "sealed_answers",
    metadata,
    key(),
    of("gate", index=True),
    words("sealed"),
    at("kept_at"),
    # The number of a secret that was erased is never given to another.
    sqlite_autoincrement=True,
)

postings = Table(
    "postings",
    metadata,
    key(),
    of("run"),
    *place_columns(),
    words("subject"),
    Column("wanted", Integer, nullable=False),
    Column("told", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    at("due_at"),
    words("message_id"),
    words("fingerprint"),
    words("given_up"),
    Column("urgency", Integer, nullable=False, server_default=text("0")),
    at("started_at", nullable=True),
    UniqueConstraint("run_id", *PLACE, "subject"),
    Index("postings_pending", "run_id", *PLACE[:3], "id", **only(PENDING)),
    Index("postings_cards", "message_id", **only(CARD_TOLD)),
    Index("postings_threads", "thread", **only(CARD_IN_THREAD)),
)

invocations = Table(
    "invocations",
    metadata,
    key(),
    Column("key", WORDS, nullable=False, unique=True),
    *actor_columns(),
    *place_columns(),
    at("received_at"),
    words("text"),
    Column("press", Json(Press)),
    at("done_at", nullable=True),
    Column("reply", Json()),
    Index("invocations_unfinished", "id", **only(UNFINISHED)),
)

orders = Table(
    "orders",
    metadata,
    key(),
    of("job"),
    Column("kind", Word(OrderKind), nullable=False),
    at("created_at"),
    Column("data", Json(), nullable=False),
    at("consumed_at", nullable=True),
    Index("orders_waiting", "job_id", "id", **only(UNCONSUMED)),
)

cost_entries = Table(
    "cost_entries",
    metadata,
    key(),
    of("run", index=True),
    of("job"),
    at("at"),
    words("day"),
    words("model"),
    Column("input_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("usd", Usd, nullable=False),
    Column("unpriced_tokens", BigInteger, nullable=False),
    Column("compute", Duration, nullable=False),
    Column("compute_usd", Usd, nullable=False),
    Index(None, "at"),
)

messages = Table(
    "messages",
    metadata,
    key(),
    Column("key", WORDS, nullable=False, unique=True),
    *place_columns(),
    Column("change", BigInteger, nullable=False),
    at("at"),
    Column("message", Json(), nullable=False),
    Index(None, *PLACE[:3], "change", unique=True),
    Index(None, *PLACE, "id"),
)

counters = Table(
    "counters",
    metadata,
    Column("name", WORDS, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

workspaces = Table(
    "workspaces",
    metadata,
    of("job", primary_key=True),
    words("agent"),
    at("remove_at", nullable=True),
    Index(None, "agent", "remove_at"),
)

identities = Table(
    "identities",
    metadata,
    key(),
    words("surface"),
    words("tenant"),
    words("external_id"),
    words("person"),
    at("verified_at"),
    UniqueConstraint("surface", "tenant", "external_id"),
    Index(None, "person"),
)

link_codes = Table(
    "link_codes",
    metadata,
    Column("code_hash", WORDS, primary_key=True),
    words("person"),
    at("expires_at"),
)

effects = Table(
    "effects",
    metadata,
    key(),
    Column("kind", Word(EffectKind), nullable=False),
    words("subject"),
    Column("run_id", ID, ForeignKey("runs.id")),
    *actor_columns(),
    at("asked_at"),
    at("due_at"),
    Column("state", Word(EffectState), nullable=False),
    words("settled_by"),
    at("settled_at", nullable=True),
    Index("effects_due", "due_at", **only(PENDING_EFFECT)),
    Index("effects_runs", "run_id", "id"),
)

exports = Table(
    "exports",
    metadata,
    key(),
    words("person"),
    words("name"),
    Column("size", BigInteger, nullable=False),
    words("sha256"),
    at("created_at"),
    UniqueConstraint("person", "sha256", "name"),
)
