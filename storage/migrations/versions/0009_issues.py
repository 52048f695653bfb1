"""Runs on issues of trackers: what they work on, where they are told too, one live run each."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_LIVE_DEDUPED = (
    "dedupe_key <> '' AND "
    "status IN ('cancelling', 'claimed', 'queued', 'running', 'scheduled', 'waiting')"
)


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
