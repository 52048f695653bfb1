"""What messages are made of, and when Slack refuses it."""

import json
from typing import Any

from tests.fakes.slack.blocks import MOST_MARKDOWN, accept_blocks
from tests.fakes.slack.call import Call
from tests.fakes.slack.entities import Data
from tests.fakes.slack.errors import SlackError

MOST_TEXT = 40_000
MOST_UPDATED_TEXT = 4_000
MOST_ATTACHMENTS = 100
MOST_METADATA_BYTES = 8_000
"""Slack names no figure; this is more than ids need."""

NO_TEXT = "This content can't be displayed."
"""What Slack shows as the text of blocks that came without any."""


def read_content(call: Call) -> Data:
    """Text, blocks and attachments of a new message."""
    given: Data = {"text": call.text("text")[:MOST_TEXT]}
    blocks = call.json("blocks")
    attachments = call.json("attachments")
    if "markdown_text" in call.args:
        if given["text"] or blocks:
            raise SlackError("markdown_text_conflict")
        given["text"] = written = call.text("markdown_text")
        if len(written) > MOST_MARKDOWN:
            raise SlackError("msg_too_long")
        blocks = [{"type": "markdown", "text": written}]
    given["blocks"] = accept_blocks(blocks) if blocks else []
    given["attachments"] = accept_attachments(attachments) if attachments else []
    if not (given["text"].strip() or given["blocks"] or given["attachments"]):
        raise SlackError("no_text")
    given["text"] = given["text"] or NO_TEXT
    return given


def accept_attachments(attachments: Any) -> list[Data]:
    """The old way to put blocks into a message."""
    if not isinstance(attachments, list):
        raise SlackError("invalid_attachments")
    if len(attachments) > MOST_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    return [
        item | ({"blocks": accept_blocks(item["blocks"])} if "blocks" in item else {})
        for item in attachments
    ]


def read_metadata(call: Call) -> Data | None:
    """The metadata of a message, or None where there is none."""
    metadata: Any = call.json("metadata")
    if not metadata:
        return None
    good = (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and bool(metadata["event_type"])
        and isinstance(metadata.get("event_payload"), dict)
    )
    if not good:
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(metadata).encode()) > MOST_METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return dict(metadata)
