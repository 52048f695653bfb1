"""conversations.* and reactions.*."""

from tests.fakes.slack.api_chat import open_dm
from tests.fakes.slack.call import Call, Method
from tests.fakes.slack.entities import Data, FakeChannel
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.shown import FakeMessage


def open_conversation(call: Call) -> Data:
    if given := call.text("channel"):
        return {"channel": call.channel("channel").payload() | {"id": given}}
    users = [user for user in call.text("users").split(",") if user]
    if len(users) != 1:
        raise SlackError("not_enough_users" if not users else "too_many_users")
    known = {channel.user for channel in call.world.channels.values()}
    channel = open_dm(call, users[0])
    state = {"already_open": True, "no_op": True} if users[0] in known else {}
    shown = channel.payload() if call.flag("return_im") else {"id": channel.id}
    return {"channel": shown} | state


def info(call: Call) -> Data:
    channel = call.channel()
    return {"channel": channel.payload() | {"is_member": call.is_member(channel)}}


def members(call: Call) -> Data:
    channel = call.channel()
    page = call.page([{"id": user} for user in sorted(channel.members)], "members")
    return page | {"members": [user["id"] for user in page["members"]]}


def join(call: Call) -> Data:
    channel = call.channel()
    if channel.kind != "channel":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    channel.members.add(call.team.bot_user_id)
    return {"channel": channel.payload() | {"is_member": True}}


def list_all(call: Call) -> Data:
    kinds = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": ""}
    wanted = [kinds.get(kind) for kind in call.text("types", "public_channel").split(",")]
    if None in wanted:
        raise SlackError("invalid_types")
    found = [
        channel.payload() | {"is_member": call.is_member(channel)}
        for channel in call.world.channels.values()
        if channel.team_id == call.team.id and channel.kind in wanted
        if channel.kind == "channel" or call.is_member(channel)
        if not (channel.is_archived and call.flag("exclude_archived"))
    ]
    return call.page(found, "channels")


def _readable(call: Call) -> FakeChannel:
    channel = call.channel()
    scope = {"channel": "channels", "group": "groups", "im": "im"}[channel.kind] + ":history"
    if scope not in call.grant.scopes:
        provided = ",".join(sorted(call.grant.scopes))
        raise SlackError("missing_scope", needed=scope, provided=provided)
    if not call.is_member(channel):
        raise SlackError("not_in_channel")
    return channel


def _between(call: Call, messages: list[FakeMessage]) -> list[FakeMessage]:
    oldest, latest = call.text("oldest", "0"), call.text("latest", "9999999999")
    inclusive = call.flag("inclusive")

    def within(ts: str) -> bool:
        low, high, at = _moment(oldest), _moment(latest), _moment(ts)
        return low <= at <= high if inclusive else low < at < high

    return [message for message in messages if within(message.ts)]


def _moment(ts: str) -> tuple[int, int]:
    seconds, _, rest = ts.partition(".")
    try:
        return int(seconds), int(rest.ljust(6, "0") or 0)
    except ValueError:
        raise SlackError("invalid_ts_latest") from None


def history(call: Call) -> Data:
    channel = _readable(call)
    said = [
        message
        for message in call.world.posted.get(channel.id, {}).values()
        if message.thread_ts in {None, message.ts} or message.reply_broadcast
    ]
    newest_first = sorted(_between(call, said), key=lambda message: _moment(message.ts))[::-1]
    shown = [_shown(call, message) for message in newest_first]
    return call.page(shown, "messages") | {"pin_count": 0}


def replies(call: Call) -> Data:
    channel = _readable(call)
    root = call.world.find_message(channel.id, call.need("ts", "thread_not_found"))
    if root is None:
        raise SlackError("thread_not_found")
    if root.thread_ts not in {None, root.ts}:
        thread = [root]
    else:
        thread = [root, *_between(call, call.world.replies_to(channel.id, root.ts))]
    return call.page([_shown(call, message) for message in thread], "messages")


def _shown(call: Call, message: FakeMessage) -> Data:
    shown = message.payload(metadata=call.flag("include_all_metadata"))
    if answers := call.world.replies_to(message.channel, message.ts):
        shown |= {"reply_count": len(answers), "latest_reply": answers[-1].ts}
    return shown


def add_reaction(call: Call) -> Data:
    message = call.message(call.channel(), call.need("timestamp", "no_item_specified"))
    name = call.need("name", "invalid_name").strip(":")
    users = message.reactions.setdefault(name, [])
    if call.team.bot_user_id in users:
        raise SlackError("already_reacted")
    users.append(call.team.bot_user_id)
    return {}


def remove_reaction(call: Call) -> Data:
    message = call.message(call.channel(), call.need("timestamp", "no_item_specified"))
    name = call.need("name", "invalid_name").strip(":")
    users = message.reactions.get(name, [])
    if call.team.bot_user_id not in users:
        raise SlackError("no_reaction")
    users.remove(call.team.bot_user_id)
    if not users:
        del message.reactions[name]
    return {}


METHODS = {
    "conversations.history": Method(history, (), "3"),
    "conversations.info": Method(info, ("channels:read",), "3"),
    "conversations.join": Method(join, ("channels:join",), "3"),
    "conversations.list": Method(list_all, ("channels:read",), "2"),
    "conversations.members": Method(members, ("channels:read",)),
    "conversations.open": Method(open_conversation, ("im:write",), "3"),
    "conversations.replies": Method(replies, (), "3"),
    "reactions.add": Method(add_reaction, ("reactions:write",), "3"),
    "reactions.remove": Method(remove_reaction, ("reactions:write",), "2"),
}
