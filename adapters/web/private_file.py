"""Small files of the data folder that only the bot's own user may read."""

import os
import stat
import tempfile
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Let a file say this: readers see the old content or the new, never a part. Mode 0600."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def read_private(path: Path) -> str:
    """What such a file says; empty when there is none, or others could read it."""
    if not path.is_file() or stat.S_IMODE(path.stat().st_mode) & 0o077:
        return ""
    return path.read_text(encoding="utf-8").strip()
