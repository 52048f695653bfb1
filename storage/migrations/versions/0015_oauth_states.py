"""States of installations by OAuth, of every surface; those given until now count no more."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Put the table in place of Slack's own."""
    op.drop_table("slack_oauth_states")
    op.create_table(
        "oauth_states",
        sa.Column("state_hash", sa.Text, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name="oauth_states_pkey"),
    )
