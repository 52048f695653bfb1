"""JobSource: where an agent gets jobs from, in process or over the network."""

from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True, kw_only=True)
class ToolNeed:
    """A command that a step of a runbook calls."""

    step: str
    """The step's title."""
    tool: str


@dataclass(frozen=True, kw_only=True)
class Planning:
    """A runbook's job that is to be planned before anybody may claim it."""

    job: str
    needs: tuple[ToolNeed, ...]
    path: str = ""
    """Where to look for them, as in PATH; empty: where the agent itself does."""


@dataclass(frozen=True, kw_only=True)
class MissingTool:
    """A tool that is not on an agent's machine."""

    step: str
    tool: str
    agent: str


class JobSource(Protocol):
    """The agent's side of the claim protocol."""

    async def unplanned(self, offer: Offer) -> Planning | None:
        """The first job that fits this agent and whose tools are to be identified; or None."""

    async def planned(self, job: str, lacking: Sequence[MissingTool]) -> None:
        """The tools of a job were looked for; without any lacking it can be claimed."""

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
