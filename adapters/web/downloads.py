"""Downloads: the files that were made for people of the console, each for whoever asked."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse

from adapters.web.console_api import ConsoleAccess
from bot.domain.conversation import CONSOLE
from bot.domain.errors import NotFoundError
from bot.domain.export import ExportFile
from bot.ports.artifact_files import ArtifactFiles
from bot.ports.store import Store, Tx
from bot.services.people import look_as
from bot.services.rules import RulesNow

_KINDS = {".json": "application/json", ".csv": "text/csv; charset=utf-8"}


@dataclass(frozen=True, kw_only=True)
class Downloads:
    """Hands out exports, proven by the console's token."""

    store: Store
    artifacts: ArtifactFiles
    access: ConsoleAccess
    rules: RulesNow

    def router(self) -> APIRouter:
        """The route below /console/v1/artifacts."""
        proof = Depends(self.access.prove)
        router = APIRouter(prefix="/console/v1", include_in_schema=False, dependencies=[proof])
        router.add_api_route("/artifacts/{sha256}", self._fetch, methods=["GET"])
        return router

    async def _fetch(
        self, sha256: str, who: Annotated[str | None, Query(alias="as")] = None
    ) -> FileResponse:
        actor = self.access.actor(who)

        def unit(tx: Tx) -> ExportFile | None:
            person, _ = look_as(tx, self.rules().policy, actor, CONSOLE)
            return tx.exports.find(person.name, sha256)

        file = await self.store.read(unit)
        if file is None:
            raise NotFoundError(
                f"No file of that content was made for @{actor.name}; "
                "make one with /run export, and fetch it as the same person."
            )
        return FileResponse(
            self.artifacts.path(file.sha256),
            filename=file.name,
            media_type=_KINDS[Path(file.name).suffix],
            headers={"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"},
        )
