"""The JSON in which Slack tells the app what people do."""

from tests.fakes.slack.entities import APP_ID, Data, FakeChannel, FakeTeam, FakeUser
from tests.fakes.slack.shown import FakeMessage, FakeView
from tests.fakes.slack.world import World

TOKEN = "verification-token"


def event_callback(world: World, event: Data, team: FakeTeam) -> Data:
    """The envelope of an event."""
    channel = world.channels.get(str(event.get("channel", "")))
    # Of its end an app is told without: there is nothing left that it is authorized for.
    told = event["type"] not in {"app_uninstalled", "tokens_revoked"}
    authorization = {
        "enterprise_id": team.enterprise_id,
        "team_id": team.id,
        "user_id": team.bot_user_id,
        "is_bot": True,
        "is_enterprise_install": team.org_wide,
    }
    return {
        "token": TOKEN,
        "team_id": team.id,
        "enterprise_id": team.enterprise_id,
        "context_team_id": team.id,
        "context_enterprise_id": team.enterprise_id,
        "api_app_id": APP_ID,
        "event": {"event_ts": world.new_ts()} | event,
        "type": "event_callback",
        "event_id": world.number("Ev"),
        "event_time": int(world.now().timestamp()),
        "authorizations": [authorization] if told else [],
        "is_ext_shared_channel": bool(channel and channel.is_ext_shared),
        "event_context": f"4-{world.number('ctx')}",
    }


def command(world: World, user: FakeUser, channel: FakeChannel, name: str, text: str) -> Data:
    """The form of a slash command."""
    team = world.team_of(channel)
    fields = {
        "token": TOKEN,
        "team_id": team.id,
        "team_domain": team.domain,
        "channel_id": channel.id,
        "channel_name": channel.name if channel.kind == "channel" else "privategroup",
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": str(team.org_wide).lower(),
        "response_url": world.new_hook(channel.id, user.id),
        "trigger_id": world.new_trigger(user.id, team.id),
    }
    if team.enterprise_id:
        fields |= {"enterprise_id": team.enterprise_id, "enterprise_name": team.name}
    return fields


def interaction(world: World, kind: str, user: FakeUser, team: FakeTeam) -> Data:
    """What all interactions carry."""
    enterprise = {"id": team.enterprise_id, "name": team.name} if team.enterprise_id else None
    return {
        "type": kind,
        "token": TOKEN,
        "api_app_id": APP_ID,
        "team": None if team.org_wide else {"id": team.id, "domain": team.domain},
        "enterprise": enterprise,
        "is_enterprise_install": team.org_wide,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "trigger_id": world.new_trigger(user.id, team.id),
    }


def on_message(world: World, message: FakeMessage, user: str) -> Data:
    """Where a message stands that was acted on."""
    channel = world.channels[message.channel]
    container: Data = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    where: Data = {
        "container": container,
        "channel": {"id": channel.id, "name": channel.name},
        "response_url": world.new_hook(channel.id, user, message),
    }
    # Slack leaves out the content of what only one person sees.
    return where | ({} if message.ephemeral_to else {"message": message.payload()})


def on_view(view: FakeView, team: FakeTeam) -> Data:
    """The view that was acted on."""
    container = {"type": "view", "view_id": view.id}
    return {"container": container, "view": view.payload(team)}
