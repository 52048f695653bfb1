"""Slack by Socket Mode: several connections of our own making, so no address is needed.

What is not acknowledged before a connection ends is sent again by Slack over another one.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.workspaces import NO_ANSWER
from bot.domain.errors import UserError

_LOG = logging.getLogger(__name__)

CONNECTIONS = 2
"""While one of them is renewed, the other hears."""
_PATIENCE = 20
"""Seconds that a connection may take to open."""
_LOOK_EVERY = 0.25
"""Seconds between two looks whether a connection still stands."""
_FRESH_FOR = 5.0
"""Seconds after which an address that did not lead to a connection is taken to be spent."""
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
_DEAD = frozenset({"invalid_auth", "not_authed", "account_inactive", "token_revoked"})
_NOT_ALLOWED = frozenset({"missing_scope", "not_allowed_token_type", "forbidden_token"})


class Sockets:
    """Keeps the connections open."""

    def __init__(
        self, app: AsyncApp, client: AsyncWebClient, app_token: str, *, count: int = CONNECTIONS
    ) -> None:
        """`client` opens them with the app's token."""
        self._app = app
        self._client = client
        self._app_token = app_token
        self._count = count

    async def run(self) -> None:
        """Stay connected for ever; ends by cancellation.

        Raises UserError where Slack does not take the app's token.
        """
        handlers = [
            AsyncSocketModeHandler(self._app, self._app_token, web_client=self._client)
            for _ in range(self._count)
        ]
        try:
            async with asyncio.TaskGroup() as group:
                for handler in handlers:
                    group.create_task(_stay(handler))
        finally:
            for handler in handlers:
                await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt types it not


async def _stay(handler: AsyncSocketModeHandler) -> None:
    """Connect, however long it takes, and anew whenever the connection is cut."""
    await _open(handler, refused=_require_token)
    while True:
        await _until_cut(handler.client)
        _LOG.info("a connection with Slack was cut")
        await _open(handler)


async def _open(
    handler: AsyncSocketModeHandler, *, refused: Callable[[str], None] = lambda _reason: None
) -> None:
    """Try until it stands; `refused` hears Slack's reasons, and may raise."""
    wait = _FIRST_WAIT
    while True:
        try:
            await _connect(handler)
        except SlackApiError as error:
            refused(str(error.response.get("error", "")))
            _LOG.warning("Slack opens no connection: %s", error.response.get("error"))
        except NO_ANSWER as error:
            _LOG.warning("Slack cannot be reached: %s", error)
        else:
            return
        await asyncio.sleep(wait)
        wait = min(wait * 2, _LONGEST_WAIT)


async def _until_cut(client: SocketModeClient) -> None:
    """Watch a connection. The client would notice by its next ping, ten seconds later.

    While the client makes a new one by itself, as Slack asks it to, it is left alone; it tries
    one address for ever, so that it is given others.
    """
    cut_for = 0.0
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        if _is_open(client):
            cut_for = 0.0
        elif not client.connect_operation_lock.locked():
            return
        elif (cut_for := cut_for + _LOOK_EVERY) >= _FRESH_FOR:
            cut_for = 0.0
            with suppress(SlackApiError, *NO_ANSWER):
                client.wss_uri = await client.issue_new_wss_url()


def _is_open(client: SocketModeClient) -> bool:
    return client.current_session is not None and not client.current_session.closed


async def _connect(handler: AsyncSocketModeHandler) -> None:
    """Open one connection. The client would try for ever, and not say why it cannot."""
    client = handler.client
    async with client.connect_operation_lock:
        if _is_open(client):
            return
        client.wss_uri = await client.issue_new_wss_url()
        try:
            async with asyncio.timeout(_PATIENCE):
                await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt types it not
        except TimeoutError:
            client.wss_uri = None
            raise


def _require_token(reason: str) -> None:
    if reason in _DEAD:
        raise UserError(
            f"Slack does not take SIGNALBOX_SLACK_APP_TOKEN ({reason}). Make an app-level token "
            "with the scope connections:write on the app's page “Basic Information”."
        )
    if reason in _NOT_ALLOWED:
        raise UserError(
            f"SIGNALBOX_SLACK_APP_TOKEN may not open connections ({reason}). It must be an "
            "app-level token (xapp-…) with the scope connections:write."
        )
