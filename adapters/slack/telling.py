"""Telling: what becomes of a request, said to the one person who asked, where they asked."""

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from adapters.slack.answers import Answers, Asker
from adapters.slack.blocks import blocks_of, fallback_of
from adapters.slack.calls import Calls, SlackRefusedError
from adapters.slack.files import post_logs
from adapters.slack.intake import Asked
from adapters.slack.patience import PartlySaidError
from adapters.slack.people import WORKFLOW
from adapters.slack.text import Links
from bot.dispatch.reading import SAY
from bot.domain.errors import UnavailableError, UserError
from bot.domain.run import run_id_of
from bot.messages.render import say
from bot.messages.reply import Outcome, Reply, ReplyFile
from bot.ports.clock import Clock
from bot.ports.store import Store

_LOG = logging.getLogger(__name__)
_LOGS = re.compile(r"(/?run\s+)?logs?\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Telling:
    """Answers in private; output that is asked for in its run's own thread comes as a file."""

    answers: Answers
    calls: Calls
    store: Store
    clock: Clock
    content: Callable[[str], str]
    """The content of a kept file by its SHA-256."""
    public_url: str = ""

    async def say(self, asked: Asked, reply: Reply) -> None:
        """Say it, in the place where it was asked."""
        source = f"reply {asked.key}"
        if asked.user == WORKFLOW or not asked.place.channel:
            return  # nobody asked in words
        if reply.orders and asked.marked:
            return  # a reaction on the person's message says it
        if await self._is_output(asked, reply) and await self._post_output(asked, reply, source):
            return
        # A command may come from direct messages between others, where only its address works.
        if asked.place.channel.startswith("D") and not asked.place.response_url:
            try:
                await self._say_directly(asked, reply, source)
            except SlackRefusedError as error:
                _LOG.info("not said in %s, as %s", asked.place.channel, error.text)
            else:
                return
        await self.answers.answer(self._asker(asked), reply, key=asked.key)

    def _asker(self, asked: Asked) -> Asker:
        place = asked.place
        return Asker(
            tenant=asked.workspace.tenant,
            channel=place.channel,
            user=asked.user,
            thread=place.thread or None,
            response_url=place.response_url,
            asked_at=self.clock.now(),
        )

    async def bring(self, asked: Asked, name: str, sha256: str) -> None:
        """Upload what was made for the person to where nobody else sees it."""
        content = await asyncio.to_thread(self.content, sha256)
        file = ReplyFile(name=name, text=content)
        try:
            await self.answers.bring(asked.workspace.tenant, asked.user, file)
        except (UnavailableError, UserError) as error:
            if _can_wait(error):
                raise
            said = say("slack_no_file", file=name, why=str(error))
            await self.answers.say(self._asker(asked), said)

    async def _say_directly(self, asked: Asked, reply: Reply, source: str) -> None:
        """Below the person's own message: nobody else is there."""
        thread = asked.place.thread or asked.place.message
        await self.calls(
            asked.workspace.tenant,
            "chat.postMessage",
            channel=asked.place.channel,
            text=fallback_of(reply.message),
            blocks=blocks_of(reply.message, Links(public_url=self.public_url), source=source),
            unfurl_links=False,
            unfurl_media=False,
            **({"thread_ts": thread} if thread else {}),
        )

    async def _is_output(self, asked: Asked, reply: Reply) -> bool:
        """Whether it is the output of the run in whose thread it was asked for."""
        if reply.outcome is not Outcome.DONE or len(reply.runs) != 1 or not _asks_logs(asked):
            return False
        place = asked.conversation
        if place.thread is None:
            return False
        here = await self.store.read(lambda tx: tx.postings.find_run(place))
        return here == run_id_of(reply.runs[0])

    async def _post_output(self, asked: Asked, reply: Reply, source: str) -> bool:
        place = {
            "tenant": asked.workspace.tenant,
            "channel": asked.place.channel,
            "thread": asked.place.thread,
        }
        links = Links(public_url=self.public_url)
        message = replace(
            reply.message, attributes={**reply.message.attributes, "run": reply.runs[0]}
        )
        try:
            turns = await post_logs(self.calls, place, message, source=source, links=links)
        except (SlackRefusedError, UnavailableError) as error:
            if _can_wait(error):
                raise
            _LOG.info("output is said, not uploaded: %s", error)
            return False
        if turns is None:
            return False
        try:
            await turns()
        except UnavailableError as error:
            raise PartlySaidError(error, turns) from error
        return True


def _can_wait(error: Exception) -> bool:
    """Whether Slack takes it later: nothing of it was done."""
    return isinstance(error, UnavailableError) and error.untouched


def _asks_logs(asked: Asked) -> bool:
    press = asked.press
    if press is not None and press.verb != SAY:
        return press.verb == "logs"
    words = str(press.arguments.get("text", "")) if press else asked.text
    return bool(_LOGS.match(words.strip()))
