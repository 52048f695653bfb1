"""What is kept for chats: who let the bot in, and what is still to be shown of requests."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.followup import Followup
from bot.domain.installation import Installation
from bot.ports.store import Store
from tests.fakes.clock import FakeClock

STEP = Followup(
    id=0,
    key="slack:T1:Ev1",
    surface="slack",
    tenant="T1",
    channel="C1",
    execution="Fx1",
    sealed="x",
)


def installed(clock: FakeClock, tenant: str = "T1") -> Installation:
    return Installation(
        tenant=tenant,
        team=tenant,
        bot_user="UBOT",
        bot_id="B1",
        scopes=("chat:write",),
        sealed="sealed",
        installed_at=clock.now(),
    )


async def test_the_last_installation_of_a_workspace_counts(store: Store, clock: FakeClock) -> None:
    first, other = installed(clock), installed(clock, "T2")
    await store.write(lambda tx: tx.installations.keep(first))
    await store.write(lambda tx: tx.installations.keep(other))
    again = replace(first, sealed="anew", scopes=())
    await store.write(lambda tx: tx.installations.keep(again))
    assert await store.read(lambda tx: tx.installations.all()) == (again, other)
    await store.write(lambda tx: tx.installations.remove("T1"))
    assert await store.read(lambda tx: tx.installations.find("T1")) is None
    assert await store.read(lambda tx: tx.installations.find("T2")) == other


async def test_a_state_counts_once_and_for_a_while(store: Store, clock: FakeClock) -> None:
    soon = clock.now() + timedelta(minutes=10)
    await store.write(lambda tx: tx.installations.keep_state("a", expires_at=soon))
    await store.write(lambda tx: tx.installations.keep_state("b", expires_at=soon))
    assert await store.write(lambda tx: tx.installations.take_state("a"))
    assert not await store.write(lambda tx: tx.installations.take_state("a"))
    clock.advance(timedelta(minutes=11))
    assert not await store.write(lambda tx: tx.installations.take_state("b"))


async def test_a_followup_is_kept_once_and_settled_without_its_secret(store: Store) -> None:
    kept = await store.write(lambda tx: tx.followups.keep(STEP))
    assert await store.read(lambda tx: tx.followups.find(STEP.key)) == kept
    assert await store.read(lambda tx: tx.followups.find("another")) is None
    assert await store.write(lambda tx: tx.followups.keep(replace(STEP, channel="C2"))) == kept
    await store.write(lambda tx: tx.followups.show(kept.id, "eyes"))
    (seen,) = await store.read(lambda tx: tx.followups.pending("slack", after=0, limit=9))
    assert seen == replace(kept, shown="eyes")
    assert await store.read(lambda tx: tx.followups.pending("slack", after=kept.id, limit=9)) == ()
    assert await store.read(lambda tx: tx.followups.pending("other", after=0, limit=9)) == ()
    await store.write(lambda tx: tx.followups.settle(kept.id))
    assert await store.read(lambda tx: tx.followups.load(kept.id)) is None
    assert (await store.write(lambda tx: tx.followups.keep(STEP))).sealed == ""
