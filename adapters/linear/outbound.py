"""The Messenger of Linear: an agent session where there is one, comments otherwise.

In a session the card is the plan, the links and one action per phase; a gate or question is an
elicitation; the end is a response or an error, which Linear shows as a comment by itself, so
that none is written beside it. On an issue each message is one comment, edited where it changes.
Everything is created under an id made of its posting: telling it again tells nothing new.
"""

from collections.abc import Callable

from adapters.linear.client import LinearClient
from adapters.linear.sessions import SessionTeller
from adapters.linear.text import message_text
from adapters.linear.values import made_id
from adapters.linear.workflow import Workflow
from bot.domain.conversation import Conversation
from bot.domain.errors import NotFoundError
from bot.domain.posting import CARD
from bot.messages.message import Message
from bot.messages.render import word

RunPage = Callable[[str], str]
"""The address of a run's page by its key; empty where there is none."""


class LinearMessenger:
    """Posts and edits messages in Linear."""

    surface = "linear"

    def __init__(
        self,
        client: LinearClient,
        sessions: SessionTeller,
        workflow: Workflow,
        *,
        run_page: RunPage,
    ) -> None:
        """`sessions` tells in agent sessions, `workflow` moves issues."""
        self._client = client
        self._sessions = sessions
        self._workflow = workflow
        self._run_page = run_page
        self._linked: dict[tuple[str, str], str] = {}

    async def post(
        self, conversation: Conversation, message: Message, *, key: str, thread: str | None
    ) -> str:
        """Tell a message and return its id in Linear; the same key again tells nothing new."""
        is_card = message.attributes.get("subject") == CARD
        if is_card:
            await self._workflow.follow(conversation.channel, message.attributes)
        if conversation.thread is not None:
            return await self._sessions.post(conversation.thread, message, key=key)
        made = made_id(conversation.tenant, key)
        text = message_text(message, facts=is_card)
        parent = await self._root(thread)
        told = await self._client.comment(conversation.channel, text, made=made, parent=parent)
        if is_card:
            await self._link(conversation.channel, message)
        return told

    async def edit(self, conversation: Conversation, message_id: str, message: Message) -> None:
        """Let a told message say this; in a session, say what is new."""
        is_card = message.attributes.get("subject") == CARD
        if is_card:
            await self._workflow.follow(conversation.channel, message.attributes)
        if conversation.thread is not None:
            await self._sessions.edit(conversation.thread, message_id, message)
            return
        await self._client.edit_comment(message_id, message_text(message, facts=is_card))
        if is_card:
            await self._link(conversation.channel, message)

    async def _root(self, thread: str | None) -> str:
        """The comment to reply to; none where it was removed."""
        if not thread:
            return ""
        try:
            return (await self._client.comment_place(thread)).root
        except NotFoundError:
            return ""

    async def _link(self, issue: str, card: Message) -> None:
        """Attach the run's page and its pull request to the issue, each once."""
        run, pr_url = card.attributes["run"], card.attributes.get("pr_url", "")
        page = self._run_page(run)
        titles = {
            page: word("linear", "run_page").format(run=run),
            pr_url: word("linear", "pull_request"),
        }
        for url, title in titles.items():
            if url and self._linked.get((issue, run + url)) != title:
                await self._client.link(issue, url=url, title=title)
                self._linked[issue, run + url] = title
