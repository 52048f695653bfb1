"""Arrivals: work waits while something comes in, and not for ever."""

import asyncio
from contextlib import ExitStack

from bot.arrivals import Arrivals


def in_a_minute() -> float:
    return asyncio.get_running_loop().time() + 60


async def test_nothing_is_waited_for_where_nothing_comes_in() -> None:
    await Arrivals().calm(until=0)


async def test_work_waits_for_all_that_comes_in() -> None:
    arrivals, order = Arrivals(), list[str]()

    async def work() -> None:
        await arrivals.calm(until=in_a_minute())
        order.append("work")

    async with asyncio.TaskGroup() as group:
        with ExitStack() as others:
            others.enter_context(arrivals.arriving())
            with arrivals.arriving():
                group.create_task(work())
                await asyncio.sleep(0)
                order.append("one")
            await asyncio.sleep(0)
            order.append("the other")
    assert order == ["one", "the other", "work"]


async def test_work_does_not_wait_for_ever() -> None:
    arrivals = Arrivals()
    with arrivals.arriving():
        await arrivals.calm(until=asyncio.get_running_loop().time() + 0.01)
    with arrivals.arriving():
        await arrivals.calm(until=0)
