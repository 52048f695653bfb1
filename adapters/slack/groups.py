"""Groups: who is in the user groups that give roles by policy, asked every few minutes."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.workspaces import NO_ANSWER, SURFACE, Workspace, Workspaces
from bot.domain.errors import SignalboxError
from bot.domain.person import Account
from bot.ports.clock import Clock
from bot.ports.store import Store, Tx
from bot.services.people import find_person
from bot.services.rules import RulesNow

_LOG = logging.getLogger(__name__)

Members = Mapping[str, frozenset[str]]
"""The group as policy writes it → the handles of those members who are known."""
_NO_GROUP = "no_such_subteam"
_EVERY = 180.0
"""Seconds between two looks."""
_COUNTS_FOR = timedelta(hours=1)
"""So long a group counts as it was while Slack does not say how it is."""


class Groups:
    """Keeps the members of groups; nobody is in a group of which Slack has said nothing."""

    def __init__(  # all that it is wired to
        self,
        workspaces: Workspaces,
        store: Store,
        *,
        rules: RulesNow,
        clock: Clock,
        tell: Callable[[Members], None],
    ) -> None:
        """`tell` is told the members of all groups, each time they were looked at."""
        self._workspaces = workspaces
        self._store = store
        self._rules = rules
        self._clock = clock
        self._tell = tell
        self._users: dict[str, tuple[datetime, tuple[Account, ...]]] = {}

    async def run(self) -> None:
        """Look every few minutes; ends by cancellation."""
        while True:
            try:
                await self.refresh()
            except SignalboxError as error:
                _LOG.warning("the groups are not known anew: %s", error)
            await asyncio.sleep(_EVERY)

    async def refresh(self) -> None:
        """Look at all groups that policy names, and tell who is in them."""
        named = self._rules().policy.groups
        for workspace in await self._workspaces.all() if named else ():
            prefix = f"{SURFACE}/{workspace.tenant}/"
            for address in named:
                if address.startswith(prefix):
                    await self._look(workspace, address, address.removeprefix(prefix))
        oldest = self._clock.now() - _COUNTS_FOR
        self._users = {
            address: found
            for address, found in self._users.items()
            if address in named and found[0] > oldest
        }
        self._tell(await self._store.read(self._known))

    async def _look(self, workspace: Workspace, address: str, group: str) -> None:
        try:
            answer = await _members(workspace, group)
        except SlackApiError as error:
            _LOG.warning("Slack does not say who is in %s: %s", address, error.response["error"])
            if error.response["error"] == _NO_GROUP:
                self._users.pop(address, None)
            return
        except NO_ANSWER as error:
            _LOG.warning("Slack does not say who is in %s: %s", address, error)
            return
        accounts = tuple(
            Account(surface=SURFACE, tenant=workspace.tenant, external_id=user)
            for user in answer.get("users") or ()
        )
        self._users[address] = self._clock.now(), accounts

    def _known(self, tx: Tx) -> Members:
        policy = self._rules().policy
        return {
            address: frozenset(
                person for each in accounts if (person := find_person(tx, policy, each))
            )
            for address, (_, accounts) in self._users.items()
        }


async def _members(workspace: Workspace, group: str) -> AsyncSlackResponse:
    """Slack's answer of who is in a group; in an organisation each workspace has its own."""
    client = workspace.client
    if not workspace.org_wide:
        return await client.usergroups_users_list(usergroup=group)
    teams = (await client.auth_teams_list()).get("teams") or [{"id": ""}]
    for team in teams[:-1]:
        try:
            return await client.usergroups_users_list(usergroup=group, team_id=team["id"])
        except SlackApiError as error:
            if error.response["error"] != _NO_GROUP:
                raise
    return await client.usergroups_users_list(usergroup=group, team_id=teams[-1]["id"])
