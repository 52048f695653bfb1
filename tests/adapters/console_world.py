"""A small bot for tests of the HTTP surface: real store and application, a scripted dispatcher."""

import asyncio
import hashlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
from fastapi import FastAPI

from adapters.artifact_folder import ArtifactFolder
from adapters.vault import FernetVault
from adapters.web.agent_api import AgentApi
from adapters.web.app import build_app
from adapters.web.artifact_downloads import ArtifactDownloads
from adapters.web.channels import GENERAL
from adapters.web.console_api import ConsoleAccess, ConsoleApi
from adapters.web.output_api import OutputApi
from bot.domain.actor import Actor
from bot.domain.catalog import Catalog
from bot.domain.codec import encode
from bot.domain.conversation import CONSOLE, Conversation
from bot.domain.errors import NotFoundError
from bot.domain.invocation import Invocation, Press
from bot.domain.job import Job
from bot.domain.policy import Policy, Role
from bot.domain.run import Run
from bot.domain.vocabulary import Mode, Profile, Status
from bot.messages.message import Message
from bot.messages.reply import Outcome, Reply
from bot.ports.run_standing import RunStanding
from bot.ports.store import Tx
from bot.services.claiming import hash_token
from bot.services.rules import Rules
from storage.sqlite_store import SqliteStore
from tests.fakes.stage import VAULT_KEY

TOKEN = "console-secret"
CLAIM = "claim-secret"
POLICY = Policy(people={"developer": Role.OPERATOR, "viewer": Role.VIEWER})
START = datetime(2025, 1, 1, tzinfo=UTC)


class RealClock:
    """This machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class CountedIds:
    """Names that a test can foresee."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def token(self) -> str:
        return f"token-{next(self._numbers)}"

    def incident(self) -> str:
        return f"I-{next(self._numbers)}"


def done(
    title: str = "Done.", *, outcome: Outcome = Outcome.DONE, runs: tuple[str, ...] = ()
) -> Reply:
    """A reply of few words."""
    return Reply(message=Message(title=title), outcome=outcome, runs=runs)


Act = Callable[[Invocation], Awaitable[Reply]]


class ScriptedRequests:
    """A dispatcher that remembers what it was asked and answers as the test says."""

    def __init__(self) -> None:
        self.accepted: dict[str, Invocation] = {}
        self.act: Act = self._echo

    async def accept(
        self,
        *,
        key: str,
        actor: Actor,
        conversation: Conversation,
        text: str = "",
        press: Press | None = None,
    ) -> Invocation:
        new = Invocation(
            id=len(self.accepted) + 1,
            key=key,
            actor=actor,
            conversation=conversation,
            received_at=START,
            text=text,
            press=press,
        )
        return self.accepted.setdefault(key, new)

    async def perform(self, invocation: Invocation) -> Reply:
        return await self.act(invocation)

    async def complete(
        self, text: str, *, actor: Actor, conversation: Conversation
    ) -> tuple[str, ...]:
        assert (actor.name, conversation) in {("developer", CONSOLE), ("developer", GENERAL)}
        return (f"{text.rsplit(' ', maxsplit=1)[-1]}st",)

    async def _echo(self, invocation: Invocation) -> Reply:
        return done(invocation.text)


@dataclass(kw_only=True)
class World:
    """The bot with everything a test may turn."""

    data: Path
    store: SqliteStore
    requests: ScriptedRequests = field(default_factory=ScriptedRequests)
    standings: dict[str, RunStanding] = field(default_factory=dict)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    rehearsal: bool = True
    fit: bool = True

    @property
    def artifacts(self) -> ArtifactFolder:
        return ArtifactFolder(self.data / "artifacts")

    def app(self) -> FastAPI:
        access = ConsoleAccess(token=TOKEN, rehearsal=self.rehearsal)
        rules = lambda: Rules(policy=POLICY, catalog=Catalog())  # noqa: E731  # as short as it is
        agents = AgentApi(
            store=self.store,
            rules=rules,
            artifacts=self.artifacts,
            vault=FernetVault(VAULT_KEY),
            closing=self.closing,
        )
        console = ConsoleApi(
            store=self.store,
            requests=self.requests,
            standing=self._standing,
            access=access,
            closing=self.closing,
        )
        output = OutputApi(store=self.store, rules=rules, access=access, closing=self.closing)
        downloads = ArtifactDownloads(
            store=self.store, rules=rules, artifacts=self.artifacts, authorise=access.authorise
        )
        routers = [part.router() for part in (agents, console, output, downloads)]
        return build_app(routers, CountedIds(), ready=self._ready, hosts=["bot.example"])

    async def _ready(self) -> bool:
        return self.fit

    async def _standing(self, key: str, actor: Actor) -> RunStanding:
        assert actor.surface == "console"
        if key not in self.standings:
            raise NotFoundError(f"There is no run {key}.")
        return self.standings[key]

    async def say(
        self, title: str, *, thread: str | None = None, edits: str | None = None, **parts: object
    ) -> str:
        """Put a message into the console, or let one say something else."""
        message = replace(Message(title=title, fallback=title), **parts)  # type: ignore[arg-type]
        content = encode(message)
        if edits:
            number = int(edits)
            await self.store.write(lambda tx: tx.transcript.edit(number, content))
            return edits
        said = await self.store.write(
            lambda tx: tx.transcript.post(CONSOLE, key=title, thread=thread, message=content)
        )
        return str(said.id)

    async def stand(self, status: Status, card: str | None, *gates: str) -> None:
        """Let R-1 stand like this."""
        self.standings["R-1"] = RunStanding(
            key="R-1",
            status=status,
            phase="",
            label=status.value,
            live=status.live,
            waiting_gates=gates,
            conversation_thread=card,
        )

    async def says(self, text: str, *, ends: Status | None = None) -> None:
        """R-1.1 prints, and may end then."""

        def unit(tx: Tx) -> None:
            tx.logs.append(1, stream="out", text=text, at=tx.now())
            if ends:
                tx.jobs.save(replace(tx.jobs.load(1), status=ends))

        await self.store.write(unit)

    async def leaves(self, name: str, content: bytes) -> str:
        """R-1.1 leaves a file; its SHA-256."""

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        sha256 = hashlib.sha256(content).hexdigest()
        await self.artifacts.put(sha256, chunks(), size=len(content))
        await self.store.write(
            lambda tx: tx.artifacts.add(
                run_id=1, job_id=1, name=name, size=len(content), sha256=sha256
            )
        )
        return sha256

    async def claimed_job(self) -> Job:
        """R-1.1, claimed under CLAIM and running."""
        return await self.store.write(_claimed_job)


def _claimed_job(tx: Tx) -> Job:
    run = tx.runs.create(
        Run(
            id=0,
            profile=Profile.AGENT,
            blueprint="checks",
            blueprint_version="v1",
            project="shop",
            title="Check the shop",
            requested_by="developer",
            surface="console",
            owner="developer",
            mode=Mode.AUTOPILOT,
            status=Status.RUNNING,
            created_at=tx.now(),
            updated_at=tx.now(),
            conversation=CONSOLE,
        )
    )
    return tx.jobs.create(
        Job(
            id=0,
            run_id=run.id,
            number=1,
            attempt=1,
            status=Status.RUNNING,
            queued_at=tx.now(),
            agent="builtin",
            fence=1,
            token_hash=hash_token(CLAIM),
            program_present=True,
            started_at=tx.now(),
        )
    )


@asynccontextmanager
async def open_world(data: Path) -> AsyncIterator[World]:
    """A world over a fresh store in this folder."""
    store = SqliteStore(data / "signalbox.db", RealClock())
    await store.open()
    try:
        yield World(data=data, store=store)
    finally:
        await store.close()


def http_client(app: FastAPI, token: str = TOKEN) -> httpx.AsyncClient:
    """A client that speaks to the application without a network."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://127.0.0.1:8321",
        headers={"Authorization": f"Bearer {token}"},
    )
