"""Every way in which somebody in Slack begins a run."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from tests.fakes.slack.entities import FakeExecution
from tests.fakes.slack.fake import FakeMessage
from tests.fakes.slack_stage import CHANNEL, SlackStage

DEVELOPER = "UDEV"


@dataclass
class Begun:
    """What was left where the run was asked for."""

    channel: str = CHANNEL
    executions: list[FakeExecution] = field(default_factory=list)


Entry = Callable[[SlackStage], Awaitable[Begun]]


async def fills_the_form(
    world: SlackStage, blueprint: str, *, user: str = DEVELOPER, **values: str
) -> None:
    """Somebody who has the form before them chooses a blueprint and sends it."""
    slack = world.slack
    await world.until(lambda: slack.views.get(user), what="a form")
    await slack.suggests(user, "choose:blueprint")
    await chooses(world, blueprint, user=user)
    slack.fills(user, values)
    assert (await slack.submits(user)).acked
    assert not slack.views.get(user)


async def chooses(world: SlackStage, blueprint: str, *, user: str = DEVELOPER) -> None:
    """Choose a blueprint in the form, and wait for its fields."""
    view = world.slack.top_view(user)
    before = view.hash
    await world.slack.uses(user, view, "choose:blueprint", blueprint)
    await world.until(lambda: world.slack.top_view(user).hash != before, what="the fields")


async def by_command(world: SlackStage) -> Begun:
    """`/run dispatch hello`."""
    assert (await world.slack.types_command(DEVELOPER, CHANNEL, "/run", "dispatch hello")).acked
    return Begun()


async def by_form(world: SlackStage) -> Begun:
    """A bare `/run`, and the form."""
    await world.slack.types_command(DEVELOPER, CHANNEL, "/run", "")
    await fills_the_form(world, "hello", times="3")
    return Begun()


async def by_mention(world: SlackStage) -> Begun:
    """`@signalbox dispatch hello`."""
    await world.slack.mentions(DEVELOPER, CHANNEL, "dispatch hello")
    return Begun()


async def by_direct_message(world: SlackStage) -> Begun:
    """The same to the bot alone."""
    message = await world.slack.direct_message(DEVELOPER, "dispatch hello")
    return Begun(channel=message.channel)


async def by_message_shortcut(world: SlackStage) -> Begun:
    """“Run from message” on what somebody else has said."""
    said = await world.slack.writes("UREV", CHANNEL, "prices are &lt; 0")
    await world.slack.uses_shortcut(DEVELOPER, "run_from_message", message=said)
    await fills_the_form(world, "hello")
    return Begun()


async def by_global_shortcut(world: SlackStage) -> Begun:
    """“Start a run”, from anywhere."""
    await world.slack.uses_shortcut(DEVELOPER, "start_run")
    await fills_the_form(world, "hello")
    return Begun(channel=world.slack.dm(DEVELOPER))


async def by_home(world: SlackStage) -> Begun:
    """The button of the App Home."""
    await world.slack.opens_home(DEVELOPER)
    await world.until(lambda: DEVELOPER in world.slack.world.homes, what="a home")
    await world.slack.uses(DEVELOPER, world.slack.home(DEVELOPER), "new_run")
    await fills_the_form(world, "hello")
    return Begun(channel=world.slack.dm(DEVELOPER))


async def by_workflow_step(world: SlackStage) -> Begun:
    """A workflow that comes to our step."""
    inputs = {"job": "hello", "channel": CHANNEL}
    return Begun(executions=[await world.slack.runs_step("dispatch_run", inputs)])


ENTRIES: Mapping[str, Entry] = {
    "command": by_command,
    "form": by_form,
    "mention": by_mention,
    "direct message": by_direct_message,
    "message shortcut": by_message_shortcut,
    "global shortcut": by_global_shortcut,
    "home": by_home,
    "workflow step": by_workflow_step,
}


async def card_of(world: SlackStage, run: str, *, channel: str = CHANNEL) -> FakeMessage:
    """The card of a run, which is the first that the notifier tells of it."""

    def look() -> FakeMessage | None:
        said = world.slack.messages(channel)
        return next((each for each in said if _told_of(each).get("run") == run), None)

    found: FakeMessage = await world.until(look, what=f"the card of {run}")
    return found


def _told_of(message: FakeMessage) -> Mapping[str, str]:
    payload: Mapping[str, str] = (message.metadata or {}).get("event_payload", {})
    return payload


def keys_told(world: SlackStage) -> list[str]:
    """The key of every message that the notifier has told, in all channels."""
    channels = list(world.slack.world.posted)
    return [
        _told_of(said)["key"]
        for channel in channels
        for said in world.slack.messages(channel)
        if said.metadata
    ]


async def runs_of(world: SlackStage) -> int:
    """How many runs there are."""
    return len(await world.stage.store.read(lambda tx: tx.runs.page(after=0, limit=100)))
