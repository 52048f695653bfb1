"""The token that a terminal client shows: whoever can read the data folder may use the console."""

import secrets
from pathlib import Path

from adapters.web.private_file import read_private, write_private

TOKEN_FILE = "console-token"  # noqa: S105  # its name, not its content
MAINTENANCE_FILE = "maintenance-token"


def keep_console_token(data: Path) -> str:
    """The data folder's console token; made anew when there is none or others could read it."""
    return _keep(data / TOKEN_FILE)


def keep_maintenance_token(data: Path) -> str:
    """The same of the token for the maintenance API, which runbooks refer to as a secret."""
    return _keep(data / MAINTENANCE_FILE)


def _keep(path: Path) -> str:
    token = read_private(path)
    if not token:
        token = secrets.token_urlsafe(32)
        write_private(path, token + "\n")
    return token
