"""views.*: modals on their stack, and the home of a person."""

from typing import Any

from tests.fakes.slack.call import Call, Method
from tests.fakes.slack.entities import Data
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.shown import FakeView
from tests.fakes.slack.views import accept_view, first_state
from tests.fakes.slack.world import World

MOST_STACKED = 3


def open_view(call: Call) -> Data:
    view = _accept(call, call.json("view"), "modal")
    trigger = call.world.use_trigger(call.need("trigger_id"))
    opened = put_on_stack(call.world, trigger.user, view, fresh=True)
    return {"view": opened.payload(call.team)}


def push_view(call: Call) -> Data:
    view = _accept(call, call.json("view"), "modal")
    trigger = call.world.use_trigger(call.need("trigger_id"))
    if not call.world.views.get(trigger.user):
        raise SlackError("not_found")
    return {"view": put_on_stack(call.world, trigger.user, view).payload(call.team)}


def update_view(call: Call) -> Data:
    name, own = call.text("view_id"), call.text("external_id")
    if not name and not own:
        raise SlackError("invalid_arguments")
    opened = [view for stack in call.world.views.values() for view in stack]
    view = next(
        (
            view
            for view in [*opened, *call.world.homes.values()]
            if view.id == name or (own and view.given.get("external_id") == own)
        ),
        None,
    )
    if view is None:
        raise SlackError("not_found")
    if call.text("hash", view.hash) != view.hash:
        raise SlackError("hash_conflict")
    replace_view(call.world, view, _accept(call, call.json("view"), view.type, instead_of=view))
    return {"view": view.payload(call.team)}


def publish(call: Call) -> Data:
    user = call.need("user_id")
    if user not in call.world.users:
        raise SlackError("user_not_found")
    given = accept_view(call.json("view"), "home")
    old = call.world.homes.get(user)
    if old is not None:
        if call.text("hash", old.hash) != old.hash:
            raise SlackError("hash_conflict")
        replace_view(call.world, old, given)
        return {"view": old.payload(call.team)}
    call.world.homes[user] = home = _new_view(call.world, user, given)
    return {"view": home.payload(call.team)}


def _accept(call: Call, view: Any, kind: str, instead_of: FakeView | None = None) -> Data:
    given = accept_view(view, kind)
    opened = [view for stack in call.world.views.values() for view in stack]
    names = {view.given.get("external_id") for view in opened if view is not instead_of}
    if given.get("external_id") and given["external_id"] in names:
        raise SlackError("duplicate_external_id")
    return given


def _new_view(world: World, user: str, given: Data) -> FakeView:
    team = world.teams.get(world.users[user].team_id) or next(iter(world.teams.values()))
    name = world.number("V")
    return FakeView(
        id=name,
        team_id=team.id,
        user=user,
        given=given,
        hash=f"{int(world.now().timestamp())}.{world.number('h')}",
        root_view_id=name,
        state=first_state(given["blocks"]),
    )


def put_on_stack(world: World, user: str, given: Data, *, fresh: bool = False) -> FakeView:
    """Show a modal on top of those that are open, or in their place."""
    stack = world.views.setdefault(user, [])
    if fresh:
        stack.clear()
    if len(stack) >= MOST_STACKED:
        raise SlackError("push_limit_reached")
    view = _new_view(world, user, given)
    if stack:
        view.root_view_id, view.previous_view_id = stack[0].id, stack[-1].id
    stack.append(view)
    return view


def replace_view(world: World, view: FakeView, given: Data) -> None:
    """Show something else in an open view; what was entered stays where its ids stay."""
    view.given = given
    view.state = first_state(given["blocks"], view.state)
    view.errors = {}
    view.hash = f"{int(world.now().timestamp())}.{world.number('h')}"


METHODS = {
    "views.open": Method(open_view),
    "views.publish": Method(publish),
    "views.push": Method(push_view),
    "views.update": Method(update_view),
}
