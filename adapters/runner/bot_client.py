"""The runner's side of the HTTP agent API, version 1 (docs/job-protocol.md)."""

import http.client
import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlencode, urlsplit

from bot.domain.codec import JSON
from bot.domain.errors import StaleFenceError, UnavailableError, UserError

_TIMEOUT = 30.0
"""Seconds until a call counts as unanswered; the wait for orders comes on top."""
_LONGEST_ANSWER = 8 << 20
"""Bytes; no answer of the bot comes near it."""
_PIECE = 65_536
"""Bytes of a file sent at once."""
_WRONG = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
_OVER = {HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT}


class WrongReportError(UserError):
    """The bot will never take this; the text says why."""


class BotClient:
    """One connection to the bot, for one thread; found again through the address file.

    Every call raises UnavailableError when it is to be repeated, StaleFenceError when the
    claim is over, WrongReportError when the bot refuses what was sent.
    """

    def __init__(self, address_file: Path, job: str, token: str) -> None:
        self._address_file = address_file
        self._base = f"/agent/v1/jobs/{job}"
        self._authorization = f"Bearer {token}"
        self._address = ""
        self._connection: http.client.HTTPConnection | None = None

    def post_reports(self, body: bytes) -> JSON:
        """Deliver reports; the answer's `taken` and `results`."""
        return self._call("POST", "/reports", body)

    def get_orders(self, after: int, *, wait: int, alive: bool) -> list[JSON]:
        """The orders past `after`; renews the lease, and waits up to `wait` seconds for one."""
        query = f"/orders?after={after}&wait={wait}&alive={int(alive)}"
        orders: list[JSON] = self._call("GET", query, timeout=wait + _TIMEOUT)["orders"]
        return orders

    def get_credential(self, repository: str, *, push: bool) -> JSON:
        """`user` and `password` for the job's repository; None where the bot has none."""
        query = urlencode({"repository": repository, "push": int(push)})
        return self._call("GET", f"/credential?{query}")["credential"]

    def put_artifact(self, sha256: str, file: BinaryIO, *, size: int) -> None:
        """Store the first `size` bytes of `file`. Raises UserError when it has fewer by now."""
        file.seek(0)
        try:
            self._call("PUT", f"/artifacts/{sha256}", _exactly(file, size), size=size)
        except UserError:
            self._disconnect()  # In the middle of a request, maybe.
            raise

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes] | None = None,
        *,
        size: int | None = None,
        timeout: float = _TIMEOUT,
    ) -> JSON:
        headers = {"Authorization": self._authorization, "Content-Type": "application/json"}
        if size is not None:
            headers |= {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        try:
            connection = self._connected(timeout)
            connection.request(method, self._base + path, body, headers)
            response = connection.getresponse()
            content = response.read(_LONGEST_ANSWER)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._disconnect()
            raise UnavailableError(f"The bot does not answer: {error}") from error
        return self._read(response.status, content)

    def _read(self, status: int, content: bytes) -> JSON:
        try:
            data = json.loads(content or b"{}")
        except ValueError:
            data = None
        if status == HTTPStatus.OK and isinstance(data, dict):
            return data
        said = str(data.get("error", "")) if isinstance(data, dict) else ""
        if status in _WRONG:
            raise WrongReportError(said or f"status {status}")
        if status in _OVER and self._address == self._read_address():
            raise StaleFenceError(said or f"status {status}")
        self._disconnect()
        raise UnavailableError(f"The bot answers with status {status}. {said}".strip())

    def _connected(self, timeout: float) -> http.client.HTTPConnection:
        if self._connection is None:
            self._address = self._read_address()
            parts = urlsplit(self._address)
            secure = parts.scheme == "https"
            kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            self._connection = kind(parts.hostname or "", parts.port)
        self._connection.timeout = timeout
        if self._connection.sock is not None:
            self._connection.sock.settimeout(timeout)
        return self._connection

    def _read_address(self) -> str:
        try:
            return self._address_file.read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _exactly(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The file in pieces, whatever is appended or cut off meanwhile."""
    while size:
        piece = file.read(min(size, _PIECE))
        if not piece:
            raise UserError(
                "The file became shorter while it was stored; report it when it is done."
            )
        size -= len(piece)
        yield piece
