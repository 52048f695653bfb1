"""Rulebook: policy, blueprints and prices as their files say now, read when one changes."""

import logging
import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from adapters.blueprints import load_folder
from adapters.policy_file import load_policy
from adapters.prices_file import load_prices
from bot.domain.catalog import Catalog
from bot.domain.errors import UserError
from bot.domain.repository import Hosting
from bot.services.rules import Periods, Rules

_LOG = logging.getLogger(__name__)
_LOOK_EVERY = 1.0
"""Seconds between two looks at the files."""


class Rulebook:
    """Gives the rules of the moment; policy or prices that became unreadable leave the last."""

    def __init__(  # noqa: PLR0913  # the files, and what the settings add to them
        self,
        *,
        blueprints: Path,
        policy: Path,
        prices: Path,
        base: Path,
        periods: Periods,
        hosting: Hosting | None = None,
    ) -> None:
        """Read all. Raises UserError where there is no readable policy, or prices are broken."""
        self._folder, self._policy_file, self._base = blueprints, policy, base
        self._prices_file = prices
        self._seen = self._signature()
        self._looked_at = time.monotonic()
        self._members: Mapping[str, Collection[str]] = {}
        self._written = load_policy(policy)
        self._rules = Rules(
            policy=self._written,
            catalog=self._read_catalog(),
            periods=periods,
            prices=load_prices(prices),
            hosting=hosting,
        )

    def current(self) -> Rules:
        """The rules as of at most a second ago."""
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_EVERY:
            self._looked_at = now
            self._read_changes()
        return self._rules

    def raise_members(self, members: Mapping[str, Collection[str]]) -> None:
        """From now on these people are in the groups to which the policy gives roles."""
        if members != self._members:
            self._members = members
            self._rules = replace(self._rules, policy=self._written.raised(members))

    def _read_changes(self) -> None:
        seen = self._signature()
        if seen == self._seen:
            return
        self._seen = seen
        prices = self._rules.prices
        try:
            self._written = load_policy(self._policy_file)
        except UserError as error:
            _LOG.error("the policy stays as it was: %s", error.text)  # no bug
        try:
            prices = load_prices(self._prices_file)
        except UserError as error:
            _LOG.error("the prices stay as they were: %s", error.text)  # no bug
        policy = self._written.raised(self._members)
        self._rules = replace(
            self._rules, policy=policy, catalog=self._read_catalog(), prices=prices
        )

    def _read_catalog(self) -> Catalog:
        catalog = load_folder(self._folder, base=self._base)
        for problem in catalog.problems:
            _LOG.warning("%s", problem)
        return catalog

    def _signature(self) -> tuple[tuple[str, int, int], ...]:
        paths = [self._policy_file, self._prices_file, *sorted(self._folder.glob("*.y*ml"))]
        return tuple(
            (path.name, path.stat().st_mtime_ns, path.stat().st_size)
            for path in paths
            if path.exists()
        )
