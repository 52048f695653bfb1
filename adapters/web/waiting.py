"""Long polls: answered when there is something, when time is up, or when the server closes."""

import asyncio
from collections.abc import Awaitable, Callable, Sized
from typing import TypeVar

from bot.ports.store import Watch

T = TypeVar("T", bound=Sized)


async def wait_for_some(
    look: Callable[[], Awaitable[T]], watch: Watch, *, seconds: float, closing: asyncio.Event
) -> T:
    """What `look` finds, as soon as that is not empty; empty after `seconds` or when closing.

    `watch` must have been started before anything that `look` should not miss.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        found = await look()
        left = end - loop.time()
        if len(found) or left <= 0 or closing.is_set():
            return found
        await wake(watch, left, closing)


async def wake(watch: Watch, seconds: float, closing: asyncio.Event) -> None:
    """Return when the watch wakes, when time is up, or when the server closes."""
    async with asyncio.TaskGroup() as group:
        closed = group.create_task(closing.wait())
        woken = group.create_task(watch.wait(seconds))
        await asyncio.wait({closed, woken}, return_when=asyncio.FIRST_COMPLETED)
        closed.cancel()
        woken.cancel()
