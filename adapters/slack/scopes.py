"""What the app asks of a workspace, each with its reason: the one list for all who need it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A bot scope."""

    name: str
    lets: str
    """What the bot can do with it, as what follows “the bot can”."""
    vital: bool = False
    """Whether nothing works without it; without another one the rest does."""


SCOPES = (
    Scope(name="commands", lets="hear /run and the shortcuts", vital=True),
    Scope(name="chat:write", lets="post its messages and edit them", vital=True),
    Scope(name="app_mentions:read", lets="hear requests that mention it in a channel"),
    Scope(name="assistant:write", lets="suggest what to ask in its own direct messages"),
    Scope(
        name="channels:history",
        lets="read replies in threads of runs in public channels, and find its own message "
        "again after a doubtful post",
    ),
    Scope(
        name="groups:history",
        lets="read replies in threads of runs in private channels, and find its own message "
        "again after a doubtful post",
    ),
    Scope(name="im:history", lets="read what people write to it directly"),
    Scope(name="channels:read", lets="see whether it is in a public channel that it should be in"),
    Scope(name="groups:read", lets="see whether it is in a private channel that it should be in"),
    Scope(name="im:write", lets="tell the owner of a run directly what a channel cannot be told"),
    Scope(
        name="users:read",
        lets="see whether somebody is a full member: guests, bots, strangers and deactivated "
        "people may do nothing",
        vital=True,
    ),
    Scope(name="users:read.email", lets="suggest by e-mail whose account it is"),
    Scope(name="usergroups:read", lets="give roles to the members of user groups"),
    Scope(name="reactions:write", lets="show on your message what has become of it"),
    Scope(
        name="files:write",
        lets="put output of runs into their threads, and exports into direct messages",
    ),
)
"""The scopes of the bot token, in the order of the manifest."""

APP_SCOPE = "connections:write"
"""The scope of the app-level token, which Socket Mode alone needs."""

ADD_SCOPES = (
    "Paste what signalbox manifest slack prints on the app's page App Manifest, then install "
    "the app anew under OAuth & Permissions."
)
"""How a workspace grants what is missing."""

EVENTS = (
    "agent_session_stopped",
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "function_executed",
    "message.channels",
    "message.groups",
    "message.im",
    "subteam_members_changed",
    "subteam_updated",
    "tokens_revoked",
    "user_change",
)
"""What the app is told of."""
