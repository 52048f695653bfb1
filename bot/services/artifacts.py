"""Artifacts: which of them a person may see, over all runs, and which content may be fetched."""

from dataclasses import dataclass

from bot.domain.actor import Actor
from bot.domain.artifact import StoredArtifact
from bot.domain.errors import NotFoundError
from bot.domain.run import Run
from bot.domain.selection import Filter
from bot.ports.store import Tx
from bot.services.rules import Rules

_BATCH = 50
_BATCHES = 20
"""So many batches are looked at for one page."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """An artifact with the run that left it."""

    artifact: StoredArtifact
    run: Run


@dataclass(frozen=True, kw_only=True)
class Page:
    """Artifacts newest first; `before` is where the next page begins, None at the end."""

    listed: tuple[Listed, ...]
    before: int | None


def list_artifacts(  # noqa: PLR0913  # a page of a list in full
    tx: Tx,
    rules: Rules,
    filter_: Filter,
    *,
    actor: Actor,
    run_id: int | None,
    before: int | None,
    rows: int,
) -> Page:
    """The artifacts that this person may see; the filter's words are searched in their names."""
    words = filter_.words.casefold().split()
    found: list[Listed] = []
    for _ in range(_BATCHES):
        batch = tx.artifacts.find(filter_, run_id=run_id, limit=_BATCH, before=before)
        for artifact in batch:
            before = artifact.id
            run = tx.runs.load(artifact.run_id)
            named = all(word in artifact.name.casefold() for word in words)
            if named and rules.permits(actor, "artifacts", run=run):
                found.append(Listed(artifact=artifact, run=run))
            if len(found) > rows:
                return Page(listed=tuple(found[:rows]), before=found[rows - 1].artifact.id)
        if len(batch) < _BATCH:
            return Page(listed=tuple(found), before=None)
    return Page(listed=tuple(found), before=before)


def find_content(tx: Tx, rules: Rules, actor: Actor, *, sha256: str, name: str) -> StoredArtifact:
    """The artifact of this content and name that the person may fetch.

    Raises NotFoundError where there is none, or none for this person.
    """
    for artifact in tx.artifacts.of_content(sha256):
        run = tx.runs.load(artifact.run_id)
        if artifact.name == name and rules.permits(actor, "artifacts", run=run):
            return artifact
    raise NotFoundError(
        f"There is no artifact “{name[:80]}” with that SHA-256 for you; it may have been removed. "
        "/run artifacts lists those there are."
    )
