"""Socket Mode: connections that the app opens, envelopes, acknowledgements."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web

from tests.fakes.slack.delivery import Answer, Deliveries, Delivery
from tests.fakes.slack.entities import APP_ID, Data

MOST_CONNECTIONS = 10
LOST = Answer(acked=False, error="connection_failed")


class Connection:
    """One open websocket, with what waits there for an acknowledgement."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.socket = socket
        self.waiting: dict[str, asyncio.Future[Answer]] = {}
        self._request = request

    def drop(self) -> None:
        """Cut it without a word, as a broken network does."""
        if self._request.transport is not None:
            self._request.transport.abort()

    def acknowledge(self, frame: Data) -> None:
        waiting = self.waiting.pop(frame.get("envelope_id", ""), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(Answer(acked=True, body=frame.get("payload") or None))

    def give_up(self) -> None:
        for waiting in self.waiting.values():
            if not waiting.done():
                waiting.set_result(LOST)


class SocketTransport:
    """All open connections; a payload goes to any one of them."""

    def __init__(self, deliveries: Deliveries, *, patience: Callable[[], timedelta]) -> None:
        self.connections: list[Connection] = []
        self.tickets: set[str] = set()
        """Addresses that were given out and not used yet."""
        self.acks: list[Data] = []
        """Every acknowledgement as it came in."""
        self._deliveries = deliveries
        self._patience = patience
        self._turn = 0

    def ticket(self) -> str:
        """A new address, for one connection."""
        ticket = uuid4().hex
        self.tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A connection from its first frame to its last."""
        ticket = request.match_info["ticket"]
        if ticket not in self.tickets:
            raise web.HTTPNotFound
        self.tickets.remove(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if len(self.connections) >= MOST_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        await self._converse(Connection(socket, request), request)
        return socket

    async def _converse(self, connection: Connection, request: web.Request) -> None:
        self.connections.append(connection)
        life = 360 if request.query.get("debug_reconnects") == "true" else 3600
        try:
            await connection.socket.send_json(
                {
                    "type": "hello",
                    "num_connections": len(self.connections),
                    "connection_info": {"app_id": APP_ID},
                    "debug_info": {"host": "applink-1", "approximate_connection_time": life},
                }
            )
            self._deliveries.start(self._catch_up())
            async for message in connection.socket:
                if message.type is WSMsgType.TEXT:
                    self._take(message.data)
        finally:
            self.connections.remove(connection)
            connection.give_up()

    async def _catch_up(self) -> None:
        await asyncio.sleep(0)
        if self._deliveries.transport is self:
            for delivery in list(self._deliveries.log):
                if delivery.wants_retry and not delivery.held:
                    await self._deliveries.attempt(delivery)

    def _take(self, text: str) -> None:
        with suppress(ValueError):
            frame = json.loads(text)
            if isinstance(frame, dict) and "envelope_id" in frame:
                self.acks.append(frame)
                for connection in self.connections:
                    connection.acknowledge(frame)

    async def send(self, delivery: Delivery, attempt: int, reason: str) -> Answer:
        """Put it into an envelope for one of the connections."""
        usable = [connection for connection in self.connections if not connection.socket.closed]
        if not usable:
            return LOST
        self._turn += 1
        connection = usable[self._turn % len(usable)]
        envelope_id = str(uuid4())
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope_id] = future
        envelope: dict[str, Any] = {
            "envelope_id": envelope_id,
            "type": delivery.kind,
            "payload": delivery.payload,
            "accepts_response_payload": not delivery.is_event,
        }
        if delivery.is_event:
            envelope |= {"retry_attempt": attempt, "retry_reason": reason and "timeout"}
        try:
            await connection.socket.send_json(envelope)
            async with asyncio.timeout(self._patience().total_seconds()):
                return await future
        except TimeoutError:
            return Answer(acked=False, error="operation_timeout")
        except ConnectionError:
            return LOST

    async def disconnect(self, reason: str) -> None:
        """Ask every connection to go; the app closes and opens new ones."""
        for connection in list(self.connections):
            await connection.socket.send_json({"type": "disconnect", "reason": reason})

    def drop(self) -> None:
        """Cut every connection."""
        for connection in list(self.connections):
            connection.drop()
