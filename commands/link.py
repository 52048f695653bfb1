"""`/run link [<code>]`: a code here, said on another surface, makes that account yours too.

Its buttons ask an admin to confirm whose an account is, and confirm it.
"""

from dataclasses import dataclass

from bot.dispatch.command import Command, Request
from bot.domain.person import CODE_LIFE
from bot.grammar.params import Kind, Param
from bot.messages.render import say
from bot.messages.reply import Reply
from bot.services.people import (
    ask_confirmation,
    confirm_link,
    give_code,
    link,
    require_known,
)


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """A code from elsewhere, or nothing to get one."""

    code: str = ""
    claim: str = ""
    """Of a button: whom the account asks to be linked to."""
    confirm: str = ""
    """Of an admin's button: the address of the account that asked."""
    person: str = ""
    """Beside `confirm`: to whom it is linked."""


def handle(request: Request, given: Arguments) -> Reply:
    """Give a code to somebody who is known, link who brings one, ask for a link or confirm it."""
    tx, policy, account = request.tx, request.rules.policy, request.account
    if given.code:
        person = link(tx, policy, request.actor, account, given.code)
        return Reply(message=say("linked", person=person, account=account.address))
    if given.confirm:
        confirm_link(tx, request.rules, request.actor, account=given.confirm, person=given.person)
        message = say("link_confirmed", person=given.person, account=given.confirm)
        return Reply(message=message)
    if given.claim:
        # Whose the address is counts as it is now, whatever the button said.
        person = request.suggested if request.suggested == given.claim else ""
        who = ask_confirmation(tx, policy, request.actor, account, person=person)
        return Reply(message=say("link_asked", person=person, account=account.address, who=who))
    require_known(policy, request.actor, suggested=request.suggested)
    person = request.actor.name
    code = give_code(tx, request.actor, account, token=request.ids.token())
    linked = [identity.account.address for identity in tx.identities.of(person)]
    message = say("link_code", code=code, life=CODE_LIFE, person=person, accounts=linked)
    return Reply(message=message, once=True)


COMMAND = Command(
    verb="link",
    summary="Link your account of another surface to you, by a code that counts once.",
    arguments=Arguments,
    handle=handle,
    params=(
        Param(name="code", kind=Kind.TEXT, help="the code that you got elsewhere"),
        Param(name="claim", kind=Kind.PERSON, hidden=True),
        Param(name="confirm", kind=Kind.OPTION, hidden=True),
        Param(name="person", kind=Kind.PERSON, hidden=True),
    ),
    examples=("/run link", "/run link 7KQ2M-XW4RD"),
    for_strangers=True,
)
