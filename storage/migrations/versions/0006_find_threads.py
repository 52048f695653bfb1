"""Threads of the embedded chat are found by an index."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the index."""
    op.create_index(
        "messages_surface_tenant_channel_thread_id",
        "messages",
        ["surface", "tenant", "channel", "thread", "id"],
    )
