"""How the doctor asks Slack."""

from dataclasses import dataclass, field

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.client import BodyClient
from bot.domain.errors import UnavailableError

_PATIENCE = 10
"""Seconds for one call."""


class RefusedCallError(Exception):
    """Slack has understood a call and says no; the text is its name for the reason."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """By what the bot gets into Slack; empty where it is not set."""

    api_url: str
    bot_token: str = field(default="", repr=False)
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)

    @property
    def by_oauth(self) -> bool:
        """Whether workspaces install the bot by themselves."""
        return bool(self.client_id and self.client_secret)

    @property
    def by_socket(self) -> bool:
        """Whether the bot calls Slack, and Slack not the bot."""
        return bool(self.app_token)

    async def call(self, method: str, *, token: str = "", **given: str) -> AsyncSlackResponse:
        """Call a method that changes nothing; with the bot's token where no other is given.

        Raises RefusedCallError, and UnavailableError where it does not answer.
        """
        client = BodyClient(token=token or self.bot_token, base_url=self.api_url, timeout=_PATIENCE)
        try:
            return await client.api_call(method, params=given)
        except SlackApiError as error:
            raise _refusal(error) from error
        except aiohttp.ClientPayloadError as error:
            raise UnavailableError("What answers there is not Slack.") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            where = self.api_url.partition("?")[0]
            raise UnavailableError(f"{where} does not answer: {type(error).__name__}.") from error


def _refusal(error: SlackApiError) -> Exception:
    response = error.response
    reason = response.get("error")
    if not reason or reason == "ratelimited":
        return UnavailableError(f"Slack cannot answer now (HTTP {response.status_code}).")
    return RefusedCallError(str(reason)[:80])
