"""Ages of output and artifacts, states of blueprints, and what was told of their files."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_ACTOR = ("actor_kind", "actor_name", "actor_surface")


def upgrade() -> None:
    """Add what is new; no row changes."""
    op.create_index("log_chunks_at", "log_chunks", ["at"])
    op.create_index("artifacts_sha256", "artifacts", ["sha256"])
    op.create_index("artifacts_created_at", "artifacts", ["created_at"])
    op.create_table(
        "blueprint_states",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _ACTOR),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ignored", sa.Integer(), nullable=False),
    )
    op.create_table(
        "blueprint_files",
        sa.Column("file", sa.Text(), primary_key=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("broken", sa.Boolean(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("told_to", sa.Text(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
    )
