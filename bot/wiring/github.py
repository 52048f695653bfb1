"""GitHub: opened where its settings are given."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.commit_checks import CommitCheckWorker
from adapters.github.auth import AppAuth, Auth, TokenAuth, read_key
from adapters.github.client import GitHubClient
from adapters.github.host import SURFACE, GitHubHost, git_host
from adapters.github.webhook import GitHubWebhook
from adapters.pull_requests import PullRequestWorker
from adapters.system import SystemClock
from bot.config import Settings
from bot.domain.errors import UnavailableError, UserError
from bot.domain.repository import Hosting
from bot.wiring.parts import Parts, Surface

_LOG = logging.getLogger(__name__)
_TRY_AGAIN = 60.0
"""Seconds between two tries to learn our own name."""


def github_hosting(settings: Settings) -> Hosting | None:
    """Whose repositories become pull requests; None without a token or an App."""
    if not (settings.github_token or settings.github_app_id):
        return None
    return Hosting(surface=SURFACE, host=git_host(settings.github_api_url))


@asynccontextmanager
async def open_github(parts: Parts) -> AsyncIterator[Surface]:
    """What GitHub brings along; nothing without its settings. Raises UserError for a bad key."""
    settings = parts.settings
    hosting = github_hosting(settings)
    if hosting is None:
        yield Surface()
        return
    client = GitHubClient(settings.github_api_url, clock=SystemClock())
    try:
        auth = github_auth(settings, client)
        host = GitHubHost(client, auth, host=hosting.host)
        worker = PullRequestWorker(parts.store, host, link=parts.run_url)
        checks = CommitCheckWorker(parts.store, host, link=parts.run_url)
        webhook = GitHubWebhook(
            store=parts.store,
            secret=settings.github_webhook_secret,
            surface=SURFACE,
            own_login=lambda: auth.own_login,
        )
        yield Surface(
            routers=(webhook.router(),) if settings.github_webhook_secret else (),
            tasks=(worker.run, checks.run, lambda: _learn_login(auth)),
            sweeps={"deliveries": (3_600, worker.forget_deliveries)},
            credential=host.credential,
        )
    finally:
        await client.close()


def github_auth(settings: Settings, client: GitHubClient) -> Auth:
    """An App where there is one, else the token. Raises UserError for a key that is none."""
    if not settings.github_app_id:
        return TokenAuth(settings.github_token)
    key = read_key(settings.github_private_key)
    return AppAuth(client, app_id=settings.github_app_id, private_key=key, clock=SystemClock())


async def _learn_login(auth: Auth) -> None:
    """Until it is known, our own doings only cause a look more."""
    while True:
        try:
            await auth.learn_login()
        except (UnavailableError, UserError) as error:
            _LOG.warning("GitHub does not say who we are: %s", error)
            await asyncio.sleep(_TRY_AGAIN)
        else:
            return
