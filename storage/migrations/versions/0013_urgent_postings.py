"""Postings: what is urgent, and which was begun to be told without knowing how it ended."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns; nothing that waits now is urgent or in doubt."""
    zero = sa.text("0")
    op.add_column("postings", sa.Column("urgency", sa.Integer, nullable=False, server_default=zero))
    op.add_column("postings", sa.Column("started_at", sa.BigInteger))
