"""Linear's parts, put together over one transport."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from fastapi import APIRouter

from adapters.linear.answering import Answers
from adapters.linear.auth import AppCredentials
from adapters.linear.client import LinearClient
from adapters.linear.identity import OurIdentity
from adapters.linear.inbox import LinearInbox
from adapters.linear.keeping import KeepAlive
from adapters.linear.listener import LinearListener
from adapters.linear.outbound import LinearMessenger
from adapters.linear.sessions import SessionTeller
from adapters.linear.tracker import LinearTracker
from adapters.linear.transport import Transport
from adapters.linear.webhook import LinearWebhook
from adapters.linear.workflow import Workflow
from bot.ports.clock import Clock
from bot.ports.requests import Requests
from bot.ports.store import Store
from bot.services.rules import Rules

LABELS = ("signalbox",)
"""Labels that start work on an issue when somebody sets them."""


@dataclass(frozen=True, kw_only=True)
class Core:
    """What of the core Linear speaks to."""

    store: Store
    requests: Requests
    rules: Callable[[], Rules]
    clock: Clock
    run_page: Callable[[str], str]
    """The address of a run's page by its key; empty where there is none."""


@dataclass(frozen=True, kw_only=True)
class Linear:
    """What Linear brings along."""

    client: LinearClient
    identity: OurIdentity
    messenger: LinearMessenger
    tracker: LinearTracker
    inbox: LinearInbox
    keep_alive: KeepAlive
    router: APIRouter


def put_together(
    core: Core,
    transport: Transport,
    *,
    webhook_secret: str,
    credentials: AppCredentials | None = None,
    labels: Collection[str] = LABELS,
) -> Linear:
    """All parts; `inbox.run` is to run, `inbox.sweep` and `keep_alive.sweep` to tick.

    `credentials` are those of an app that can be installed.
    """
    client = LinearClient(transport)
    identity = OurIdentity(client, credentials)
    teller = SessionTeller(client, clock=core.clock, run_page=core.run_page)
    tracker = LinearTracker(client, identity)
    listener = LinearListener(
        core.store,
        core.requests,
        client,
        identity=identity,
        answers=Answers(core.store, client, teller),
        tracker=tracker,
        rules=core.rules,
        labels=labels,
    )
    inbox = LinearInbox(core.store, listener)
    webhook = LinearWebhook(
        core.store,
        secret=webhook_secret,
        clock=core.clock,
        identity=identity,
        hand_on=inbox.hand_on,
        arrivals=inbox.arrivals,
    )
    return Linear(
        client=client,
        identity=identity,
        messenger=LinearMessenger(
            client, teller, Workflow(client, identity), run_page=core.run_page
        ),
        tracker=tracker,
        inbox=inbox,
        keep_alive=KeepAlive(core.store, teller),
        router=webhook.router(),
    )
