"""Files that were made for people."""

from sqlalchemy import bindparam, select

from bot.domain.export import ExportFile
from storage.scope import Scope
from storage.tables import exports
from storage.upsert import Upsert

_ADD = Upsert(exports, ("person", "sha256", "name"))
_FIND = (
    select(exports.c.name, exports.c.size, exports.c.sha256)
    .where(exports.c.person == bindparam("whose"), exports.c.sha256 == bindparam("wanted"))
    .order_by(exports.c.id.desc())
    .limit(1)
)


class SqlExports:
    """The Exports port."""

    def __init__(self, scope: Scope) -> None:
        """Exports within one transaction."""
        self._scope = scope

    def add(self, person: str, file: ExportFile) -> None:
        """Store that a file was made for a person; the same again changes nothing."""
        self._scope.upsert(_ADD, {**vars(file), "person": person, "created_at": self._scope.now})

    def find(self, person: str, sha256: str) -> ExportFile | None:
        """The file of this content that was made for a person."""
        found = self._scope.rows(_FIND, {"whose": person, "wanted": sha256})
        return ExportFile(**found[0]) if found else None
