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
from adapters.file_news import FileNewsWatch
from adapters.proc import hide_memory
from adapters.rehearsal import create_world
from adapters.retention import Retention
from adapters.rulebook import Rulebook
from adapters.system import RandomIds, SystemClock, lock_folder
from adapters.transcript import TranscriptMessenger
from adapters.vault import open_vault
from adapters.web.agent_api import AgentApi
from adapters.web.app import Router, build_app
from adapters.web.artifact_downloads import ArtifactDownloads
from adapters.web.chat import chat_router
from adapters.web.console_api import ConsoleAccess, ConsoleApi
from adapters.web.console_token import keep_console_token, keep_maintenance_token
from adapters.web.downloads import Downloads
from adapters.web.maintenance_api import MaintenanceApi
from adapters.web.output_api import OutputApi
from adapters.web.server import serve
from adapters.web.sessions import Sessions, keep_signing_key
from bot.config import Settings
from bot.dispatch.dispatcher import Dispatcher
from bot.domain.actor import Actor
from bot.domain.conversation import CONSOLE
from bot.domain.errors import UserError
from bot.domain.labels import canonical
from bot.notifier import Notifier
from bot.ports.clock import Ids
from bot.ports.job_source import Offer
from bot.ports.messenger import Messenger
from bot.ports.run_standing import FindStanding, RunStanding
from bot.ports.store import Store, Tx
from bot.ports.vault import Vault
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


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """What most of the others need."""

    settings: Settings
    data: Path
    store: AnyStore
    rulebook: Rulebook
    vault: Vault
    dispatcher: Dispatcher
    artifacts: ArtifactFolder
    access: ConsoleAccess
    sessions: Sessions
    ids: Ids
    closing: asyncio.Event


@asynccontextmanager
async def _at_work(
    settings: Settings, data: Path, store: AnyStore, rulebook: Rulebook
) -> AsyncIterator[Bot]:
    ids, rules, artifacts = RandomIds(), rulebook.current, ArtifactFolder(data / "artifacts")
    vault = open_vault(data, settings.encryption_key, rehearsal=settings.rehearsal)
    parts = _Parts(
        settings=settings,
        data=data,
        store=store,
        rulebook=rulebook,
        vault=vault,
        dispatcher=Dispatcher(store, COMMANDS, rules=rules, ids=ids, vault=vault, files=artifacts),
        artifacts=artifacts,
        access=ConsoleAccess(token=keep_console_token(data), rehearsal=settings.rehearsal),
        sessions=_sessions(settings, data, ids),
        ids=ids,
        closing=asyncio.Event(),
    )
    app = build_app(_routers(parts), ids, ready=partial(_ready, store), hosts=settings.hosts)
    await store.write(lambda tx: renew_leases(tx, rules()))
    async with (
        serve(app, data, host=settings.host, port=settings.port, closing=parts.closing) as address,
        _background(parts),
    ):
        sign_in = f"{address}{parts.sessions.sign_in_path}" if settings.rehearsal else ""
        yield Bot(
            address=address,
            sign_in=sign_in,
            store=store,
            dispatcher=parts.dispatcher,
            rules=rulebook,
        )


@asynccontextmanager
async def _background(parts: _Parts) -> AsyncIterator[None]:
    """All that goes on by itself while the block runs."""
    store, rules = parts.store, parts.rulebook.current
    notifier = Notifier(store, _messengers(store), rules=rules)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(notifier.run()), group.create_task(parts.dispatcher.resume())]
        if parts.settings.slots:
            tasks.append(group.create_task(_agent(parts).run()))
        clockwork = start_clockwork(_sweeps(parts), leads=store.leads)
        try:
            yield
        finally:
            clockwork.shutdown(wait=False)
            for task in tasks:
                task.cancel()


def _routers(parts: _Parts) -> list[Router]:
    store, rules, closing = parts.store, parts.rulebook.current, parts.closing
    artifacts, access = parts.artifacts, parts.access
    routers = [
        AgentApi(
            store=store, rules=rules, artifacts=artifacts, vault=parts.vault, closing=closing
        ).router(),
        OutputApi(store=store, rules=rules, access=access, closing=closing).router(),
        ArtifactDownloads(
            store=store, rules=rules, artifacts=artifacts, authorise=access.authorise
        ).router(),
        ConsoleApi(
            store=store,
            requests=parts.dispatcher,
            standing=_standing(store, parts.rulebook),
            access=access,
            closing=closing,
        ).router(),
        Downloads(store=store, artifacts=artifacts, access=access, rules=rules).router(),
        MaintenanceApi(
            maintenance=store.maintenance, token=keep_maintenance_token(parts.data)
        ).router(),
    ]
    if parts.settings.rehearsal:
        sessions = parts.sessions
        chat = chat_router(store, parts.dispatcher, rules=rules, sessions=sessions, closing=closing)
        routers.append(chat)
    return routers


def _messengers(store: Store) -> dict[str, Messenger]:
    return {surface: TranscriptMessenger(store, surface) for surface in ("console", "web")}


def _sessions(settings: Settings, data: Path, ids: Ids) -> Sessions:
    key = settings.signing_key or keep_signing_key(data, ids)
    return Sessions(key, clock=SystemClock(), ids=ids)


def _agent(parts: _Parts) -> AgentLoop:
    source = EmbeddedJobSource(
        parts.store, rules=parts.rulebook.current, ids=parts.ids, vault=parts.vault
    )
    settings = parts.settings
    offer = Offer(agent=settings.agent, labels=canonical(["local"]), slots=settings.slots)
    return AgentLoop(source, LocalExecutor(parts.data / "jobs"), offer)


def _sweeps(parts: _Parts) -> dict[str, tuple[float, Sweep]]:
    def sweep(unit: Callable[[Tx, Rules], object]) -> Sweep:
        return lambda: parts.store.write(lambda tx: unit(tx, parts.rulebook.current()))

    settings = parts.settings
    news = FileNewsWatch(parts.store, rules=parts.rulebook.current)
    retention = Retention(
        store=parts.store,
        artifacts=parts.artifacts,
        log_time=settings.log_time,
        artifact_time=settings.artifact_time,
    )
    return {
        "files": (1, news.look),
        "retention": (600, retention.sweep),
        "effects": (1, sweep(lambda tx, _: sweep_effects(tx))),
        "gates": (1, sweep(sweep_gates)),
        "leases": (5, sweep(lambda tx, _: sweep_leases(tx))),
        "timeouts": (1, sweep(sweep_timeouts)),
        "stats": (60, sweep(lambda tx, _: tx.runs.fold_stats())),
        "requests": (10, parts.dispatcher.resume),
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
