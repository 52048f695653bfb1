"""Installing by OAuth: Bolt's stores over ours, and the flow that uses them."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin

from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.installation_store import Installation as SlackInstallation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.names import INSTALL_PATH, REDIRECT_PATH
from adapters.slack.scopes import SCOPES
from adapters.slack.workspaces import SURFACE, InstalledWorkspaces
from bot.domain.installation import Installation
from bot.ports.clock import Ids
from bot.ports.store import Store, Tx
from bot.ports.vault import Vault
from bot.services.install_states import STATE_LIFE, give_state, take_state


class KeptInstallations(AsyncInstallationStore):
    """Bolt's installation store: one installation for each workspace or organisation."""

    def __init__(self, store: Store, vault: Vault, workspaces: InstalledWorkspaces) -> None:
        """Tokens are sealed before they are stored."""
        self._store = store
        self._vault = vault
        self._workspaces = workspaces

    async def async_save(self, installation: SlackInstallation) -> None:
        """Store what a workspace gave, or an organisation for all of its own."""
        whole = bool(installation.is_enterprise_install and installation.enterprise_id)
        tenant = _tenant(installation.enterprise_id, installation.team_id, org_wide=whole)
        sealed = self._vault.seal(installation.bot_token or "")

        def unit(tx: Tx) -> None:
            tx.installations.keep(
                Installation(
                    tenant=tenant,
                    enterprise=installation.enterprise_id or "",
                    team="" if whole else installation.team_id or "",
                    bot_user=installation.bot_user_id or "",
                    bot_id=installation.bot_id or "",
                    scopes=tuple(sorted(installation.bot_scopes or ())),
                    sealed=sealed,
                    installed_by=installation.user_id or "",
                    installed_at=tx.now(),
                )
            )

        await self._store.write(unit)
        self._workspaces.forget(tenant)

    async def async_find_bot(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        is_enterprise_install: bool | None = False,
    ) -> Bot | None:
        """The bot of a workspace, or of the organisation where that let it in as a whole."""
        tenant = _tenant(enterprise_id, team_id, org_wide=bool(is_enterprise_install))
        kept = await self._store.read(lambda tx: tx.installations.find(tenant))
        if kept is None:
            return None
        return Bot(
            enterprise_id=kept.enterprise or None,
            team_id=kept.team or None,
            bot_token=self._vault.open(kept.sealed),
            bot_id=kept.bot_id,
            bot_user_id=kept.bot_user,
            bot_scopes=list(kept.scopes),
            is_enterprise_install=not kept.team,
            installed_at=kept.installed_at,
        )

    async def remove(self, tenant: str, *, as_of: datetime) -> bool:
        """Forget a workspace that took the bot out; whether that was after its last install."""

        def unit(tx: Tx) -> bool:
            kept = tx.installations.find(tenant)
            if kept is None or kept.installed_at > as_of + timedelta(seconds=1):
                return False
            tx.installations.remove(tenant)
            return True

        removed = await self._store.write(unit)
        self._workspaces.forget(tenant)
        return removed


class KeptStates(AsyncOAuthStateStore):
    """Bolt's state store: each state counts once, for ten minutes; only its hash is stored."""

    def __init__(self, store: Store, ids: Ids) -> None:
        """`ids` makes what nobody can guess."""
        self._store = store
        self._ids = ids

    async def async_issue(self, *_args: Any, **_more: Any) -> str:
        """A new state."""
        state = self._ids.token()
        await self._store.write(lambda tx: give_state(tx, state, surface=SURFACE))
        return state

    async def async_consume(self, state: str) -> bool:
        """Whether it was given; it is spent by this."""
        return await self._store.write(lambda tx: take_state(tx, state, surface=SURFACE))


def _tenant(enterprise: str | None, team: str | None, *, org_wide: bool) -> str:
    return (enterprise if org_wide else team) or team or enterprise or ""


def install_flow(
    client: AsyncWebClient,
    installations: KeptInstallations,
    states: KeptStates,
    *,
    app: tuple[str, str],
    public_url: str,
) -> AsyncOAuthFlow:
    """The flow behind /slack/install; `app` is the client's id and secret."""
    client_id, client_secret = app
    redirect = f"{public_url.rstrip('/')}{REDIRECT_PATH}" if public_url else None
    settings = AsyncOAuthSettings(
        client_id=client_id,
        client_secret=client_secret,
        scopes=[scope.name for scope in SCOPES],
        user_scopes=[],
        redirect_uri=redirect,
        install_path=INSTALL_PATH,
        redirect_uri_path=REDIRECT_PATH,
        authorization_url=urljoin(client.base_url, "/oauth/v2/authorize"),
        installation_store=installations,
        installation_store_bot_only=True,
        state_store=states,
        state_expiration_seconds=int(STATE_LIFE.total_seconds()),
    )
    return AsyncOAuthFlow(client=client, settings=settings)
