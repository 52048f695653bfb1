"""The real client, with either way of proving itself, against the fake GitHub."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.github.auth import AppAuth, Auth, TokenAuth
from adapters.github.client import GitHubClient
from adapters.github.host import GitHubHost
from bot.domain.commit_check import CheckState
from bot.messages.message import Message
from bot.ports.code_host import CommitReport, PullDraft
from tests.fakes.clock import FakeClock
from tests.fakes.github.server import GitHub
from tests.fakes.github.state import App

SHOP = "acme/shop"
BRANCH = "signalbox/r-1-fix"
DONE = CommitReport(
    key="R-1",
    state=CheckState.SUCCEEDED,
    summary="R-1 · Completed",
    url="https://s.test/R-1",
)


@cache
def app_key() -> tuple[str, str]:
    """A private key and its public one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


class GitHubWorld:
    """The host under test, beside the fake."""

    def __init__(self, fake: GitHub, client: GitHubClient, clock: FakeClock, auth: Auth) -> None:
        self.fake = fake
        self.state = fake.state
        self.client = client
        self.clock = clock
        self.auth = auth
        self.host = GitHubHost(client, auth, host=fake.host)

    def calls(self, method: str = "") -> list[str]:
        """The requests so far."""
        return [f"{verb} {path}" for verb, path, _ in self.state.requests if method in {"", verb}]


@asynccontextmanager
async def github_world(
    fake: GitHub, clock: FakeClock, *, kind: str = "app", base: str = ""
) -> AsyncIterator[GitHubWorld]:
    """A world with the repository acme/shop, by an `app` or a `token`."""
    fake.state.add_repository(SHOP)
    client = GitHubClient(fake.address + base, clock=clock, write_pause=0)
    auth: Auth
    if kind == "app":
        private, public = app_key()
        fake.state.app = App("Iv1.abc", public, installations={41: (SHOP,)})
        auth = AppAuth(client, app_id="Iv1.abc", private_key=private, clock=clock)
    else:
        auth = TokenAuth(fake.state.add_token(SHOP))
    try:
        yield GitHubWorld(fake, client, clock, auth)
    finally:
        await client.close()


def draft(**changes: object) -> PullDraft:
    fields: dict[str, object] = {
        "repository": SHOP,
        "branch": BRANCH,
        "content": content("**Run:** R-1"),
    }
    return PullDraft(**{**fields, **changes})  # type: ignore[arg-type]


def content(body: str, title: str = "Fix rounding") -> Message:
    return Message(title=title, body=body, attributes={"run": "R-1"})
