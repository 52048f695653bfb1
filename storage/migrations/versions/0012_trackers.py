"""Events that trackers sent, kept until they are done, and sealed tokens that are renewed."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "tracker_events",
        sa.Column("id", _ID, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("surface", "delivery", "key", "body")
        ),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("done_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="tracker_events_pkey"),
        sa.UniqueConstraint("surface", "delivery", name="tracker_events_surface_delivery_key"),
        sa.UniqueConstraint("surface", "key", name="tracker_events_key_key"),
    )
    pending = sa.text("done_at IS NULL")
    op.create_index(
        "tracker_events_pending",
        "tracker_events",
        ["received_at"],
        sqlite_where=pending,
        postgresql_where=pending,
    )
    op.create_index("tracker_events_done_at", "tracker_events", ["done_at"])
    op.create_table(
        "tracker_tokens",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("kept_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="tracker_tokens_pkey"),
    )
