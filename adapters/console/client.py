"""The client of the console API: finds the bot through the data folder and speaks to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx

from bot.domain.artifact import StoredArtifact
from bot.domain.codec import JSON, decode, encode
from bot.domain.errors import (
    NotFoundError,
    RefusedError,
    SignalboxError,
    UnavailableError,
    UsageError,
)
from bot.domain.invocation import Press
from bot.domain.vocabulary import Status
from bot.messages.message import Message
from bot.messages.reply import Reply
from bot.ports.chat_store import Said
from bot.ports.output_store import LogChunk
from bot.ports.run_standing import RunStanding

_PAUSE = 0.2
_BUSY = frozenset({502, 503, 504})
_TIMES = httpx.Timeout(60, connect=2)


class BotUnreachableError(UnavailableError):
    """No bot answers for this data folder."""


_NO_ANSWER = (BotUnreachableError, httpx.RequestError, httpx.InvalidURL)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person types or presses; `key` makes sending it twice harmless."""

    key: str
    who: str
    text: str = ""
    press: Press | None = None
    thread: str | None = None


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What was said or edited past a change; `change` is where to go on."""

    change: int
    said: tuple[Said, ...]


@dataclass(frozen=True, kw_only=True)
class Output:
    """What a job has said past a chunk; `after` is where to go on."""

    job: str
    number: int
    after: int
    chunks: tuple[LogChunk, ...]
    ended: bool
    """Whether nothing more comes."""
    status: Status


class ConsoleClient:
    """Speaks to the bot of one data folder. Every call is harmless to repeat.

    A call is repeated for `patience` seconds while no bot answers, such as through a restart;
    then it raises BotUnreachableError. Answers of the bot raise UsageError, RefusedError,
    NotFoundError or SignalboxError with its words.
    """

    def __init__(self, data: Path, http: httpx.AsyncClient, *, patience: float = 20) -> None:
        self.data = data
        self._http = http
        self._patience = patience

    async def ready(self) -> bool:
        """Whether a bot is there and can serve, asked once."""
        try:
            response = await self._http.get(self._address() + "/readyz")
        except _NO_ANSWER:
            return False
        return response.status_code == httpx.codes.OK

    async def invoke(self, wish: Wish) -> Reply:
        """Let the bot do it; the private answer."""
        body = {
            "key": wish.key,
            "as": wish.who,
            "text": wish.text,
            "press": encode(wish.press),
            "thread": wish.thread,
        }
        answer = await self._call("POST", "/invocations", content=_utf8(body))
        return decode(Reply, answer["reply"])

    async def newest(self) -> int:
        """The newest change of the transcript: what comes from now on has a higher one."""
        answer = await self._call("GET", "/transcript")
        return int(answer["change"])

    async def hear(self, *, after: int, wait: float, who: str | None = None) -> Heard:
        """What changed past `after`, at the latest after `wait` seconds (up to 25).

        `who` reads: what is addressed to somebody else is left out.
        """
        params = {"after": after, "wait": wait} | ({"as": who} if who else {})
        answer = await self._call("GET", "/transcript", params=params)
        return decode(Heard, answer)

    async def run(self, key: str, *, who: str) -> RunStanding:
        """Where a run stands, in the eyes of a person."""
        answer = await self._call("GET", f"/runs/{key}", params={"as": who})
        return decode(RunStanding, answer)

    async def output(
        self, key: str, *, who: str, job: int | None, after: int | None, wait: float
    ) -> Output:
        """What a job of a run said past a chunk, at the latest after `wait` seconds."""
        asked = {"as": who, "job": job, "after": after, "wait": wait}
        params = {name: value for name, value in asked.items() if value is not None}
        return decode(Output, await self._call("GET", f"/runs/{key}/output", params=params))

    async def artifacts(self, key: str, *, who: str) -> tuple[StoredArtifact, ...]:
        """The files that a run left, oldest first."""
        answer = await self._call("GET", f"/runs/{key}/artifacts", params={"as": who})
        return tuple(decode(StoredArtifact, artifact) for artifact in answer["artifacts"])

    async def download(self, artifact: StoredArtifact, *, who: str) -> AsyncIterator[bytes]:
        """The content of a file. Raises the errors of a call; a broken stream is not repeated."""
        path = f"/artifacts/{artifact.sha256}/{quote(artifact.name, safe='')}"
        request = self._http.build_request("GET", self._address() + path, params={"as": who})
        request.headers["Authorization"] = f"Bearer {self._file('console-token')}"
        try:
            response = await self._http.send(request, stream=True)
            try:
                if not response.is_success:
                    await response.aread()
                    _answer(response)
                async for chunk in response.aiter_bytes():
                    yield chunk
            finally:
                await response.aclose()
        except _NO_ANSWER as error:
            raise BotUnreachableError(f"The bot does not answer: {error}. Try again.") from error

    async def complete(self, text: str, *, who: str) -> tuple[str, ...]:
        """What the last word of `text` may become for a person."""
        answer = await self._call("GET", "/complete", params={"text": text, "as": who})
        return tuple(answer["completions"])

    async def _call(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        params: Mapping[str, str | float] | None = None,
    ) -> JSON:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._patience
        while True:
            try:
                request = self._http.build_request(
                    method, self._address() + "/console/v1" + path, content=content, params=params
                )
                request.headers["Authorization"] = f"Bearer {self._file('console-token')}"
                return _answer(await self._http.send(request))
            except _NO_ANSWER as error:
                if loop.time() >= end:
                    raise BotUnreachableError(
                        f"The bot does not answer: {error}. Start it with “signalbox up”, or look "
                        f"for the reason in {self.data / 'bot.log'}."
                    ) from error
            await asyncio.sleep(_PAUSE)

    def _address(self) -> str:
        return self._file("address").rstrip("/")

    def _file(self, name: str) -> str:
        try:
            return (self.data / name).read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            raise BotUnreachableError(f"there is no readable {self.data / name}") from error


@asynccontextmanager
async def connect(data: Path, *, patience: float = 20) -> AsyncIterator[ConsoleClient]:
    """A client for the bot of this data folder, which need not run yet."""
    async with httpx.AsyncClient(timeout=_TIMES, trust_env=False) as http:
        yield ConsoleClient(data, http, patience=patience)


def message_of(said: Said) -> Message:
    """What was said, decoded."""
    return decode(Message, said.message)


def _utf8(body: JSON) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise UsageError("The request is not valid UTF-8 text; type or paste it again.") from error


def _answer(response: httpx.Response) -> JSON:
    try:
        data = response.json()
    except ValueError as error:
        raise BotUnreachableError("something else than a bot answers at its address") from error
    if response.is_success:
        return data
    text = str(data.get("error", "")) if isinstance(data, dict) else ""
    kinds: dict[int, type[SignalboxError]] = {
        400: UsageError,
        401: RefusedError,
        403: RefusedError,
        404: NotFoundError,
        413: UsageError,
    }
    if response.status_code in _BUSY:
        raise BotUnreachableError(text or f"it is not ready (HTTP {response.status_code})")
    raise kinds.get(response.status_code, SignalboxError)(text or f"HTTP {response.status_code}")
