"""Where people talk: a channel of a surface, or a thread in it."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """A place to post to. `thread` is the surface's own id of the thread's root, or None."""

    surface: str
    tenant: str
    channel: str
    thread: str | None = None

    @property
    def root(self) -> "Conversation":
        """The channel that the thread hangs in."""
        return replace(self, thread=None)

    @property
    def address(self) -> str:
        """The channel as policy writes it: `console/local/console`."""
        return f"{self.surface}/{self.tenant}/{self.channel}"


CONSOLE = Conversation(surface="console", tenant="local", channel="console")
"""The one channel that all people of the embedded console share."""
