"""The file of a move: a JSON value a line, the last of which vouches for all before it."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from bot.domain.errors import UserError

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


class HashedLines:
    """Lines as they are written, and the hash of them all."""

    def __init__(self, file: TextIO) -> None:
        """Of an open file, from its beginning."""
        self._file = file
        self._hash = hashlib.sha256()

    def write(self, value: object) -> None:
        """Write a value."""
        line = json.dumps(value, separators=(",", ":")) + "\n"
        self._hash.update(line.encode())
        self._file.write(line)

    def digest(self) -> str:
        """The SHA-256 of what was written, in hexadecimal."""
        return self._hash.hexdigest()


class Rows:
    """The values of a checked file, one after the other."""

    def __init__(self, file: TextIO) -> None:
        """Of an open file, from where it stands."""
        self._file = file
        self._waiting: Any = None

    def next(self) -> Any:
        """The value of the next line."""
        waiting, self._waiting = self._waiting, None
        return json.loads(self._file.readline()) if waiting is None else waiting

    def next_row(self) -> list[Any] | None:
        """The next row; None where something other than a row follows."""
        value = self.next()
        if isinstance(value, list):
            return value
        self._waiting = value
        return None


def read_header(file: TextIO, *, format_: str) -> Mapping[str, Any]:
    """The first value of a file whose last vouches for all; what stands between is next.

    Raises UserError for a file of another kind, and for one that is damaged.
    """
    header = _value(file.readline())
    if header.get("format") != format_:
        raise UserError("This is not a file of signalbox export.")
    file.seek(0)
    hashed = hashlib.sha256()
    last = ""
    for line in file:
        hashed.update(last.encode())
        last = line
    if _value(last).get("sha256") != hashed.hexdigest():
        raise UserError(
            "The file is damaged or cut off; nothing was imported. Copy it again, or export again."
        )
    file.seek(0)
    file.readline()
    return header


def _value(line: str) -> Mapping[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


@contextmanager
def new_file(path: Path) -> Iterator[TextIO]:
    """A file that is there only once it is whole and durable, for its owner alone.

    Raises UserError where it is there already or cannot be written.
    """
    if path.exists():
        raise UserError(f"{path} is there already; name a file that is not.")
    part = path.with_name(f"{path.name}.part")
    try:
        with os.fdopen(os.open(part, _FLAGS, 0o600), "w", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror}; name another file, or free some space."
        ) from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def open_file(path: Path) -> Iterator[TextIO]:
    """A file to be read. Raises UserError where it cannot be."""
    try:
        with path.open(encoding="utf-8") as file:
            yield file
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a text"
        raise UserError(f"{path} cannot be read: {reason}.") from error
