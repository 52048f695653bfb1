"""What is posted to a response_url."""

from datetime import timedelta
from typing import Any

from tests.fakes.slack.blocks import accept_blocks
from tests.fakes.slack.content import NO_TEXT
from tests.fakes.slack.entities import Data
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.shown import FakeMessage, Hook
from tests.fakes.slack.world import World

MOST_USES = 5
HOOK_LIFE = timedelta(minutes=30)


def use_hook(world: World, hook: Hook, body: Any) -> None:
    """Do what is asked; SlackError where the address is worn out or the body wrong."""
    if world.now() - hook.made_at > HOOK_LIFE:
        raise SlackError("expired_url")
    if hook.uses >= MOST_USES:
        raise SlackError("used_url")
    if not isinstance(body, dict):
        raise SlackError("invalid_payload")
    answered(world, hook, body)
    hook.uses += 1


def answered(world: World, hook: Hook, body: Data) -> FakeMessage | None:
    """Show, change or take away what a command or an interaction is answered with."""
    original = hook.message
    if body.get("delete_original"):
        if original is not None:
            _delete(world, original)
        hook.message = None
        return None
    blocks = accept_blocks(body["blocks"]) if body.get("blocks") else []
    if not body.get("text") and not blocks and not body.get("attachments"):
        raise SlackError("no_text")
    parts: Data = {"text": body.get("text") or NO_TEXT, "blocks": blocks}
    if body.get("replace_original") and original is not None:
        _replace(world, original, parts)
        return original
    return _show(world, hook, body, parts)


def _show(world: World, hook: Hook, body: Data, parts: Data) -> FakeMessage:
    channel = world.channels[hook.channel]
    team = world.team_of(channel)
    parts |= {"user": team.bot_user_id, "bot_id": team.bot_id}
    parts["thread_ts"] = body.get("thread_ts")
    if body.get("response_type") == "in_channel":
        return world.post(channel, **parts)
    message = FakeMessage(
        channel=channel.id,
        ts=world.new_ts(),
        team_id=team.id,
        ephemeral_to=hook.user,
        **parts,
    )
    world.unseen.append(message)
    return message


def _delete(world: World, message: FakeMessage) -> None:
    if message.ephemeral_to:
        message.deleted = True
        world.unseen.remove(message)
    else:
        world.delete(message)


def _replace(world: World, message: FakeMessage, parts: Data) -> None:
    if message.ephemeral_to:
        message.text, message.blocks = parts["text"], parts["blocks"]
        message.edited += 1
    else:
        world.edit(message, **parts)
