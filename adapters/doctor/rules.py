"""Looks at policy, prices and blueprints, as a start of the bot would read them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from bot.domain.catalog import BrokenFileError, Catalog
from bot.domain.labels import missing
from bot.domain.policy import Policy
from bot.ports.doctor import Finding

_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class RuleFiles:
    """The check of the files that people write; `labels` are what an agent offers."""

    policy_file: Path
    load_policy: Callable[[Path], Policy]
    prices_file: Path
    load_prices: Callable[[Path], object]
    load_catalog: Callable[[], Catalog]
    labels: Collection[str] | None
    """None where no agent is here to run anything."""
    rehearsal: bool

    async def __call__(self) -> tuple[Finding, ...]:
        """Each problem with its place, and what nobody can run."""
        catalog = self.load_catalog()
        return (
            *self._policy(),
            *self._prices(),
            *_blueprints(catalog),
            *self._labels(catalog),
        )

    def _policy(self) -> list[Finding]:
        if not self.policy_file.exists():
            found = f"There is no {self.policy_file}."
            if self.rehearsal:
                remedy = "Nothing is to be done; signalbox up writes one to begin with."
                return [Finding.not_set_up("policy", found, remedy)]
            return [Finding.error("policy", found, "Write one; docs/permissions.md says how.")]
        try:
            policy = self.load_policy(self.policy_file)
        except BrokenFileError as error:
            return _problems("policy", error)
        people = f"{len(policy.people)} people"
        return [Finding.ok("policy", f"{people}, {len(policy.projects)} projects.")]

    def _prices(self) -> list[Finding]:
        try:
            self.load_prices(self.prices_file)
        except BrokenFileError as error:
            return _problems("prices", error)
        return []

    def _labels(self, catalog: Catalog) -> list[Finding]:
        if self.labels is None:
            if not catalog.blueprints:
                return []
            found = "The built-in agent is off (SIGNALBOX_SLOTS is 0): nothing is carried out."
            return [Finding.warning("agents", found, "Set SIGNALBOX_SLOTS to 1 or more.")]
        lacking = {
            name: labels
            for name, one in catalog.blueprints.items()
            if (labels := missing(one.labels, self.labels))
        }
        return [
            Finding.warning(
                "labels",
                f"{name} asks for {', '.join(labels)}, which no agent offers: its runs wait.",
                "Take the label out of the blueprint, or start an agent that offers it.",
            )
            for name, labels in sorted(lacking.items())
        ]


def _blueprints(catalog: Catalog) -> list[Finding]:
    if not catalog.files:
        found = "There are none."
        return [
            Finding.not_set_up("blueprints", found, "docs/blueprints.md says how to write one.")
        ]
    good = len(catalog.blueprints)
    if not catalog.problems:
        return [Finding.ok("blueprints", f"{good}, and all can be used.")]
    return _problems("blueprints", BrokenFileError(catalog.problems))


def _problems(checked: str, error: BrokenFileError) -> list[Finding]:
    told = [
        Finding.error(checked, str(problem), "Mend the file; it is read again by itself.")
        for problem in error.problems[:_SHOWN]
    ]
    left = len(error.problems) - len(told)
    more = f"There are {left} more problems."
    return [*told, *([Finding.error(checked, more, "Mend those first.")] if left else [])]
