"""Rulebook: policy and blueprints as their files say now, read again when a file changes."""

import logging
import time
from pathlib import Path

from adapters.blueprints import load_folder
from adapters.policy_file import load_policy
from bot.domain.catalog import Catalog
from bot.domain.errors import UserError
from bot.services.rules import Periods, Rules

_LOG = logging.getLogger(__name__)
_LOOK_EVERY = 1.0
"""Seconds between two looks at the files."""


class Rulebook:
    """Gives the rules of the moment; a policy that became unreadable leaves the last one."""

    def __init__(self, *, blueprints: Path, policy: Path, base: Path, periods: Periods) -> None:
        """Read both. Raises UserError where there is no readable policy."""
        self._folder, self._policy_file, self._base = blueprints, policy, base
        self._seen = self._signature()
        self._looked_at = time.monotonic()
        self._rules = Rules(
            policy=load_policy(policy), catalog=self._read_catalog(), periods=periods
        )

    def current(self) -> Rules:
        """The rules as of at most a second ago."""
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_EVERY:
            self._looked_at = now
            self._read_changes()
        return self._rules

    def _read_changes(self) -> None:
        seen = self._signature()
        if seen == self._seen:
            return
        self._seen = seen
        policy = self._rules.policy
        try:
            policy = load_policy(self._policy_file)
        except UserError as error:
            _LOG.error("the policy stays as it was: %s", error.text)  # no bug
        self._rules = Rules(
            policy=policy, catalog=self._read_catalog(), periods=self._rules.periods
        )

    def _read_catalog(self) -> Catalog:
        catalog = load_folder(self._folder, base=self._base)
        for problem in catalog.problems:
            _LOG.warning("%s", problem)
        return catalog

    def _signature(self) -> tuple[tuple[str, int, int], ...]:
        paths = [self._policy_file, *sorted(self._folder.glob("*.y*ml"))]
        return tuple(
            (path.name, path.stat().st_mtime_ns, path.stat().st_size)
            for path in paths
            if path.exists()
        )
