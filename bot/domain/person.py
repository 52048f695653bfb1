"""Person and identity: who somebody is, and how each surface knows them."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

CODE_LIFE = timedelta(minutes=10)
"""How long a code for linking counts."""

REQUEST_LIFE = timedelta(days=7)
"""How long a request to be linked waits for an admin."""

_CODE_LETTERS = 10


@dataclass(frozen=True, kw_only=True)
class Person:
    """What policy says of somebody beside their role; `identities` are `surface/tenant/id`."""

    handle: str
    name: str = ""
    email: str = ""
    """Suggests a match to trackers, never authority."""
    time_zone: str = "UTC"
    identities: tuple[str, ...] = ()
    """Vouched for by whoever wrote the policy."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who somebody is to a surface."""

    surface: str
    tenant: str
    """The workspace, server or team that the account belongs to."""
    external_id: str

    @property
    def address(self) -> str:
        """How policy writes it."""
        return f"{self.surface}/{self.tenant}/{self.external_id}"


@dataclass(frozen=True, kw_only=True)
class Identity:
    """An account that was proven to be a person's."""

    account: Account
    person: str
    verified_at: datetime


@dataclass(frozen=True, kw_only=True)
class LinkRequest:
    """An account that asks to be a person's, whose e-mail address it has. It gives no right."""

    account: Account
    person: str
    asked_at: datetime


def new_code(token: str) -> str:
    """A code to be typed on another surface, from a fresh secret of at least 256 bits."""
    alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
    number = int.from_bytes(hashlib.sha256(token.encode()).digest(), "big")
    letters = []
    for _ in range(_CODE_LETTERS):
        number, at = divmod(number, len(alphabet))
        letters.append(alphabet[at])
    return "".join(letters[:5]) + "-" + "".join(letters[5:])


def hash_code(code: str) -> str:
    """What is stored of a code; letter case, spaces and dashes do not matter."""
    return hashlib.sha256(re.sub(r"[\s-]", "", code).upper().encode()).hexdigest()
