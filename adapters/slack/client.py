"""The client of Slack's Web API: the SDK's, without what servers that are not Slack trip over."""

from http import HTTPStatus
from typing import Any

from aiohttp import ClientPayloadError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

_BODIES = ("data", "json", "files")


class BodyClient(AsyncWebClient):
    """Asks by POST, with everything in the body; an answer that is not Slack's is a lost one.

    The SDK puts a part of it in the address, which logs keep. Slack takes both; not every
    server that stands in for it does.
    """

    async def api_call(self, api_method: str, **call: Any) -> AsyncSlackResponse:
        """Call a method."""
        if call.get("params") and not any(call.get(body) for body in _BODIES):
            asked = dict(call["params"])
            # The SDK makes a header of a token that stands here, and only here.
            call["params"] = {"token": asked.pop("token")} if "token" in asked else None
            # In a form the SDK would write True, which is not Slack's word for it.
            call["data"] = {
                name: int(value) if isinstance(value, bool) else value
                for name, value in asked.items()
            }
        return await super().api_call(api_method, **{**call, "http_verb": "POST"})

    async def _request(self, **asked: Any) -> dict[str, Any]:
        """What Slack answers, which is always an object; what stands before it says anything."""
        try:
            answer = await super()._request(**asked)
        except SlackApiError as error:  # it said it was JSON
            raise ClientPayloadError(str(error)) from error
        data = answer["data"] if isinstance(answer["data"], dict) else {}
        if answer["status_code"] == HTTPStatus.NOT_FOUND and "error" not in data:
            data = {"ok": False, "error": "unknown_method"}  # as Slack itself would say it
        return {**answer, "data": data}
