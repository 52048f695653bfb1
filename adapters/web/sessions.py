"""Browser sessions: a signed cookie says who has signed in, until when, and acting as whom."""

import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from adapters.web.private_file import read_private, write_private
from bot.domain.codec import canonical_json, decode
from bot.ports.clock import Clock, Ids

KEY_FILE = "signing-key"
LIFETIME = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Session:
    """One browser that has signed in."""

    id: str
    ends_at: datetime
    person: str = ""
    """Whom it acts as; empty until that is chosen."""


class Sessions:
    """Admits browsers by the key of this start's link; knows them again by what it has signed."""

    def __init__(self, signing_key: str, *, clock: Clock, ids: Ids) -> None:
        """`signing_key` is a secret that outlives a restart, and so do sessions."""
        self._key = signing_key.encode()
        self._clock = clock
        self._ids = ids
        self.sign_in_key = ids.token()
        self.cookie = "signalbox-" + self._sign("cookie", "")[:8]
        """Its name; cookies know no ports, so bots of one host must not share one."""

    @property
    def sign_in_path(self) -> str:
        """The path of the link that signs a browser in, as long as this process lives."""
        return f"/sign-in?key={self.sign_in_key}"

    def start(self, key: str) -> Session | None:
        """A new session for who shows the key of the sign-in link; None for any other key."""
        if not hmac.compare_digest(key.encode(), self.sign_in_key.encode()):
            return None
        return Session(id=self._ids.token(), ends_at=self._clock.now() + LIFETIME)

    def act_as(self, session: Session, person: str) -> Session:
        """The same browser as somebody else."""
        return replace(session, person=person)

    def seal(self, session: Session) -> str:
        """The cookie's value."""
        content = canonical_json(session).encode().hex()
        return f"{content}.{self._sign('session', content)}"

    def open(self, cookie: str) -> Session | None:
        """The session of a cookie; None for one that is not ours, was changed, or has ended."""
        content, _, signature = cookie.partition(".")
        proof = self._sign("session", content)
        if not hmac.compare_digest(signature.encode(), proof.encode()):
            return None
        session = decode(Session, json.loads(bytes.fromhex(content)))
        return session if self.live(session) else None

    def live(self, session: Session) -> bool:
        """Whether it has not ended."""
        return session.ends_at > self._clock.now()

    def csrf_token(self, session: Session) -> str:
        """What a page of this session sends with every change; another site cannot know it."""
        return self._sign("csrf", session.id)

    def proves(self, session: Session, token: str) -> bool:
        """Whether a change comes from a page of this session."""
        return hmac.compare_digest(token.encode(), self.csrf_token(session).encode())

    def _sign(self, purpose: str, content: str) -> str:
        return hmac.new(self._key, f"{purpose}:{content}".encode(), hashlib.sha256).hexdigest()


def keep_signing_key(data: Path, ids: Ids) -> str:
    """The data folder's signing key; made anew when there is none or others could read it."""
    path = data / KEY_FILE
    key = read_private(path)
    if not key:
        key = ids.token()
        write_private(path, key + "\n")
    return key
