"""Slack: opened where its settings are given."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from adapters.clockwork import Sweep
from adapters.slack.answers import Answers
from adapters.slack.app import Inbound, build_app
from adapters.slack.boards import Boards, live_runs
from adapters.slack.buttons import KeptButtons
from adapters.slack.calls import Calls
from adapters.slack.echoes import Echoes
from adapters.slack.events import Events
from adapters.slack.followups import Followups
from adapters.slack.groups import Groups, Members
from adapters.slack.home import Homes
from adapters.slack.http import events_router, install_router
from adapters.slack.installations import KeptInstallations, KeptStates, install_flow
from adapters.slack.intake import Intake
from adapters.slack.late import SlackLateAnswers
from adapters.slack.outbound import SlackMessenger
from adapters.slack.pacing import Pacing
from adapters.slack.pages import HomePages, home_loader
from adapters.slack.people import People
from adapters.slack.presses import Presses
from adapters.slack.sessions import Sessions
from adapters.slack.socket import Sockets
from adapters.slack.telling import Telling
from adapters.slack.work import Work
from adapters.slack.workspaces import (
    SURFACE,
    Client,
    InstalledWorkspaces,
    SingleWorkspace,
    Workspaces,
    open_clients,
)
from adapters.system import SystemClock
from bot.config import Settings
from bot.domain.actor import Actor
from bot.domain.conversation import Conversation
from bot.domain.errors import UnavailableError
from bot.messages.reply import Reply
from bot.ports.admission import Admission
from bot.ports.artifact_files import ArtifactFiles
from bot.ports.clock import Clock, Ids
from bot.ports.messenger import Messenger
from bot.ports.requests import LateAnswers, Looking
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
    requests: Looking
    ids: Ids
    clock: Clock
    admissions: dict[str, Admission]
    late_answers: dict[str, LateAnswers]
    files: ArtifactFiles
    tell_members: Callable[[Members], None]
    """Is told who is in the groups that policy names."""


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
        late_answers=parts.late_answers,
        files=parts.artifacts,
        tell_members=parts.rulebook.raise_members,
    )
    async with slack_surface(needs) as surface:
        yield surface


@asynccontextmanager
async def slack_surface(needs: SlackNeeds) -> AsyncIterator[Surface]:
    """Slack on whatever it is put on."""
    settings = needs.settings
    async with open_clients(settings.slack_api_url) as make:
        client = make("")
        if not settings.slack_bot_token:
            installed = InstalledWorkspaces(needs.store, needs.vault, make)
            yield _surface(_assemble(needs, installed), needs, client)
            return
        single = SingleWorkspace(make(settings.slack_bot_token))
        known = await _try_to_learn(single)
        learning = () if known else (lambda: _learn(single),)
        assembled = _assemble(needs, single)
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
    pacing: Pacing
    sweeps: Mapping[str, tuple[float, Sweep]]


def _assemble(needs: SlackNeeds, workspaces: Workspaces) -> _Assembled:
    store, url = needs.store, needs.settings.public_url
    people = People(workspaces, store, rules=needs.rules, clock=needs.clock)
    needs.admissions[SURFACE] = people
    calls, echoes = Calls(partial(_client, workspaces)), Echoes()
    pacing = Pacing(needs.clock, echoes)
    messenger = SlackMessenger(
        calls,
        echoes,
        pacing,
        people=people.users,
        sessions=Sessions(calls, needs.clock),
        public_url=url,
    )
    boards = Boards(messenger, pacing, echoes, clock=needs.clock, live=live_runs(store))
    homes = Homes(calls, needs.clock, home_loader(people, partial(_look, needs)), public_url=url)
    answers = Answers(calls, needs.clock, public_url=url)
    telling = Telling(
        answers=answers,
        calls=calls,
        store=store,
        clock=needs.clock,
        content=lambda sha256: needs.files.path(sha256).read_text("utf-8"),
        public_url=url,
    )
    followups = Followups(store=store, workspaces=workspaces, vault=needs.vault, answers=telling)
    intake = Intake(
        requests=needs.requests, store=store, work=Work(), answers=telling, marks=followups
    )
    needs.late_answers[SURFACE] = SlackLateAnswers(intake=intake, workspaces=workspaces)
    groups = Groups(
        workspaces, store, rules=needs.rules, clock=needs.clock, tell=needs.tell_members
    )
    pages = HomePages(homes=homes, calls=calls)
    heard = (people, echoes, groups)
    return _Assembled(
        inbound=_inbound(needs, workspaces, intake=intake, pages=pages, heard=heard),
        messenger=messenger,
        pacing=pacing,
        sweeps={
            "slack followups": (1, followups.sweep),
            "slack boards": (2, boards.tick),
            "slack homes": (10, homes.refresh),
        },
    )


def _inbound(
    needs: SlackNeeds,
    workspaces: Workspaces,
    *,
    intake: Intake,
    pages: HomePages,
    heard: tuple[People, Echoes, Groups],
) -> Inbound:
    people, echoes, groups = heard
    kept = None
    if isinstance(workspaces, InstalledWorkspaces):
        kept = KeptInstallations(needs.store, needs.vault, workspaces)
    return Inbound(
        intake=intake,
        events=Events(
            intake=intake,
            people=people,
            store=needs.store,
            vault=needs.vault,
            pages=pages,
            echoes=echoes,
        ),
        presses=Presses(
            intake=intake,
            people=people,
            store=needs.store,
            rules=needs.rules,
            buttons=KeptButtons(store=needs.store, rules=needs.rules),
            issues=needs.requests,
        ),
        people=people,
        workspaces=workspaces,
        installations=kept,
        groups=groups,
    )


async def _client(workspaces: Workspaces, tenant: str) -> Client:
    return (await workspaces.find(tenant)).client


async def _look(needs: SlackNeeds, text: str, actor: Actor, place: Conversation) -> Reply:
    return await needs.requests.look(text, actor=actor, conversation=place)


def _surface(
    assembled: _Assembled, needs: SlackNeeds, client: Client, *, tasks: Tasks = ()
) -> Surface:
    settings, inbound = needs.settings, assembled.inbound
    app = build_app(inbound, client, signing_secret=settings.slack_signing_secret)
    routers = [events_router(app, inbound.intake.work)] if settings.slack_signing_secret else []
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
        etiquettes={SURFACE: assembled.pacing},
        tasks=(*tasks, inbound.intake.work.run, inbound.groups.run),
        sweeps=assembled.sweeps,
    )
