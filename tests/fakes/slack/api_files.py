"""files.*: the upload in three steps."""

from tests.fakes.slack.api_chat import postable
from tests.fakes.slack.call import Call, Method
from tests.fakes.slack.entities import Data, FakeFile
from tests.fakes.slack.errors import SlackError


def upload_url(call: Call) -> Data:
    length = call.number("length", 0)
    if length <= 0:
        raise SlackError("invalid_arguments")
    file = FakeFile(
        id=call.world.number("F"),
        filename=call.need("filename"),
        length=length,
    )
    call.world.files[file.id] = file
    return {"upload_url": f"{call.world.origin}/upload/{file.id}", "file_id": file.id}


def complete(call: Call) -> Data:
    listed = call.json("files")
    if not isinstance(listed, list) or not listed:
        raise SlackError("invalid_arguments")
    files = [_uploaded(call, entry) for entry in listed]
    channel_id = call.text("channel_id")
    if channel_id:
        _share(call, channel_id, files)
    return {"files": [_payload(file) for file in files]}


def _uploaded(call: Call, entry: Data) -> FakeFile:
    file = call.world.files.get(entry.get("id", ""))
    if file is None or file.content is None:
        raise SlackError("file_not_found")
    if file.shared:
        raise SlackError("file_already_completed")
    file.title = entry.get("title") or file.filename
    return file


def _share(call: Call, channel_id: str, files: list[FakeFile]) -> None:
    target = Call(call.world, call.args | {"channel": channel_id}, call.grant)
    channel = postable(target)
    thread_ts = call.text("thread_ts") or None
    if thread_ts and call.world.find_message(channel.id, thread_ts) is None:
        raise SlackError("invalid_thread_ts")
    for file in files:
        file.channel, file.thread_ts, file.shared = channel.id, thread_ts, True
    call.world.post(
        channel,
        user=call.team.bot_user_id,
        bot_id=call.team.bot_id,
        subtype="file_share",
        text=call.text("initial_comment"),
        thread_ts=thread_ts,
        files=[file.id for file in files],
    )


def _payload(file: FakeFile) -> Data:
    return {"id": file.id, "title": file.title, "name": file.filename, "size": file.length}


def info(call: Call) -> Data:
    file = call.world.files.get(call.need("file", "file_not_found"))
    if file is None or file.content is None:
        raise SlackError("file_not_found")
    shown = _payload(file) | {"url_private": f"{call.world.origin}/files/{file.id}"}
    return {"file": shown}


METHODS = {
    "files.completeUploadExternal": Method(complete, ("files:write",)),
    "files.getUploadURLExternal": Method(upload_url, ("files:write",)),
    "files.info": Method(info, ("files:read",)),
}
