"""Telling the one person who asked, where they asked."""

from dataclasses import dataclass

import aiohttp

from adapters.slack.blocks import blocks_of, fallback_of
from adapters.slack.intake import Asked
from adapters.slack.text import Links
from adapters.slack.workspaces import Workspace, Workspaces
from bot.domain.conversation import Conversation
from bot.messages.message import Message
from bot.messages.reply import Reply


@dataclass(frozen=True, kw_only=True)
class PrivateAnswers:
    """Says to the person alone what became of a request."""

    session: aiohttp.ClientSession
    public_url: str = ""

    async def give(self, asked: Asked, reply: Reply) -> None:
        """Say it, in the place where it was asked."""
        links = Links(public_url=self.public_url)
        text = fallback_of(reply.message)
        blocks = blocks_of(reply.message, links, source=f"reply {asked.key}")
        place, client = asked.place, asked.workspace.client
        if place.response_url:
            body = {"text": text, "blocks": blocks, "response_type": "ephemeral"}
            async with self.session.post(
                place.response_url, json={**body, "replace_original": False}
            ):
                return
        if place.channel.startswith("D"):
            await client.chat_postMessage(
                channel=place.channel, text=text, blocks=blocks, thread_ts=place.thread or None
            )
        elif place.channel:
            await client.chat_postEphemeral(
                channel=place.channel,
                user=asked.user,
                text=text,
                blocks=blocks,
                thread_ts=place.thread or None,
            )


class PlainMessenger:
    """Posts and edits."""

    def __init__(self, workspaces: Workspaces) -> None:
        self.surface = "slack"
        self._workspaces = workspaces

    async def post(
        self, conversation: Conversation, message: Message, *, key: str, thread: str | None
    ) -> str:
        del key
        workspace = await self._workspaces.find(conversation.tenant)
        answer = await workspace.client.chat_postMessage(
            channel=conversation.channel,
            thread_ts=thread,
            text=fallback_of(message),
            blocks=blocks_of(message, Links()),
        )
        return str(answer["ts"])

    async def edit(self, conversation: Conversation, message_id: str, message: Message) -> None:
        workspace = await self._workspaces.find(conversation.tenant)
        await workspace.client.chat_update(
            channel=conversation.channel,
            ts=message_id,
            text=fallback_of(message),
            blocks=blocks_of(message, Links()),
        )


class PlainPages:
    async def open_home(self, workspace: Workspace, user: str) -> None: ...

    async def open_messages(self, workspace: Workspace, user: str, channel: str) -> None: ...

    async def stopped(self, workspace: Workspace, channel: str, thread: str) -> None: ...
