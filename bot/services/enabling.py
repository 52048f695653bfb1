"""Enabling and disabling blueprints; a disabled one starts nothing new."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.domain.actor import Actor
from bot.domain.blueprint import Blueprint
from bot.domain.blueprint_state import BlueprintState
from bot.domain.catalog import FileProblem
from bot.domain.errors import IllegalTransitionError
from bot.domain.run import Run
from bot.domain.selection import Filter
from bot.ports.store import Tx
from bot.services.rules import Rules


@dataclass(frozen=True, kw_only=True)
class BlueprintView:
    """A blueprint as a list shows it; `state` is None while nobody ever disabled it."""

    blueprint: Blueprint
    state: BlueprintState | None
    last: Run | None

    @property
    def enabled(self) -> bool:
        """Whether it starts anything."""
        return self.state is None or self.state.enabled


@dataclass(frozen=True, kw_only=True)
class BlueprintPage:
    """Blueprints by name, and everything that is wrong with files; `after` begins the next page."""

    views: tuple[BlueprintView, ...]
    lost: tuple[BlueprintState, ...]
    """What is disabled and has no file that can be used."""
    problems: tuple[FileProblem, ...]
    after: str


def set_enabled(  # noqa: PLR0913  # who says what of which, and why
    tx: Tx, rules: Rules, name: str, *, enabled: bool, actor: Actor, reason: str = ""
) -> BlueprintState:
    """Let a blueprint start runs again, or nothing any more; runs that have begun go on.

    Raises NotFoundError, RefusedError, and IllegalTransitionError where it is so already.
    """
    known = rules.catalog.blueprints.get(name)
    verb = "enable" if enabled else "disable"
    rules.permit(actor, verb, project=known.project if known else "")
    before = tx.blueprints.find_state(name)
    if before is None or not enabled or not rules.catalog.lacks(name):
        name = rules.catalog.find(name).name
    if enabled and (before is None or before.enabled):
        raise IllegalTransitionError(f"“{name}” is enabled already.")
    if before is not None and not enabled and not before.enabled:
        raise IllegalTransitionError(f"“{name}” is disabled already: {words(before)}.")
    state = BlueprintState(
        name=name,
        enabled=enabled,
        actor=actor,
        at=tx.now(),
        reason=reason,
        ignored=before.ignored if before and enabled else 0,
    )
    tx.blueprints.save_state(state)
    return state


def require_enabled(tx: Tx, rules: Rules, name: str, *, project: str) -> None:
    """Raises IllegalTransitionError: who disabled it, when, why, and how it is enabled again."""
    state = tx.blueprints.find_state(name)
    if state is None or state.enabled:
        return
    may = ", ".join(f"@{person}" for person in rules.who_may("enable", project=project)) or "nobody"
    raise IllegalTransitionError(
        f"“{name}” is disabled: {words(state)}. Nothing was started. "
        f"To use it again: /run blueprints enable {name} (who may: {may}).",
        suggestions=(f"/run blueprints enable {name}",),
    )


def ignores_trigger(tx: Tx, name: str) -> bool:
    """Whether what nobody asked for just now must start nothing; then it is counted."""
    state = tx.blueprints.find_state(name)
    if state is None or state.enabled:
        return False
    tx.blueprints.save_state(replace(state, ignored=state.ignored + 1))
    return True


def words(state: BlueprintState) -> str:
    """Who had the last word, when and why: `by @ana, 2026-11-20 09:00 UTC: “flaky”`."""
    because = f": “{state.reason}”" if state.reason else ""
    return f"by @{state.actor.name}, {state.at:%Y-%m-%d %H:%M} UTC{because}"


def list_blueprints(tx: Tx, rules: Rules, *, after: str, rows: int) -> BlueprintPage:
    """The page of blueprints past a name."""
    states = tx.blueprints.states()
    catalog = rules.catalog
    names = sorted(name for name in catalog.blueprints if name > after)
    shown = names[:rows]
    first = not after
    return BlueprintPage(
        views=tuple(_view(tx, catalog.blueprints[name], states) for name in shown),
        lost=tuple(
            state
            for name, state in states.items()
            if first and not state.enabled and catalog.lacks(name)
        ),
        problems=catalog.problems if first else (),
        after=shown[-1] if len(names) > rows else "",
    )


def _view(tx: Tx, blueprint: Blueprint, states: Mapping[str, BlueprintState]) -> BlueprintView:
    last = tx.runs.find(Filter(blueprint=blueprint.name), limit=1)
    return BlueprintView(
        blueprint=blueprint, state=states.get(blueprint.name), last=last[0] if last else None
    )
