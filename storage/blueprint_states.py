"""The last words on blueprints, and what their people were told of their files."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select

from bot.domain.blueprint_state import BlueprintState, ToldFile
from storage.columns import actor_columns, take_actor, without
from storage.kept_tables import blueprint_files, blueprint_states
from storage.scope import Scope
from storage.upsert import Upsert

_SAID = ("enabled", "actor_kind", "actor_name", "actor_surface", "at", "reason", "ignored")
_TOLD = ("sha256", "broken", "owner", "told_to", "changes")
_SAVE_STATE = Upsert(
    blueprint_states, ("name",), change=lambda new: {name: new[name] for name in _SAID}
)
_SAVE_TOLD = Upsert(
    blueprint_files, ("file",), change=lambda new: {name: new[name] for name in _TOLD}
)
_STATES = select(blueprint_states).order_by(blueprint_states.c.name)
_STATE = select(blueprint_states).where(blueprint_states.c.name == bindparam("of"))
_FILES = select(blueprint_files).order_by(blueprint_files.c.file)


class SqlBlueprintStates:
    """The part of the Blueprints port that changes."""

    def __init__(self, scope: Scope) -> None:
        """States within one transaction."""
        self._scope = scope

    def states(self) -> Mapping[str, BlueprintState]:
        """The last word on each blueprint that was ever enabled or disabled, by name."""
        return {fields["name"]: _state(fields) for fields in self._scope.rows(_STATES)}

    def find_state(self, name: str) -> BlueprintState | None:
        """The last word on one blueprint."""
        found = self._scope.rows(_STATE, {"of": name})
        return _state(found[0]) if found else None

    def save_state(self, state: BlueprintState) -> None:
        """Store the last word on a blueprint."""
        columns = {**without(vars(state), "actor"), **actor_columns(state.actor)}
        self._scope.upsert(_SAVE_STATE, columns)

    def told_files(self) -> Mapping[str, ToldFile]:
        """The files of blueprints as their people know them, by name."""
        return {fields["file"]: ToldFile(**fields) for fields in self._scope.rows(_FILES)}

    def save_told_file(self, told: ToldFile) -> None:
        """Store what was told of a file."""
        self._scope.upsert(_SAVE_TOLD, vars(told))


def _state(fields: dict[str, Any]) -> BlueprintState:
    return BlueprintState(actor=take_actor(fields), **fields)
