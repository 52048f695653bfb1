"""Installation: a workspace that let the bot in, with the sealed token that proves it."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What a workspace gave the bot; one each, the newest counts."""

    tenant: str
    """The workspace, or the whole organisation where that let the bot in."""
    enterprise: str = ""
    """The organisation that it belongs to, if any."""
    team: str = ""
    """The workspace; empty where the whole organisation let the bot in."""
    bot_user: str
    """The account by which the bot is known there."""
    bot_id: str
    scopes: tuple[str, ...] = ()
    sealed: str = field(repr=False)
    """The token, sealed by the vault."""
    installed_by: str = ""
    installed_at: datetime
