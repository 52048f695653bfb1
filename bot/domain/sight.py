"""Sight: which runs somebody may see, by project. What is not seen answers as if it were not."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sight:
    """All projects but the hidden ones; or nothing at all."""

    hidden: frozenset[str] = frozenset()
    nothing: bool = False

    def shows(self, project: str) -> bool:
        """Whether runs of a project are seen."""
        return not self.nothing and project not in self.hidden


EVERYTHING = Sight()
"""The sight of the bot itself."""
