"""Accounts that ask an admin to confirm whose they are."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_ACCOUNT = ("surface", "tenant", "external_id")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "link_requests",
        *(sa.Column(name, sa.Text, nullable=False) for name in (*_ACCOUNT, "person")),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint(*_ACCOUNT, name="link_requests_pkey"),
    )
