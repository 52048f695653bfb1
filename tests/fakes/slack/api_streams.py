"""Streams, agent sessions and suggested prompts."""

from typing import Any

from tests.fakes.slack.api_chat import postable
from tests.fakes.slack.blocks import TASK_STATES, accept_blocks
from tests.fakes.slack.call import Call, Method
from tests.fakes.slack.content import read_metadata
from tests.fakes.slack.entities import Data
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.shown import FakeMessage, Stream
from tests.fakes.slack.world import STREAM_LIFE

STATUSES = ("processing", "active", "suspended", "closed")
MOST_PROMPTS = 4


def start_stream(call: Call) -> Data:
    channel = postable(call)
    thread_ts = call.need("thread_ts")
    if call.world.find_message(channel.id, thread_ts) is None:
        raise SlackError("thread_not_found")
    if channel.user is None:
        call.need("recipient_user_id", "missing_recipient_user_id")
        call.need("recipient_team_id", "missing_recipient_team_id")
    mode = call.text("task_display_mode", "timeline")
    if mode not in {"timeline", "plan", "dense"}:
        raise SlackError("invalid_arguments")
    message = call.world.post(
        channel,
        user=call.team.bot_user_id,
        bot_id=call.team.bot_id,
        thread_ts=thread_ts,
        stream=Stream(started_at=call.world.now(), mode=mode),
    )
    _take(call, message)
    call.world.set_session(channel.id, thread_ts, "processing")
    return {"channel": channel.id, "ts": message.ts}


def append_stream(call: Call) -> Data:
    message = _streaming(call)
    if not call.text("markdown_text") and not call.json("chunks"):
        raise SlackError("no_text")
    _take(call, message)
    return {"channel": message.channel, "ts": message.ts}


def stop_stream(call: Call) -> Data:
    message = _streaming(call)
    assert message.stream is not None
    _take(call, message)
    blocks = call.json("blocks")
    ended = accept_blocks(blocks) if blocks else []
    status = call.text("session_status", "active")
    if status not in STATUSES:
        raise SlackError("invalid_status")
    message.stream.state = "complete"
    before = message.payload()
    message.blocks = accept_blocks(_shown(message.stream)) + ended
    message.metadata = read_metadata(call) or message.metadata
    call.world.tell_change(message, before)
    call.world.set_session(message.channel, message.root, status)
    return {"channel": message.channel, "ts": message.ts, "message": message.payload()}


def _streaming(call: Call) -> FakeMessage:
    message = call.message(call.channel(), call.need("ts", "message_not_found"))
    stream = message.stream
    if message.bot_id != call.team.bot_id:
        raise SlackError("message_not_owned_by_app")
    if stream and stream.state == "in_progress":
        if call.world.now() - stream.started_at < STREAM_LIFE:
            return message
        stream.state = "expired"
    stopped = stream is not None and stream.state == "stopped_by_user"
    raise SlackError("stopped_by_user" if stopped else "message_not_in_streaming_state")


def _take(call: Call, message: FakeMessage) -> None:
    stream = message.stream
    assert stream is not None
    chunks = call.json("chunks") or []
    if not isinstance(chunks, list):
        raise SlackError("invalid_chunks")
    if written := call.text("markdown_text"):
        if chunks:
            raise SlackError("markdown_text_conflict")
        chunks = [{"type": "markdown_text", "text": written}]
    for chunk in chunks:
        _take_chunk(message, stream, chunk)


def _take_chunk(message: FakeMessage, stream: Stream, chunk: Any) -> None:
    match chunk:
        case {"type": "markdown_text", "text": str(text)} if len(text) <= 12_000:
            message.text += text
        case {"type": "plan_update", "title": str(title)} if len(title) <= 256:
            stream.plan_title = title
        case {"type": "task_update", "id": str(name), "title": str(title), "status": str(status)}:
            if status not in TASK_STATES or len(title) > 256:
                raise SlackError("invalid_chunks")
            task = stream.tasks.setdefault(name, {"details": "", "output": ""})
            task |= {"title": title, "status": status}
            task["details"] += chunk.get("details") or ""
            task["output"] += chunk.get("output") or ""
        case {"type": "blocks", "blocks": blocks}:
            message.blocks += accept_blocks(blocks)
        case _:
            raise SlackError("invalid_chunks")


def _shown(stream: Stream) -> list[Data]:
    tasks = [
        {"type": "task_card", "task_id": name, "title": task["title"], "status": task["status"]}
        for name, task in stream.tasks.items()
    ]
    if stream.mode == "plan" and (tasks or stream.plan_title):
        return [{"type": "plan", "title": stream.plan_title or "Plan", "tasks": tasks}]
    return tasks


def set_status(call: Call) -> Data:
    channel = call.channel("channel_id")
    thread_ts = call.need("thread_ts")
    status = call.need("status")
    if status not in STATUSES:
        raise SlackError("invalid_status")
    title = call.text("title")
    if len(title) > 200:
        raise SlackError("invalid_arguments")
    session = call.world.set_session(channel.id, thread_ts, status)
    session.title = title or session.title
    session.initiator = call.text("initiator_user_id") or session.initiator
    if "agent_session_stopped" in call.world.bot_events:
        return {}
    missing = "missing_agent_session_stopped_event_subscription"
    return {"warning": missing, "response_metadata": {"warnings": [missing]}}


def rename(call: Call) -> Data:
    channel = call.channel("channel_id")
    session = call.world.sessions.get((channel.id, call.need("thread_ts")))
    if session is None:
        raise SlackError("session_not_found")
    if len(call.need("title")) > 200:
        raise SlackError("invalid_arguments")
    session.title = call.text("title")
    return {}


def set_prompts(call: Call) -> Data:
    channel = call.channel("channel_id")
    prompts = call.json("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= MOST_PROMPTS:
        raise SlackError("invalid_arguments")
    if any(set(prompt) != {"title", "message"} for prompt in prompts):
        raise SlackError("invalid_arguments")
    call.world.prompts[channel.id] = prompts
    return {}


def set_thread_status(call: Call) -> Data:
    """The way of assistant_view; nothing remembers it."""
    call.channel("channel_id")
    call.need("thread_ts")
    return {}


METHODS = {
    "agents.sessions.rename": Method(rename, ("chat:write",), "3"),
    "agents.sessions.setStatus": Method(set_status, ("chat:write",), "3"),
    "assistant.threads.setStatus": Method(set_thread_status, ("assistant:write",), "3"),
    "assistant.threads.setSuggestedPrompts": Method(set_prompts, ("assistant:write",), "3"),
    "chat.appendStream": Method(append_stream, ("chat:write",)),
    "chat.startStream": Method(start_stream, ("chat:write",), "2"),
    "chat.stopStream": Method(stop_stream, ("chat:write",), "2"),
}
