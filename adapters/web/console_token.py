"""The token that a terminal client shows: whoever can read the data folder may use the console."""

import secrets
import stat
from pathlib import Path

from adapters.web.private_file import write_private

TOKEN_FILE = "console-token"  # noqa: S105  # its name, not its content


def keep_console_token(data: Path) -> str:
    """The data folder's console token; made anew when there is none or others could read it."""
    path = data / TOKEN_FILE
    if path.is_file() and not stat.S_IMODE(path.stat().st_mode) & 0o077:
        token = path.read_text(encoding="utf-8").strip()
        if token:
            return token
    token = secrets.token_urlsafe(32)
    write_private(path, token + "\n")
    return token
