"""Workspaces: where the bot is let in, by which token, and who it is there."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.client import BodyClient
from bot.domain.errors import UnavailableError, UserError
from bot.domain.installation import Installation
from bot.ports.store import Store
from bot.ports.vault import Vault

_LOG = logging.getLogger(__name__)

SURFACE = "slack"
WORKSPACE = "workspace"
"""The name in Bolt's context of the Workspace that a request came from."""
NO_ANSWER = (aiohttp.ClientError, TimeoutError, OSError)
"""What the client raises where Slack cannot be reached."""
_DEAD = frozenset(
    {"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"}
)
_ORGANISATION = "E"
"""What the ids of organisations begin with."""
_LONGEST_CALL = 30
"""Seconds that Slack may take to answer."""
Client: TypeAlias = AsyncWebClient
MakeClient = Callable[[str], AsyncWebClient]
"""A client for a token; of none where that is empty."""


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A workspace or a whole organisation that let the bot in."""

    tenant: str
    """The organisation where that let the bot in as a whole, else the workspace."""
    client: AsyncWebClient
    team: str = ""
    enterprise: str = ""
    bot_user: str = ""
    """Empty until Slack has said it."""
    bot_id: str = ""

    @property
    def org_wide(self) -> bool:
        """Whether it is a whole organisation: then some methods ask for one of its workspaces."""
        return bool(self.enterprise) and self.tenant == self.enterprise


class Workspaces(Protocol):
    """Finds workspaces by what stands in requests and conversations."""

    async def of(self, *, enterprise: str, team: str, org_wide: bool) -> Workspace | None:
        """The workspace that a request comes from; None where the bot is not let in."""

    async def find(self, tenant: str) -> Workspace:
        """The workspace of a conversation. Raises UserError where the bot is not let in."""

    async def all(self) -> tuple[Workspace, ...]:
        """Every one."""


@asynccontextmanager
async def open_clients(url: str) -> AsyncIterator[MakeClient]:
    """Clients of one Slack over one pool of connections; they never try again by themselves."""
    base = url if url.endswith("/") else f"{url}/"
    # The SDK minds its own limit only where the pool is its own as well.
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_LONGEST_CALL)) as session:

        def make(token: str) -> AsyncWebClient:
            return BodyClient(
                token=token or None, base_url=base, session=session, retry_handlers=[]
            )

        yield make


class SingleWorkspace:
    """The one workspace that a token of the settings is for."""

    def __init__(self, client: AsyncWebClient) -> None:
        """Nothing is known of it until `learn`."""
        self._client = client
        self._known: Workspace | None = None

    async def learn(self) -> Workspace:
        """Ask Slack whose token it is.

        Raises UserError where Slack does not take it, UnavailableError where it cannot be asked.
        """
        try:
            answer = await self._client.auth_test()
        except SlackApiError as error:
            raise _told(str(error.response.get("error", ""))) from error
        except NO_ANSWER as error:
            raise UnavailableError(f"Slack cannot be reached: {error}") from error
        team, enterprise = answer.get("team_id") or "", answer.get("enterprise_id") or ""
        # In commands Slack writes it as a word.
        whole = answer.get("is_enterprise_install") in {True, "true"}
        self._known = Workspace(
            tenant=enterprise if whole else team,
            client=self._client,
            team=team,
            enterprise=enterprise,
            bot_user=answer.get("user_id") or "",
            bot_id=answer.get("bot_id") or "",
        )
        return self._known

    async def of(self, *, enterprise: str, team: str, org_wide: bool) -> Workspace | None:
        """Requests are ours by their signature; the workspace is what they say."""
        tenant = (enterprise if org_wide else team) or team or enterprise
        if self._known is None:
            return Workspace(tenant=tenant, client=self._client, team=team, enterprise=enterprise)
        if tenant in {"", self._known.tenant}:
            return self._known
        return replace(self._known, tenant=tenant)

    async def find(self, tenant: str) -> Workspace:
        """The one there is."""
        return self._known or Workspace(tenant=tenant, client=self._client)

    async def all(self) -> tuple[Workspace, ...]:
        """The one there is, once Slack has said which."""
        return (self._known,) if self._known else ()


async def is_dead(workspace: Workspace) -> bool:
    """Whether Slack takes a workspace's token no more; False where it cannot be asked."""
    try:
        await workspace.client.auth_test()
    except SlackApiError as error:
        return str(error.response.get("error", "")) in _DEAD
    except NO_ANSWER as error:
        _LOG.warning("Slack does not say whether a token lives: %s", error)
    return False


def _told(error: str) -> UserError | UnavailableError:
    if error in _DEAD:
        return UserError(
            f"Slack does not take SIGNALBOX_SLACK_BOT_TOKEN ({error}). Install the app anew and "
            "set the Bot User OAuth Token of its page “OAuth & Permissions”; it begins with xoxb-."
        )
    return UnavailableError(f"Slack does not say whose token this is: {error or 'no reason given'}")


class InstalledWorkspaces:
    """The workspaces that let the bot in by OAuth."""

    def __init__(self, store: Store, vault: Vault, make: MakeClient) -> None:
        """`make` gives a client for a token."""
        self._store = store
        self._vault = vault
        self._make = make
        self._known: dict[str, tuple[Installation, Workspace]] = {}

    async def of(self, *, enterprise: str, team: str, org_wide: bool) -> Workspace | None:
        """The organisation's installation counts where the workspace has none of its own.

        Requests that name the organisation as the workspace, as forms do, mean it as a whole.
        """
        whole = (enterprise, team if team.startswith(_ORGANISATION) else "")
        for tenant in whole if org_wide else (team, enterprise):
            if tenant and (found := await self._find(tenant)):
                return found
        return None

    async def find(self, tenant: str) -> Workspace:
        """Raises UserError where the bot is not let in."""
        found = await self._find(tenant)
        if found is None:
            raise UserError(f"The Slack workspace {tenant} has not let the bot in, or no more.")
        return found

    async def all(self) -> tuple[Workspace, ...]:
        """Every one, the oldest first."""
        kept = await self._store.read(lambda tx: tx.installations.all())
        return tuple([await self.find(each.tenant) for each in kept])

    def forget(self, tenant: str) -> None:
        """Look it up anew the next time: it was installed or removed."""
        self._known.pop(tenant, None)

    async def _find(self, tenant: str) -> Workspace | None:
        if tenant in self._known:
            return self._known[tenant][1]
        kept = await self._store.read(lambda tx: tx.installations.find(tenant))
        if kept is None:
            return None
        workspace = Workspace(
            tenant=kept.tenant,
            client=self._make(self._vault.open(kept.sealed)),
            team=kept.team,
            enterprise=kept.enterprise,
            bot_user=kept.bot_user,
            bot_id=kept.bot_id,
        )
        self._known[tenant] = kept, workspace
        return workspace


class Authorize(AsyncAuthorize):
    """Tells Bolt whose request it is, without asking Slack each time."""

    def __init__(self, workspaces: Workspaces) -> None:
        """Requests of other workspaces are refused."""
        self._workspaces = workspaces

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        **_actor: str | None,
    ) -> AuthorizeResult | None:
        """The workspace, which is put into the context as well."""
        found = await self._workspaces.of(
            enterprise=enterprise_id or "",
            team=team_id or "",
            org_wide=bool(context.is_enterprise_install),
        )
        if found is None:
            _LOG.warning("a request of the workspace %s, which has not let the bot in", team_id)
            return None
        context[WORKSPACE] = found
        return AuthorizeResult(
            enterprise_id=found.enterprise or None,
            team_id=found.team or None,
            bot_user_id=found.bot_user or None,
            bot_id=found.bot_id or None,
            bot_token=found.client.token,
            user_id=user_id,
        )
