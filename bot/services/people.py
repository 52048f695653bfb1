"""People: who is behind an account, and how accounts are linked to them."""

import difflib
from dataclasses import replace

from bot.domain.actor import Actor
from bot.domain.conversation import Conversation
from bot.domain.errors import (
    IllegalTransitionError,
    NotFoundError,
    RefusedError,
    UnknownPersonError,
)
from bot.domain.issue import Issue
from bot.domain.person import CODE_LIFE, Account, Identity, LinkRequest, hash_code, new_code
from bot.domain.policy import Policy, decide_permission, decide_visibility
from bot.ports.store import Tx
from bot.services.rules import Rules

_MOST_REQUESTS = 100
_OWN_SURFACES = frozenset({"console", "web"})
"""Surfaces that prove handles themselves: the console by its token, the browser by sign-in."""


def require_person(rules: Rules, handle: str, *, project: str = "") -> str:
    """The handle, if policy knows the person and lets them see the project.

    Raises NotFoundError with the nearest ones.
    """
    people = rules.policy.within(project).people
    if handle in people:
        return handle
    near = difflib.get_close_matches(handle, list(people), n=3) or sorted(people)[:5]
    names = ", ".join(f"@{name}" for name in near)
    raise NotFoundError(f"Nobody here is called “{handle[:60]}”. Did you mean {names}?")


def identify(tx: Tx, policy: Policy, actor: Actor, account: Account) -> Actor:
    """The person behind an account, as an actor; a stranger is called by the account's address.

    Whether that person has any rights is for policy to say.
    """
    if actor.handle is None:
        return actor
    person = find_person(tx, policy, account)
    if not person and account.surface in _OWN_SURFACES:
        return actor
    return replace(actor, name=person or account.address)


def find_person(tx: Tx, policy: Policy, account: Account) -> str:
    """Whose an account was proven to be, or policy vouches for; empty for nobody's."""
    linked = tx.identities.find(account)
    vouched = (name for name, one in policy.persons.items() if account.address in one.identities)
    return linked.person if linked else next(vouched, "")


def find_assignee(tx: Tx, policy: Policy, issue: Issue, *, project: str) -> str:
    """The person whom an issue is assigned to, by account or e-mail; empty for nobody here.

    Whoever may not see the project is nobody here.
    """
    account = Account(surface=issue.surface, tenant=issue.tenant, external_id=issue.assignee)
    linked = find_person(tx, policy, account) if issue.assignee else ""
    person = linked or policy.find_by_email(issue.assignee_email)
    return person if person in policy.within(project).people else ""


def look_as(tx: Tx, policy: Policy, actor: Actor, conversation: Conversation) -> tuple[Actor, Tx]:
    """The person behind an account, and the transaction as that person sees it."""
    known = identify(tx, policy, actor, account_of(actor, conversation))
    return known, tx.seeing(decide_visibility(policy, known.handle or ""))


def account_of(actor: Actor, conversation: Conversation) -> Account:
    """What a surface says of who asks."""
    return Account(surface=conversation.surface, tenant=conversation.tenant, external_id=actor.name)


def require_known(policy: Policy, actor: Actor, *, suggested: str = "") -> None:
    """Raises UnknownPersonError, saying how to link, for whoever policy does not know.

    `suggested` is whose e-mail address the account has.
    """
    if actor.handle in policy.people:
        return
    who = f"I do not know who you are: {actor.name} is linked to nobody, so you may do nothing yet."
    how = (
        "If you are known elsewhere, say /run link there and bring the code here with "
        "/run link <code>."
    )
    last = "Otherwise ask an admin to add you to the policy."
    if suggested:
        last = f"Your e-mail address here is that of @{suggested}: an admin can confirm it is you."
    raise UnknownPersonError(f"{who} {how} {last}", suggested=suggested)


def ask_confirmation(
    tx: Tx, policy: Policy, actor: Actor, account: Account, *, person: str
) -> tuple[str, ...]:
    """Ask the admins to confirm that an account is a person's; who may, by handle.

    `person` is whose e-mail address the account has now, which alone gives no right. Raises
    IllegalTransitionError where the account is somebody's, RefusedError where it has no such
    address.
    """
    if actor.handle in policy.people:
        raise IllegalTransitionError(f"You are @{actor.name} here already.")
    if not person:
        raise RefusedError(
            "Your e-mail address here is nobody's in the policy, or is not verified. "
            "Ask an admin to add you to the policy."
        )
    tx.identities.ask(LinkRequest(account=account, person=person, asked_at=tx.now()))
    return decide_permission(policy, "", "confirm").who


def confirm_link(tx: Tx, rules: Rules, actor: Actor, *, account: str, person: str) -> None:
    """Link an account, named by its address, to whom it asked to be linked to; counts once.

    Raises RefusedError for whoever is no admin, and NotFoundError where nobody asks for this.
    """
    rules.permit(actor, "confirm")
    waiting = {asked.account.address: asked for asked in waiting_links(tx, rules.policy)}
    asked = waiting.get(account)
    if asked is None or asked.person != person:
        raise NotFoundError(
            "Nobody waits for this any more: it was confirmed already, was asked more than a week "
            "ago, or the policy has changed."
        )
    tx.identities.take_request(asked.account)
    _keep(tx, asked.account, person)


def waiting_links(tx: Tx, policy: Policy) -> tuple[LinkRequest, ...]:
    """Accounts that are nobody's yet and ask to be linked to somebody whom policy knows."""
    return tuple(
        asked
        for asked in tx.identities.asked(limit=_MOST_REQUESTS)
        if asked.person in policy.people
        and find_person(tx, policy, asked.account) not in policy.people
    )


def give_code(tx: Tx, actor: Actor, account: Account, *, token: str) -> str:
    """A code that links another account to this person; it counts once, for ten minutes.

    `token` is a fresh secret that the code is made from; the code is stored hashed only.
    """
    _keep(tx, account, actor.name)
    code = new_code(token)
    tx.identities.keep_code(hash_code(code), actor.name, expires_at=tx.now() + CODE_LIFE)
    return code


def link(tx: Tx, policy: Policy, actor: Actor, account: Account, code: str) -> str:
    """Link an account to the person for whom a code speaks, and return their handle.

    Raises IllegalTransitionError where the account is somebody's already, RefusedError for a
    code that does not count; it is not said why.
    """
    if actor.handle in policy.people:
        raise IllegalTransitionError(
            f"You are @{actor.name} here already. A code links an account that is nobody's yet; "
            "say /run link <code> from that account."
        )
    person = tx.identities.take_code(hash_code(code))
    if person is None or person not in policy.people:
        raise RefusedError(
            "This code does not count: it was used, is older than ten minutes, or is mistyped. "
            "Ask for a new one with /run link where you are known."
        )
    _keep(tx, account, person)
    return person


def _keep(tx: Tx, account: Account, person: str) -> None:
    tx.identities.keep(Identity(account=account, person=person, verified_at=tx.now()))
