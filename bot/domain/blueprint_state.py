"""Whether a blueprint may be used, and what its people were told of its file."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from bot.domain.actor import Actor
from bot.domain.catalog import CatalogFile


@dataclass(frozen=True, kw_only=True)
class BlueprintState:
    """The last word on a blueprint; without one it is enabled."""

    name: str
    enabled: bool
    actor: Actor
    at: datetime
    reason: str = ""
    ignored: int = 0
    """Triggers that came while it was disabled, and started nothing."""


@dataclass(frozen=True, kw_only=True)
class ToldFile:
    """A blueprint file as its people know it."""

    file: str
    sha256: str
    broken: bool
    owner: str
    """Whom the file named last, as far as it could be read."""
    told_to: str
    """Who was told last; empty for everybody, or while nobody had to be."""
    changes: int
    """Counts what was told of it."""


@unique
class FileNews(StrEnum):
    """What can be told of a file."""

    BROKEN = "broken"
    MENDED = "mended"


def decide_news(known: ToldFile | None, file: CatalogFile) -> FileNews | None:
    """What has to be told of a file as it is now; nothing twice of the same content."""
    if known and (known.sha256, known.broken) == (file.sha256, file.broken):
        return None
    if file.broken:
        return FileNews.BROKEN
    return FileNews.MENDED if known and known.broken else None
