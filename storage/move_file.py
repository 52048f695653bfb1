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


class CheckedLines:
    """Lines as they are read; a line that is damaged or missing raises UserError."""

    def __init__(self, file: TextIO) -> None:
        """Of an open file, from its beginning."""
        self._file = file
        self._hash = hashlib.sha256()
        self._number = 0
        self._waiting: Any = None

    def next_row(self) -> list[Any] | None:
        """The next row; None where something other than a row follows."""
        value = self.next()
        if isinstance(value, list):
            return value
        self._waiting = value
        return None

    def next(self) -> Any:
        """The value of the next line."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            return waiting
        line = self._file.readline()
        self._number += 1
        try:
            value = json.loads(line)
        except ValueError as error:
            raise self.damaged() from error
        if not (isinstance(value, dict) and "sha256" in value):
            self._hash.update(line.encode())
        return value

    def check_end(self, counts: Mapping[str, int]) -> None:
        """Read the footer, which must be of these rows and of all lines before it."""
        footer = self.next()
        if footer != {"end": dict(counts), "sha256": self._hash.hexdigest()}:
            raise self.damaged()

    def damaged(self) -> UserError:
        """The error that names the line."""
        return UserError(
            f"The file is damaged or cut off at line {self._number:,}; nothing was imported. "
            "Export again, or copy the file again."
        )


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
