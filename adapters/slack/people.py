"""People: whether Slack lets somebody act, and who is meant by a mention."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.errors import SlackApiError

from adapters.slack.calls import is_passing
from adapters.slack.workspaces import NO_ANSWER, SURFACE, Workspace, Workspaces
from bot.domain.errors import RefusedError, UnavailableError
from bot.domain.person import Account
from bot.domain.policy import Policy
from bot.messages.render import word
from bot.ports.clock import Clock
from bot.ports.store import Store, Tx
from bot.services.people import find_person
from bot.services.rules import RulesNow

WORKFLOW = "workflow"
"""The account as which steps of workflows act: `slack/<workspace>/workflow` in the policy."""
_KNOWN_FOR = timedelta(minutes=5)
_MOST_KNOWN = 10_000
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_CHANNEL = re.compile(r"<#([CDG][A-Z0-9]+)(?:\|([^>]*))?>")
_SPECIAL = re.compile(r"<!([^>|]*)(?:\|([^>]*))?>")
_LINK = re.compile(r"<((?:https?|mailto|tel):[^>|]*)(?:\|[^>]*)?>")


@dataclass(frozen=True, kw_only=True)
class _Standing:
    """What Slack said of somebody."""

    refused: str
    """The word of the reason why they may not act; empty for a full member."""
    email: str = ""
    """As far as Slack has verified it."""
    until: datetime


class People:
    """The members of workspaces, as Slack describes them; remembered for some minutes."""

    def __init__(
        self, workspaces: Workspaces, store: Store, *, rules: RulesNow, clock: Clock
    ) -> None:
        """`rules` says whom an account is vouched for."""
        self._workspaces = workspaces
        self._store = store
        self._rules = rules
        self._clock = clock
        self._known: dict[Account, _Standing] = {}

    async def admit(self, account: Account) -> None:
        """Let full members of the workspace act; see the Admission port."""
        if account.external_id == WORKFLOW:
            return
        standing = await self._standing(account)
        if standing.refused:
            raise RefusedError(word("slack_refused", standing.refused))

    async def email_of(self, account: Account) -> str:
        """The verified e-mail address of an account; see the Admission port."""
        return "" if account.external_id == WORKFLOW else (await self._standing(account)).email

    def forget(self, account: Account) -> None:
        """Ask anew the next time."""
        self._known.pop(account, None)

    async def _standing(self, account: Account) -> _Standing:
        known = self._known.get(account)
        now = self._clock.now()
        if known is None or known.until <= now:
            refused, email = await self._ask(account)
            known = _Standing(refused=refused, email=email, until=now + _KNOWN_FOR)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[account] = known
        return known

    async def _ask(self, account: Account) -> tuple[str, str]:
        """Why somebody may not act, as a word, empty for a full member; and their e-mail."""
        workspace = await self._workspaces.find(account.tenant)
        try:
            answer = await workspace.client.users_info(user=account.external_id)
        except SlackApiError as error:
            return _unanswered(error), ""
        except NO_ANSWER as error:
            raise UnavailableError(f"Slack does not say who somebody is: {error}") from error
        user: Mapping[str, Any] = answer.get("user") or {}
        email = (user.get("profile") or {}).get("email")
        verified = user.get("is_email_confirmed") is True
        return _refused(user, workspace), str(email or "") if verified else ""

    async def handle(self, tenant: str, user: str) -> str:
        """The handle behind a user id; for nobody's account its address."""
        account = Account(surface=SURFACE, tenant=tenant, external_id=user)
        policy = self._rules().policy
        return (
            await self._store.read(lambda tx: find_person(tx, policy, account)) or account.address
        )

    async def users(self, tenant: str, handles: Collection[str]) -> Mapping[str, str]:
        """Handle → user id, of those whose account in a workspace is known."""
        policy, wanted = self._rules().policy, tuple(handles)
        return await self._store.read(
            lambda tx: {
                handle: user
                for handle in wanted
                if (user := _user_of(tx, policy, handle, f"{SURFACE}/{tenant}/"))
            }
        )

    async def words(self, text: str, tenant: str) -> str:
        """Text as Slack sends it, as its writer saw it; mentions become handles."""
        handles = {user: await self.handle(tenant, user) for user in set(_MENTION.findall(text))}
        plain = _MENTION.sub(lambda found: f"@{handles[found[1]]}", text)
        plain = _CHANNEL.sub(lambda found: f"#{found[2] or found[1]}", plain)
        plain = _SPECIAL.sub(lambda found: found[2] or f"@{found[1]}", plain)
        plain = _LINK.sub(r"\1", plain)
        return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _user_of(tx: Tx, policy: Policy, handle: str, prefix: str) -> str:
    """The account of a person in a workspace, the last one that was linked first."""
    linked = [each.account.address for each in reversed(tx.identities.of(handle))]
    vouched = policy.persons[handle].identities if handle in policy.persons else ()
    found = (each for each in (*linked, *vouched) if each.startswith(prefix))
    return next(found, "").removeprefix(prefix)


def _unanswered(error: SlackApiError) -> str:
    """Why somebody of whom Slack says nothing may not act."""
    if is_passing(error):
        raise UnavailableError("Slack does not say now who somebody is.")
    reason = str(error.response.get("error", ""))
    if reason == "missing_scope":
        return "unchecked"
    # A server that stands in for Slack and has no such method has no guests either.
    return "" if reason == "unknown_method" else "unknown"


def _refused(user: Mapping[str, Any], workspace: Workspace) -> str:
    if user.get("deleted"):
        return "deactivated"
    if user.get("is_bot") or user.get("is_workflow_bot"):
        return "bot"
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return "guest"
    own = {workspace.tenant, workspace.team, workspace.enterprise}
    theirs = {user.get("team_id"), (user.get("enterprise_user") or {}).get("enterprise_id")}
    theirs -= {None, ""}
    if user.get("is_stranger") or (own - {""} and theirs and not own & theirs):
        return "stranger"
    return ""
