"""Files that were made for people."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select

from bot.domain.export import ExportFile
from storage.scope import Scope
from storage.tables import exports
from storage.upsert import Upsert

_ADD = Upsert(
    exports, ("person", "sha256", "name"), change=lambda new: {"created_at": new.created_at}
)
_FIND = (
    select(exports.c.name, exports.c.size, exports.c.sha256)
    .where(exports.c.person == bindparam("whose"), exports.c.sha256 == bindparam("wanted"))
    .order_by(exports.c.id.desc())
    .limit(1)
)
_OLD = (
    select(exports.c.id)
    .where(exports.c.created_at < bindparam("until"))
    .order_by(exports.c.created_at)
    .limit(bindparam("most"))
)
_REMOVE = delete(exports).where(exports.c.id.in_(_OLD))


class SqlExports:
    """The Exports port."""

    def __init__(self, scope: Scope) -> None:
        """Exports within one transaction."""
        self._scope = scope

    def add(self, person: str, file: ExportFile) -> None:
        """Store that a file was made for a person; the same again is kept anew."""
        self._scope.upsert(_ADD, {**vars(file), "person": person, "created_at": self._scope.now})

    def find(self, person: str, sha256: str) -> ExportFile | None:
        """The file of this content that was made for a person."""
        found = self._scope.rows(_FIND, {"whose": person, "wanted": sha256})
        return ExportFile(**found[0]) if found else None

    def remove_before(self, at: datetime, *, limit: int) -> int:
        """Remove rows of files made before a time; how many, up to `limit`."""
        return self._scope.run(_REMOVE, {"until": at, "most": limit}).rowcount
