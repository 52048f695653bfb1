"""Renders the words of messages: templates hold the words, cards.py the structure.

A template has the blocks `title`, `body` and `fallback`. Everything it prints is escaped,
so that text from outside says just what it is; filters print markup of their own.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.domain.deadlines import say_duration
from bot.messages import markup
from bot.messages.message import Message, Tone


class Marked(str):
    """Text that is markup already and is not escaped again."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """The blocks of a template; title and body are markup, fallback is plain."""

    title: str
    body: str
    fallback: str


def render(template: str, **values: object) -> Rendered:
    """Render a template, such as `messages/job_ended`. Raises jinja2 errors for a bad one."""
    loaded = _environment().get_template(f"{template}.md.j2")
    context = loaded.new_context(values)
    blocks = {
        name: "".join(loaded.blocks[name](context)).strip()
        for name in ("title", "body", "fallback")
    }
    return Rendered(
        title=" ".join(blocks["title"].split()),
        body=blocks["body"],
        fallback=" ".join(markup.plain(blocks["fallback"] or blocks["title"]).split()),
    )


def say(name: str, *, tone: Tone = Tone.NEUTRAL, **values: object) -> Message:
    """A message of words alone, from templates/replies."""
    rendered = render(f"replies/{name}", **values)
    return Message(title=rendered.title, body=rendered.body, fallback=rendered.fallback, tone=tone)


def word(table: str, name: str) -> str:
    """A word of templates/words.toml: of a button, a fact, a field or a form's question."""
    found: str = _words()[table][name]
    return found


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((files("templates") / "words.toml").read_text("utf-8"))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("templates", ""),
        autoescape=False,  # noqa: S701  # the finalizer escapes markup; each surface its own form
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        code=lambda text: Marked(markup.code(str(text))),
        fence=lambda text: Marked(markup.fence(str(text))),
        markup=lambda text: Marked(str(text)),
        bold=lambda text: Marked(f"**{markup.escape(str(text))}**"),
        person=lambda handle: Marked(link(f"@{handle}", f"person:{handle}")),
        run=lambda key: Marked(link(str(key), f"run:{key}")),
        to=lambda text, url: Marked(outside_link(str(text), str(url))),
        time=moment_link,
        moment=lambda text: moment_link(datetime.fromisoformat(text)),
        duration=say_duration,
        seconds=lambda number: say_duration(timedelta(seconds=number)),
        people=people,
    )
    return environment


def _finalize(value: Any) -> str:
    return value if isinstance(value, Marked) else markup.escape(str(value))


def link(text: str, target: str) -> str:
    """A link as markup."""
    return f"[{markup.escape(text)}]({markup.escape(target)})"


def outside_link(text: str, url: str) -> str:
    """A link to a page elsewhere as markup; of any other address only the text."""
    is_page = url.startswith(("https://", "http://"))
    return link(text, url) if is_page else markup.escape(text)


def people(handles: object) -> Marked:
    """Handles as mentions: `@ana, @ben`."""
    names = list(handles) if isinstance(handles, list | tuple | frozenset) else []
    return Marked(", ".join(link(f"@{name}", f"person:{name}") for name in names))


def moment_link(moment: datetime) -> Marked:
    """A moment that each surface shows in its reader's zone."""
    return Marked(link(f"{moment:%Y-%m-%d %H:%M} UTC", f"time:{moment.isoformat()}"))
