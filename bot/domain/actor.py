"""Who did something: a person, the system, or a program at work."""

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class ActorKind(StrEnum):
    """What kind of doer stands behind an event."""

    PERSON = "person"
    SYSTEM = "system"
    PROGRAM = "program"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A doer; for a person `name` is the handle that policy knows."""

    kind: ActorKind
    name: str
    surface: str
    """Where it was done: console, web, slack, agent, clock …"""

    @property
    def handle(self) -> str | None:
        """The person's handle; None for the system and programs."""
        return self.name if self.kind is ActorKind.PERSON else None


def person(name: str, surface: str) -> Actor:
    """A person acting on a surface."""
    return Actor(kind=ActorKind.PERSON, name=name, surface=surface)


def program(job_key: str) -> Actor:
    """The program that works on a job."""
    return Actor(kind=ActorKind.PROGRAM, name=job_key, surface="agent")


CLOCK = Actor(kind=ActorKind.SYSTEM, name="clock", surface="clock")
POLICY = Actor(kind=ActorKind.SYSTEM, name="policy", surface="policy")
AGENT = Actor(kind=ActorKind.SYSTEM, name="agent", surface="agent")
