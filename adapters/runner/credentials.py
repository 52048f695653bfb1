"""Where the runner gets what opens its job's repository: from the bot, whenever git asks."""

import time

from adapters.runner.bot_client import BotClient, WrongReportError
from adapters.runner.credential_door import Login
from adapters.runner.pauses import Pauses
from bot.domain.errors import StaleFenceError, UnavailableError, UserError

_PATIENCE = 300.0
"""Seconds that the bot, or the code host behind it, may be away."""


class BotCredentials:
    """One thread's way to ask; what it gets is kept nowhere."""

    def __init__(self, client: BotClient, repository: str) -> None:
        self._client = client
        self._repository = repository

    def to_read(self) -> Login | None:
        """What opens the repository for reading; None where the bot has nothing for it."""
        return self._ask(push=False)

    def to_push(self) -> Login | None:
        """The same for writing, once the push is allowed."""
        return self._ask(push=True)

    def _ask(self, *, push: bool) -> Login | None:
        """Raises UserError saying why there is none."""
        give_up_at, pauses = time.monotonic() + _PATIENCE, Pauses()
        while True:
            try:
                given = self._client.get_credential(self._repository, push=push)
            except UnavailableError as error:
                if time.monotonic() > give_up_at:
                    raise UserError(f"the bot gives no credential: {error}") from error
                pauses.pause()
            except StaleFenceError as error:
                raise UserError("the claim is over") from error
            except WrongReportError as error:
                raise UserError(f"the bot gives no credential: {error.text}") from error
            else:
                return Login(given["user"], given["password"]) if given else None
