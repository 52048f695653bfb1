"""Reading JSON bodies and bearer tokens of strangers."""

import json
from collections.abc import Mapping
from typing import NoReturn

from fastapi import HTTPException, Request

from bot.domain.codec import JSON
from bot.domain.errors import UserError


async def read_object(request: Request) -> Mapping[str, JSON]:
    """The body as a JSON object that can be stored anywhere. Raises UserError."""
    body = await request.body()
    try:
        data = json.loads(body, parse_constant=_refuse_constant)
        if b"\\u" in body:
            json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise UserError(f"The body is not JSON in UTF-8: {error}.") from error
    if not isinstance(data, dict):
        raise UserError("The body must be a JSON object.")
    return data


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def bearer(request: Request) -> str:
    """The token of the Authorization header. Raises HTTPException 401 without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unknown_token()
    return token.strip()


def unknown_token() -> HTTPException:
    """What a request without a token of ours is answered."""
    text = "No token that is known here; send it as “Authorization: Bearer …”."
    return HTTPException(401, text, headers={"WWW-Authenticate": "Bearer"})
