"""How the bot proves itself to GitHub: a token of a person, or an App with installations."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import jwt

from adapters.github.client import GitHubClient, TokenRefusedError, UnprocessableError, reading
from adapters.github.limits import GIT_USER, JWT_EARLY, JWT_LIFE, TOKEN_RENEWAL
from bot.domain.codec import JSON
from bot.domain.errors import NotFoundError, UserError
from bot.ports.clock import Clock
from bot.ports.code_host import Credential

Permissions = Mapping[str, str]

READ_CODE: Permissions = MappingProxyType({"contents": "read"})
PUSH_CODE: Permissions = MappingProxyType({"contents": "write"})
OPEN_PULLS: Permissions = MappingProxyType(
    {"contents": "read", "pull_requests": "write", "checks": "write"}
)
MARK_READY: Permissions = MappingProxyType({"contents": "write", "pull_requests": "write"})
WITHOUT_CHECKS: Permissions = MappingProxyType({"contents": "read", "pull_requests": "write"})


class Auth(Protocol):
    """Gives tokens for one repository, named `owner/name`."""

    makes_checks: bool
    """Whether check runs may be made; otherwise commit statuses."""

    async def token(self, repository: str) -> str:
        """What opens pull requests and tells checks there. Raises what the client raises."""

    async def writing_token(self, repository: str) -> str:
        """What changes pull requests where GitHub asks for a right to the code as well."""

    def forget(self, repository: str) -> None:
        """The token was refused: the next one is new."""

    async def grant(self, repository: str, *, push: bool) -> Credential:
        """What git signs in with; no more than it needs, where GitHub lets us say so."""

    own_login: str
    """By what name our own doings are told; empty while unknown, or where a person shares it."""

    async def learn_login(self) -> None:
        """Find that name out. Raises what the client raises."""


class TokenAuth:
    """A personal access token: fine-grained, or classic."""

    makes_checks = False

    def __init__(self, token: str) -> None:
        self._token = token
        self.own_login = ""

    async def token(self, _repository: str) -> str:
        """The token itself."""
        return self._token

    async def writing_token(self, _repository: str) -> str:
        """The token itself."""
        return self._token

    def forget(self, _repository: str) -> None:
        """There is no other."""

    async def grant(self, _repository: str, *, push: bool) -> Credential:
        """The token itself: GitHub gives no smaller one of it."""
        del push
        return Credential(user=GIT_USER, password=self._token)

    async def learn_login(self) -> None:
        """Nothing to learn: the token's owner is a person, whose clicks count."""


@dataclass(frozen=True)
class _Kept:
    token: str
    renew_at: datetime


class AppAuth:
    """A GitHub App: each call with a token of one installation, for one repository."""

    makes_checks = True

    def __init__(
        self, client: GitHubClient, *, app_id: str, private_key: str, clock: Clock
    ) -> None:
        """`app_id` is the App's client id or number, `private_key` PEM. Raises UserError."""
        self._client = client
        self._app_id = app_id
        self._key = private_key
        self._clock = clock
        self._installations: dict[str, int] = {}
        self._tokens: dict[str, _Kept] = {}
        self.own_login = ""
        self._minting = asyncio.Lock()
        self.signed()

    def signed(self) -> str:
        """The App's own token, good for some minutes. Raises UserError for a key that is none."""
        now = self._clock.now()
        claims = {
            "iat": int((now - JWT_EARLY).timestamp()),
            "exp": int((now + JWT_LIFE).timestamp()),
            "iss": self._app_id,
        }
        try:
            return jwt.encode(claims, self._key, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError) as error:
            raise UserError(
                "SIGNALBOX_GITHUB_PRIVATE_KEY is no private key in PEM form, nor the path of a "
                "file that holds one. Generate one in the App's settings."
            ) from error

    async def token(self, repository: str) -> str:
        """A token kept until shortly before its end."""
        async with self._minting:
            kept = self._tokens.get(repository)
            now = self._clock.now()
            if kept is None or kept.renew_at <= now:
                minted = await self._mint_for_pulls(repository)
                kept = _Kept(str(minted["token"]), now + TOKEN_RENEWAL)
                self._tokens[repository] = kept
            return kept.token

    async def _mint_for_pulls(self, repository: str) -> Mapping[str, JSON]:
        """An installation may have left out the checks; pull requests work without them."""
        try:
            return await self._mint(repository, OPEN_PULLS)
        except UnprocessableError:
            return await self._mint(repository, WITHOUT_CHECKS)

    async def writing_token(self, repository: str) -> str:
        """A token of its own for each use, as what is used often may not write code."""
        return str((await self._mint(repository, MARK_READY))["token"])

    def forget(self, repository: str) -> None:
        """Mint another next time, of an installation that is looked up anew."""
        self._tokens.pop(repository, None)
        self._installations.pop(repository, None)

    async def grant(self, repository: str, *, push: bool) -> Credential:
        """A token of its own for each use: an hour, one repository, its code alone."""
        minted = await self._mint(repository, PUSH_CODE if push else READ_CODE)
        return Credential(
            user=GIT_USER,
            password=str(minted["token"]),
            expires_at=datetime.fromisoformat(str(minted["expires_at"])),
        )

    async def learn_login(self) -> None:
        """The App's name with `[bot]`."""
        with reading():
            answer = await self._client.get("app", token=self.signed())
            self.own_login = f"{answer.data['slug']}[bot]"

    async def _mint(self, repository: str, permissions: Permissions) -> Mapping[str, JSON]:
        installation = await self._installation(repository)
        body = {"repositories": [repository.partition("/")[2]], "permissions": dict(permissions)}
        path = f"app/installations/{installation}/access_tokens"
        try:
            answer = await self._client.post_at_once(path, body, token=self.signed())
        except (NotFoundError, TokenRefusedError):
            self._installations.pop(repository, None)
            raise
        minted: Mapping[str, JSON] = answer.data
        return minted

    async def _installation(self, repository: str) -> int:
        known = self._installations.get(repository)
        if known is not None:
            return known
        try:
            answer = await self._client.get(f"repos/{repository}/installation", token=self.signed())
        except NotFoundError:
            raise NotFoundError(
                f"The GitHub App is not installed where {repository} is: install it there, with "
                "access to that repository."
            ) from None
        self._installations[repository] = int(answer.data["id"])
        return self._installations[repository]


def read_key(given: str) -> str:
    """A private key as a setting gives it: PEM, or a file's path. Raises UserError."""
    if given.lstrip().startswith("-----BEGIN"):
        return given.replace("\\n", "\n")
    try:
        return Path(given).expanduser().read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UserError(
            "SIGNALBOX_GITHUB_PRIVATE_KEY is neither a key in PEM form nor the path of a file "
            f"that can be read: {type(error).__name__}."
        ) from error
