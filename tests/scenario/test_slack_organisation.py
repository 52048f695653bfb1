"""A whole Enterprise Grid organisation that lets the bot in: one token for all its workspaces."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.domain.person import Person
from bot.domain.policy import Role
from bot.services.rules import Rules
from tests.fakes.slack.fake import FakeSlack, fake_slack
from tests.fakes.slack.surfaces import buttons_of
from tests.fakes.slack_entries import card_of, fills_the_form
from tests.fakes.slack_install import install, settings_to_install
from tests.fakes.slack_stage import SlackStage, settings_for, slack_open, text_of
from tests.fakes.stage import PLAN, POLICY, rules, stage

HERE, THERE = "C1", "C2"
FIRST, SECOND, STRANGE = "T0001", "T0002", "T0009"
WHERE = {"developer": FIRST, "admin": FIRST, "viewer": SECOND, "reviewer": SECOND}
ACCOUNTS = {"developer": "UDEV", "admin": "UADM", "viewer": "UVIEW", "reviewer": "UREV"}


def rules_of_all() -> Rules:
    """The usual people, known by their accounts in the organisation."""
    persons = {
        name: Person(handle=name, identities=(f"slack/E1/{user}",))
        for name, user in ACCOUNTS.items()
    }
    persons["second"] = Person(handle="second", identities=("slack/E1/USTRANGE",))
    groups = {"slack/E1/S2": Role.OPERATOR}
    return rules(policy=replace(POLICY, persons=persons, groups=groups))


@dataclass
class Organisation:
    """Two workspaces of one organisation, and one of another that shares a channel."""

    world: SlackStage

    @property
    def slack(self) -> FakeSlack:
        return self.world.slack

    async def kept(self) -> list[tuple[str, str, str]]:
        """Tenant, organisation and workspace of every installation."""
        found = await self.world.stage.store.read(lambda tx: tx.installations.all())
        return [(each.tenant, each.enterprise, each.team) for each in found]

    async def runs(self) -> int:
        page = await self.world.stage.store.read(lambda tx: tx.runs.page(after=0, limit=100))
        return len(page)


@pytest.fixture
async def organisation(database: str) -> AsyncIterator[Organisation]:
    async with (
        stage(database, rules_=rules_of_all()) as theatre,
        fake_slack(theatre.clock) as slack,
    ):
        slack.team.enterprise_id = "E1"
        slack.add_team(SECOND, "Beta", enterprise_id="E1")
        slack.add_team(STRANGE, "Elsewhere", enterprise_id="E9")
        for name, user in ACCOUNTS.items():
            slack.add_user(user, name=name, team_id=WHERE[name])
        slack.add_user("USTRANGE", team_id=STRANGE)
        slack.add_channel(HERE, members=["UDEV", "USTRANGE"], is_ext_shared=True)
        slack.add_channel(THERE, members=["UREV", "UVIEW"], team_id=SECOND)
        async with slack_open(theatre, slack, settings_to_install(slack)) as world:
            assert await install(world, org_wide=True) == [200, 200, 401]
            theatre.clock.advance(timedelta(minutes=1))
            yield Organisation(world)


async def test_runs_begin_in_every_workspace_and_are_told_there_by_the_one_token(
    organisation: Organisation,
) -> None:
    world, slack = organisation.world, organisation.slack
    assert await organisation.kept() == [("E1", "E1", "")]
    await slack.types_command("UDEV", HERE, "/run", "dispatch fix-rounding supervised")
    await card_of(world, "R-1", channel=HERE)
    message = await slack.mentions("UREV", THERE, "dispatch hello")
    await card_of(world, "R-2", channel=THERE)
    await world.shows(message, "eyes")
    run = await world.stage.store.read(lambda tx: tx.runs.load(2))
    assert (run.conversation.tenant, run.owner) == ("E1", "reviewer")
    posts = slack.calls_of("chat.postMessage")
    (token,) = {call.token for call in posts}
    assert token not in {"xoxb-T0001", "xoxb-T0002"}
    assert all(call.answer["ok"] for call in posts)


async def test_the_token_of_an_organisation_may_stand_in_the_settings(database: str) -> None:
    async with (
        stage(database, rules_=rules_of_all()) as theatre,
        fake_slack(theatre.clock) as slack,
    ):
        slack.team.enterprise_id = "E1"
        slack.add_team(SECOND, "Beta", enterprise_id="E1")
        slack.world.open_organisation(slack.team)
        slack.add_user("UREV", name="reviewer", team_id=SECOND)
        slack.add_channel(THERE, members=["UREV"], team_id=SECOND)
        async with slack_open(theatre, slack, settings_for(slack, "socket")) as world:
            await slack.mentions("UREV", THERE, "dispatch hello")
            await card_of(world, "R-1", channel=THERE)
            run = await theatre.store.read(lambda tx: tx.runs.load(1))
            assert (run.conversation.tenant, run.owner) == ("E1", "reviewer")


async def test_a_form_and_a_press_of_other_workspaces_are_those_of_the_organisation(
    organisation: Organisation,
) -> None:
    world, slack = organisation.world, organisation.slack
    await slack.uses_shortcut("UDEV", "start_run")
    await fills_the_form(world, "hello")
    await card_of(world, "R-1", channel=slack.dm("UDEV"))
    await (await (await world.stage.claims()).starts()).ends()
    await slack.types_command("UADM", HERE, "/run", "dispatch fix-rounding supervised")
    await card_of(world, "R-2", channel=HERE)
    runner = await (await world.stage.claims()).starts()
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    gate = await world.sees("waits for approval", channel=HERE)
    assert "Approve" in buttons_of(gate)
    assert (await slack.presses("UREV", HERE, gate.ts, "Approve")).acked
    await world.until(lambda: "Approved by" in text_of(gate), what="the approval")


async def test_people_of_another_organisation_may_do_nothing_though_linked(
    organisation: Organisation,
) -> None:
    await organisation.slack.types_command("USTRANGE", HERE, "/run", "dispatch hello")
    await organisation.world.told("another organisation", user="USTRANGE", channel=HERE)
    assert await organisation.runs() == 0


async def test_a_user_group_of_any_of_its_workspaces_gives_its_role(
    organisation: Organisation,
) -> None:
    world, slack = organisation.world, organisation.slack
    slack.bot_events.add("subteam_updated")
    slack.add_usergroup("S2", "watchers", ["UVIEW"], team_id=SECOND)
    await slack.happens({"type": "subteam_updated", "subteam": {"id": "S2"}}, team_id=SECOND)
    await world.until(lambda: world.stage.rules.policy.people["viewer"] is Role.OPERATOR)
    await slack.types_command("UVIEW", THERE, "/run", "dispatch hello")
    await world.told("R-1", user="UVIEW", channel=THERE)


async def test_the_organisation_is_forgotten_when_it_takes_the_bot_out_and_not_before(
    organisation: Organisation,
) -> None:
    world, slack = organisation.world, organisation.slack
    await slack.happens({"type": "app_uninstalled"}, team_id=SECOND)
    assert await organisation.kept() == [("E1", "E1", "")]
    await slack.uninstalls(FIRST)
    assert await organisation.kept() == []
    await slack.types_command("UREV", THERE, "/run", "dispatch hello")
    await world.goes_on()
    assert await organisation.runs() == 0


async def test_a_workspace_with_an_installation_of_its_own_is_spoken_to_by_that(
    organisation: Organisation,
) -> None:
    world, slack = organisation.world, organisation.slack
    slack.team.org_wide = False
    assert await install(world) == [200, 200, 401]
    assert await organisation.kept() == [("E1", "E1", ""), (FIRST, "E1", FIRST)]
    world.stage.clock.advance(timedelta(minutes=1))
    await slack.happens({"type": "app_uninstalled"}, team_id=FIRST)
    assert await organisation.kept() == [("E1", "E1", "")]
