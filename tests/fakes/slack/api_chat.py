"""chat.*: messages that are posted, edited and deleted."""

from tests.fakes.slack.blocks import accept_blocks, problems_of
from tests.fakes.slack.call import Call, Method
from tests.fakes.slack.content import (
    MOST_UPDATED_TEXT,
    NO_TEXT,
    accept_attachments,
    read_content,
    read_metadata,
)
from tests.fakes.slack.entities import Data, FakeChannel
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.shown import FakeMessage


def postable(call: Call) -> FakeChannel:
    """Where a message may go: a channel that the bot is in, or a person's direct messages."""
    target = call.need("channel", "channel_not_found")
    if target in call.world.users:
        return open_dm(call, target, unknown="channel_not_found")
    channel = call.channel()
    if channel.is_archived:
        raise SlackError("is_archived")
    public = not channel.is_private and "chat:write.public" in call.grant.scopes
    if not call.is_member(channel) and not public:
        raise SlackError("not_in_channel")
    return channel


def open_dm(call: Call, user: str, *, unknown: str = "user_not_found") -> FakeChannel:
    """The direct messages with a person who can have some."""
    person = call.world.users.get(user)
    if person is None:
        raise SlackError(unknown)
    if person.is_bot:
        raise SlackError("cannot_dm_bot")
    if person.deleted:
        raise SlackError("user_disabled")
    return call.world.open_dm(user)


def thread_for(call: Call, channel: FakeChannel) -> str | None:
    """The thread that a message goes to; a root that is gone leaves it outside of any."""
    thread_ts = call.text("thread_ts")
    if not thread_ts:
        return None
    root = call.world.find_message(channel.id, thread_ts)
    if root is not None and root.thread_ts not in {None, root.ts}:
        raise SlackError("cannot_reply_to_message")
    return thread_ts if root else None


def author(call: Call) -> Data:
    """Who the message is from."""
    from_bot: Data = {"user": call.team.bot_user_id, "bot_id": call.team.bot_id}
    if username := call.text("username"):
        if "chat:write.customize" not in call.grant.scopes:
            raise SlackError("missing_scope", needed="chat:write.customize")
        from_bot |= {"username": username, "subtype": "bot_message"}
    return from_bot


def post_message(call: Call) -> Data:
    channel = postable(call)
    parts = read_content(call) | {"metadata": read_metadata(call)}
    parse = call.text("parse", "full" if call.flag("link_names") else "none")
    message = call.world.post(
        channel,
        **parts,
        **author(call),
        thread_ts=thread_for(call, channel),
        reply_broadcast=call.flag("reply_broadcast"),
        parse=parse,
    )
    return {"channel": channel.id, "ts": message.ts, "message": message.payload()}


def own_message(call: Call, refusal: str) -> FakeMessage:
    """A message in `channel` at `ts` that the bot may change."""
    channel = call.channel()
    ts = call.need("ts", "message_not_found")
    if any(said.ts == ts and said.channel == channel.id for said in call.world.unseen):
        raise SlackError(refusal)
    message = call.message(channel, ts)
    if message.bot_id != call.team.bot_id:
        raise SlackError(refusal)
    return message


def update(call: Call) -> Data:
    message = own_message(call, "cant_update_message")
    if call.world.channels[message.channel].is_archived:
        raise SlackError("is_archived")
    if message.stream and message.stream.state == "in_progress":
        raise SlackError("streaming_state_conflict")
    if len(call.text("text")) > MOST_UPDATED_TEXT:
        raise SlackError("msg_too_long")
    parts = _changes(call)
    if "metadata" in call.args:
        parts["metadata"] = read_metadata(call)
    call.world.edit(message, **parts, parse=call.text("parse", "client"))
    shown = message.payload()
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": shown}


def _changes(call: Call) -> Data:
    """Text without blocks takes the blocks away; attachments stay unless others are given."""
    if "markdown_text" in call.args:
        return read_content(call)
    text, blocks = call.text("text"), call.json("blocks")
    attachments = call.json("attachments")
    if not text.strip() and not blocks and attachments is None:
        raise SlackError("no_text")
    changes: Data = {}
    if text or blocks:
        changes["text"] = text or NO_TEXT
        changes["blocks"] = accept_blocks(blocks) if blocks else []
    if attachments is not None:
        changes["attachments"] = accept_attachments(attachments)
    return changes


def delete(call: Call) -> Data:
    message = own_message(call, "cant_delete_message")
    call.world.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def post_ephemeral(call: Call) -> Data:
    channel = call.channel()
    if channel.is_archived:
        raise SlackError("is_archived")
    if not call.is_member(channel) and "chat:write.public" not in call.grant.scopes:
        raise SlackError("not_in_channel")
    user = call.need("user", "user_not_in_channel")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    message = FakeMessage(
        channel=channel.id,
        ts=call.world.new_ts(),
        team_id=channel.team_id,
        ephemeral_to=user,
        thread_ts=call.text("thread_ts") or None,
        **read_content(call),
        **author(call),
    )
    call.world.unseen.append(message)
    return {"message_ts": message.ts}


def get_permalink(call: Call) -> Data:
    channel = call.channel()
    message = call.message(channel, call.need("message_ts", "message_not_found"))
    path = f"{channel.id}/p{message.ts.replace('.', '')}"
    link = f"https://{call.team.domain}.slack.com/archives/{path}"
    if message.thread_ts and message.thread_ts != message.ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def validate_blocks(call: Call) -> Data:
    if found := problems_of(call.json("blocks")):
        raise SlackError("invalid_blocks", errors=found)
    return {}


METHODS = {
    "blocks.validate": Method(validate_blocks),
    "chat.delete": Method(delete, ("chat:write",), "3"),
    "chat.getPermalink": Method(get_permalink),
    "chat.postEphemeral": Method(post_ephemeral, ("chat:write",)),
    "chat.postMessage": Method(post_message, ("chat:write",), "post"),
    "chat.update": Method(update, ("chat:write",), "3"),
}
