"""Parts: what is put together once, and what a surface brings along."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from adapters.artifact_folder import ArtifactFolder
from adapters.clockwork import Sweep
from adapters.rulebook import Rulebook
from adapters.web.app import Router
from adapters.web.console_api import ConsoleAccess
from adapters.web.sessions import Sessions
from bot.config import Settings
from bot.dispatch.dispatcher import Dispatcher
from bot.ports.admission import Admission
from bot.ports.clock import Ids
from bot.ports.code_host import FindCredential
from bot.ports.messenger import Etiquette, Messenger
from bot.ports.requests import LateAnswers
from bot.ports.tracker import Tracker
from bot.ports.vault import Vault
from storage.stores import AnyStore


@dataclass(frozen=True, kw_only=True)
class Parts:
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
    admissions: dict[str, Admission] = field(default_factory=dict)
    """By surface; a surface that is opened adds its own."""
    late_answers: dict[str, LateAnswers] = field(default_factory=dict)
    """By surface, of those that answer after a restart as well."""
    trackers: dict[str, Tracker] = field(default_factory=dict)
    """By their surface; filled as the surfaces are opened."""

    def run_url(self, key: str) -> str:
        """The page of a run."""
        return run_url(self.settings, key)


def run_url(settings: Settings, key: str) -> str:
    """A page about a run that every surface may link to; empty where nobody could open it."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    here = f"http://{host}:{settings.port}" if settings.rehearsal else ""
    base = settings.public_url.rstrip("/") or here
    return f"{base}/runs/{key}" if base else ""


@dataclass(frozen=True, kw_only=True)
class Surface:
    """What a chat, a tracker or a code host brings along; nothing where it is not set up."""

    routers: tuple[Router, ...] = ()
    messengers: Mapping[str, Messenger] = field(default_factory=dict)
    """By the name of the surface that each speaks for."""
    etiquettes: Mapping[str, Etiquette] = field(default_factory=dict)
    """Of those surfaces that count what is told; by their names."""
    tasks: tuple[Callable[[], Awaitable[None]], ...] = ()
    """What goes on until it is cancelled; one that raises ends the bot."""
    sweeps: Mapping[str, tuple[float, Sweep]] = field(default_factory=dict)
    """What the bot that leads does every so many seconds, by a name that no other has."""
    tracker: Tracker | None = None
    credential: FindCredential | None = None
    """What opens the repositories of a code host for runners."""


OpenSurface: TypeAlias = Callable[[Parts], AbstractAsyncContextManager[Surface]]
"""Opens what a surface holds open, such as connections, and closes it after the block."""
