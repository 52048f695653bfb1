"""Wiring: the only place that names concrete classes and puts them together."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from adapters.artifact_folder import ArtifactFolder
from adapters.proc import hide_memory
from adapters.rehearsal import create_world
from adapters.rulebook import Rulebook
from adapters.system import RandomIds, SystemClock, lock_folder
from adapters.vault import open_vault
from adapters.web.app import build_app
from adapters.web.console_api import ConsoleAccess
from adapters.web.console_token import keep_console_token
from adapters.web.server import serve
from adapters.web.sessions import Sessions, keep_signing_key
from bot.config import Settings
from bot.dispatch.dispatcher import Dispatcher
from bot.domain.errors import UserError
from bot.ports.admission import Admission
from bot.ports.clock import Ids
from bot.ports.requests import LateAnswers
from bot.ports.store import Store
from bot.ports.tracker import Tracker
from bot.services.rules import Periods
from bot.services.sweeping import renew_leases
from bot.wiring.background import background
from bot.wiring.embedded import open_embedded
from bot.wiring.github import github_hosting, open_github
from bot.wiring.linear import open_linear
from bot.wiring.parts import OpenSurface, Parts, Surface
from bot.wiring.slack import open_slack
from bot.wiring.web import api_routers
from commands import COMMANDS
from storage.stores import AnyStore, database_file, open_store

_SURFACES: tuple[OpenSurface, ...] = (open_embedded, open_slack, open_linear, open_github)
"""All there are; what each brings along depends on the settings."""


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
        try:
            async with _with_store(settings, data) as bot:
                yield bot
        except ExceptionGroup as errors:
            raise _only(errors) from errors


def _only(errors: ExceptionGroup[Exception]) -> Exception:
    """The one thing that an operator can mend, where that is all that went wrong."""
    only: Exception = errors
    while isinstance(only, ExceptionGroup) and len(only.exceptions) == 1:
        only = only.exceptions[0]
    return only if isinstance(only, UserError) else errors


@asynccontextmanager
async def kept(settings: Settings) -> AsyncIterator[Store]:
    """What a bot has kept, while it runs or not. Raises UserError where there is no database."""
    file = database_file(settings.database)
    if file and not file.exists():
        raise UserError(f"There is no database at {file}; nothing was kept yet.")
    async with open_store(settings.database, SystemClock()) as store:
        yield store


@asynccontextmanager
async def _with_store(settings: Settings, data: Path) -> AsyncIterator[Bot]:
    if settings.rehearsal:
        await asyncio.to_thread(create_world, data)
    rulebook = _rulebook(settings, data)
    async with (
        open_store(settings.database, SystemClock()) as store,
        _at_work(settings, data, store, rulebook) as bot,
    ):
        yield bot


def _rulebook(settings: Settings, data: Path) -> Rulebook:
    periods = Periods(hold=settings.hold_time, grace=settings.grace_time)
    return Rulebook(
        blueprints=settings.blueprints_folder,
        policy=settings.policy_file,
        prices=settings.prices_file,
        base=data,
        periods=periods,
        hosting=github_hosting(settings),
    )


@asynccontextmanager
async def _at_work(
    settings: Settings, data: Path, store: AnyStore, rulebook: Rulebook
) -> AsyncIterator[Bot]:
    parts = _put_together(settings, data, store, rulebook)
    await store.write(lambda tx: renew_leases(tx, rulebook.current()))
    async with AsyncExitStack() as stack:
        surfaces = [await stack.enter_async_context(opened(parts)) for opened in _SURFACES]
        found = [surface.tracker for surface in surfaces if surface.tracker]
        parts.trackers.update({tracker.surface: tracker for tracker in found})
        address = await stack.enter_async_context(_serving(parts, surfaces))
        await stack.enter_async_context(background(parts, surfaces))
        sign_in = f"{address}{parts.sessions.sign_in_path}" if settings.rehearsal else ""
        yield Bot(
            address=address,
            sign_in=sign_in,
            store=store,
            dispatcher=parts.dispatcher,
            rules=rulebook,
        )


def _put_together(settings: Settings, data: Path, store: AnyStore, rulebook: Rulebook) -> Parts:
    ids, rules, artifacts = RandomIds(), rulebook.current, ArtifactFolder(data / "artifacts")
    vault = open_vault(data, settings.encryption_key, rehearsal=settings.rehearsal)
    admissions: dict[str, Admission] = {}
    late_answers: dict[str, LateAnswers] = {}
    trackers: dict[str, Tracker] = {}
    dispatcher = Dispatcher(
        store,
        COMMANDS,
        rules=rules,
        ids=ids,
        vault=vault,
        files=artifacts,
        trackers=trackers,
        admissions=admissions,
        late_answers=late_answers,
    )
    return Parts(
        settings=settings,
        data=data,
        store=store,
        rulebook=rulebook,
        vault=vault,
        dispatcher=dispatcher,
        artifacts=artifacts,
        access=ConsoleAccess(token=keep_console_token(data), rehearsal=settings.rehearsal),
        sessions=_sessions(settings, data, ids),
        ids=ids,
        closing=asyncio.Event(),
        admissions=admissions,
        late_answers=late_answers,
        trackers=trackers,
    )


@asynccontextmanager
async def _serving(parts: Parts, surfaces: Sequence[Surface]) -> AsyncIterator[str]:
    """The address under which everything is served while the block runs."""
    settings = parts.settings
    credential = next((each.credential for each in surfaces if each.credential), None)
    # Chats first: what they send must be acknowledged soon, and the first route is found soonest.
    routers = [
        *(each for surface in surfaces for each in surface.routers),
        *api_routers(parts, credential),
    ]
    app = build_app(routers, parts.ids, ready=partial(_ready, parts.store), hosts=settings.hosts)
    async with serve(
        app, parts.data, host=settings.host, port=settings.port, closing=parts.closing
    ) as address:
        yield address


def _sessions(settings: Settings, data: Path, ids: Ids) -> Sessions:
    key = settings.signing_key or keep_signing_key(data, ids)
    return Sessions(key, clock=SystemClock(), ids=ids)


async def _ready(store: Store) -> bool:
    return await store.read(lambda tx: tx.now() is not None)
