"""Runs on issues: what was read of them, where runs are told too, one live run each."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_LIVE_DEDUPED = (
    "dedupe_key <> '' AND "
    "status IN ('cancelling', 'claimed', 'queued', 'running', 'scheduled', 'waiting')"
)
_CARD_IN_THREAD = "subject = 'card' AND thread <> ''"


def upgrade() -> None:
    """Add the columns and their indexes; no run that exists has any of it."""
    op.add_column("runs", sa.Column("mirrors", sa.Text, nullable=False, server_default="[]"))
    op.add_column("runs", sa.Column("issue", sa.Text))
    for name in ("issue_key", "dedupe_key"):
        nothing = sa.text("''")
        op.add_column("runs", sa.Column(name, sa.Text, nullable=False, server_default=nothing))
    op.create_index("runs_issue_key_id", "runs", ["issue_key", "id"])
    op.create_index(
        "runs_dedupe_key",
        "runs",
        ["dedupe_key"],
        unique=True,
        sqlite_where=sa.text(_LIVE_DEDUPED),
        postgresql_where=sa.text(_LIVE_DEDUPED),
    )
    op.create_table(
        "issues",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("surface", "tenant", "issue_id")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("key", "content")),
        sa.Column("read_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("surface", "tenant", "issue_id", name="issues_pkey"),
    )
    for name in ("key", "issue_id", "read_at"):
        op.create_index(f"issues_{name}", "issues", [name])
    op.create_index(
        "postings_threads",
        "postings",
        ["thread"],
        sqlite_where=sa.text(_CARD_IN_THREAD),
        postgresql_where=sa.text(_CARD_IN_THREAD),
    )
