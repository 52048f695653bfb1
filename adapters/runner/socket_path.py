"""Addresses for unix sockets in deep folders: the kernel takes no path over 107 bytes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def short_path(path: str) -> Iterator[str]:
    """Another name for `path`, short enough to bind or connect to, for as long as the context."""
    folder, name = os.path.split(path)
    descriptor = os.open(folder or ".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{name}"
    finally:
        os.close(descriptor)
