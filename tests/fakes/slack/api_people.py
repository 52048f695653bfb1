"""users.*, usergroups.*, team.info and bots.info."""

from tests.fakes.slack.call import Call, Method
from tests.fakes.slack.entities import Data, FakeUser
from tests.fakes.slack.errors import SlackError


def _payload(call: Call, user: FakeUser) -> Data:
    shown = user.payload(with_email="users:read.email" in call.grant.scopes)
    if not call.reaches(user.team_id):
        shown |= {"is_stranger": True}
    team = call.world.teams.get(user.team_id)
    if team is not None and team.enterprise_id:
        shown |= {"enterprise_user": {"id": user.id, "enterprise_id": team.enterprise_id}}
    return shown


def info(call: Call) -> Data:
    user = call.world.users.get(call.need("user", "user_not_found"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": _payload(call, user)}


def list_all(call: Call) -> Data:
    own = [user for user in call.world.users.values() if user.team_id == call.team.id]
    return call.page([_payload(call, user) for user in own], "members")


def by_email(call: Call) -> Data:
    email = call.need("email", "users_not_found").lower()
    for user in call.world.users.values():
        own = user.team_id == call.team.id and not user.deleted
        if own and user.email and user.email.lower() == email:
            return {"user": _payload(call, user)}
    raise SlackError("users_not_found")


def _asked_team(call: Call) -> str:
    """The workspace that a call is about; a token of many must name it."""
    if not call.team.org_wide:
        return call.team.id
    team = call.need("team_id", "missing_argument")
    if not call.reaches(team):
        raise SlackError("team_access_not_granted")
    return team


def usergroups(call: Call) -> Data:
    team = _asked_team(call)
    found = [
        group if call.flag("include_users") else group | {"users": []}
        for group in call.world.usergroups.values()
        if group["team_id"] == team
    ]
    return {"usergroups": found}


def usergroup_members(call: Call) -> Data:
    team = _asked_team(call)
    group = call.world.usergroups.get(call.need("usergroup"))
    if group is None or group["team_id"] != team:
        raise SlackError("no_such_subteam")
    return {"users": list(group["users"])}


def team_info(call: Call) -> Data:
    team = call.world.teams.get(call.text("team", call.team.id))
    if team is None:
        raise SlackError("team_not_found")
    grid = {"enterprise_id": team.enterprise_id} if team.enterprise_id else {}
    return {"team": {"id": team.id, "name": team.name, "domain": team.domain} | grid}


def bot_info(call: Call) -> Data:
    team = next(
        (team for team in call.world.teams.values() if team.bot_id == call.text("bot")), None
    )
    if team is None:
        raise SlackError("bot_not_found")
    named = {"name": "signalbox", "app_id": "A0001", "user_id": team.bot_user_id}
    return {"bot": {"id": team.bot_id, "deleted": not team.installed} | named}


METHODS = {
    "bots.info": Method(bot_info, ("users:read",), "3"),
    "team.info": Method(team_info, ("team:read",), "3"),
    "usergroups.list": Method(usergroups, ("usergroups:read",), "2"),
    "usergroups.users.list": Method(usergroup_members, ("usergroups:read",), "2"),
    "users.info": Method(info, ("users:read",)),
    "users.list": Method(list_all, ("users:read",), "2"),
    "users.lookupByEmail": Method(by_email, ("users:read.email",), "3"),
}
