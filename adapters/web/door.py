"""The door of the browser chat: who is signed in, acting as whom, and where a change comes from."""

from dataclasses import dataclass

from fastapi import HTTPException, Request
from starlette.responses import Response

from adapters.web.channels import SURFACE
from adapters.web.sessions import LIFETIME, Session, Sessions
from bot.domain.actor import Actor, person
from bot.domain.codec import JSON
from bot.domain.errors import RefusedError, UserError
from bot.domain.policy import Role, decide_visibility
from bot.domain.sight import Sight
from bot.services.rules import RulesNow

CSRF_HEADER = "x-csrf-token"


@dataclass(frozen=True, kw_only=True)
class Door:
    """Knows browsers by their cookie."""

    sessions: Sessions
    rules: RulesNow

    def find(self, request: Request) -> Session | None:
        """The session of a request; None for a browser that has not signed in."""
        return self.sessions.open(request.cookies.get(self.sessions.cookie, ""))

    def admit(self, request: Request) -> Session:
        """The session of a request. Raises HTTPException 401 without one."""
        session = self.find(request)
        if session is None:
            raise HTTPException(401, "You are signed out; open the link that the bot printed.")
        return session

    def admit_change(self, request: Request) -> Session:
        """The session of a request that changes something, which must come from our own page.

        Raises HTTPException 401 without a session, 403 for a request of another page.
        """
        session = self.admit(request)
        ours = f"{request.url.scheme}://{request.headers.get('host', '')}"
        token = request.headers.get(CSRF_HEADER, "")
        if request.headers.get("origin") != ours or not self.sessions.proves(session, token):
            raise HTTPException(403, "This did not come from a page of this chat; reload it.")
        return session

    def actor(self, session: Session) -> Actor:
        """The person behind a request. Raises RefusedError where none that policy knows."""
        if not self.knows(session.person):
            raise RefusedError("Choose first who you are in this rehearsal.")
        return person(session.person, SURFACE)

    def knows(self, name: JSON) -> bool:
        """Whether policy has a person of this name."""
        return isinstance(name, str) and name in self.rules().policy.people

    def sight(self, session: Session) -> Sight:
        """Which runs the person behind a session may see now."""
        return decide_visibility(self.rules().policy, session.person)

    def may_stay(self, session: Session) -> bool:
        """Whether what was opened for a session may stay open."""
        return self.sessions.live(session) and self.knows(session.person)

    def act_as(self, session: Session, name: JSON) -> Session:
        """The session as somebody else. Raises UserError for one whom policy does not know."""
        if not isinstance(name, str) or not self.knows(name):
            raise UserError("Choose one of the people of policy.yaml.")
        return self.sessions.act_as(session, name)

    def people(self) -> tuple[tuple[str, Role], ...]:
        """Whom one can be: name and role, as policy lists them."""
        return tuple(self.rules().policy.people.items())

    def keep(self, response: Response, session: Session) -> None:
        """Let the browser remember a session."""
        response.set_cookie(
            self.sessions.cookie,
            self.sessions.seal(session),
            max_age=int(LIFETIME.total_seconds()),
            httponly=True,
            samesite="strict",
        )

    def forget(self, response: Response) -> None:
        """Let the browser forget its session."""
        response.delete_cookie(self.sessions.cookie, httponly=True, samesite="strict")
