"""Pull requests of runs, the webhooks that told of them, and what a claim may push."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add what is new; no run that exists has a pull request of ours."""
    may_push = sa.Column("may_push", sa.Text, nullable=False, server_default=sa.text("''"))
    op.add_column("jobs", may_push)
    op.create_table(
        "pull_requests",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("run_id", _ID, sa.ForeignKey("runs.id"), nullable=False),
        *(_words(name) for name in ("surface", "repository", "branch", "commit")),
        sa.Column("draft", sa.Boolean(), nullable=False),
        _words("state"),
        sa.Column("number", sa.Integer(), nullable=False),
        _words("url"),
        _words("head"),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("wanted", "told", "attempts")),
        _words("problem"),
        sa.Column("wanted_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("due_at", sa.BigInteger()),
        sa.UniqueConstraint("run_id"),
    )
    op.create_index("pull_requests_due_at", "pull_requests", ["due_at"])
    op.create_index(
        "pull_requests_surface_repository_number",
        "pull_requests",
        ["surface", "repository", "number"],
    )
    op.create_table(
        "deliveries",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("deliveries_at", "deliveries", ["at"])


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)
