"""Errors as answers: each of the core's errors has one status, all have the same JSON form."""

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as RoutingError
from starlette.requests import ClientDisconnect

from bot.domain.errors import (
    ConflictError,
    NotFoundError,
    RefusedError,
    StaleFenceError,
    UnavailableError,
    UserError,
)


def failure(status: int, text: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """`{"error": text}`."""
    return JSONResponse({"error": text}, status_code=status, headers=headers)


def answer_errors(app: FastAPI) -> None:
    """Let every error of the core, of routing and of parameters be answered in JSON."""

    @app.exception_handler(UserError)
    async def _user(_: Request, error: UserError) -> Response:
        refused, unknown = isinstance(error, RefusedError), isinstance(error, NotFoundError)
        return failure(403 if refused else 404 if unknown else 400, error.text)

    @app.exception_handler(StaleFenceError)
    async def _stale(_: Request, _error: StaleFenceError) -> Response:
        return failure(409, "stale")

    @app.exception_handler(ConflictError)
    @app.exception_handler(UnavailableError)
    async def _busy(_: Request, error: Exception) -> Response:
        return failure(503, f"{error}; try again", {"Retry-After": "1"})

    @app.exception_handler(RoutingError)
    async def _http(_: Request, error: HTTPException) -> Response:
        return failure(error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def _parameters(_: Request, error: RequestValidationError) -> Response:
        texts = (f"{fault['loc'][-1]}: {fault['msg']}" for fault in error.errors())
        return failure(400, "; ".join(texts))

    @app.exception_handler(ClientDisconnect)
    async def _gone(_: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=400)
