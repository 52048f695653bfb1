"""The fake Slack's streams, agent sessions, workflow steps, files, and installs."""

from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from slack_sdk.models.messages.chunk import PlanUpdateChunk, TaskUpdateChunk
from slack_sdk.web.async_client import AsyncWebClient

from tests.adapters.fake_slack_world import ANA, OPS, Data, bolt, client, connected, refusal
from tests.fakes.clock import FakeClock
from tests.fakes.slack.fake import FakeSlack


async def begin(slack: FakeSlack) -> tuple[str, str, str]:
    """A stream in Ana's direct messages: channel, thread and ts."""
    said = await slack.direct_message(ANA, "start")
    stream = await client(slack).chat_startStream(
        channel=said.channel, thread_ts=said.ts, task_display_mode="plan"
    )
    return said.channel, said.ts, stream["ts"]


async def test_a_stream_becomes_a_message(slack: FakeSlack) -> None:
    web = client(slack)
    channel, thread, ts = await begin(slack)
    assert slack.sessions[channel, thread].status == "processing"
    editing = web.chat_update(channel=channel, ts=ts, text="no")
    assert await refusal(editing) == "streaming_state_conflict"
    chunks = [
        PlanUpdateChunk(title="Plan"),
        TaskUpdateChunk(id="1", title="Build", status="in_progress"),
    ]
    await web.chat_appendStream(channel=channel, ts=ts, chunks=chunks)
    done = TaskUpdateChunk(id="1", title="Built", status="complete")
    await web.chat_stopStream(channel=channel, ts=ts, chunks=[done], session_status="suspended")
    [plan] = slack.thread(channel, thread)[1].blocks
    assert (plan["title"], plan["tasks"][0]["title"]) == ("Plan", "Built")
    assert slack.sessions[channel, thread].status == "suspended"
    more = web.chat_appendStream(channel=channel, ts=ts, markdown_text="more")
    assert await refusal(more) == "message_not_in_streaming_state"
    await web.chat_update(channel=channel, ts=ts, text="later")


async def test_a_stream_does_not_live_long(slack: FakeSlack, clock: FakeClock) -> None:
    channel, _, ts = await begin(slack)
    clock.advance(timedelta(minutes=5, seconds=6))
    more = client(slack).chat_appendStream(channel=channel, ts=ts, markdown_text="more")
    assert await refusal(more) == "message_not_in_streaming_state"
    await client(slack).chat_update(channel=channel, ts=ts, text="instead")


async def test_a_task_is_never_completed(slack: FakeSlack) -> None:
    channel, _, ts = await begin(slack)
    wrong = TaskUpdateChunk(id="1", title="Build", status="completed")
    more = client(slack).chat_appendStream(channel=channel, ts=ts, chunks=[wrong])
    assert await refusal(more) == "invalid_chunks"


async def test_stop_is_told_and_ends_the_stream(slack: FakeSlack) -> None:
    stopped: list[Data] = []
    slack.bot_events.remove("message.im")
    app = bolt(slack)

    @app.event("agent_session_stopped")
    async def note(event: Data) -> None:
        stopped.append(event)

    async with connected(slack, app):
        channel, thread, ts = await begin(slack)
        await slack.presses_stop(ANA, channel, thread)
    assert (stopped[0]["user"], stopped[0]["streaming_message_ts"]) == (ANA, [ts])
    more = client(slack).chat_appendStream(channel=channel, ts=ts, markdown_text="more")
    assert await refusal(more) == "stopped_by_user"
    # Slack leaves it to the app to say that nothing is in progress.
    assert slack.sessions[channel, thread].status == "processing"


async def test_a_session_falls_back_and_then_has_no_stop_button(
    slack: FakeSlack, clock: FakeClock
) -> None:
    web = client(slack)
    said = await slack.writes(ANA, OPS, "start")
    where: Any = {"channel_id": OPS, "thread_ts": said.ts}
    await web.agents_sessions_setStatus(**where, status="processing", title="Run 1")
    await web.agents_sessions_rename(**where, title="Run 41")
    session = slack.sessions[OPS, said.ts]
    assert (session.status, session.title) == ("processing", "Run 41")
    clock.advance(timedelta(hours=1))
    assert slack.sessions[OPS, said.ts].status == "active"
    with pytest.raises(AssertionError, match="no Stop button"):
        await slack.presses_stop(ANA, OPS, said.ts)
    wrong = web.agents_sessions_setStatus(**where, status="running")
    assert await refusal(wrong) == "invalid_status"


async def test_who_does_not_listen_for_stop_is_warned(slack: FakeSlack) -> None:
    slack.bot_events.remove("agent_session_stopped")
    answer = await client(slack).agents_sessions_setStatus(
        channel_id=OPS, thread_ts="1.2", status="processing"
    )
    assert answer["warning"] == "missing_agent_session_stopped_event_subscription"


async def test_there_are_at_most_four_prompts(slack: FakeSlack) -> None:
    web, channel = client(slack), slack.dm(ANA)
    prompts = [{"title": "Start", "message": "Start the nightly job"}]
    await web.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=prompts)
    assert slack.prompts[channel] == prompts
    many = web.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=prompts * 5)
    assert await refusal(many) == "invalid_arguments"


async def test_a_step_is_completed_once_and_by_its_own_token(slack: FakeSlack) -> None:
    app = bolt(slack)

    @app.function("dispatch_run")
    async def run(inputs: Data, complete: Any) -> None:
        await complete(outputs={"run_id": f"R-{inputs['job']}"})

    async with connected(slack, app):
        execution = await slack.runs_step("dispatch_run", {"job": "nightly"})
        await slack.settles()
    assert execution.outputs == {"run_id": "R-nightly"}
    own = client(slack, execution.token)
    again = own.functions_completeError(function_execution_id=execution.id, error="no")
    assert await refusal(again) == "execution_not_in_running_state"
    other = client(slack).functions_completeSuccess(function_execution_id=execution.id, outputs={})
    assert await refusal(other) == "access_denied"


async def test_a_file_goes_up_in_three_steps(slack: FakeSlack) -> None:
    root = await slack.writes(ANA, OPS, "logs?")
    await client(slack).files_upload_v2(
        channel=OPS, thread_ts=root.ts, filename="run.log", title="Log", content="line one"
    )
    [file] = slack.files.values()
    assert (file.content, file.title, file.thread_ts) == (b"line one", "Log", root.ts)
    assert slack.thread(OPS, root.ts)[1].files == [file.id]


async def test_a_file_has_the_length_that_was_told(slack: FakeSlack) -> None:
    web = client(slack)
    answer = await web.files_getUploadURLExternal(filename="run.log", length=3)
    async with (
        aiohttp.ClientSession() as session,
        session.post(answer["upload_url"], data=b"line one") as response,
    ):
        assert response.status == 400
    ending = web.files_completeUploadExternal(files=[{"id": answer["file_id"], "title": "a"}])
    assert await refusal(ending) == "file_not_found"


async def test_many_workspaces_are_installed_each_with_its_token(
    slack: FakeSlack, clock: FakeClock
) -> None:
    slack.add_team("T0002", "Other", enterprise_id="E0001")
    slack.add_channel("C0OTHER", team_id="T0002")

    async def code() -> str:
        query = {"team": "T0002", "redirect_uri": "http://bot/back", "state": "s"}
        query["scope"] = "chat:write,commands"
        async with (
            aiohttp.ClientSession() as session,
            session.get(slack.authorize_url, params=query, allow_redirects=False) as response,
        ):
            assert response.headers["Location"].endswith("state=s")
            return response.headers["Location"].partition("code=")[2].partition("&")[0]

    async def exchange(code: str) -> Any:
        # As oauth_v2_access of the SDK sends it, in a way that aiohttp is about to give up.
        secret = aiohttp.encode_basic_auth(slack.world.client_id, slack.world.client_secret)
        return await AsyncWebClient(base_url=slack.api_url).api_call(
            "oauth.v2.access",
            data={"code": code, "redirect_uri": "http://bot/back"},
            headers={"Authorization": secret},
        )

    first = await code()
    installed = await exchange(first)
    assert (installed["team"]["id"], installed["enterprise"]["id"]) == ("T0002", "E0001")
    web = client(slack, installed["access_token"])
    await web.chat_postMessage(channel="C0OTHER", text="a")
    assert await refusal(web.chat_postMessage(channel=OPS, text="a")) == "channel_not_found"
    assert await refusal(web.reactions_add(channel=OPS, timestamp="1", name="x")) == (
        "missing_scope"
    )
    assert await refusal(exchange(first)) == "code_already_used"
    late = await code()
    clock.advance(timedelta(minutes=11))
    assert await refusal(exchange(late)) == "code_expired"


async def test_an_install_for_the_whole_enterprise_reaches_its_workspaces(
    slack: FakeSlack,
) -> None:
    slack.add_team("T0002", "One", enterprise_id="E0001").org_wide = True
    slack.add_team("T0003", "Two", enterprise_id="E0001")
    slack.add_channel("C0TWO", members=[ANA], team_id="T0003")
    web = client(slack, "xoxb-T0002")
    assert (await web.auth_test())["is_enterprise_install"]
    await web.chat_postMessage(channel="C0TWO", text="a")
    assert [said.text for said in slack.messages("C0TWO")] == ["a"]


async def test_a_stranger_is_known_by_the_team(slack: FakeSlack) -> None:
    slack.add_user("U0OUT", team_id="T0OTHER")
    slack.add_channel("C0BOTH", members=["U0OUT"], is_ext_shared=True)
    await slack.mentions("U0OUT", "C0BOTH", "list")
    for delivery in slack.deliveries.log:
        assert delivery.event["user_team"] == "T0OTHER"
        assert delivery.payload["team_id"] == slack.team_id
        assert delivery.payload["is_ext_shared_channel"]
