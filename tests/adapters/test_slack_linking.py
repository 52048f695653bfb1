"""Accounts that are nobody's: an e-mail address suggests whose, and an admin confirms it."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.actor import person
from bot.domain.conversation import Conversation
from bot.domain.invocation import Press
from bot.domain.person import Account
from tests.fakes.slack_stage import CHANNEL, STRANGER, SlackStage, slack_stage, text_of

ACCOUNT = Account(surface="slack", tenant="T0001", external_id=STRANGER)
CLAIM = "Ask an admin to confirm that I am @reviewer"


@pytest.fixture
async def world(tmp_path: Path, blank: Path) -> AsyncIterator[SlackStage]:
    async with slack_stage(f"sqlite:///{shutil.copy(blank, tmp_path)}", "http") as opened:
        users = opened.slack.world.users
        users[STRANGER] = replace(users[STRANGER], email="Reviewer@shop.example")
        yield opened


async def says(world: SlackStage, user: str, words: str) -> None:
    await world.slack.types_command(user, CHANNEL, "/run", words)


async def presses(world: SlackStage, user: str, said: str, label: str) -> None:
    message = await world.told(said, user=user)
    await world.slack.presses(user, CHANNEL, message.ts, label)


async def linked(world: SlackStage) -> str:
    found = await world.stage.store.read(lambda tx: tx.identities.find(ACCOUNT))
    return found.person if found else ""


async def test_an_admin_confirms_whose_an_account_is(world: SlackStage) -> None:
    await says(world, STRANGER, "list")
    await presses(world, STRANGER, "that of @reviewer", CLAIM)
    await world.told("@admin", user=STRANGER)
    assert await linked(world) == ""
    await says(world, STRANGER, "list")
    await world.told("I do not know who you are", user=STRANGER)
    await says(world, "UADM", "inbox")
    await presses(world, "UADM", f"slack/T0001/{STRANGER}", "Confirm")
    await world.told("now", user="UADM")
    assert await linked(world) == "reviewer"
    await says(world, STRANGER, "list")
    await world.told("No run matches", user=STRANGER)


async def test_the_form_is_refused_with_the_same_offer(world: SlackStage) -> None:
    await says(world, STRANGER, "")
    await presses(world, STRANGER, "that of @reviewer", CLAIM)
    await world.told("@admin", user=STRANGER)


async def test_a_confirmation_counts_once_and_from_admins_alone(world: SlackStage) -> None:
    await says(world, STRANGER, "list")
    await presses(world, STRANGER, "that of @reviewer", CLAIM)
    await world.told("@admin", user=STRANGER)
    await says(world, "UREV", "inbox")
    assert STRANGER not in text_of(await world.told("Nothing waits for you", user="UREV"))
    await says(world, "UADM", "inbox")
    row = await world.told(STRANGER, user="UADM")
    pressed = "Confirm"
    await world.slack.presses("UADM", CHANNEL, row.ts, pressed)
    await world.told("now", user="UADM")
    await world.slack.presses("UADM", CHANNEL, row.ts, pressed)
    await world.told("Nobody waits for this any more", user="UADM")


async def test_who_is_no_admin_is_told_who_may_confirm(world: SlackStage) -> None:
    await says(world, STRANGER, "list")
    await presses(world, STRANGER, "that of @reviewer", CLAIM)
    await world.told("@admin", user=STRANGER)
    place = Conversation(surface="slack", tenant="T0001", channel=CHANNEL)
    forged = Press(verb="link", arguments={"confirm": ACCOUNT.address, "person": "reviewer"})
    for user in ("UREV", STRANGER):
        asked = await world.stage.dispatcher.accept(
            key=user, actor=person(user, "slack"), conversation=place, press=forged
        )
        reply = await world.stage.dispatcher.perform(asked)
        assert "Who may: @admin" in reply.message.fallback
    assert await linked(world) == ""


@pytest.mark.parametrize("change", [{"email_confirmed": False}, {"email": "new@shop.example"}])
async def test_an_address_that_is_not_verified_or_nobodys_suggests_nothing(
    world: SlackStage, change: dict[str, object]
) -> None:
    user = world.slack.world.users[STRANGER]
    world.slack.world.users[STRANGER] = replace(user, **change)  # type: ignore[arg-type]  # of any field
    await says(world, STRANGER, "list")
    answer = await world.told("I do not know who you are", user=STRANGER)
    assert "Ask an admin to confirm" not in text_of(answer)


async def test_an_address_that_is_not_the_persons_any_more_asks_nobody(world: SlackStage) -> None:
    await says(world, STRANGER, "list")
    offer = await world.told("that of @reviewer", user=STRANGER)
    world.slack.world.users[STRANGER] = replace(world.slack.world.users[STRANGER], email=None)
    world.stage.clock.advance(timedelta(minutes=6))
    await world.slack.presses(STRANGER, CHANNEL, offer.ts, CLAIM)
    await world.told("nobody's in the policy", user=STRANGER)
    assert await world.stage.store.read(lambda tx: tx.identities.asked(limit=9)) == ()
