"""`/run blueprints [enable|disable <name> [reason…]]`: what can be run, and what is wrong."""

from dataclasses import dataclass, replace

from bot.dispatch.command import Command, Request
from bot.domain.blueprint_state import BlueprintState
from bot.domain.deadlines import say_duration
from bot.domain.errors import UsageError
from bot.domain.invocation import Press
from bot.grammar.params import Kind, Param
from bot.messages.cards import status_words
from bot.messages.markup import escape
from bot.messages.message import Button, Field, FieldKind, Row
from bot.messages.render import link, moment_link, say, word
from bot.messages.reply import Reply
from bot.services.enabling import BlueprintView, list_blueprints, set_enabled

_PAGE = 20


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What to do with which blueprint; nothing lists them all."""

    action: str = ""
    name: str = ""
    reason: str = ""
    after: str = ""


def handle(request: Request, given: Arguments) -> Reply:
    """A page of all blueprints, or one enabled or disabled."""
    if not given.action:
        return _list(request, given.after)
    if not given.name:
        raise UsageError(
            f"Which blueprint? Such as /run blueprints {given.action} hello.",
            suggestions=("/run blueprints",),
        )
    state = set_enabled(
        request.tx,
        request.rules,
        given.name,
        enabled=given.action == "enable",
        actor=request.actor,
        reason=given.reason,
    )
    return Reply(message=say("blueprint_state", state=state))


def _list(request: Request, after: str) -> Reply:
    request.rules.permit(request.actor, "blueprints")
    page = list_blueprints(request.tx, request.rules, after=after, rows=_PAGE)
    rows = [_row(request, view) for view in page.views]
    rows += [_lost_row(request, state) for state in page.lost]
    message = say("blueprints", page=page, any=bool(rows))
    more = (_more(page.after),) if page.after else ()
    return Reply(message=replace(message, rows=tuple(rows), buttons=more))


def _row(request: Request, view: BlueprintView) -> Row:
    blueprint = view.blueprint
    parts = [
        f"**{escape(blueprint.name)}**",
        blueprint.profile.value,
        escape(blueprint.project),
        escape(blueprint.title),
        _state(view.state),
        _last(request, view),
    ]
    return Row(
        text=" · ".join(part for part in parts if part),
        button=_button(request, blueprint.name, blueprint.project, enabled=view.enabled),
    )


def _lost_row(request: Request, state: BlueprintState) -> Row:
    text = f"**{escape(state.name)}** · {_state(state)} · it has no file that can be used"
    return Row(text=text, button=_button(request, state.name, "", enabled=False))


def _state(state: BlueprintState | None) -> str:
    if state is None:
        return "enabled"
    person = link(f"@{state.actor.name}", f"person:{state.actor.name}")
    said = "enabled" if state.enabled else "⏸ **disabled**"
    because = f": {escape(state.reason)}" if state.reason else ""
    ignored = f", {state.ignored} triggers ignored" if state.ignored else ""
    return f"{said} by {person} {moment_link(state.at)}{because}{ignored}"


def _last(request: Request, view: BlueprintView) -> str:
    run = view.last
    if run is None:
        return "never run"
    age = say_duration(request.tx.now() - run.created_at)
    return f"last {link(run.key, f'run:{run.key}')} {escape(status_words(run))}, {age} ago"


def _button(request: Request, name: str, project: str, *, enabled: bool) -> Button | None:
    """What may be done to it, for those who may."""
    action = "disable" if enabled else "enable"
    if not request.rules.permits(request.actor, action, project=project):
        return None
    reason = Field(
        name="reason",
        label=word("fields", "disable_reason"),
        kind=FieldKind.LONG_TEXT,
        required=False,
    )
    return Button(
        label=word("buttons", action),
        press=Press(verb="blueprints", arguments={"action": action, "name": name}),
        confirm=word("confirm", action).format(name=name),
        form=(reason,) if enabled else (),
    )


def _more(after: str) -> Button:
    press = Press(verb="blueprints", arguments={"after": after})
    return Button(label=word("buttons", "more"), press=press)


COMMAND = Command(
    verb="blueprints",
    synonyms=("blueprint",),
    summary="List what can be run, and what is wrong with it; enable or disable one.",
    arguments=Arguments,
    handle=handle,
    params=(
        Param(
            name="action",
            kind=Kind.ACTION,
            choices=("enable", "disable"),
            help="a disabled blueprint starts nothing new; runs that have begun go on",
        ),
        Param(name="name", kind=Kind.BLUEPRINT),
        Param(name="reason", kind=Kind.TEXT, help="why; whoever wants to use it is told"),
        Param(name="after", kind=Kind.OPTION, hidden=True),
    ),
    examples=("/run blueprints", "/run blueprints disable fix-rounding it breaks the tests"),
)
