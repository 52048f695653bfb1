"""People: who is known, by the handle that policy uses."""

import difflib

from bot.domain.errors import NotFoundError
from bot.services.rules import Rules


def require_person(rules: Rules, handle: str, *, project: str = "") -> str:
    """The handle, if policy knows the person and lets them see the project.

    Raises NotFoundError with the nearest ones.
    """
    people = rules.policy.within(project).people
    if handle in people:
        return handle
    near = difflib.get_close_matches(handle, list(people), n=3) or sorted(people)[:5]
    names = ", ".join(f"@{name}" for name in near)
    raise NotFoundError(f"Nobody here is called “{handle[:60]}”. Did you mean {names}?")
