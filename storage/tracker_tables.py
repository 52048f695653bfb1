"""Tables of what trackers sent, and of the tokens that let us in."""

from sqlalchemy import Column, Index, Table, UniqueConstraint, text

from storage.columns import WORDS
from storage.table_parts import at, key, metadata, only, words

NOT_DONE = text("done_at IS NULL")

tracker_events = Table(
    "tracker_events",
    metadata,
    key(),
    words("surface"),
    words("delivery"),
    words("key"),
    words("body"),
    at("received_at"),
    at("done_at", nullable=True),
    UniqueConstraint("surface", "delivery"),
    UniqueConstraint("surface", "key", name="tracker_events_key_key"),
    Index("tracker_events_pending", "received_at", **only(NOT_DONE)),
    Index(None, "done_at"),
)

tracker_tokens = Table(
    "tracker_tokens",
    metadata,
    Column("name", WORDS, primary_key=True),
    words("sealed"),
    at("kept_at"),
)
