"""Workspaces that let the bot in, and what chats still have to show."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_UNSETTLED = "NOT settled"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "slack_installations",
        *_texts("tenant", "enterprise", "team", "bot_user", "bot_id", "scopes", "sealed"),
        *_texts("installed_by"),
        sa.Column("installed_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="slack_installations_pkey"),
    )
    op.create_table(
        "slack_oauth_states",
        *_texts("state_hash"),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name="slack_oauth_states_pkey"),
    )
    op.create_table(
        "followups",
        sa.Column("id", _ID, nullable=False),
        *_texts("key", "surface", "tenant", "channel", "message_id", "execution", "sealed"),
        *_texts("shown"),
        sa.Column("settled", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="followups_pkey"),
        sa.UniqueConstraint("key", name="followups_key_key"),
    )
    op.create_index(
        "followups_unsettled",
        "followups",
        ["surface", "id"],
        sqlite_where=sa.text(_UNSETTLED),
        postgresql_where=sa.text(_UNSETTLED),
    )


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
