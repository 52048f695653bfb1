"""Moving issues as runs go on: forwards only, once for each moment, as the core decides."""

import logging
from collections.abc import Mapping

from adapters.linear.client import LinearClient
from adapters.linear.identity import OurIdentity
from adapters.linear.values import Standing
from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.issue_state import Moment, decide_state

_LOG = logging.getLogger(__name__)


class Workflow:
    """Keeps the state and the delegate of issues in step with runs."""

    def __init__(self, client: LinearClient, identity: OurIdentity) -> None:
        """`identity` becomes the delegate of issues that have none."""
        self._client = client
        self._identity = identity
        self._done: dict[str, tuple[str, str]] = {}

    async def follow(self, issue: str, card: Mapping[str, str]) -> None:
        """Bring an issue to where a run's card says that it is, unless it is past that.

        What Linear refuses is logged: a card is told all the same. Raises UnavailableError.
        """
        moment, named = card.get("issue_moment", ""), card.get("issue_state", "")
        if not moment or self._done.get(issue) == (card["run"], moment):
            return
        try:
            await self._move(await self._client.standing(issue), Moment(moment), named)
        except UserError as error:
            _LOG.warning("issue %s stays where it is: %s", issue, error.text)
        self._done[issue] = (card["run"], moment)

    async def _move(self, standing: Standing, moment: Moment, named: str) -> None:
        changes: dict[str, JSON] = {}
        wanted = decide_state(moment, named, states=standing.states, current=standing.state)
        if wanted is not None:
            changes["stateId"] = wanted.id
        us = await self._identity.viewer()
        if moment is Moment.STARTED and us.is_app and not standing.delegate:
            changes["delegateId"] = us.id
        if changes:
            await self._client.update_issue(standing.issue, **changes)
