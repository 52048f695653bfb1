"""The channels of the browser chat: one per project, one for everything else, the terminals'."""

from dataclasses import dataclass, replace

from bot.domain.conversation import CONSOLE, Conversation
from bot.domain.errors import NotFoundError
from bot.domain.sight import Sight
from bot.ports.store import Tx
from bot.services.rules import Rules

SURFACE = "web"
GENERAL = Conversation(surface=SURFACE, tenant=CONSOLE.tenant, channel="general")


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A channel as the browser names it."""

    name: str
    conversation: Conversation
    project: bool = False
    """Whether the catalog has a project of this name."""

    def thread(self, root: str | None) -> Conversation:
        """A thread of it; without a root, the channel."""
        return replace(self.conversation, thread=root)


def list_channels(tx: Tx, rules: Rules, sight: Sight) -> tuple[Channel, ...]:
    """Every channel, but for projects that are not seen: projects first, general and console.

    A channel stays while something was said in it, also when its project's blueprints went
    or cannot be read. A project called general or console shares the channel of that name.
    """
    projects = {blueprint.project for blueprint in rules.catalog.blueprints.values()}
    talked_in = tx.transcript.channels(SURFACE, CONSOLE.tenant)
    shared = {GENERAL.channel: GENERAL, CONSOLE.channel: CONSOLE}
    seen = {name for name in projects | set(talked_in) if sight.shows(name)}
    names = [*sorted(seen - set(shared)), *shared]
    return tuple(
        Channel(
            name=name,
            conversation=shared.get(name, replace(GENERAL, channel=name)),
            project=name in projects & seen,
        )
        for name in names
    )


def find_channel(tx: Tx, rules: Rules, name: str, *, sight: Sight) -> Channel:
    """The channel of a name. Raises NotFoundError, also for one that is not seen."""
    channels = list_channels(tx, rules, sight)
    found = next((channel for channel in channels if channel.name == name), None)
    if found is None:
        raise NotFoundError(f"There is no channel #{name[:63]}; choose one of the list.")
    return found
