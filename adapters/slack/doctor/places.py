"""The channels and user groups that the policy names."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from adapters.slack.doctor.access import Access, RefusedCallError
from adapters.slack.scopes import ADD_SCOPES
from bot.ports.doctor import Finding

SURFACE = "slack"


@dataclass(frozen=True, kw_only=True)
class Places:
    """The check of the channels and user groups that the policy names."""

    access: Access
    channels: Collection[str]
    """As `slack/<team>/<channel>`; those of other surfaces are left out."""
    groups: Mapping[str, Collection[str]] = field(default_factory=dict)
    """By team, the ids of user groups."""

    async def __call__(self) -> tuple[Finding, ...]:
        """Whether the bot is in each channel, and each group is there."""
        ours = [tuple(address.split("/", 2)) for address in sorted(self.channels)]
        wanted = [(team, channel) for surface, team, channel in ours if surface == SURFACE]
        if not self.access.bot_token or not (wanted or self.groups):
            return ()
        try:
            identity = await self.access.call("auth.test")
        except RefusedCallError:
            return ()  # the check of the token says so
        teams = {identity.get("team_id"), identity.get("enterprise_id")}
        findings = [await self._channel(team, channel, teams) for team, channel in wanted]
        for team, groups in self.groups.items():
            if team in teams:
                whole = bool(identity.get("is_enterprise_install"))
                findings += await self._groups(groups, org_wide=whole)
        return tuple(findings)

    async def _channel(self, team: str, channel: str, teams: Collection[str | None]) -> Finding:
        named = f"slack/{team}/{channel}"
        if team not in teams:
            return _elsewhere(named, by_oauth=self.access.by_oauth)
        try:
            answer = await self.access.call("conversations.info", channel=channel)
        except RefusedCallError as error:
            found = f"{named} of the policy cannot be seen ({error})."
            remedy = "Mend the id in the policy; in a private channel, write /invite @ its name."
            return Finding.error("channels", found, remedy)
        about: Mapping[str, object] = answer.get("channel") or {}
        name = f"#{about.get('name')} ({named})"
        if about.get("is_archived"):
            return Finding.error("channels", f"{name} is archived.", "Name another channel.")
        if not about.get("is_member"):
            remedy = "Write /invite there, with the bot's name."
            return Finding.error("channels", f"The bot is not in {name}.", remedy)
        return Finding.ok("channels", f"The bot is in {name}.")

    async def _groups(self, wanted: Collection[str], *, org_wide: bool) -> list[Finding]:
        try:
            known = await self._known_groups(org_wide=org_wide)
        except RefusedCallError as error:
            found = f"The user groups cannot be read ({error}): nobody has a role by them."
            return [Finding.error("user groups", found, ADD_SCOPES)]
        return [_group(group_id, known.get(group_id)) for group_id in sorted(wanted)]

    async def _known_groups(self, *, org_wide: bool) -> Mapping[str, Mapping[str, object]]:
        """The groups of the workspace, or of each that an organisation has let the bot into."""
        asked: list[dict[str, str]] = [{}]
        if org_wide:
            teams = (await self.access.call("auth.teams.list")).get("teams") or []
            asked = [{"team_id": team["id"]} for team in teams]
        answers = [await self.access.call("usergroups.list", **given) for given in asked]
        return {group["id"]: group for each in answers for group in each.get("usergroups") or []}


def _group(group_id: str, about: Mapping[str, object] | None) -> Finding:
    if about is None:
        remedy = "Mend the id in the policy; Slack shows it under More, Copy group ID."
        return Finding.error("user groups", f"There is no group {group_id}.", remedy)
    if about.get("date_delete"):
        found = f"The group {group_id} is disabled: nobody has a role by it."
        return Finding.error("user groups", found, "Enable it in Slack, or name another one.")
    return Finding.ok("user groups", f"@{about.get('handle') or group_id} is there.")


def _elsewhere(named: str, *, by_oauth: bool) -> Finding:
    if by_oauth:
        found = f"{named} is in another workspace than the bot token's; it was not looked at."
        remedy = "Nothing is to be done where that workspace has installed the bot."
        return Finding.not_set_up("channels", found, remedy)
    found = f"{named} of the policy is in another workspace than the bot token's."
    return Finding.error("channels", found, "Mend the team in the policy, or change the token.")
