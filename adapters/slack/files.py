"""Files: output of a job as a snippet in its run's thread, and files made for somebody."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from adapters.slack.blocks import Block, blocks_of
from adapters.slack.calls import Calls, answered
from adapters.slack.text import Links, escape_within
from bot.messages.markup import parse, plain
from bot.messages.message import Message
from bot.messages.reply import ReplyFile

_COMMENT = 500
"""Characters beside a file."""
Turns = Callable[[], Awaitable[None]]


async def upload(  # noqa: PLR0913  # a file, where it goes, and its words
    calls: Calls,
    tenant: str,
    channel: str,
    file: ReplyFile,
    *,
    title: str,
    thread: str | None = None,
    comment: str = "",
) -> None:
    """Put a file into a channel or thread by Slack's three steps.

    Raises UserError where Slack refuses it, UnavailableError.
    """
    client = await calls.client(tenant)
    await answered(
        "files.upload",
        client.files_upload_v2(
            filename=file.name,
            content=file.text or "\n",
            title=title,
            channel=channel,
            thread_ts=thread,
            initial_comment=escape_within(comment, _COMMENT) or None,
        ),
    )


def log_file(message: Message, name: str) -> ReplyFile | None:
    """The output that an answer of `logs` shows, as a file; None where it shows none."""
    fences = [line.fenced for line in parse(message.body) if line.fenced is not None]
    return ReplyFile(name=name, text="\n".join(fences)) if fences else None


def log_turns(message: Message, links: Links, source: str) -> list[Block]:
    """The buttons to older and newer output, to stand below the snippet."""
    bare = Message(title=message.title, buttons=message.buttons, attributes=message.attributes)
    return blocks_of(bare, links, source=source) if message.buttons else []


async def post_logs(
    calls: Calls, place: Mapping[str, str], message: Message, *, source: str, links: Links
) -> Turns | None:
    """Post an answer of `logs` as a snippet; gives what posts its buttons below.

    `place` has `tenant`, `channel` and `thread`. None where the message shows no output, so
    that it is to be said as it is. Raises as `upload` does, and so does what it gives.
    """
    title = " ".join(plain(message.title).split())
    file = log_file(message, f"{message.attributes.get('run', 'output')}.log")
    if file is None:
        return None
    thread = place.get("thread") or None
    await upload(calls, place["tenant"], place["channel"], file, title=title, thread=thread)

    async def post_turns() -> None:
        if turns := log_turns(message, links, source):
            arguments: dict[str, Any] = {"channel": place["channel"], "text": title}
            arguments |= {"thread_ts": thread} if thread else {}
            await calls(place["tenant"], "chat.postMessage", blocks=turns, **arguments)

    return post_turns
