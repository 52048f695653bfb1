"""`/run can @person <verb> <run|blueprint>`: may they, and by which rule."""

from dataclasses import dataclass

from bot.dispatch.command import Command, Request, find_command
from bot.domain.errors import NotFoundError
from bot.domain.policy import Ruling
from bot.domain.selection import Ref, RefKind
from bot.grammar.params import Kind, Param
from bot.grammar.words import Word, read_ref
from bot.messages.render import say
from bot.messages.reply import Reply
from bot.services.people import require_person
from bot.services.permitting import rule_on


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Who, what, and on what."""

    person: str
    action: str
    target: str = ""


def handle(request: Request, given: Arguments) -> Reply:
    """Yes or no, the rule that says so, and who may."""
    request.rules.permit(request.actor, "can")
    person = require_person(request.rules, given.person)
    verb = find_command(request.registry, given.action).verb
    catalog = request.rules.catalog
    if given.target in {*catalog.blueprints, *catalog.elsewhere}:
        blueprint = catalog.find(given.target)
        ruling = rule_on(request.tx, request.rules, person, verb, blueprint=blueprint)
        return _told(person, verb, given.target, ruling)
    ref = read_ref(Word(given.target)) if given.target else Ref(kind=RefKind.HERE)
    if ref is None:
        raise NotFoundError(
            f"“{given.target[:60]}” is neither a blueprint nor a run; name one, such as R-81.",
            suggestions=("/run list",),
        )
    run = request.select_one(ref, "can")
    ruling = rule_on(request.tx, request.rules, person, verb, run=run)
    return _told(person, verb, run.key, ruling)


def _told(person: str, verb: str, target: str, ruling: Ruling) -> Reply:
    return Reply(message=say("can", person=person, verb=verb, target=target, ruling=ruling))


COMMAND = Command(
    verb="can",
    summary="Say whether a person may do something, and by which rule.",
    arguments=Arguments,
    handle=handle,
    params=(
        Param(name="person", kind=Kind.PERSON, required=True, help="about whom you ask"),
        Param(name="action", kind=Kind.VERB, required=True, help="one of the verbs"),
        Param(name="target", kind=Kind.BLUEPRINT, help="a run or a blueprint"),
    ),
    examples=("/run can @reviewer approve R-81", "/run can @viewer dispatch hello"),
)
