"""Scripts, styles and the icon of the pages, served from the package; no build makes them."""

import hashlib
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response

_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def static_router() -> APIRouter:
    """The route /static/{name}; a browser asks each time whether it still has the newest."""
    kept = {file.name: file.read_bytes() for file in (files("adapters.web") / "static").iterdir()}
    tags = {name: f'"{hashlib.sha256(content).hexdigest()}"' for name, content in kept.items()}
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{name}")
    async def static(request: Request, name: str) -> Response:
        if name not in kept:
            raise HTTPException(404)
        headers = {"ETag": tags[name], "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == tags[name]:
            return Response(status_code=304, headers=headers)
        return Response(kept[name], media_type=_KINDS[Path(name).suffix], headers=headers)

    return router
