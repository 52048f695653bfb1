"""The agent's loop between a scripted source and a scripted executor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adapters.agent.loop import AgentLoop
from bot.domain.assignment import Assignment
from bot.domain.codec import JSON
from bot.domain.errors import UnavailableError
from bot.domain.vocabulary import Mode
from bot.ports.executor import FoundRunner
from bot.ports.job_source import Held, MissingTool, Offer, Planning, ToolNeed

JOB = Assignment(
    run="R-1",
    job="R-1.1",
    fence=1,
    token="t",
    attempt=1,
    title="x",
    mode=Mode.AUTOPILOT,
    command=("true",),
)


@dataclass
class Source:
    """The bot's side, as far as a test needs it."""

    queue: list[Assignment] = field(default_factory=list)
    claims: list[Held] = field(default_factory=list)
    unneeded: list[str] = field(default_factory=list)
    said: list[tuple[object, ...]] = field(default_factory=list)
    away: bool = False
    plans: list[Planning] = field(default_factory=list)

    async def unplanned(self, offer: Offer) -> Planning | None:
        assert offer.agent
        return self.plans.pop() if self.plans else None

    async def planned(self, job: str, lacking: Sequence[MissingTool]) -> None:
        self.said.append(("planned", job, [tool.tool for tool in lacking]))

    async def claim(self, offer: Offer) -> Assignment | None:
        self.said.append(("claim", offer.slots))
        return self.queue.pop() if self.queue else None

    async def decline(self, job: str, fence: int, reason: str) -> None:
        self.said.append(("decline", job, fence, reason))

    async def held(self, agent: str) -> tuple[Held, ...]:
        if self.away:
            raise UnavailableError(f"no bot for {agent}")
        return tuple(self.claims)

    async def lost(self, job: str, fence: int, exit_record: Mapping[str, JSON] | None) -> None:
        self.said.append(("lost", job, fence, exit_record))

    async def removable(self, agent: str) -> tuple[str, ...]:
        assert agent
        return tuple(self.unneeded)

    async def removed(self, job: str) -> None:
        self.unneeded.remove(job)

    async def wait(self, seconds: float) -> None:
        assert seconds


@dataclass
class Machine:
    """The executor's side."""

    runners: list[FoundRunner] = field(default_factory=list)
    did: list[tuple[str, str]] = field(default_factory=list)
    broken: bool = False

    async def start(self, assignment: Assignment) -> None:
        if self.broken:
            raise UnavailableError("no room")
        self.did.append(("start", assignment.job))

    async def find(self) -> tuple[FoundRunner, ...]:
        return tuple(self.runners)

    async def kill(self, job: str) -> None:
        self.did.append(("kill", job))

    async def forget(self, job: str) -> None:
        self.did.append(("forget", job))

    async def remove_workspace(self, job: str) -> None:
        self.did.append(("remove", job))


async def test_it_looks_for_the_tools_of_runbooks_before_it_claims() -> None:
    source = Source(
        plans=[
            Planning(
                job="R-1.1",
                needs=(ToolNeed(step="a", tool="sh"), ToolNeed(step="b", tool="no-such-tool")),
            ),
            Planning(job="R-2.1", needs=(ToolNeed(step="a", tool="sh"),), path="/nowhere"),
        ]
    )
    assert not await loop(source, Machine()).turn()
    assert source.said == [
        ("planned", "R-2.1", ["sh"]),
        ("planned", "R-1.1", ["no-such-tool"]),
        ("claim", 2),
    ]


def loop(source: Source, machine: Machine, slots: int = 2) -> AgentLoop:
    return AgentLoop(source, machine, Offer(agent="local", labels=("local",), slots=slots))


def runner(*, fence: int = 1, alive: bool = True, record: JSON = None) -> FoundRunner:
    return FoundRunner(job="R-1.1", fence=fence, alive=alive, exit_record=record)


def claim(*, fence: int = 1, kill: bool = False) -> Held:
    return Held(job="R-1.1", fence=fence, kill=kill)


async def test_a_job_that_fits_is_started() -> None:
    source, machine = Source(queue=[JOB]), Machine()
    assert await loop(source, machine).turn()
    assert machine.did == [("start", "R-1.1")]


async def test_a_full_agent_claims_nothing() -> None:
    source, machine = Source(queue=[JOB], claims=[claim()]), Machine(runners=[runner()])
    assert not await loop(source, machine, slots=1).turn()
    assert source.said == []


async def test_what_cannot_be_started_is_given_back() -> None:
    source, machine = Source(queue=[JOB]), Machine(broken=True)
    await loop(source, machine).turn()
    assert source.said[-1] == ("decline", "R-1.1", 1, "no room")


async def test_a_live_runner_is_left_alone() -> None:
    source, machine = Source(claims=[claim()]), Machine(runners=[runner()])
    assert await loop(source, machine).tend() == (claim(),)
    assert machine.did == []


async def test_the_last_words_of_a_dead_runner_reach_the_bot() -> None:
    record = {"kind": "ended", "status": "succeeded"}
    source = Source(claims=[claim()])
    machine = Machine(runners=[runner(alive=False, record=record)])
    assert await loop(source, machine).tend() == ()
    assert source.said == [("lost", "R-1.1", 1, record)]
    assert machine.did == [("kill", "R-1.1"), ("forget", "R-1.1")]


async def test_a_claim_without_any_runner_is_lost() -> None:
    source, machine = Source(claims=[claim()]), Machine()
    await loop(source, machine).tend()
    assert source.said == [("lost", "R-1.1", 1, None)]


async def test_the_words_of_an_older_claim_count_for_nothing() -> None:
    source = Source(claims=[claim(fence=2)])
    machine = Machine(runners=[runner(fence=1, alive=False, record={"kind": "ended"})])
    await loop(source, machine).tend()
    assert source.said == [("lost", "R-1.1", 2, None)]


async def test_a_runner_past_its_grace_is_killed() -> None:
    source, machine = Source(claims=[claim(kill=True)]), Machine(runners=[runner()])
    await loop(source, machine).tend()
    assert ("kill", "R-1.1") in machine.did
    assert source.said[0][0] == "lost"


async def test_dead_runners_without_a_claim_are_cleared_away() -> None:
    machine = Machine(runners=[runner(alive=False)])
    await loop(Source(), machine).tend()
    assert machine.did == [("kill", "R-1.1"), ("forget", "R-1.1")]


async def test_workspaces_that_are_not_needed_go() -> None:
    source, machine = Source(unneeded=["R-1.1"]), Machine()
    await loop(source, machine).tend()
    assert ("remove", "R-1.1") in machine.did
    assert source.unneeded == []


async def test_a_bot_that_is_away_ends_nothing() -> None:
    source, machine = Source(away=True, queue=[JOB]), Machine(runners=[runner()])
    assert not await loop(source, machine).turn()
    assert machine.did == []
