"""Linear's OAuth: tokens that end, and refresh tokens that count once."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.fakes.clock import FakeClock

DAY = timedelta(seconds=86_399)
MONTH = timedelta(days=30)
SCOPE = "read write app:assignable app:mentionable"


@dataclass
class Token:
    """A token of an OAuth client; `expires_at` None for an API key."""

    client: str
    expires_at: datetime | None


class Tokens:
    """All tokens of the organization."""

    def __init__(self, clock: FakeClock, client: str) -> None:
        self.clock = clock
        self.client = client
        self.client_secret = "app-secret-for-tests"
        self.api_key = "lin_api_for_tests"
        self.codes = {"code-1"}
        self.access: dict[str, Token] = {self.api_key: Token(client=client, expires_at=None)}
        self.refresh: set[str] = set()
        self.grants: list[str] = []
        """The grant type of each token given."""
        self._numbers = itertools.count(1)

    def client_of(self, header: str) -> str | None:
        """Whose token this Authorization header holds; None for none that counts."""
        scheme, _, rest = header.partition(" ")
        name = rest if scheme == "Bearer" else header
        token = self.access.get(name)
        if token is None or (scheme == "Bearer") == (token.expires_at is None):
            return None
        if token.expires_at is not None and token.expires_at <= self.clock.now():
            return None
        return token.client

    def revoke_all(self) -> None:
        """The app was taken out of the workspace."""
        self.access.clear()
        self.refresh.clear()

    def grant(self, form: Mapping[str, str]) -> tuple[int, Mapping[str, object]]:
        """The status and body for a request of a token."""
        known = (self.client, self.client_secret)
        if (form.get("client_id"), form.get("client_secret")) != known:
            return 401, {"error": "invalid_client"}
        kind = form.get("grant_type", "")
        if kind == "client_credentials":
            self.access = {
                name: token for name, token in self.access.items() if token.expires_at is None
            }
            return self._give(kind, MONTH, refresh=False)
        if kind == "authorization_code" and form.get("code") in self.codes:
            self.codes.discard(form["code"])
            return self._give(kind, DAY, refresh=True)
        if kind == "refresh_token" and form.get("refresh_token") in self.refresh:
            self.refresh.discard(form["refresh_token"])
            return self._give(kind, DAY, refresh=True)
        return 400, {"error": "invalid_grant"}

    def _give(
        self, kind: str, lasts: timedelta, *, refresh: bool
    ) -> tuple[int, Mapping[str, object]]:
        number = next(self._numbers)
        access = f"lin_oauth_{number}"
        self.access[access] = Token(client=self.client, expires_at=self.clock.now() + lasts)
        self.grants.append(kind)
        body: dict[str, object] = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": int(lasts.total_seconds()),
            "scope": SCOPE,
        }
        if refresh:
            self.refresh.add(f"lin_refresh_{number}")
            body["refresh_token"] = f"lin_refresh_{number}"
        return 200, body
