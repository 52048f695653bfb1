"""`/run link [<code>]`: a code here, said on another surface, makes that account yours too."""

from dataclasses import dataclass

from bot.dispatch.command import Command, Request
from bot.domain.person import CODE_LIFE
from bot.grammar.params import Kind, Param
from bot.messages.render import say
from bot.messages.reply import Reply
from bot.services.people import give_code, link, require_known


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """A code from elsewhere, or nothing to get one."""

    code: str = ""


def handle(request: Request, given: Arguments) -> Reply:
    """Give a code to somebody who is known; link the account of somebody who brings one."""
    tx, policy, account = request.tx, request.rules.policy, request.account
    if given.code:
        person = link(tx, policy, request.actor, account, given.code)
        return Reply(message=say("linked", person=person, account=account.address))
    require_known(policy, request.actor)
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
    params=(Param(name="code", kind=Kind.TEXT, help="the code that you got elsewhere"),),
    examples=("/run link", "/run link 7KQ2M-XW4RD"),
    for_strangers=True,
)
