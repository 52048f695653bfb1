"""Installing by OAuth: a browser goes to Linear's page, and comes back with a code for tokens."""

import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from adapters.linear.auth import (
    INSTALL_PATH,
    REDIRECT_PATH,
    AppCredentials,
    Credentials,
    FixedToken,
)
from adapters.linear.client import LinearClient
from adapters.linear.identity import OurIdentity
from adapters.linear.tokens import SCOPES, NoTokenError, TokenDesk, Tokens, installation_address
from adapters.linear.values import Viewer
from adapters.linear.webhook import SURFACE
from bot.domain.errors import UnavailableError, UserError
from bot.ports.clock import Ids
from bot.ports.store import Store
from bot.services.install_states import STATE_LIFE, give_state, take_state

_LOG = logging.getLogger(__name__)

_COOKIE = "signalbox-linear-install"


class NotInstalledError(Exception):
    """Nothing was installed; `reason` names the words of the page that says why."""

    def __init__(self, reason: str, status: int, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.detail = detail


@dataclass(frozen=True, kw_only=True)
class LinearInstalling:
    """The two pages. Whoever opens the first may install; Linear lets none but its admins."""

    store: Store
    ids: Ids
    desk: TokenDesk
    credentials: AppCredentials
    identity: OurIdentity
    client: LinearClient
    """Speaks by `credentials`."""
    client_of: Callable[[Credentials], LinearClient]
    public_url: str
    page: Callable[..., str]
    """A page as HTML, by its name and values."""

    def router(self) -> APIRouter:
        """GET /linear/install, and /linear/oauth where Linear sends the browser back to."""
        router = APIRouter(include_in_schema=False)
        for path, page in ((INSTALL_PATH, self._begin), (REDIRECT_PATH, self._end)):
            router.add_api_route(path, page, methods=["GET"], response_model=None)
        return router

    @property
    def redirect_uri(self) -> str:
        """What the app's settings in Linear must name too."""
        return f"{self.public_url.rstrip('/')}{REDIRECT_PATH}"

    async def _begin(self) -> Response:
        if not self.public_url:
            return self._show("no_address", 503)
        state = self.ids.token()
        await self.store.write(lambda tx: give_state(tx, state, surface=SURFACE))
        address = installation_address(self.desk.app, redirect_uri=self.redirect_uri, state=state)
        response = RedirectResponse(address, status_code=302)
        response.set_cookie(
            _COOKIE,
            state,
            max_age=int(STATE_LIFE.total_seconds()),
            path=REDIRECT_PATH,
            secure=self.public_url.startswith("https://"),
            httponly=True,
            samesite="lax",
        )
        return response

    async def _end(self, request: Request) -> Response:
        try:
            viewer = await self._install(request)
        except NotInstalledError as error:
            _LOG.warning("Linear was not installed: %s %s", error.reason, error.detail)
            response = self._show(error.reason, error.status, detail=error.detail)
        else:
            _LOG.info("Linear was installed in the organization %s", viewer.organization)
            response = self._show("done", 200, app=viewer.name)
        response.delete_cookie(_COOKIE, path=REDIRECT_PATH)
        return response

    def _show(self, outcome: str, status: int, **values: str) -> Response:
        given = {"app": "", "detail": "", **values}
        return HTMLResponse(self.page("linear_install", outcome=outcome, **given), status)

    async def _install(self, request: Request) -> Viewer:
        """Raises NotInstalledError."""
        told = request.query_params
        await self._expect(told.get("state", ""), request.cookies.get(_COOKIE, ""))
        if "error" in told or not told.get("code"):
            raise NotInstalledError("denied", 403)
        try:
            serves = await self._serves()
            tokens = await self.desk.grant(
                grant_type="authorization_code",
                code=told["code"],
                redirect_uri=self.redirect_uri,
            )
            viewer = await self.client_of(FixedToken(tokens.access)).viewer()
            await self._check(tokens, viewer, serves)
        except UserError as error:
            raise NotInstalledError("refused", 400, error.text) from error
        except UnavailableError as error:
            raise NotInstalledError("away", 503, str(error)) from error
        await self.credentials.install(tokens, viewer)
        self.identity.forget()
        return viewer

    async def _expect(self, state: str, cookie: str) -> None:
        """The state must be of this browser, and counts once."""
        same = bool(state) and hmac.compare_digest(state.encode(), cookie.encode())
        if not same or not await self.store.write(
            lambda tx: take_state(tx, state, surface=SURFACE)
        ):
            raise NotInstalledError("stale", 400)

    async def _serves(self) -> str:
        """The organization that this bot works for already; empty for none."""
        if await self.credentials.kept() is None:
            return ""
        try:
            return (await self.client.viewer()).organization
        except NoTokenError:
            return ""

    async def _check(self, tokens: Tokens, viewer: Viewer, serves: str) -> None:
        lacking = ", ".join(scope for scope in SCOPES if scope not in tokens.scopes)
        if viewer.is_app and not lacking and serves in {"", viewer.organization}:
            return
        await self.desk.revoke(tokens)
        if lacking:
            raise NotInstalledError("scopes", 400, lacking)
        raise NotInstalledError("elsewhere" if viewer.is_app else "person", 409)
