"""Slack: opened where its settings are given."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.app import Inbound, build_app
from adapters.slack.buttons import KeptButtons
from adapters.slack.events import Events
from adapters.slack.followups import Followups
from adapters.slack.http import events_router, install_router
from adapters.slack.installations import KeptInstallations, KeptStates, install_flow
from adapters.slack.intake import Intake
from adapters.slack.people import People
from adapters.slack.presses import Presses
from adapters.slack.socket import Sockets
from adapters.slack.telling import PlainMessenger, PlainPages, PrivateAnswers
from adapters.slack.work import Work
from adapters.slack.workspaces import (
    SURFACE,
    InstalledWorkspaces,
    SingleWorkspace,
    Workspaces,
    client_maker,
)
from adapters.system import SystemClock
from bot.config import Settings
from bot.domain.errors import UnavailableError
from bot.ports.admission import Admission
from bot.ports.clock import Clock, Ids
from bot.ports.messenger import Messenger
from bot.ports.requests import Requests
from bot.ports.store import Store
from bot.ports.vault import Vault
from bot.services.rules import RulesNow
from bot.wiring.parts import Parts, Surface

Tasks: TypeAlias = tuple[Callable[[], Awaitable[None]], ...]

_LOG = logging.getLogger(__name__)
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
_PATIENCE = 5
"""Seconds that a start waits for Slack; it goes on without."""


@dataclass(frozen=True, kw_only=True)
class SlackNeeds:
    """What Slack's parts are put on."""

    settings: Settings
    store: Store
    rules: RulesNow
    vault: Vault
    requests: Requests
    ids: Ids
    clock: Clock
    admissions: dict[str, Admission]


@asynccontextmanager
async def open_slack(parts: Parts) -> AsyncIterator[Surface]:
    """What Slack brings along; nothing without its settings.

    Raises UserError where Slack does not take the token; Slack may be out of reach.
    """
    if not parts.settings.slack:
        yield Surface()
        return
    needs = SlackNeeds(
        settings=parts.settings,
        store=parts.store,
        rules=parts.rulebook.current,
        vault=parts.vault,
        requests=parts.dispatcher,
        ids=parts.ids,
        clock=SystemClock(),
        admissions=parts.admissions,
    )
    async with slack_surface(needs) as surface:
        yield surface


@asynccontextmanager
async def slack_surface(needs: SlackNeeds) -> AsyncIterator[Surface]:
    """Slack on whatever it is put on."""
    settings = needs.settings
    async with aiohttp.ClientSession() as session:
        make = client_maker(session, settings.slack_api_url)
        client = make(settings.slack_bot_token)
        if not settings.slack_bot_token:
            installed = InstalledWorkspaces(needs.store, needs.vault, make)
            yield _surface(_assemble(needs, session, installed), needs, client)
            return
        single = SingleWorkspace(client)
        known = await _try_to_learn(single)
        learning = () if known else (lambda: _learn(single),)
        assembled = _assemble(needs, session, single)
        yield _surface(assembled, needs, client, tasks=learning)


async def _try_to_learn(single: SingleWorkspace) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE):
            await single.learn()
    except (UnavailableError, TimeoutError) as error:
        _LOG.warning("Slack is not there yet: %s", str(error) or "no answer")
        return False
    return True


async def _learn(single: SingleWorkspace) -> None:
    """Ask until Slack answers."""
    wait = _FIRST_WAIT
    while not await _try_to_learn(single):
        await asyncio.sleep(wait)
        wait = min(wait * 2, _LONGEST_WAIT)


@dataclass(frozen=True, kw_only=True)
class _Assembled:
    """The parts that the surface is made of."""

    inbound: Inbound
    messenger: Messenger
    followups: Followups


def _assemble(
    needs: SlackNeeds, session: aiohttp.ClientSession, workspaces: Workspaces
) -> _Assembled:
    store, rules = needs.store, needs.rules
    people = People(workspaces, store, rules=rules, clock=needs.clock)
    needs.admissions[SURFACE] = people
    answers = PrivateAnswers(session=session, public_url=needs.settings.public_url)
    followups = Followups(store=store, workspaces=workspaces, vault=needs.vault, answers=answers)
    intake = Intake(
        requests=needs.requests, store=store, work=Work(), answers=answers, marks=followups
    )
    pages = PlainPages()
    events = Events(intake=intake, people=people, store=store, vault=needs.vault, pages=pages)
    presses = Presses(
        intake=intake,
        people=people,
        store=store,
        rules=rules,
        buttons=KeptButtons(store=store, rules=rules),
    )
    kept = None
    if isinstance(workspaces, InstalledWorkspaces):
        kept = KeptInstallations(store, needs.vault, workspaces)
    inbound = Inbound(
        intake=intake,
        events=events,
        presses=presses,
        people=people,
        workspaces=workspaces,
        installations=kept,
    )
    return _Assembled(inbound=inbound, messenger=PlainMessenger(workspaces), followups=followups)


def _surface(
    assembled: _Assembled, needs: SlackNeeds, client: AsyncWebClient, *, tasks: Tasks = ()
) -> Surface:
    settings, inbound = needs.settings, assembled.inbound
    app = build_app(inbound, client, signing_secret=settings.slack_signing_secret)
    routers = [events_router(app)] if settings.slack_signing_secret else []
    if inbound.installations is not None:
        flow = install_flow(
            client,
            inbound.installations,
            KeptStates(needs.store, needs.ids),
            app=(settings.slack_client_id, settings.slack_client_secret),
            public_url=settings.public_url,
        )
        routers.append(install_router(flow))
    if settings.slack_app_token:
        tasks = (*tasks, Sockets(app, client, settings.slack_app_token).run)
    return Surface(
        routers=tuple(routers),
        messengers={SURFACE: assembled.messenger},
        tasks=(*tasks, inbound.intake.work.run),
        sweeps={"slack": (1, assembled.followups.sweep)},
    )
