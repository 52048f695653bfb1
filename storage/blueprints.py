"""The versions of blueprints that runs were made of."""

import json
from functools import lru_cache

from sqlalchemy import Text, bindparam, select, type_coerce

from bot.domain.blueprint import Blueprint
from bot.domain.codec import decode
from bot.domain.errors import NotFoundError
from storage.blueprint_states import SqlBlueprintStates
from storage.kept_tables import blueprint_versions
from storage.upsert import Upsert

_KEEP = Upsert(blueprint_versions, ("version",))
_IS = blueprint_versions.c.version == bindparam("wanted")
_KNOWN = select(blueprint_versions.c.version).where(_IS)
_LOAD = select(type_coerce(blueprint_versions.c.content, Text)).where(_IS)


class SqlBlueprints(SqlBlueprintStates):
    """The Blueprints port."""

    def keep(self, blueprint: Blueprint) -> None:
        """Store a version unless it is stored already."""
        if self._scope.run(_KNOWN, {"wanted": blueprint.version}).first():
            return
        row = {
            "version": blueprint.version,
            "name": blueprint.name,
            "content": blueprint,
            "kept_at": self._scope.now,
        }
        self._scope.upsert(_KEEP, row)

    def load(self, version: str) -> Blueprint:
        """Raises NotFoundError."""
        found: str | None = self._scope.run(_LOAD, {"wanted": version}).scalar()
        if found is None:
            raise NotFoundError(f"There is no blueprint version {version[:12]}.")
        return _read(found)


@lru_cache(maxsize=256)
def _read(content: str) -> Blueprint:
    """A stored version never changes, so that it is read from its text once."""
    return decode(Blueprint, json.loads(content))
