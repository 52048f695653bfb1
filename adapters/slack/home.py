"""The App Home: what waits for a person, how many runs stand where, and the latest of them."""

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapters.slack.blocks import Block, blocks_of, context, plain_text, section
from adapters.slack.calls import Calls
from adapters.slack.limits import BUTTON_TEXT, VIEW_BLOCKS
from adapters.slack.text import Links, words
from bot.domain.codec import digest
from bot.domain.errors import UnavailableError, UserError
from bot.messages.message import Message
from bot.messages.render import word
from bot.ports.clock import Clock

_LOG = logging.getLogger(__name__)

NEW_RUN = "new_run"
"""The action_id of the button that opens the dispatch form."""
_REST = timedelta(seconds=10)
"""Between two times that one person's home is published."""
_WATCHED = timedelta(hours=1)
"""So long after somebody has opened it, a home is kept fresh."""
_MOST = 1_000


@dataclass(frozen=True, kw_only=True)
class HomeData:
    """What a home shows, as the answers of the commands of these names."""

    stats: Message
    inbox: Message
    latest: Message
    """Of `list`."""
    agents: Message | None = None
    may_dispatch: bool = True


LoadHome = Callable[[str, str], Awaitable[HomeData]]
"""Workspace and user id → what that person may see. Raises UserError for strangers."""


def home_view(data: HomeData, links: Links) -> Block:
    """The view for `views.publish`."""
    blocks: list[Block] = [_header(word("slack", "home"))]
    if data.may_dispatch:
        button = {
            "type": "button",
            "action_id": NEW_RUN,
            "style": "primary",
            "text": plain_text(word("slack", "new_run"), BUTTON_TEXT),
        }
        blocks.append({"type": "actions", "elements": [button]})
    parts = (
        ("home_inbox", data.inbox, "home_nothing"),
        ("home_stats", data.stats, "home_no_runs"),
        ("home_latest", data.latest, "home_no_runs"),
        ("home_agents", data.agents, ""),
    )
    for name, message, nothing in parts:
        if message is not None:
            blocks += _part(name, message, links, nothing)
    return {"type": "home", "blocks": blocks[:VIEW_BLOCKS]}


def _header(text: str) -> Block:
    return {"type": "header", "text": plain_text(text, 150)}


def _part(name: str, message: Message, links: Links, nothing: str) -> list[Block]:
    title = section(f"*{words(word('slack', name))}*")
    if not (message.rows or message.body or message.facts):
        return [title, context(words(word("slack", nothing)))] if nothing else []
    verb = name.removeprefix("home_")
    inner = blocks_of(replace(message, title="", buttons=()), links, source=f"home {verb}")
    return [title, *inner, {"type": "divider"}]


class Homes:
    """Publishes homes: when they are opened, and while somebody may look, when things change."""

    def __init__(self, calls: Calls, clock: Clock, load: LoadHome, *, public_url: str = "") -> None:
        """Nobody has opened one yet."""
        self._calls = calls
        self._clock = clock
        self._load = load
        self._links = Links(public_url=public_url)
        self._opened: OrderedDict[tuple[str, str], datetime] = OrderedDict()
        self._published: dict[tuple[str, str], tuple[datetime, str]] = {}

    async def opened(self, tenant: str, user: str) -> None:
        """Somebody looks at it: publish. Raises UnavailableError and UserError."""
        self._opened[(tenant, user)] = self._clock.now()
        self._opened.move_to_end((tenant, user))
        while len(self._opened) > _MOST:
            gone, _ = self._opened.popitem(last=False)
            self._published.pop(gone, None)
        await self._publish((tenant, user))

    async def refresh(self) -> int:
        """Publish anew what was opened of late, has changed and has rested; says how many."""
        now, published = self._clock.now(), 0
        for who, opened_at in list(self._opened.items()):
            if now - opened_at > _WATCHED:
                self._opened.pop(who)
                self._published.pop(who, None)
                continue
            at, _ = self._published.get(who, (now - _REST, ""))
            if now - at < _REST:
                continue
            try:
                published += await self._publish(who)
            except (UnavailableError, UserError) as error:
                _LOG.info("the home of %s is not fresh: %s", who[1], error)
        return published

    async def _publish(self, who: tuple[str, str]) -> bool:
        """Publish unless it shows all this already."""
        tenant, user = who
        view = home_view(await self._load(tenant, user), self._links)
        seen = digest(view)
        if self._published.get(who, (None, ""))[1] == seen:
            self._published[who] = (self._clock.now(), seen)
            return False
        await self._calls(tenant, "views.publish", user_id=user, view=view)
        self._published[who] = (self._clock.now(), seen)
        return True
