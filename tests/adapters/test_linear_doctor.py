"""What the doctor says of Linear."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.linear.access import LinearAccess
from adapters.linear.doctor import LinearCheck
from bot.domain.errors import UnavailableError
from bot.ports.doctor import Finding, Level
from tests.fakes.clock import FakeClock
from tests.fakes.linear.door import Door, open_door


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with open_door() as opened:
        yield opened


def check_of(door: Door, **access: str) -> LinearCheck:
    """A check with everything right, but for what is given; its clock is the server's."""
    right = LinearAccess(
        api_url=door.linear.url,
        token=door.linear.tokens.api_key,
        webhook_secret=door.linear.hooks.secret,
    )
    clock = FakeClock(datetime.now(UTC))
    return LinearCheck(
        access=replace(right, **access), clock=clock, public_url="https://bot.example.com"
    )


def levels(findings: tuple[Finding, ...]) -> dict[str, Level]:
    return {finding.checked: finding.level for finding in findings}


async def test_all_is_well(door: Door) -> None:
    found = levels(await check_of(door)())
    assert set(found.values()) == {Level.OK}
    assert set(found) == {
        "connection",
        "token",
        "organization",
        "webhook secret",
        "webhook address",
        "clock",
    }


async def test_nothing_is_set_up(door: Door) -> None:
    (finding,) = await check_of(door, token="")()
    assert finding.level is Level.NOT_SET_UP


async def test_a_wrong_token(door: Door) -> None:
    found = await check_of(door, token="lin_api_wrong")()
    assert levels(found)["token"] is Level.ERROR
    assert not any("lin_api_wrong" in f"{finding}" for finding in found)


async def test_a_person_is_no_app(door: Door) -> None:
    door.linear.world.app.app = False
    assert levels(await check_of(door)())["token"] is Level.WARNING


async def test_an_app_keeps_its_token(door: Door) -> None:
    check = check_of(door, token="", client_id="id", client_secret="secret-of-app")
    assert levels(await check())["token"] is Level.OK
    assert door.linear.tokens.grants == []
    lacking = check_of(door, token="", client_secret="secret-of-app")
    assert levels(await lacking())["token"] is Level.ERROR


@pytest.mark.parametrize("secret", ["", "short"])
async def test_a_webhook_secret_is_needed(door: Door, secret: str) -> None:
    assert levels(await check_of(door, webhook_secret=secret)())["webhook secret"] is Level.ERROR


async def test_linear_calls_https_alone_and_a_stand_in_here_calls_any(door: Door) -> None:
    check = replace(check_of(door), public_url="http://127.0.0.1:8321")
    assert levels(await check())["webhook address"] is Level.WARNING
    away = check.access.api_url.replace("127.0.0.1", "0.0.0.0")  # called only
    real = replace(check, access=replace(check.access, api_url=away))
    assert levels(await real())["webhook address"] is Level.ERROR


async def test_an_odd_clock(door: Door) -> None:
    check = replace(check_of(door), clock=FakeClock())
    assert levels(await check())["clock"] is Level.ERROR


async def test_no_answer(door: Door) -> None:
    with pytest.raises(UnavailableError):
        await check_of(door, api_url="http://127.0.0.1:9")()
