"""Wiring of the doctor's look at GitHub."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from adapters.blueprints import load_folder
from adapters.github.client import GitHubClient
from adapters.github.doctor import Identity, Repositories, Webhook
from adapters.github.host import git_host
from adapters.system import SystemClock
from bot.config import Settings
from bot.ports.doctor import Check, Finding
from bot.wiring.github import github_auth, github_hosting


def github_checks(settings: Settings, bot_address: Callable[[], str]) -> tuple[Check, ...]:
    """Who we are there, every repository of the blueprints, and the webhook."""

    async def look() -> tuple[Finding, ...]:
        client = GitHubClient(settings.github_api_url, clock=SystemClock())
        try:
            return await _look(settings, client)
        finally:
            await client.close()

    webhook = Webhook(
        is_set_up=github_hosting(settings) is not None,
        secret=settings.github_webhook_secret,
        bot_address=bot_address,
    )
    return (look, webhook)


async def _look(settings: Settings, client: GitHubClient) -> tuple[Finding, ...]:
    given = github_hosting(settings) is not None
    auth = partial(github_auth, settings, client) if given else None
    identity = Identity(client=client, auth=auth, token=settings.github_token, clock=SystemClock())
    repositories = Repositories(
        client=client,
        auth=auth,
        host=git_host(settings.github_api_url),
        addresses=partial(_addresses, settings.blueprints_folder, settings.data_dir.absolute()),
    )
    return (*await identity(), *await repositories())


def _addresses(folder: Path, base: Path) -> tuple[str, ...]:
    """The repositories of every blueprint that can be read."""
    catalog = load_folder(folder, base=base)
    return tuple(
        address for blueprint in catalog.blueprints.values() for address in blueprint.repositories
    )
