"""The HTTP agent API, version 1: what runners call. Its contract is docs/job-protocol.md."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import JSONResponse

from adapters.web.bodies import bearer, read_object, unknown_token
from adapters.web.waiting import wait_for_some
from bot.domain.codec import JSON, decode
from bot.domain.errors import NotFoundError, UserError
from bot.domain.job import Job
from bot.domain.order import Order, OrderKind
from bot.domain.report import Report, ReportKind
from bot.ports.artifact_files import ArtifactFiles
from bot.ports.code_host import FindCredential
from bot.ports.store import Store, Topic, Tx
from bot.ports.vault import Vault
from bot.services.claiming import find_claim, renew
from bot.services.credentialing import require_credential
from bot.services.reporting import Taken, take
from bot.services.rules import RulesNow
from bot.services.sealing import deliver

LONGEST_WAIT = 25
"""Seconds that a call for orders is held open."""
_HIGHEST_ID = (1 << 63) - 1


@dataclass(frozen=True, kw_only=True)
class AgentApi:
    """The calls of a runner, each proven by the token of its claim."""

    store: Store
    rules: RulesNow
    artifacts: ArtifactFiles
    vault: Vault
    closing: asyncio.Event
    """Set when the server is about to stop: held calls are answered at once."""
    credential: FindCredential | None = None
    """What opens repositories; None where no code host is set up."""

    def router(self) -> APIRouter:
        """The routes below /agent/v1/jobs/{job}."""
        router = APIRouter(prefix="/agent/v1/jobs/{job}", include_in_schema=False)
        router.add_api_route("/reports", self._reports, methods=["POST"])
        router.add_api_route("/orders", self._orders, methods=["GET"])
        router.add_api_route("/credential", self._credential, methods=["GET"])
        router.add_api_route("/artifacts/{sha256}", self._artifact, methods=["PUT"])
        return router

    async def _reports(self, job: str, request: Request) -> JSONResponse:
        token = bearer(request)
        reports = read_reports(await read_object(request))
        rules = self.rules()

        def unit(tx: Tx) -> Taken:
            claimed = _claimed(tx, job, token)
            try:
                return take(tx, rules, claimed, reports)
            except UserError as error:  # whatever kind: a runner only knows “wrong”
                raise HTTPException(400, error.text) from error

        taken = await self.store.write(unit)
        return JSONResponse({"taken": taken.taken, "results": _by_text(taken.results)})

    async def _orders(
        self,
        job: str,
        request: Request,
        after: Annotated[int, Query(ge=0, le=_HIGHEST_ID)] = 0,
        wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT)] = 0,
        *,
        alive: bool = False,
    ) -> JSONResponse:
        token = bearer(request)
        lease = self.rules().periods.lease
        watch = self.store.watch(Topic.ORDERS)

        def heard(tx: Tx) -> None:
            renew(tx, _claimed(tx, job, token), alive=alive, lease=lease)

        def given(tx: Tx) -> list[JSON]:
            orders = tx.orders.after(_claimed(tx, job, token).id, after)
            return [_order(tx, self.vault, order) for order in orders]

        await self.store.write(heard)
        orders = await wait_for_some(
            lambda: self.store.read(given), watch, seconds=wait, closing=self.closing
        )
        return JSONResponse({"orders": orders})

    async def _credential(
        self, job: str, request: Request, repository: str = "", *, push: bool = False
    ) -> JSONResponse:
        token = bearer(request)

        def unit(tx: Tx) -> str:
            return require_credential(tx, _claimed(tx, job, token), repository, push=push)

        try:
            address = await self.store.read(unit)
            found = await self.credential(address, push=push) if self.credential else None
        except UserError as error:  # as with reports
            raise HTTPException(400, error.text) from error
        given = {"user": found.user, "password": found.password} if found else None
        return JSONResponse({"credential": given}, headers={"Cache-Control": "no-store"})

    async def _artifact(self, job: str, sha256: str, request: Request) -> JSONResponse:
        token = bearer(request)
        size = request.headers.get("content-length", "")
        if not size.isdecimal():
            raise HTTPException(411, "Say how long the file is with Content-Length.")
        await self.store.read(lambda tx: _claimed(tx, job, token))
        await self.artifacts.put(sha256, request.stream(), size=int(size))
        return JSONResponse({"sha256": sha256})


def _claimed(tx: Tx, job: str, token: str) -> Job:
    try:
        return find_claim(tx, job, token)
    except NotFoundError:
        raise unknown_token() from None


def read_reports(body: Mapping[str, JSON]) -> tuple[Report, ...]:
    """The reports of a body, their data unread. Raises UserError that names the wrong one."""
    listed = body.get("reports")
    if not isinstance(listed, list):
        raise UserError("“reports” must be a list.")
    return tuple(_report(data, place) for place, data in enumerate(listed, start=1))


def _report(data: JSON, place: int) -> Report:
    kinds = [kind.value for kind in ReportKind]
    if not isinstance(data, dict) or data.get("kind") not in kinds:
        raise UserError(f"Report {place} of this call has no kind that is known.")
    seq = data.get("seq")
    if not isinstance(seq, int) or isinstance(seq, bool) or not 1 <= seq <= _HIGHEST_ID:
        raise UserError(f"The seq of report {place} of this call is no number from 1.")
    if not isinstance(data.get("data", {}), dict):
        raise UserError(f"The data of report {place} of this call is no object.")
    return decode(Report, data)


def _by_text(results: Mapping[int, JSON]) -> dict[str, JSON]:
    return {str(seq): result for seq, result in results.items()}


def _order(tx: Tx, vault: Vault, order: Order) -> JSON:
    decides = order.kind is OrderKind.DECISION
    data = deliver(tx, vault, order.data) if decides else dict(order.data)
    return {"id": order.id, "kind": order.kind.value, "data": data}
