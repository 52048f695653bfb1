"""`/run stats`: how many runs stand where, per profile."""

from dataclasses import dataclass, replace

from bot.dispatch.command import Command, Request
from bot.domain.wording import stats_bar
from bot.messages.message import Row
from bot.messages.render import say
from bot.messages.reply import Reply
from bot.services.viewing import count_runs


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Nothing is asked."""


def handle(request: Request, given: Arguments) -> Reply:  # noqa: ARG001  # nothing is asked
    """The stats bar of every profile that has runs."""
    request.rules.permit(request.actor, "stats")
    rows = tuple(
        Row(text=f"**{profile.value}** · {_bar(stats_bar(profile, counts))}")
        for profile, counts in count_runs(request.tx).items()
    )
    return Reply(message=replace(say("stats", any=bool(rows)), rows=rows))


def _bar(groups: tuple[tuple[str, int], ...]) -> str:
    return " · ".join(f"{name} {number}" for name, number in groups)


COMMAND = Command(
    verb="stats",
    summary="Count the runs, by profile and status.",
    arguments=Arguments,
    handle=handle,
    examples=("/run stats",),
)
