"""Wiring: the only place that names concrete classes and puts them together."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from adapters.agent.embedded import EmbeddedJobSource
from adapters.agent.loop import AgentLoop
from adapters.artifact_folder import ArtifactFolder
from adapters.clockwork import Sweep, start_clockwork
from adapters.executors.local import LocalExecutor
from adapters.proc import hide_memory
from adapters.rehearsal import create_world
from adapters.rulebook import Rulebook
from adapters.system import RandomIds, SystemClock, lock_folder
from adapters.transcript import TranscriptMessenger
from adapters.vault import open_vault
from adapters.web.agent_api import AgentApi
from adapters.web.app import build_app
from adapters.web.chat import chat_router
from adapters.web.console_api import ConsoleAccess, ConsoleApi
from adapters.web.console_token import keep_console_token
from adapters.web.downloads import Downloads
from adapters.web.server import serve
from adapters.web.sessions import Sessions, keep_signing_key
from bot.config import Settings
from bot.dispatch.dispatcher import Dispatcher
from bot.domain.actor import Actor
from bot.domain.conversation import CONSOLE
from bot.domain.errors import UserError
from bot.domain.labels import canonical
from bot.notifier import Notifier
from bot.ports.job_source import Offer
from bot.ports.messenger import Messenger
from bot.ports.run_standing import FindStanding, RunStanding
from bot.ports.store import Store, Tx
from bot.services.people import look_as
from bot.services.rules import Periods, Rules
from bot.services.sweeping import renew_leases, sweep_gates, sweep_leases, sweep_timeouts
from bot.services.undoing import sweep_effects
from bot.services.viewing import stand
from commands import COMMANDS
from storage.stores import AnyStore, database_file, store_at


@dataclass(frozen=True, kw_only=True)
class Bot:
    """A bot at work."""

    address: str
    sign_in: str
    """The link that signs a browser in; empty where this is no rehearsal."""
    store: Store
    dispatcher: Dispatcher
    rules: Rulebook


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Bot]:
    """A whole bot on this machine while the block runs.

    Raises UserError where the settings, the policy or the port do not allow it.
    """
    hide_memory()
    data = settings.data_dir.absolute()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock_folder(data):
        async with _with_store(settings, data) as bot:
            yield bot


@asynccontextmanager
async def kept(settings: Settings) -> AsyncIterator[Store]:
    """What a bot has kept, while it runs or not. Raises UserError where there is no database."""
    file = database_file(settings.database)
    if file and not file.exists():
        raise UserError(f"There is no database at {file}; nothing was kept yet.")
    store = store_at(settings.database, SystemClock())
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def _with_store(settings: Settings, data: Path) -> AsyncIterator[Bot]:
    if settings.rehearsal:
        await asyncio.to_thread(create_world, data)
    rulebook = _rulebook(settings, data)
    store = store_at(settings.database, SystemClock())
    await store.open()
    try:
        async with _at_work(settings, data, store, rulebook) as bot:
            yield bot
    finally:
        await store.close()


def _rulebook(settings: Settings, data: Path) -> Rulebook:
    periods = Periods(hold=settings.hold_time, grace=settings.grace_time)
    return Rulebook(
        blueprints=settings.blueprints_folder,
        policy=settings.policy_file,
        prices=settings.prices_file,
        base=data,
        periods=periods,
    )


@asynccontextmanager
async def _at_work(
    settings: Settings, data: Path, store: AnyStore, rulebook: Rulebook
) -> AsyncIterator[Bot]:
    ids, rules, closing = RandomIds(), rulebook.current, asyncio.Event()
    artifacts = ArtifactFolder(data / "artifacts")
    vault = open_vault(data, settings.encryption_key, rehearsal=settings.rehearsal)
    dispatcher = Dispatcher(store, COMMANDS, rules=rules, ids=ids, vault=vault, files=artifacts)
    notifier = Notifier(store, _messengers(store), rules=rules)
    sessions = _sessions(settings, data)
    access = ConsoleAccess(token=keep_console_token(data), rehearsal=settings.rehearsal)
    agents = AgentApi(store=store, rules=rules, artifacts=artifacts, vault=vault, closing=closing)
    console = ConsoleApi(
        store=store,
        requests=dispatcher,
        standing=_standing(store, rulebook),
        access=access,
        closing=closing,
    )
    downloads = Downloads(store=store, artifacts=artifacts, access=access, rules=rules)
    routers = [agents.router(), console.router(), downloads.router()]
    if settings.rehearsal:
        routers.append(
            chat_router(store, dispatcher, rules=rules, sessions=sessions, closing=closing)
        )
    app = build_app(routers, ids, ready=partial(_ready, store), hosts=settings.hosts)
    await store.write(lambda tx: renew_leases(tx, rules()))
    source = EmbeddedJobSource(store, rules=rules, ids=ids, vault=vault)
    agent = _agent(settings, data, source)
    async with (
        serve(app, data, host=settings.host, port=settings.port, closing=closing) as address,
        asyncio.TaskGroup() as group,
    ):
        tasks = [group.create_task(notifier.run()), group.create_task(dispatcher.resume())]
        if settings.slots:
            tasks.append(group.create_task(agent.run()))
        sweeps = {**_sweeps(store, rulebook), "requests": (10.0, dispatcher.resume)}
        clockwork = start_clockwork(sweeps, leads=store.leads)
        try:
            sign_in = f"{address}{sessions.sign_in_path}" if settings.rehearsal else ""
            yield Bot(
                address=address,
                sign_in=sign_in,
                store=store,
                dispatcher=dispatcher,
                rules=rulebook,
            )
        finally:
            clockwork.shutdown(wait=False)
            for task in tasks:
                task.cancel()


def _messengers(store: Store) -> dict[str, Messenger]:
    return {surface: TranscriptMessenger(store, surface) for surface in ("console", "web")}


def _sessions(settings: Settings, data: Path) -> Sessions:
    ids = RandomIds()
    key = settings.signing_key or keep_signing_key(data, ids)
    return Sessions(key, clock=SystemClock(), ids=ids)


def _agent(settings: Settings, data: Path, source: EmbeddedJobSource) -> AgentLoop:
    offer = Offer(agent=settings.agent, labels=canonical(["local"]), slots=settings.slots)
    return AgentLoop(source, LocalExecutor(data / "jobs"), offer)


def _sweeps(store: Store, rulebook: Rulebook) -> dict[str, tuple[float, Sweep]]:
    def sweep(unit: Callable[[Tx, Rules], object]) -> Sweep:
        return lambda: store.write(lambda tx: unit(tx, rulebook.current()))

    return {
        "effects": (1, sweep(lambda tx, _: sweep_effects(tx))),
        "gates": (1, sweep(sweep_gates)),
        "leases": (5, sweep(lambda tx, _: sweep_leases(tx))),
        "timeouts": (1, sweep(sweep_timeouts)),
        "stats": (60, sweep(lambda tx, _: tx.runs.fold_stats())),
    }


def _standing(store: Store, rulebook: Rulebook) -> FindStanding:
    async def find(key: str, actor: Actor) -> RunStanding:
        rules = rulebook.current()
        return await store.read(
            lambda tx: stand(look_as(tx, rules.policy, actor, CONSOLE)[1], rules, key)
        )

    return find


async def _ready(store: Store) -> bool:
    return await store.read(lambda tx: tx.now() is not None)
