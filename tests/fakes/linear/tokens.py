"""Linear's OAuth: consent, codes, tokens that end, and refresh tokens that count once."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from tests.fakes.clock import FakeClock

DAY = timedelta(seconds=86_399)
MONTH = timedelta(days=30)
CODE = timedelta(minutes=10)
SCOPE = "read write app:assignable app:mentionable"
REDIRECT = "https://bot.test/linear/oauth"


@dataclass(frozen=True)
class Token:
    """A token of an OAuth client; `expires_at` None for an API key."""

    client: str
    expires_at: datetime | None
    organization: str = ""
    """Where it is not the usual one."""
    actor: str = "app"


@dataclass(frozen=True)
class Consent:
    """What an admin agreed to on Linear's page."""

    redirect_uri: str
    scope: str
    expires_at: datetime
    organization: str
    actor: str


@dataclass
class Tokens:
    """All tokens of the app."""

    clock: FakeClock
    client: str
    client_secret: str = "app-secret-for-tests"
    api_key: str = "lin_api_for_tests"
    redirect_uris: set[str] = field(default_factory=lambda: {REDIRECT})
    """The callback URLs in the app's settings."""
    visitor: str = "admin"
    """Who looks at Linear's page: an admin agrees, a member may not, somebody refuses."""
    organization: str = ""
    """Of whom; empty for the usual one."""
    by_credentials: bool = True
    """Whether the app may do without an admin's consent."""
    withheld: set[str] = field(default_factory=set)
    """Scopes that are not given, whatever is asked for."""
    codes: dict[str, Consent] = field(default_factory=dict)
    refresh: dict[str, Consent] = field(default_factory=dict)
    grants: list[str] = field(default_factory=list)
    """The grant type of each token given."""
    revoked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Only the API key opens at first."""
        self.access = {self.api_key: Token(client=self.client, expires_at=None)}
        self._numbers = itertools.count(1)

    def find(self, header: str) -> Token | None:
        """The token that this Authorization header holds; None for none that counts."""
        scheme, _, rest = header.partition(" ")
        name = rest if scheme == "Bearer" else header
        token = self.access.get(name)
        if token is None or (scheme == "Bearer") == (token.expires_at is None):
            return None
        if token.expires_at is not None and token.expires_at <= self.clock.now():
            return None
        return token

    def authorize(self, asked: Mapping[str, str]) -> tuple[int, str]:
        """302 and where the browser goes; 400 and why for what Linear's page does not take."""
        if asked.get("client_id") != self.client:
            return 400, "invalid client_id"
        if asked.get("redirect_uri") not in self.redirect_uris:
            return 400, "invalid redirect_uri"
        if asked.get("response_type") != "code" or asked.get("actor") not in {"app", "user"}:
            return 400, "invalid request"
        told = {"state": asked["state"]} if "state" in asked else {}
        as_app = asked["actor"] == "app"
        scopes = asked.get("scope", "read").split(",")
        if "admin" in scopes and as_app:
            told["error"] = "invalid_scope"
        elif self.visitor != "admin":
            told["error"] = "access_denied"
        else:
            told["code"] = self._agree(asked, [one for one in scopes if one not in self.withheld])
        return 302, f"{asked['redirect_uri']}?{urlencode(told)}"

    def _agree(self, asked: Mapping[str, str], scopes: list[str]) -> str:
        code = f"code-{next(self._numbers)}"
        self.codes[code] = Consent(
            redirect_uri=asked["redirect_uri"],
            scope=" ".join(scopes),
            expires_at=self.clock.now() + CODE,
            organization=self.organization,
            actor=asked["actor"],
        )
        return code

    def revoke_all(self) -> None:
        """The app was taken out of the workspace."""
        self.access.clear()
        self.refresh.clear()

    def revoke(self, header: str, form: Mapping[str, str]) -> int:
        """The status for a request to take a token back."""
        token = form.get("token", "")
        if self.find(header) is None or self.access.pop(token, None) is None:
            return 400
        self.revoked.append(token)
        return 200

    def grant(self, form: Mapping[str, str]) -> tuple[int, Mapping[str, object]]:
        """The status and body for a request of a token."""
        known = (self.client, self.client_secret)
        if (form.get("client_id"), form.get("client_secret")) != known:
            return 401, {"error": "invalid_client"}
        kind = form.get("grant_type", "")
        if kind == "client_credentials" and not self.by_credentials:
            return 400, {"error": "unauthorized_client"}
        if kind == "client_credentials":
            self.access = {
                name: token for name, token in self.access.items() if token.expires_at is None
            }
            return self._give(kind, MONTH)
        if kind == "authorization_code":
            consent = self.codes.pop(form.get("code", ""), None)
            same = consent is not None and form.get("redirect_uri") == consent.redirect_uri
            if consent and same and consent.expires_at > self.clock.now():
                return self._give(kind, DAY, consent)
        if kind == "refresh_token" and form.get("refresh_token") in self.refresh:
            return self._give(kind, DAY, self.refresh.pop(form["refresh_token"]))
        return 400, {"error": "invalid_grant"}

    def _give(
        self, kind: str, lasts: timedelta, consent: Consent | None = None
    ) -> tuple[int, Mapping[str, object]]:
        number = next(self._numbers)
        access = f"lin_oauth_{number}"
        self.access[access] = Token(
            client=self.client,
            expires_at=self.clock.now() + lasts,
            organization=consent.organization if consent else "",
            actor=consent.actor if consent else "app",
        )
        self.grants.append(kind)
        body: dict[str, object] = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": int(lasts.total_seconds()),
            "scope": consent.scope if consent else SCOPE,
        }
        if consent:
            self.refresh[f"lin_refresh_{number}"] = consent
            body["refresh_token"] = f"lin_refresh_{number}"
        return 200, body
