"""Downloads of artifacts: always as files to keep, never as pages that a browser would open."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse

from bot.domain.actor import Actor
from bot.domain.errors import NotFoundError
from bot.ports.artifact_files import ArtifactFiles
from bot.ports.store import Store
from bot.services.artifacts import find_content
from bot.services.rules import RulesNow

Authorise = Callable[[Request], Awaitable[Actor]]
"""Who asks; raises HTTPException or UserError where nobody who is known does."""

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "gz": "application/gzip",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "log": "text/plain; charset=utf-8",
    "md": "text/plain; charset=utf-8",
    "pdf": "application/pdf",
    "png": "image/png",
    "txt": "text/plain; charset=utf-8",
    "zip": "application/zip",
}
"""Types that nothing acts upon by itself, by the ending of a name; all else is just bytes."""

_HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, kw_only=True)
class ArtifactDownloads:
    """The one call; `authorise` says who makes it, policy whether they may."""

    store: Store
    rules: RulesNow
    artifacts: ArtifactFiles
    authorise: Authorise

    def router(self) -> APIRouter:
        """The route below /artifacts."""
        router = APIRouter(prefix="/artifacts", include_in_schema=False)
        router.add_api_route("/{sha256}/{name}", self._download, methods=["GET", "HEAD"])
        return router

    async def _download(self, sha256: str, name: str, request: Request) -> FileResponse:
        actor = await self.authorise(request)
        path = self.artifacts.path(sha256)
        rules = self.rules()
        await self.store.read(lambda tx: find_content(tx, rules, actor, sha256=sha256, name=name))
        if not await asyncio.to_thread(path.is_file):
            raise NotFoundError(f"The content of “{name[:80]}” is no longer kept.")
        return FileResponse(path, filename=name, media_type=media_type(name), headers=_HEADERS)


def media_type(name: str) -> str:
    """A type under which a browser does nothing with the file but keep it."""
    return _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
