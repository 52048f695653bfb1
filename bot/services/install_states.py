"""States of installations by OAuth: what a browser takes along, and must bring back."""

import hashlib
from datetime import timedelta

from bot.ports.store import Tx

STATE_LIFE = timedelta(minutes=10)
"""How long somebody may take to let the bot in."""


def give_state(tx: Tx, state: str, *, surface: str) -> None:
    """Remember a state that nobody can guess; only its hash is stored."""
    tx.installations.keep_state(_hash(state, surface), expires_at=tx.now() + STATE_LIFE)


def take_state(tx: Tx, state: str, *, surface: str) -> bool:
    """Whether it was given for this surface and has not expired; it is spent by this."""
    return tx.installations.take_state(_hash(state, surface))


def _hash(state: str, surface: str) -> str:
    return hashlib.sha256(f"{surface}:{state}".encode()).hexdigest()
