"""Pages for eyes: a channel, a thread, a modal or a home as people see them, as static HTML."""

import html
from datetime import UTC, datetime
from pathlib import Path

from tests.fakes.slack.mrkdwn import mrkdwn_html
from tests.fakes.slack.page_blocks import blocks_html
from tests.fakes.slack.pictures import drawn
from tests.fakes.slack.shown import FakeMessage, FakeView
from tests.fakes.slack.surfaces import words_of
from tests.fakes.slack.world import World

_CSS = Path(__file__).with_name("page.css")


def channel_page(world: World, channel: str) -> str:
    """All of a channel: roots with the number of their replies, ephemeral messages in place."""
    posted = world.posted.get(channel, {}).values()
    unseen = [said for said in world.unseen if said.channel == channel]
    roots = [said for said in posted if said.thread_ts in {None, said.ts}]
    shown = sorted([*roots, *unseen], key=lambda said: said.ts)
    where = world.channels[channel]
    title = f"# {where.name}" if where.user is None else "Signalbox"
    return _page(title, "".join(_message(world, said) for said in shown))


def thread_page(world: World, channel: str, ts: str) -> str:
    """A thread from its root on."""
    root = world.find_message(channel, ts)
    shown = [*([root] if root else []), *world.replies_to(channel, ts)]
    return _page("Thread", "".join(_message(world, said, inside=True) for said in shown))


def modal_page(world: World, view: FakeView) -> str:
    """A modal with what was entered, and what it was refused for."""
    submit, close = words_of(view.given.get("submit")), words_of(view.given.get("close"))
    errors = "".join(
        f'<div class="error">{html.escape(words)}</div>' for words in view.errors.values()
    )
    buttons = f"<button>{html.escape(close or 'Close')}</button>"
    if submit:
        buttons += f'<button class="primary">{html.escape(submit)}</button>'
    inner = blocks_html(view.blocks, _names(world), view.state)
    return _page(
        "",
        f'<div class="modal"><h1>{html.escape(view.title)}</h1>{inner}{errors}'
        f'<div class="ends">{buttons}</div></div>',
    )


def home_page(world: World, view: FakeView) -> str:
    """The home of a person."""
    inner = blocks_html(view.blocks, _names(world), view.state)
    return _page("Signalbox · Home", f'<div class="home">{inner}</div>')


def _names(world: World) -> "_Names":
    return _Names(world)


class _Names:
    """The words for ids; unknown ones stay as they are."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self, name: str) -> str:
        if user := self._world.users.get(name):
            return user.name
        if channel := self._world.channels.get(name):
            return channel.name
        return name


def _message(world: World, said: FakeMessage, *, inside: bool = False) -> str:
    names = _names(world)
    author = said.username or names(said.user)
    badge = '<span class="badge">APP</span>' if said.bot_id else ""
    at = datetime.fromtimestamp(float(said.ts), UTC)
    edited = ' <span class="edited">(edited)</span>' if said.edited else ""
    private = '<div class="private">👁 Only visible to you</div>' if said.ephemeral_to else ""
    body = blocks_html(said.blocks, names, said.state) if said.blocks else ""
    body = body or f'<div class="block">{mrkdwn_html(said.text, names)}</div>'
    replies = len(world.replies_to(said.channel, said.ts))
    noun = "reply" if replies == 1 else "replies"
    below = f'<div class="replies">{replies} {noun}</div>' if replies and not inside else ""
    return (
        f'<div class="message" data-ts="{said.ts}">'
        f'<div class="face">{html.escape(author[:1].upper())}</div><div class="content">{private}'
        f'<div class="who"><b>{html.escape(author)}</b>{badge} <span class="at">{at:%H:%M}</span>'
        f"{edited}</div>{body}{_files(world, said)}{_reactions(said)}{below}</div></div>"
    )


def _files(world: World, said: FakeMessage) -> str:
    shown = []
    for name in said.files:
        file = world.files[name]
        text = (file.content or b"").decode(errors="replace")[:2000]
        title = html.escape(file.title or file.filename)
        shown.append(f'<div class="file"><b>{title}</b><pre>{html.escape(text)}</pre></div>')
    return "".join(shown)


def _reactions(said: FakeMessage) -> str:
    return "".join(
        f'<span class="reaction">{mrkdwn_html(f":{name}:", str)} {len(users)}</span>'
        for name, users in said.reactions.items()
    )


def _page(title: str, inner: str) -> str:
    head = f'<div class="top">{html.escape(title)}</div>' if title else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Slack</title>'
        f"<style>{_CSS.read_text(encoding='utf-8')}</style></head>"
        f"<body>{drawn(head + inner)}</body></html>"
    )
