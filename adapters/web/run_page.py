"""The page about a run that every surface links to."""

import re

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from adapters.web.outbound import page
from adapters.web.static_files import static_router

_KEY = re.compile(r"[Rr]-[1-9]\d{0,17}")


def run_page_router(*, chat: bool) -> APIRouter:
    """The route /runs/<key>: it leads into the browser chat where there is one.

    Elsewhere it says where to look, and the same for every key: nobody has signed in, so that
    not even whether there is such a run is told.
    """
    router = APIRouter(include_in_schema=False)
    if not chat:
        router.include_router(static_router())

    @router.get("/runs/{key}")
    async def run_page(key: str) -> Response:
        if not _KEY.fullmatch(key):
            return HTMLResponse(page("run_elsewhere", key=""), status_code=404)
        if chat:
            return RedirectResponse(f"/chat/runs/{key}")
        return HTMLResponse(page("run_elsewhere", key=key.upper()))

    return router
