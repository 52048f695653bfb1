"""JobSource: where an agent gets jobs from, in process or over the network."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.domain.assignment import Assignment
from bot.domain.codec import JSON


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What an agent has to give."""

    agent: str
    labels: tuple[str, ...]
    slots: int


@dataclass(frozen=True, kw_only=True)
class Held:
    """A claim that the bot believes this agent to hold."""

    job: str
    fence: int
    kill: bool
    """Its grace is over: whatever is left of it must be killed now."""


class JobSource(Protocol):
    """The agent's side of the claim protocol."""

    async def claim(self, offer: Offer) -> Assignment | None:
        """The first queued job that this agent fits, now claimed; None when there is none."""

    async def decline(self, job: str, fence: int, reason: str) -> None:
        """Give a claim back because its runner could not be started."""

    async def held(self, agent: str) -> tuple[Held, ...]:
        """All claims of this agent that have not ended."""

    async def lost(self, job: str, fence: int, exit_record: Mapping[str, JSON] | None) -> None:
        """A runner is dead; its exit record, if it left one, is taken as its last report."""

    async def removable(self, agent: str) -> tuple[str, ...]:
        """The jobs whose workspaces on this agent are no longer needed."""

    async def removed(self, job: str) -> None:
        """A workspace is gone."""

    async def wait(self, seconds: float) -> None:
        """Return when there may be something new, at the latest after `seconds`."""
