"""Secret answers, sealed, until they are delivered."""

from collections.abc import Collection

from sqlalchemy import bindparam, delete, insert, select

from bot.domain.errors import NotFoundError
from storage.scope import Scope
from storage.tables import sealed_answers

_KEEP = insert(sealed_answers)
_LOAD = select(sealed_answers.c.sealed).where(
    sealed_answers.c.id == bindparam("number"), sealed_answers.c.gate_id == bindparam("gate")
)
_ERASE = delete(sealed_answers).where(
    sealed_answers.c.gate_id == bindparam("gate"), sealed_answers.c.id == bindparam("number")
)
_ERASE_ALL = delete(sealed_answers).where(
    sealed_answers.c.gate_id == bindparam("gate"),
    sealed_answers.c.id.not_in(bindparam("kept", expanding=True)),
)


class SqlSealed:
    """The Sealed port."""

    def __init__(self, scope: Scope) -> None:
        """Sealed values within one transaction."""
        self._scope = scope

    def keep(self, gate_id: int, sealed: str) -> int:
        """Store a sealed value for a gate; its number."""
        row = {"gate_id": gate_id, "sealed": sealed, "kept_at": self._scope.now}
        return self._scope.insert(_KEEP, row)

    def load(self, gate_id: int, number: int) -> str:
        """The sealed value. Raises NotFoundError where it is erased, or is another gate's."""
        asked = {"gate": gate_id, "number": number}
        sealed: str | None = self._scope.run(_LOAD, asked).scalar()
        if sealed is None:
            raise NotFoundError("There is no such sealed answer; it was delivered and erased.")
        return sealed

    def erase(self, gate_id: int, number: int) -> None:
        """Erase one value; none there is no error."""
        self._scope.run(_ERASE, {"gate": gate_id, "number": number})

    def erase_all(self, gate_id: int, *, but: Collection[int] = ()) -> None:
        """Erase a gate's values, except those numbers."""
        self._scope.run(_ERASE_ALL, {"gate": gate_id, "kept": list(but)})
