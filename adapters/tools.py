"""Which commands are on this machine."""

import shutil


def has_tool(tool: str, *, path: str = "") -> bool:
    """Whether a command can be started; `path` is where to look, empty as this process does."""
    return shutil.which(tool, path=path or None) is not None
