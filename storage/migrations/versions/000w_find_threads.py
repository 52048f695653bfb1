"""Threads of the embedded chat are found by an index."""

from alembic import op

revision = "000w"
down_revision = "0001"


def upgrade() -> None:
    """Add the index."""
    op.create_index(
        "messages_surface_tenant_channel_thread_id",
        "messages",
        ["surface", "tenant", "channel", "thread", "id"],
    )
