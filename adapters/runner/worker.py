"""Work that takes long (git, hashing, uploads), done in order beside the loop."""

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from adapters.runner.loop import Loop
from bot.domain.errors import UserError

T = TypeVar("T")


class Worker:
    """One thread; what comes of a task is told on the loop."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._tasks: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="worker", daemon=True).start()

    def submit(
        self,
        task: Callable[[], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[UserError], None],
    ) -> None:
        """Do `task` after those before it; a UserError or OSError of it goes to `failed`."""
        self._tasks.put(lambda: self._loop.hand_over(_outcome(task, done, failed)))

    def _run(self) -> None:
        while True:
            self._tasks.get()()


def _outcome(
    task: Callable[[], T], done: Callable[[T], None], failed: Callable[[UserError], None]
) -> Callable[[], None]:
    try:
        result = task()
    except UserError as error:
        told = error
    except OSError as error:
        told = UserError(f"{error.filename or 'A file'}: {error.strerror or error}.")
    except Exception as error:  # a bug: it must reach the main thread, which ends the job
        return _raising(error)
    else:
        return lambda: done(result)
    return lambda: failed(told)


def _raising(error: Exception) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it
