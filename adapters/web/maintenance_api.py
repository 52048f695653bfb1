"""The maintenance API, version 1: what a runbook may see of the database and do for it."""

import hmac
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from adapters.web.bodies import bearer, unknown_token
from bot.domain.codec import encode
from bot.ports.maintenance import Maintenance


@dataclass(frozen=True, kw_only=True)
class MaintenanceApi:
    """Two calls, proven by a token that is good for nothing else."""

    maintenance: Maintenance
    token: str

    def router(self) -> APIRouter:
        """The routes below /maintenance/v1."""
        router = APIRouter(prefix="/maintenance/v1", include_in_schema=False)
        router.add_api_route("/health", self._health, methods=["GET"])
        router.add_api_route("/checkpoint", self._checkpoint, methods=["POST"])
        return router

    async def _health(self, request: Request) -> JSONResponse:
        self._check(request)
        return JSONResponse(encode(await self.maintenance.health()))

    async def _checkpoint(self, request: Request) -> JSONResponse:
        self._check(request)
        return JSONResponse(encode(await self.maintenance.checkpoint()))

    def _check(self, request: Request) -> None:
        if not hmac.compare_digest(bearer(request).encode(), self.token.encode()):
            raise unknown_token()
