"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PLACE = ("surface", "tenant", "channel", "thread")
_ACTOR = ("actor_kind", "actor_name", "actor_surface")


def upgrade() -> None:
    """Create everything."""
    _blueprints()
    _runs()
    _events()
    _jobs()
    _gates()
    _postings()
    _invocations()
    _orders()
    _output()
    _transcript()
    _workspaces()


def _id() -> sa.Column[Any]:
    return sa.Column("id", _ID, primary_key=True)


def _of(noun: str, *, primary_key: bool = False) -> sa.Column[Any]:
    target = sa.ForeignKey(f"{noun}s.id")
    return sa.Column(f"{noun}_id", _ID, target, nullable=False, primary_key=primary_key)


def _columns(kind: Any, *names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=nullable) for name in names]


def _texts(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return _columns(sa.Text(), *names, nullable=nullable)


def _whole(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return _columns(sa.Integer(), *names, nullable=nullable)


def _big(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return _columns(sa.BigInteger(), *names, nullable=nullable)


def _flags(*names: str) -> list[sa.Column[Any]]:
    return _columns(sa.Boolean(), *names)


def _partial(name: str, table: str, columns: list[Any], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _blueprints() -> None:
    op.create_table(
        "blueprint_versions",
        sa.Column("version", sa.Text(), primary_key=True),
        *_texts("name", "content"),
        *_big("kept_at"),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        _id(),
        *_texts("profile", "blueprint", "blueprint_version", "project", "title", "title_folded"),
        *_texts("requested_by", "requested_on", "owner"),
        *_flags("owner_fallback"),
        *_texts("mode", "chosen_because", "inputs", "branch", "status", "phase"),
        *_texts("reason_code", nullable=True),
        *_texts("reason", "disposition"),
        *_whole("attempt"),
        *_texts("attempt_by", "steerers"),
        sa.Column("retry_of", _ID),
        *_texts("cost", "pushed_commit", "pr_url", *_PLACE),
        *_big("created_at", "updated_at"),
        *_big("started_at", "ended_at", nullable=True),
        *_whole("version", "last_seq"),
        *_texts("head"),
        sqlite_autoincrement=True,
    )
    for name in ("status", "owner", "project", "blueprint"):
        op.create_index(f"runs_{name}_id", "runs", [name, "id"])
    op.create_index("runs_project_status_id", "runs", ["project", "status", "id"])
    op.create_index("runs_created_at", "runs", ["created_at"])
    op.create_table("stats_deltas", _id(), *_texts("profile", "status"), *_big("delta"))


def _events() -> None:
    op.create_table(
        "events",
        _of("run", primary_key=True),
        sa.Column("seq", sa.Integer(), primary_key=True),
        *_texts("type", *_ACTOR),
        *_big("at"),
        *_texts("data", "hash"),
        sqlite_with_rowid=False,
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        _id(),
        _of("run"),
        *_whole("number", "attempt"),
        *_texts("status"),
        *_big("queued_at"),
        *_texts("target", "labels", "phase", "held_phase"),
        *_texts("reason_code", nullable=True),
        *_texts("reason"),
        *_texts("ends_as", nullable=True),
        *_whole("priority"),
        *_big("rank"),
        *_texts("agent", "workspace_agent", nullable=True),
        *_whole("fence"),
        *_texts("token_hash"),
        *_whole("claim_count"),
        *_big("lease_expires_at", "heartbeat_at", "claimed_at", "started_at", nullable=True),
        *_big("reported_at", "waiting_since", nullable=True),
        *_big("waited"),
        *_big("cancelling_since", "ended_at", nullable=True),
        *_flags("program_present"),
        sa.Column("resume_gate", _ID),
        *_whole("report_seq"),
        *_whole("exit_code", nullable=True),
        *_texts("base"),
        sa.UniqueConstraint("run_id", "number"),
    )
    live = "'cancelling', 'claimed', 'queued', 'running', 'scheduled', 'waiting'"
    _partial("jobs_live", "jobs", ["status", "id"], f"status IN ({live})")
    queue = [sa.text("priority DESC"), "rank", "id"]
    _partial("jobs_queue", "jobs", queue, "status = 'queued'")
    _partial("jobs_queue_rank", "jobs", ["rank"], "status = 'queued'")
    _partial("jobs_claims", "jobs", ["agent"], "token_hash <> ''")


def _gates() -> None:
    op.create_table(
        "gates",
        _id(),
        _of("run"),
        _of("job"),
        *_whole("attempt"),
        *_texts("checkpoint", "prompt", "fingerprint"),
        *_big("opened_at", "expires_at"),
        *_texts("kind", "cause", "report"),
        *_texts("plan", nullable=True),
        *_texts("outside"),
        *_whole("quorum"),
        *_flags("four_eyes"),
        *_texts("on_expiry", "state"),
        *_big("decided_at", nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_index("gates_run_id", "gates", ["run_id"])
    _partial("gates_deadlines", "gates", ["expires_at"], "state = 'open'")
    op.create_table(
        "decisions",
        _id(),
        _of("gate"),
        *_texts(*_ACTOR, "choice"),
        *_big("at"),
        *_texts("note"),
        sa.UniqueConstraint("gate_id", "actor_name"),
    )


def _postings() -> None:
    op.create_table(
        "postings",
        _id(),
        _of("run"),
        *_texts(*_PLACE, "subject"),
        *_whole("wanted", "told", "attempts"),
        *_big("due_at"),
        *_texts("message_id", "fingerprint", "given_up"),
        sa.UniqueConstraint("run_id", *_PLACE, "subject"),
    )
    channel = ["run_id", "surface", "tenant", "channel", "id"]
    _partial("postings_pending", "postings", channel, "wanted > told AND given_up = ''")
    told = "subject = 'card' AND message_id <> ''"
    _partial("postings_cards", "postings", ["message_id"], told)


def _invocations() -> None:
    op.create_table(
        "invocations",
        _id(),
        *_texts("key", *_ACTOR, *_PLACE),
        *_big("received_at"),
        *_texts("text"),
        *_texts("press", nullable=True),
        *_big("done_at", nullable=True),
        *_texts("reply", nullable=True),
        sa.UniqueConstraint("key"),
    )
    _partial("invocations_unfinished", "invocations", ["id"], "done_at IS NULL")


def _orders() -> None:
    op.create_table(
        "orders",
        _id(),
        _of("job"),
        *_texts("kind"),
        *_big("created_at"),
        *_texts("data"),
        *_big("consumed_at", nullable=True),
    )
    _partial("orders_waiting", "orders", ["job_id", "id"], "consumed_at IS NULL")


def _output() -> None:
    op.create_table(
        "log_chunks",
        _of("job", primary_key=True),
        sa.Column("seq", sa.Integer(), primary_key=True),
        *_big("at"),
        *_texts("stream", "text"),
    )
    op.create_table(
        "artifacts",
        _id(),
        _of("run"),
        _of("job"),
        *_texts("name"),
        *_big("size"),
        *_texts("sha256"),
        *_big("created_at"),
        sa.UniqueConstraint("run_id", "job_id", "name", "sha256"),
    )


def _transcript() -> None:
    op.create_table(
        "messages",
        _id(),
        *_texts("key", *_PLACE),
        *_big("change", "at"),
        *_texts("message"),
        sa.UniqueConstraint("key"),
    )
    op.create_index(
        "messages_surface_tenant_channel_change",
        "messages",
        ["surface", "tenant", "channel", "change"],
        unique=True,
    )
    op.create_table("counters", sa.Column("name", sa.Text(), primary_key=True), *_big("value"))


def _workspaces() -> None:
    op.create_table(
        "workspaces",
        _of("job", primary_key=True),
        *_texts("agent"),
        *_big("remove_at", nullable=True),
    )
    op.create_index("workspaces_agent_remove_at", "workspaces", ["agent", "remove_at"])
