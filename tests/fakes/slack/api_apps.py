"""What concerns the app itself: tokens, installs, connections, manifests, custom steps."""

from datetime import timedelta

from tests.fakes.slack.call import Call, Method
from tests.fakes.slack.entities import APP_ID, Data, FakeExecution
from tests.fakes.slack.errors import SlackError

CODE_LIFE = timedelta(minutes=10)


def api_test(call: Call) -> Data:
    if error := call.text("error"):
        raise SlackError(error)
    return {"args": call.args}


def auth_test(call: Call) -> Data:
    team = call.team
    if call.grant.kind == "app":
        return {"app_name": "Signalbox", "app_id": APP_ID}
    grid = {"enterprise_id": team.enterprise_id} if team.enterprise_id else {}
    return grid | {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": "signalbox",
        "team_id": team.enterprise_id if team.org_wide else team.id,
        "user_id": team.bot_user_id,
        "bot_id": team.bot_id,
        "is_enterprise_install": team.org_wide,
    }


def list_teams(call: Call) -> Data:
    found = [team for team in call.world.teams.values() if call.reaches(team.id)]
    return call.page([{"id": team.id, "name": team.name} for team in found], "teams")


def validate_manifest(call: Call) -> Data:
    manifest = call.json("manifest")
    if not isinstance(manifest, dict) or not manifest.get("display_information", {}).get("name"):
        raise SlackError("invalid_manifest", errors=[{"message": "no name", "pointer": "/"}])
    return {}


def oauth_access(call: Call) -> Data:
    """A code becomes a token; a workspace that had none is installed by it."""
    world = call.world
    if call.text("client_id") != world.client_id:
        raise SlackError("invalid_client_id")
    if call.text("client_secret") != world.client_secret:
        raise SlackError("bad_client_secret")
    code = world.codes.get(call.text("code"))
    if code is None or code["used"]:
        raise SlackError("invalid_code" if code is None else "code_already_used")
    if world.now() - code["made_at"] > CODE_LIFE:
        raise SlackError("code_expired")
    if call.text("redirect_uri") != code["redirect_uri"]:
        raise SlackError("bad_redirect_uri")
    code["used"] = True
    team = world.teams[code["team_id"]]
    team.installed = True
    if code["is_enterprise_install"]:
        world.open_organisation(team)
    granted = world.grant(world.number(f"xoxb-{team.id}-"), team.id)
    granted.scopes = set(code["scopes"])
    enterprise = {"id": team.enterprise_id, "name": team.name} if team.enterprise_id else None
    return {
        "access_token": granted.token,
        "token_type": "bot",
        "scope": ",".join(sorted(granted.scopes)),
        "bot_user_id": team.bot_user_id,
        "app_id": APP_ID,
        "team": None if team.org_wide else {"id": team.id, "name": team.name},
        "enterprise": enterprise,
        "is_enterprise_install": team.org_wide,
        "authed_user": {"id": code["user"]},
    }


def revoke(call: Call) -> Data:
    if not call.flag("test"):
        call.grant.revoked = "token_revoked"
    return {"revoked": not call.flag("test")}


def _execution(call: Call) -> FakeExecution:
    execution = call.world.executions.get(call.need("function_execution_id"))
    if execution is None:
        raise SlackError("function_execution_not_found")
    if execution.token != call.grant.token:
        raise SlackError("access_denied")
    if execution.done:
        raise SlackError("execution_not_in_running_state")
    return execution


def complete_success(call: Call) -> Data:
    outputs = call.json("outputs")
    execution = _execution(call)
    if not isinstance(outputs, dict):
        raise SlackError("parameter_validation_failed")
    execution.outputs = outputs
    return {}


def complete_error(call: Call) -> Data:
    _execution(call).error = call.need("error")
    return {}


METHODS = {
    "api.test": Method(api_test, token="none"),
    "apps.manifest.validate": Method(validate_manifest, token="app", tier="3"),
    "auth.revoke": Method(revoke, tier="3"),
    "auth.teams.list": Method(list_teams, tier="2"),
    "auth.test": Method(auth_test, token="any"),
    "functions.completeError": Method(complete_error, token="any", tier="3"),
    "functions.completeSuccess": Method(complete_success, token="any", tier="3"),
    "oauth.v2.access": Method(oauth_access, token="none"),
}
