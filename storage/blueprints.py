"""The versions of blueprints that runs were made of."""

from sqlalchemy import bindparam, select

from bot.domain.blueprint import Blueprint
from bot.domain.errors import NotFoundError
from storage.scope import Scope
from storage.tables import blueprint_versions
from storage.upsert import Upsert

_KEEP = Upsert(blueprint_versions, ("version",))
_LOAD = select(blueprint_versions.c.content).where(
    blueprint_versions.c.version == bindparam("wanted")
)


class SqlBlueprints:
    """The Blueprints port."""

    def __init__(self, scope: Scope) -> None:
        """Blueprints within one transaction."""
        self._scope = scope

    def keep(self, blueprint: Blueprint) -> None:
        """Store a version unless it is stored already."""
        row = {
            "version": blueprint.version,
            "name": blueprint.name,
            "content": blueprint,
            "kept_at": self._scope.now,
        }
        self._scope.upsert(_KEEP, row)

    def load(self, version: str) -> Blueprint:
        """Raises NotFoundError."""
        found: Blueprint | None = self._scope.run(_LOAD, {"wanted": version}).scalar()
        if found is None:
            raise NotFoundError(f"There is no blueprint version {version[:12]}.")
        return found
