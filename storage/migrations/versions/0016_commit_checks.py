"""What is told beside commits while a run goes on, and drafts that become ready."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TELL_ENDS = """
    INSERT INTO commit_checks
        (run_id, surface, repository, "commit", attempt, ref, told, failures, due_at)
    SELECT p.run_id, p.surface, p.repository, p."commit", r.attempt, '', '', 0, p.wanted_at
    FROM pull_requests p JOIN runs r ON r.id = p.run_id
    WHERE p.told < p.wanted AND r.pushed_commit = p."commit"
"""


def upgrade() -> None:
    """Add what is new; what was to be told with a pull request is told by itself."""
    op.add_column(
        "pull_requests",
        sa.Column("promote", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "commit_checks",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("run_id", _ID, sa.ForeignKey("runs.id"), nullable=False),
        *(_words(name) for name in ("surface", "repository", "commit")),
        sa.Column("attempt", sa.Integer(), nullable=False),
        *(_words(name) for name in ("ref", "told")),
        sa.Column("told_at", sa.BigInteger()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.UniqueConstraint("run_id", "commit"),
    )
    op.create_index("commit_checks_due_at", "commit_checks", ["due_at"])
    op.execute(_TELL_ENDS)


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)
