"""Private answers: by the request's response_url while it lives, else so that only one sees it."""

import json
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.slack import limits
from adapters.slack.blocks import HALF, WHOLE, blocks_of, fallback_of
from adapters.slack.calls import NOT_TAKEN, Calls, SlackRefusedError, answered
from adapters.slack.files import upload
from adapters.slack.text import Links
from bot.domain.errors import UnavailableError
from bot.messages.message import Message
from bot.messages.reply import Reply, ReplyFile
from bot.ports.clock import Clock

_LOG = logging.getLogger(__name__)

_MOST = 5_000


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who asked, where, and what Slack gave to answer by."""

    tenant: str
    channel: str
    user: str
    thread: str | None = None
    response_url: str = ""
    asked_at: datetime


class Answers:
    """Says a Reply to whoever asked, and to nobody else."""

    def __init__(self, calls: Calls, clock: Clock, *, public_url: str = "") -> None:
        """Knowing of no used response_url yet."""
        self._calls = calls
        self._clock = clock
        self._links = Links(public_url=public_url)
        self._used: OrderedDict[str, int] = OrderedDict()

    async def answer(
        self, asker: Asker, reply: Reply, *, key: str, files: Sequence[ReplyFile] = ()
    ) -> None:
        """Say it; `key` is the invocation's, by which its long buttons are found again.

        `files` come in a direct message. Raises UnavailableError, or UserError where Slack
        refuses every way.
        """
        await self.say(asker, reply.message, source=f"reply {key}")
        for file in files:
            await self.bring(asker.tenant, asker.user, file)

    async def bring(self, tenant: str, user: str, file: ReplyFile) -> None:
        """Upload a file to a person's direct messages. Raises as `answer` does."""
        opened = await self._calls(tenant, "conversations.open", users=user)
        channel = str(opened["channel"]["id"])
        await upload(self._calls, tenant, channel, file, title=file.name)

    async def say(self, asker: Asker, message: Message, *, source: str = "") -> None:
        """Say a message. Raises as `answer` does."""
        content = self._content(message, source)
        if asker.response_url and self._usable(asker) and await self._respond(asker, content):
            return
        try:
            await self._alone(asker, content)
        except SlackRefusedError as error:
            if error.code in NOT_TAKEN:
                await self._alone(asker, {"text": content["text"]})
                return
            _LOG.info("answered directly, as %s", error.text)
            await self._directly(asker, content)

    async def _alone(self, asker: Asker, content: dict[str, Any]) -> None:
        """So that only one sees it."""
        await self._calls(
            asker.tenant,
            "chat.postEphemeral",
            channel=asker.channel,
            user=asker.user,
            **({"thread_ts": asker.thread} if asker.thread else {}),
            **content,
        )

    def _content(self, message: Message, source: str) -> dict[str, Any]:
        blocks = blocks_of(message, self._links, source=source, sheet=WHOLE)
        if len(json.dumps(blocks)) > limits.BODY * 2:
            blocks = blocks_of(message, self._links, source=source, sheet=HALF)
        return {"text": fallback_of(message), "blocks": blocks}

    def _usable(self, asker: Asker) -> bool:
        """Whether a response_url has uses left."""
        young = self._clock.now() - asker.asked_at < limits.RESPONSE_LIFE
        used = self._used.get(asker.response_url, 0)
        if not young or used >= limits.RESPONSE_USES:
            return False
        self._used[asker.response_url] = used + 1
        while len(self._used) > _MOST:
            self._used.popitem(last=False)
        return True

    async def _respond(self, asker: Asker, content: dict[str, Any]) -> bool:
        """By the response_url; False where Slack no longer takes it."""
        client = await self._calls.client(asker.tenant)
        webhook = AsyncWebhookClient(
            asker.response_url, timeout=client.timeout, session=client.session, retry_handlers=[]
        )
        body = {"response_type": "ephemeral", "replace_original": False, **content}
        if asker.thread:
            body["thread_ts"] = asker.thread
        try:
            status = await answered("response_url", _sent(webhook, body))
        except UnavailableError as error:
            _LOG.info("the response_url did not work: %s", error)
            return False
        return bool(status["ok"])

    async def _directly(self, asker: Asker, content: dict[str, Any]) -> None:
        opened = await self._calls(asker.tenant, "conversations.open", users=asker.user)
        await self._calls(
            asker.tenant,
            "chat.postMessage",
            channel=opened["channel"]["id"],
            unfurl_links=False,
            unfurl_media=False,
            **content,
        )


@dataclass(frozen=True)
class _Sent:
    """What a response_url answered, in the shape of an answer of the Web API."""

    data: dict[str, Any]


async def _sent(webhook: AsyncWebhookClient, body: dict[str, Any]) -> _Sent:
    response = await webhook.send_dict(body)
    return _Sent({"ok": response.status_code == 200})  # noqa: PLR2004  # as HTTP says
