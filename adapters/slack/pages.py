"""Pages: a person's home, what to say to begin with, and the sign of a session that was stopped."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from adapters.slack.calls import Calls, SlackRefusedError
from adapters.slack.home import HomeData, Homes, LoadHome
from adapters.slack.people import People
from adapters.slack.workspaces import SURFACE, Workspace
from bot.domain.actor import Actor, person
from bot.domain.conversation import Conversation
from bot.domain.person import Account
from bot.messages.message import Message
from bot.messages.render import word
from bot.messages.reply import Reply

Look = Callable[[str, Actor, Conversation], Awaitable[Reply]]
"""The answer to words that only ask: nothing is stored."""
_PROMPTS = ("prompt_start", "prompt_active", "prompt_inbox")


@dataclass(frozen=True, kw_only=True)
class HomePages:
    """What Slack shows of the bot beside messages."""

    homes: Homes
    calls: Calls

    async def open_home(self, workspace: Workspace, user: str) -> None:
        """Show somebody their home; of strangers nothing is shown."""
        await self.homes.opened(workspace.tenant, user)

    async def open_messages(self, workspace: Workspace, user: str, channel: str) -> None:
        """Offer somebody what to say."""
        del user
        prompts = [
            {"title": word("slack_app", name), "message": word("slack_app", f"{name}_message")}
            for name in _PROMPTS
        ]
        await self.calls(
            workspace.tenant,
            "assistant.threads.setSuggestedPrompts",
            channel_id=channel,
            prompts=prompts,
            # The SDK asks for one; in the present view of agents there is none.
            thread_ts=None,
        )

    async def stopped(self, workspace: Workspace, channel: str, thread: str) -> None:
        """Slack's own Stop was pressed in a session; its status is ours to set."""
        try:
            await self.calls(
                workspace.tenant,
                "agents.sessions.setStatus",
                channel_id=channel,
                thread_ts=thread,
                status="active",
            )
        except SlackRefusedError as error:
            if error.code != "unknown_method":
                raise


def home_loader(people: People, look: Look) -> LoadHome:
    """What somebody's home shows: the answers to what they could ask themselves."""

    async def load(tenant: str, user: str) -> HomeData:
        await people.admit(Account(surface=SURFACE, tenant=tenant, external_id=user))
        actor = person(user, SURFACE)
        place = Conversation(surface=SURFACE, tenant=tenant, channel=user)

        async def ask(words: str) -> Message:
            return (await look(words, actor, place)).message

        return HomeData(
            stats=await ask("stats"), inbox=await ask("inbox"), latest=await ask("list")
        )

    return load
