"""The webhook: what is refused, with which answer, and that refusing has no effect."""

import json
import random
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from starlette.types import Message

from tests.fakes.linear.hooks import Delivery, sign
from tests.fakes.linear.stage import LinearStage, linear_stage

FUZZED = 1_000


@pytest.fixture
async def play(blank: Path, tmp_path: Path) -> AsyncIterator[LinearStage]:
    copy = shutil.copy(blank, tmp_path)
    async with linear_stage(f"sqlite:///{copy}") as opened:
        await opened.ours.identity.viewer()
        yield opened


def mentioned(play: LinearStage) -> Delivery:
    """The delivery of a session that begins, not yet sent."""
    play.linear.people.mentions_app(play.linear.world.add_issue("Checkout rounds down"))
    _, delivery = play.linear.hooks.queue
    play.linear.hooks.queue.clear()
    return delivery


async def has_effect(play: LinearStage) -> bool:
    await play.ours.inbox.settle()
    pending = await play.stage.store.read(
        lambda tx: tx.tracker_events.pending(
            "linear", before=tx.now() + timedelta(days=1), limit=10
        )
    )
    found = await play.stage.store.read(lambda tx: tx.invocations.unfinished())
    runs = await play.stage.store.read(lambda tx: tx.runs.stats())
    return bool(pending or found or any(runs.values()) or play.linear.called("CreateActivity"))


async def sends(play: LinearStage, body: bytes, **headers: str) -> int:
    """Send a body with the right signature, unless headers say otherwise."""
    given = {
        "Linear-Delivery": str(UUID(int=random.getrandbits(128))),
        "Linear-Signature": sign(play.linear.hooks.secret, body),
        "Content-Type": "application/json",
        **headers,
    }
    answer = await play.http.post("http://bot.test/linear/webhook", content=body, headers=given)
    return answer.status_code


def stamped(play: LinearStage, payload: Any) -> bytes:
    stamp = int(play.stage.clock.now().timestamp() * 1_000)
    return json.dumps({**payload, "webhookTimestamp": stamp}).encode()


async def test_a_wrong_signature_is_refused(play: LinearStage) -> None:
    delivery = mentioned(play)
    assert await play.linear.hooks.attempt(delivery, secret="lin_wh_of_somebody_else") == 401
    body = stamped(play, delivery.payload)
    for signature in ("", "00" * 32, "x", sign(play.linear.hooks.secret, body + b" ")):
        assert await sends(play, body, **{"Linear-Signature": signature}) == 401
    assert not await has_effect(play)


@pytest.mark.parametrize("age", [61, -61, 3_600, 10**9])
async def test_what_was_not_sent_now_is_refused(play: LinearStage, age: int) -> None:
    assert await play.linear.hooks.attempt(mentioned(play), age=timedelta(seconds=age)) == 401
    assert not await has_effect(play)


async def test_a_body_that_breaks_off_has_no_effect(play: LinearStage) -> None:
    app, said = FastAPI(), list[Message]()
    app.include_router(play.ours.router)

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def note(message: Message) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": "/linear/webhook", "headers": []}
    await app({**scope, "query_string": b"", "root_path": ""}, gone, note)
    assert said[0]["status"] == 400
    assert not await has_effect(play)


async def test_a_character_that_is_none_is_refused(play: LinearStage) -> None:
    whole = stamped(play, mentioned(play).payload)
    for none in (b"\\ud800", b"\\uDFFF", b"\xed\xa0\x80", b"\xff"):
        assert await sends(play, whole.replace(b"Checkout", none)) == 400
    assert await sends(play, whole.replace(b"Checkout", b"\\uD83D\\uDE00")) == 200


async def test_another_organization_is_refused(play: LinearStage) -> None:
    payload = {**mentioned(play).payload, "organizationId": str(UUID(int=1))}
    assert await sends(play, stamped(play, payload)) == 403
    assert not await has_effect(play)


async def test_a_body_that_is_too_long_is_refused(play: LinearStage) -> None:
    payload = {**mentioned(play).payload, "promptContext": "x" * 600_000}
    assert await sends(play, stamped(play, payload)) == 413
    assert not await has_effect(play)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "Cycle"},
        {"action": "archived"},
        {"type": "Issue", "action": "remove"},
        {"appUserId": str(UUID(int=9))},
    ],
)
async def test_what_does_not_concern_us_is_taken_without_effect(
    play: LinearStage, change: dict[str, str]
) -> None:
    payload = {**mentioned(play).payload, **change}
    assert await sends(play, stamped(play, payload)) == 200
    assert not await has_effect(play)


async def test_our_own_changes_are_dropped(play: LinearStage) -> None:
    issue = play.linear.world.add_issue("Checkout rounds down")
    await play.ours.client.comment(
        issue.id, "/run dispatch", made="8c5b0b6e-63b4-4f0a-9a39-2f7d1f6b1c11"
    )
    await play.linear.hooks.deliver()
    assert [delivery.answers for delivery in play.linear.hooks.sent] == [[200]]
    assert not await has_effect(play)


async def test_a_replay_has_no_second_effect(play: LinearStage) -> None:
    delivery = mentioned(play)
    for _ in range(3):
        assert await play.linear.hooks.attempt(delivery) == 200
    body = stamped(play, delivery.payload)
    assert await sends(play, body) == 200
    await play.settles()
    assert len(play.linear.called("CreateActivity")) == len(
        {call.variables["input"]["id"] for call in play.linear.called("CreateActivity")}
    )
    (session,) = play.linear.world.sessions.values()
    assert sum("I am on it" in words for words in play.said(session)) == 1


async def test_both_forms_of_a_prompt_are_read(play: LinearStage) -> None:
    await play.linear.hooks.attempt(mentioned(play))
    await play.settles()
    (session,) = play.linear.world.sessions.values()
    activity = play.linear.people.replies(session, "/run show")
    delivery = play.linear.hooks.queue.pop()
    old = {"id": activity.id, "body": "/run show", "userId": activity.user.id}
    payload = {**delivery.payload, "agentActivity": old}
    assert await sends(play, stamped(play, payload)) == 200
    before = len(session.activities)
    await play.ours.inbox.settle()
    assert len(session.activities) == before + 1


async def test_not_knowing_who_we_are_is_not_a_refusal_for_good(play: LinearStage) -> None:
    play.ours.identity.forget()
    play.linear.faults.down = True
    delivery = mentioned(play)
    assert await play.linear.hooks.attempt(delivery) == 503
    play.linear.faults.down = False
    play.stage.clock.advance(timedelta(minutes=1))
    await play.linear.hooks.retry()
    assert delivery.answers == [503, 200]


async def test_fuzzed_bodies_are_refused_without_effect(play: LinearStage) -> None:
    chance = random.Random(20260302)
    original = mentioned(play).payload
    seen: dict[int, int] = {}
    for _ in range(FUZZED):
        body, signed = _broken(play, original, chance)
        headers = {} if signed else {"Linear-Signature": f"{chance.getrandbits(256):064x}"}
        status = await sends(play, body, **headers)
        assert status in ({400, 401, 403} if signed else {401}), body[:200]
        seen[status] = seen.get(status, 0) + 1
    assert set(seen) == {400, 401, 403}
    assert not await has_effect(play)


def _broken(play: LinearStage, payload: Any, chance: random.Random) -> tuple[bytes, bool]:
    """A body with something wrong about it, and whether it is signed rightly."""
    whole = stamped(play, payload)
    junk: tuple[Any, ...] = (
        None,
        1,
        -1.5,
        True,
        [],
        {},
        "",
        "x" * 400,
        [None],
        {"id": 3},
        "\ud800",
    )
    kind = chance.randrange(6)
    if kind == 0:
        return chance.randbytes(chance.randrange(200)), True
    if kind == 1:
        return whole[: chance.randrange(1, len(whole) - 1)], True
    if kind == 2:
        at = chance.randrange(len(whole))
        return whole[:at] + chance.randbytes(1) + whole[at + 1 :], False
    changed = json.loads(whole)
    path = chance.choice(
        [
            ("type",),
            ("action",),
            ("organizationId",),
            ("agentSession",),
            ("agentSession", "id"),
            ("webhookTimestamp",),
        ]
    )
    part = changed
    for name in path[:-1]:
        part = part[name]
    value = chance.choice(junk)
    if path == ("webhookTimestamp",) or kind == 3:
        part.pop(path[-1])
    elif kind == 4 or path == ("agentSession",):
        part[path[-1]] = value if not isinstance(value, dict) else None
    else:
        part[path[-1]] = "[" * 50 if path == ("organizationId",) else value
    return json.dumps(changed).encode(), True
