"""Identities of people, and the codes that prove them."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, delete, insert, select

from bot.domain.person import REQUEST_LIFE, Account, Identity, LinkRequest
from storage.chat_tables import link_requests
from storage.scope import Scope
from storage.tables import identities, link_codes
from storage.upsert import Upsert

_KEY = ("surface", "tenant", "external_id")

_KEEP = Upsert(
    identities,
    _KEY,
    change=lambda new: {
        "person": new.person,
        "verified_at": case(
            (identities.c.person == new.person, identities.c.verified_at), else_=new.verified_at
        ),
    },
)
_FIND = select(identities).where(*(identities.c[name] == bindparam(name) for name in _KEY))
_OF = select(identities).where(identities.c.person == bindparam("whose")).order_by(identities.c.id)
_KEEP_CODE = insert(link_codes)
_FORGET = delete(link_codes).where(link_codes.c.expires_at <= bindparam("now"))
_TAKE = (
    delete(link_codes)
    .where(link_codes.c.code_hash == bindparam("code"), link_codes.c.expires_at > bindparam("now"))
    .returning(link_codes.c.person)
)
_ASK = Upsert(
    link_requests,
    _KEY,
    change=lambda new: {"person": new.person, "asked_at": new.asked_at},
)
_FORGET_ASKED = delete(link_requests).where(link_requests.c.asked_at <= bindparam("before"))
_ASKED = (
    select(link_requests)
    .where(link_requests.c.asked_at > bindparam("before"))
    .order_by(link_requests.c.asked_at, *(link_requests.c[name] for name in _KEY))
    .limit(bindparam("most"))
)
_TAKE_ASKED = (
    delete(link_requests)
    .where(
        *(link_requests.c[name] == bindparam(name) for name in _KEY),
        link_requests.c.asked_at > bindparam("before"),
    )
    .returning(*link_requests.c)
)


class SqlIdentities:
    """The Identities port."""

    def __init__(self, scope: Scope) -> None:
        """Identities within one transaction."""
        self._scope = scope

    def find(self, account: Account) -> Identity | None:
        """The proven identity of an account."""
        found = self._scope.rows(_FIND, vars(account))
        return _identity(found[0]) if found else None

    def of(self, person: str) -> tuple[Identity, ...]:
        """All identities of a person, oldest first."""
        return tuple(_identity(fields) for fields in self._scope.rows(_OF, {"whose": person}))

    def keep(self, identity: Identity) -> None:
        """Store whose an account is from now on; the same again keeps when it was proven."""
        row = {"person": identity.person, "verified_at": identity.verified_at}
        self._scope.upsert(_KEEP, {**vars(identity.account), **row})

    def keep_code(self, code_hash: str, person: str, *, expires_at: datetime) -> None:
        """Store the hash of a code that speaks for a person; expired codes are forgotten."""
        self._scope.run(_FORGET, {"now": self._scope.now})
        code = {"code_hash": code_hash, "person": person, "expires_at": expires_at}
        self._scope.run(_KEEP_CODE, code)

    def take_code(self, code_hash: str) -> str | None:
        """Whom a code that has not expired speaks for; it is spent by this."""
        taken = {"code": code_hash, "now": self._scope.now}
        person: str | None = self._scope.run(_TAKE, taken).scalar()
        return person

    def ask(self, request: LinkRequest) -> None:
        """Store that an account asks to be linked; what is too old is forgotten."""
        self._scope.run(_FORGET_ASKED, {"before": self._scope.now - REQUEST_LIFE})
        row = {"person": request.person, "asked_at": request.asked_at}
        self._scope.upsert(_ASK, {**vars(request.account), **row})

    def asked(self, *, limit: int) -> tuple[LinkRequest, ...]:
        """Requests that may still be confirmed, oldest first."""
        wanted = {"before": self._scope.now - REQUEST_LIFE, "most": limit}
        return tuple(_request(fields) for fields in self._scope.rows(_ASKED, wanted))

    def take_request(self, account: Account) -> LinkRequest | None:
        """What an account asked, if that may still be confirmed; it is spent by this."""
        wanted = {**vars(account), "before": self._scope.now - REQUEST_LIFE}
        found = self._scope.run(_TAKE_ASKED, wanted).mappings().all()
        return _request(dict(found[0])) if found else None


def _request(fields: dict[str, Any]) -> LinkRequest:
    account = Account(**{name: fields[name] for name in _KEY})
    return LinkRequest(account=account, person=fields["person"], asked_at=fields["asked_at"])


def _identity(fields: dict[str, Any]) -> Identity:
    account = Account(**{name: fields[name] for name in _KEY})
    return Identity(account=account, person=fields["person"], verified_at=fields["verified_at"])
