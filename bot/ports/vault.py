"""Vault: seals secrets before they are stored, and opens them for the program they are for."""

from typing import Protocol


class Vault(Protocol):
    """Only the holder of the key reads what was sealed."""

    def seal(self, text: str) -> str:
        """What may be stored in place of a secret."""

    def open(self, sealed: str) -> str:
        """The secret. Raises UserError where no key that is known opens it."""
