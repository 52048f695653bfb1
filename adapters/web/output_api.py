"""The part of the console API that follows a run's output and finds its files."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from adapters.web.console_api import ConsoleAccess
from adapters.web.waiting import wait_for_some
from bot.domain.actor import Actor
from bot.domain.codec import encode
from bot.domain.conversation import CONSOLE
from bot.domain.job import job_key
from bot.domain.run import Run, read_run_key
from bot.ports.store import Store, Topic, Tx
from bot.services.log_reading import Output, follow
from bot.services.people import look_as, require_known
from bot.services.rules import RulesNow

_LONGEST_WAIT = 25

As = Annotated[str | None, Query(alias="as")]


@dataclass(frozen=True, kw_only=True)
class OutputApi:
    """Calls about one run, each allowed by policy to the person who makes it."""

    store: Store
    rules: RulesNow
    access: ConsoleAccess
    closing: asyncio.Event
    """Set when the server is about to stop: held calls are answered at once."""

    def router(self) -> APIRouter:
        """The routes below /console/v1/runs/{key}."""
        proof = Depends(self.access.prove)
        router = APIRouter(
            prefix="/console/v1/runs/{key}", include_in_schema=False, dependencies=[proof]
        )
        router.add_api_route("/output", self._output, methods=["GET"])
        router.add_api_route("/artifacts", self._artifacts, methods=["GET"])
        return router

    async def _output(
        self,
        key: str,
        who: As = None,
        job: Annotated[int | None, Query(ge=1, lt=1 << 31)] = None,
        after: Annotated[int | None, Query(ge=0, lt=1 << 31)] = None,
        wait: Annotated[float, Query(ge=0, le=_LONGEST_WAIT)] = 0,
    ) -> JSONResponse:
        actor = self.access.actor(who)
        watch = self.store.watch(Topic.OUTPUT)

        def heard(tx: Tx) -> Output:
            run = self._permitted(tx, key, actor, "logs")
            return follow(tx, run, number=job, after=after)

        output = await wait_for_some(
            lambda: self.store.read(heard), watch, seconds=wait, closing=self.closing
        )
        shown = output.job
        return JSONResponse(
            {
                "job": job_key(shown.run_id, shown.number),
                "number": shown.number,
                "after": output.chunks[-1].seq if output.chunks else after or 0,
                "chunks": encode(output.chunks),
                "ended": output.ended,
                "status": shown.status.value,
            }
        )

    async def _artifacts(self, key: str, who: As = None) -> JSONResponse:
        actor = self.access.actor(who)
        stored = await self.store.read(
            lambda tx: tx.artifacts.of_run(self._permitted(tx, key, actor, "artifacts").id)
        )
        return JSONResponse({"artifacts": encode(stored)})

    def _permitted(self, tx: Tx, key: str, actor: Actor, verb: str) -> Run:
        rules = self.rules()
        known, seen = look_as(tx, rules.policy, actor, CONSOLE)
        require_known(rules.policy, known)
        run = seen.runs.load(read_run_key(key))
        rules.permit(known, verb, run=run)
        return run
