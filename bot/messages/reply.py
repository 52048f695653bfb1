"""Reply: the private answer to one invocation."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique

from bot.domain.export import ExportFile
from bot.messages.message import Message


@unique
class Outcome(StrEnum):
    """What became of a request."""

    DONE = "done"
    PROPOSED = "proposed"
    """Nothing has happened yet: the person is asked to confirm or choose."""
    REFUSED = "refused"
    USAGE = "usage"
    BROKEN = "broken"
    """Our fault; the message names the incident."""


@dataclass(frozen=True, kw_only=True)
class ReplyFile:
    """A file that was made for the person who asked."""

    name: str
    text: str = field(repr=False)
    """Its content, kept in UTF-8."""

    @property
    def kept(self) -> ExportFile:
        """What is known of it without its content."""
        content = self.text.encode()
        found_by = hashlib.sha256(content).hexdigest()
        return ExportFile(name=self.name, size=len(content), sha256=found_by)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """Said to the person who asked, and to nobody else."""

    message: Message
    outcome: Outcome = Outcome.DONE
    runs: tuple[str, ...] = ()
    """Keys of the runs it had an effect on or speaks of."""
    orders: tuple[int, ...] = ()
    """What it gave to runs' programs to read; a surface may show whether they were read."""
    problems: Mapping[str, str] = field(default_factory=dict)
    """Name of a form's field → what is wrong with its value, to be shown beside it."""
    once: bool = False
    """The message holds a secret: it is said once and not stored."""
    files: tuple[ReplyFile, ...] = ()
    """What comes with it; kept as files before the reply is given, which then has none."""
    kept: tuple[ExportFile, ...] = ()
    """The files that came with it, by which a surface finds their content."""
