"""What there is to see in a fake Slack, for tests to look at."""

from tests.fakes.slack.entities import Data, FakeCall, FakeExecution, FakeFile, FakeSession
from tests.fakes.slack.mrkdwn import pings_of
from tests.fakes.slack.page import channel_page, home_page, modal_page, thread_page
from tests.fakes.slack.shown import FakeMessage, FakeView
from tests.fakes.slack.surfaces import Surface, buttons_of
from tests.fakes.slack.world import World


class Sight:
    """Questions about the workspace; none changes it."""

    world: World

    def messages(self, channel: str) -> list[FakeMessage]:
        """Everything in a channel, replies among it, oldest first."""
        return list(self.world.posted.get(channel, {}).values())

    def thread(self, channel: str, ts: str) -> list[FakeMessage]:
        """A thread: its root, if it is still there, and the replies."""
        root = self.world.find_message(channel, ts)
        return [*([root] if root else []), *self.world.replies_to(channel, ts)]

    def ephemerals(self, channel: str, user: str) -> list[FakeMessage]:
        """What only this person sees in a channel."""
        return [
            said
            for said in self.world.unseen
            if said.channel == channel and said.ephemeral_to == user
        ]

    def dm(self, user: str) -> str:
        """The channel of the direct messages between a person and the bot."""
        return self.world.open_dm(user).id

    @property
    def views(self) -> dict[str, list[FakeView]]:
        """The open modals of every person, the top one last."""
        return self.world.views

    def home(self, user: str) -> FakeView:
        """The home of a person, as last published."""
        return self.world.homes[user]

    @property
    def files(self) -> dict[str, FakeFile]:
        return self.world.files

    @property
    def sessions(self) -> dict[tuple[str, str], FakeSession]:
        """Agent sessions by channel and thread_ts."""
        for session in self.world.sessions.values():
            session.status = self.world.session_status(session)
        return self.world.sessions

    @property
    def prompts(self) -> dict[str, list[Data]]:
        """Suggested prompts by channel."""
        return self.world.prompts

    @property
    def executions(self) -> dict[str, FakeExecution]:
        return self.world.executions

    @property
    def calls(self) -> list[FakeCall]:
        """Every call of the Web API and every use of a response_url."""
        return self.world.calls

    def calls_of(self, method: str) -> list[FakeCall]:
        return [call for call in self.world.calls if call.method == method]

    def reactions(self, channel: str, ts: str) -> dict[str, list[str]]:
        """Who reacted with what: name → users."""
        return self.world.posted[channel][ts].reactions

    def buttons(self, surface: Surface) -> list[str]:
        """The words of all buttons, in order."""
        return buttons_of(surface)

    def pings(self, message: FakeMessage) -> set[str]:
        """Whom a message calls: user ids, channel, here, everyone."""
        return pings_of(message)

    def channel_page(self, channel: str) -> str:
        """A channel as static HTML."""
        return channel_page(self.world, channel)

    def thread_page(self, channel: str, ts: str) -> str:
        """A thread as static HTML."""
        return thread_page(self.world, channel, ts)

    def modal_page(self, user: str) -> str:
        """The top modal of a person as static HTML."""
        return modal_page(self.world, self.world.views[user][-1])

    def home_page(self, user: str) -> str:
        """The home of a person as static HTML."""
        return home_page(self.world, self.world.homes[user])
