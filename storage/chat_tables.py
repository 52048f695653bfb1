"""Tables of chats: who let the bot in, and what they still have to show."""

from sqlalchemy import Boolean, Column, Index, Table, UniqueConstraint, text

from storage.columns import WORDS, Json
from storage.table_parts import at, key, metadata, only, words

UNSETTLED = text("NOT settled")
"""The condition of a partial index; a query uses it only by saying the very same words."""

slack_installations = Table(
    "slack_installations",
    metadata,
    Column("tenant", WORDS, primary_key=True),
    words("enterprise"),
    words("team"),
    words("bot_user"),
    words("bot_id"),
    Column("scopes", Json(tuple[str, ...]), nullable=False),
    words("sealed"),
    words("installed_by"),
    at("installed_at"),
)

oauth_states = Table(
    "oauth_states",
    metadata,
    Column("state_hash", WORDS, primary_key=True),
    at("expires_at"),
)

followups = Table(
    "followups",
    metadata,
    key(),
    words("key"),
    words("surface"),
    words("tenant"),
    words("channel"),
    words("message_id"),
    words("execution"),
    words("sealed"),
    words("shown"),
    Column("settled", Boolean, nullable=False),
    UniqueConstraint("key"),
    Index("followups_unsettled", "surface", "id", **only(UNSETTLED)),
)

link_requests = Table(
    "link_requests",
    metadata,
    *(Column(name, WORDS, primary_key=True) for name in ("surface", "tenant", "external_id")),
    words("person"),
    at("asked_at"),
)
