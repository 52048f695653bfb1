"""Followup: where a chat shows what becomes of a request, until there is nothing more to show."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Followup:
    """The message by which somebody asked, or the step of a workflow that waits for its end."""

    id: int
    key: str
    """The delivery key of the request."""
    surface: str
    tenant: str
    channel: str
    message_id: str = ""
    """The person's message; empty for a step."""
    execution: str = ""
    """What the workflow calls the execution of its step; empty for a message."""
    sealed: str = field(default="", repr=False)
    """The token that ends the step, sealed by the vault."""
    shown: str = ""
    """What the message shows now."""
