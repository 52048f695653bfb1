"""Label sets: what a job requires and what an agent offers."""

from collections.abc import Collection, Iterable

from bot.domain.errors import UserError

_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.:/")
_LONGEST = 64


def canonical(labels: Iterable[str]) -> tuple[str, ...]:
    """Lower-case, deduplicated, sorted labels, so that equal sets compare and hash equal.

    Raises UserError for an empty, over-long or oddly spelled label.
    """
    cleaned = {label.strip().lower() for label in labels}
    for label in cleaned:
        if not label or len(label) > _LONGEST or not set(label) <= _ALLOWED:
            raise UserError(
                f"“{label[:_LONGEST]}” is not a label: use 1 to {_LONGEST} letters, digits or -_.:/"
            )
    return tuple(sorted(cleaned))


def missing(required: Collection[str], offered: Collection[str]) -> tuple[str, ...]:
    """The required labels that an agent does not offer; empty means that it may claim."""
    return tuple(sorted(set(required) - set(offered)))
