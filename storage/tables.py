"""Every table. Times are microseconds since 1970; a conversation is four columns.

A change here needs a migration; the tests compare the two.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)

from bot.domain.actor import ActorKind
from bot.domain.blueprint import Blueprint, OnExpiry
from bot.domain.effect import EffectKind, EffectState
from bot.domain.events import EventType
from bot.domain.form import Form
from bot.domain.gate import Choice, GateKind, GateState
from bot.domain.invocation import Press
from bot.domain.order import OrderKind
from bot.domain.plan import Plan
from bot.domain.posting import CARD
from bot.domain.run import Cost
from bot.domain.vocabulary import LIVE, Disposition, Mode, Profile, Reason, Status
from storage.columns import ID, PLACE, WORDS, Duration, Instant, Json, Labels, Usd, Word

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)

QUEUED = text(f"status = '{Status.QUEUED.value}'")
LIVE_ONLY = text(f"status IN {tuple(status.value for status in sorted(LIVE))}")
CLAIMED = text("token_hash <> ''")
PENDING = text("wanted > told AND given_up = ''")
CARD_TOLD = text(f"subject = '{CARD}' AND message_id <> ''")
OPEN = text(f"state = '{GateState.OPEN.value}'")
UNFINISHED = text("done_at IS NULL")
UNCONSUMED = text("consumed_at IS NULL")
PENDING_EFFECT = text(f"state = '{EffectState.PENDING.value}'")
"""Conditions of partial indexes; a query uses the index only by saying the very same words."""


def _id() -> Column[int]:
    return Column("id", ID, primary_key=True)


def _of(noun: str, **options: Any) -> Column[int]:
    """What a row belongs to: a run, a job or a gate."""
    return Column(f"{noun}_id", ID, ForeignKey(f"{noun}s.id"), nullable=False, **options)


def _words(name: str) -> Column[str]:
    return Column(name, WORDS, nullable=False)


def _at(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Instant, nullable=nullable)


def _place() -> list[Column[str]]:
    return [_words(name) for name in PLACE]


def _actor() -> list[Column[Any]]:
    return [
        Column("actor_kind", Word(ActorKind), nullable=False),
        _words("actor_name"),
        _words("actor_surface"),
    ]


def _only(condition: Any) -> Mapping[str, Any]:
    """Options of a partial index."""
    return {"sqlite_where": condition, "postgresql_where": condition}


blueprint_versions = Table(
    "blueprint_versions",
    metadata,
    Column("version", WORDS, primary_key=True),
    _words("name"),
    Column("content", Json(Blueprint), nullable=False),
    _at("kept_at"),
)

blueprint_states = Table(
    "blueprint_states",
    metadata,
    Column("name", WORDS, primary_key=True),
    Column("enabled", Boolean, nullable=False),
    *_actor(),
    _at("at"),
    _words("reason"),
    Column("ignored", Integer, nullable=False),
)

blueprint_files = Table(
    "blueprint_files",
    metadata,
    Column("file", WORDS, primary_key=True),
    _words("sha256"),
    Column("broken", Boolean, nullable=False),
    _words("owner"),
    _words("told_to"),
    Column("changes", Integer, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    _id(),
    Column("profile", Word(Profile), nullable=False),
    _words("blueprint"),
    _words("blueprint_version"),
    _words("project"),
    _words("title"),
    _words("title_folded"),
    _words("requested_by"),
    _words("requested_on"),
    _words("owner"),
    Column("owner_fallback", Boolean, nullable=False),
    Column("mode", Word(Mode), nullable=False),
    _words("chosen_because"),
    Column("inputs", Json(), nullable=False),
    _words("branch"),
    Column("status", Word(Status), nullable=False),
    _words("phase"),
    Column("reason_code", Word(Reason)),
    _words("reason"),
    Column("disposition", Word(Disposition), nullable=False),
    Column("attempt", Integer, nullable=False),
    _words("attempt_by"),
    Column("steerers", Json(tuple[str, ...]), nullable=False),
    Column("retry_of", ID),
    Column("cost", Json(Cost), nullable=False),
    _words("pushed_commit"),
    _words("pr_url"),
    *_place(),
    _at("created_at"),
    _at("updated_at"),
    _at("started_at", nullable=True),
    _at("ended_at", nullable=True),
    Column("version", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
    _words("head"),
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
    _of("run", primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("type", Word(EventType), nullable=False),
    *_actor(),
    _at("at"),
    Column("data", Json(), nullable=False),
    _words("hash"),
    sqlite_with_rowid=False,
)

stats_deltas = Table(
    "stats_deltas",
    metadata,
    _id(),
    Column("profile", Word(Profile), nullable=False),
    _words("project"),
    Column("status", Word(Status), nullable=False),
    Column("delta", BigInteger, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    _id(),
    _of("run"),
    Column("number", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("status", Word(Status), nullable=False),
    _at("queued_at"),
    _words("target"),
    Column("labels", Labels, nullable=False),
    _words("phase"),
    _words("held_phase"),
    Column("reason_code", Word(Reason)),
    _words("reason"),
    Column("ends_as", Word(Status)),
    Column("priority", Integer, nullable=False),
    Column("rank", BigInteger, nullable=False),
    Column("agent", WORDS),
    Column("workspace_agent", WORDS),
    Column("fence", Integer, nullable=False),
    _words("token_hash"),
    Column("claim_count", Integer, nullable=False),
    _at("lease_expires_at", nullable=True),
    _at("heartbeat_at", nullable=True),
    _at("claimed_at", nullable=True),
    _at("started_at", nullable=True),
    _at("reported_at", nullable=True),
    _at("waiting_since", nullable=True),
    Column("waited", Duration, nullable=False),
    _at("cancelling_since", nullable=True),
    _at("ended_at", nullable=True),
    Column("program_present", Boolean, nullable=False),
    Column("resume_gate", ID),
    Column("report_seq", Integer, nullable=False),
    Column("exit_code", Integer),
    _words("base"),
    _at("quiet_since", nullable=True),
    Column("compute_rate", Usd, nullable=False, server_default="0"),
    UniqueConstraint("run_id", "number"),
    Index("jobs_live", "status", "id", **_only(LIVE_ONLY)),
)
Index("jobs_queue", jobs.c.priority.desc(), jobs.c.rank, jobs.c.id, **_only(QUEUED))
Index("jobs_queue_rank", jobs.c.rank, **_only(QUEUED))
Index("jobs_claims", jobs.c.agent, **_only(CLAIMED))

gates = Table(
    "gates",
    metadata,
    _id(),
    _of("run", index=True),
    _of("job"),
    Column("attempt", Integer, nullable=False),
    _words("checkpoint"),
    _words("prompt"),
    _words("fingerprint"),
    _at("opened_at"),
    _at("expires_at"),
    Column("kind", Word(GateKind), nullable=False),
    _words("cause"),
    Column("report", Json(tuple[int, ...]), nullable=False),
    Column("plan", Json(Plan)),
    Column("outside", Json(tuple[str, ...]), nullable=False),
    Column("quorum", Integer, nullable=False),
    Column("four_eyes", Boolean, nullable=False),
    Column("on_expiry", Word(OnExpiry), nullable=False),
    Column("state", Word(GateState), nullable=False),
    _at("decided_at", nullable=True),
    Column("form", Json(Form)),
    Column("answers", Json(), nullable=False, server_default="{}"),
    Column("sealed", Json(), nullable=False, server_default="{}"),
    _at("remind_at", nullable=True),
    Column("reminded", Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)
Index("gates_deadlines", gates.c.expires_at, **_only(OPEN))

decisions = Table(
    "decisions",
    metadata,
    _id(),
    _of("gate"),
    *_actor(),
    Column("choice", Word(Choice), nullable=False),
    _at("at"),
    _words("note"),
    UniqueConstraint("gate_id", "actor_name"),
)

sealed_answers = Table(
    "sealed_answers",
    metadata,
    _id(),
    _of("gate", index=True),
    _words("sealed"),
    _at("kept_at"),
    # The number of a secret that was erased is never given to another.
    sqlite_autoincrement=True,
)

postings = Table(
    "postings",
    metadata,
    _id(),
    _of("run"),
    *_place(),
    _words("subject"),
    Column("wanted", Integer, nullable=False),
    Column("told", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    _at("due_at"),
    _words("message_id"),
    _words("fingerprint"),
    _words("given_up"),
    UniqueConstraint("run_id", *PLACE, "subject"),
    Index("postings_pending", "run_id", *PLACE[:3], "id", **_only(PENDING)),
    Index("postings_cards", "message_id", **_only(CARD_TOLD)),
)

invocations = Table(
    "invocations",
    metadata,
    _id(),
    Column("key", WORDS, nullable=False, unique=True),
    *_actor(),
    *_place(),
    _at("received_at"),
    _words("text"),
    Column("press", Json(Press)),
    _at("done_at", nullable=True),
    Column("reply", Json()),
    Index("invocations_unfinished", "id", **_only(UNFINISHED)),
)

orders = Table(
    "orders",
    metadata,
    _id(),
    _of("job"),
    Column("kind", Word(OrderKind), nullable=False),
    _at("created_at"),
    Column("data", Json(), nullable=False),
    _at("consumed_at", nullable=True),
    Index("orders_waiting", "job_id", "id", **_only(UNCONSUMED)),
)

log_chunks = Table(
    "log_chunks",
    metadata,
    _of("job", primary_key=True),
    Column("seq", Integer, primary_key=True),
    _at("at"),
    _words("stream"),
    _words("text"),
    Index(None, "at"),
)

artifacts = Table(
    "artifacts",
    metadata,
    _id(),
    _of("run"),
    _of("job"),
    _words("name"),
    Column("size", BigInteger, nullable=False),
    _words("sha256"),
    _at("created_at"),
    UniqueConstraint("run_id", "job_id", "name", "sha256"),
    Index(None, "sha256"),
    Index(None, "created_at"),
)

cost_entries = Table(
    "cost_entries",
    metadata,
    _id(),
    _of("run", index=True),
    _of("job"),
    _at("at"),
    _words("day"),
    _words("model"),
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
    _id(),
    Column("key", WORDS, nullable=False, unique=True),
    *_place(),
    Column("change", BigInteger, nullable=False),
    _at("at"),
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
    _of("job", primary_key=True),
    _words("agent"),
    _at("remove_at", nullable=True),
    Index(None, "agent", "remove_at"),
)

identities = Table(
    "identities",
    metadata,
    _id(),
    _words("surface"),
    _words("tenant"),
    _words("external_id"),
    _words("person"),
    _at("verified_at"),
    UniqueConstraint("surface", "tenant", "external_id"),
    Index(None, "person"),
)

link_codes = Table(
    "link_codes",
    metadata,
    Column("code_hash", WORDS, primary_key=True),
    _words("person"),
    _at("expires_at"),
)

effects = Table(
    "effects",
    metadata,
    _id(),
    Column("kind", Word(EffectKind), nullable=False),
    _words("subject"),
    Column("run_id", ID, ForeignKey("runs.id")),
    *_actor(),
    _at("asked_at"),
    _at("due_at"),
    Column("state", Word(EffectState), nullable=False),
    _words("settled_by"),
    _at("settled_at", nullable=True),
    Index("effects_due", "due_at", **_only(PENDING_EFFECT)),
    Index("effects_runs", "run_id", "id"),
)

exports = Table(
    "exports",
    metadata,
    _id(),
    _words("person"),
    _words("name"),
    Column("size", BigInteger, nullable=False),
    _words("sha256"),
    _at("created_at"),
    UniqueConstraint("person", "sha256", "name"),
)
