"""Suggesting: whose an account that is nobody's seems to be, by its e-mail address alone."""

from bot.domain.person import Account
from bot.domain.policy import Policy
from bot.ports.admission import Admission
from bot.ports.store import Store
from bot.services.people import find_person


async def suggest_person(
    store: Store, policy: Policy, account: Account, admission: Admission
) -> str:
    """The handle of the person whose address an account has; empty for none.

    An account that is somebody's already gets no suggestion. Raises UnavailableError.
    """
    known = await store.read(lambda tx: find_person(tx, policy, account))
    if known in policy.people:
        return ""
    person = policy.find_by_email(await admission.email_of(account))
    return person if person in policy.people else ""
