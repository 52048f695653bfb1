"""What a client of the embedded chats sends: the parts of a request, read from JSON."""

import re
from collections.abc import Mapping

from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.invocation import Press
from bot.grammar.words import LONGEST_TEXT


def read_key(body: Mapping[str, JSON]) -> str:
    """The name of a request, which makes sending it twice harmless. Raises UserError."""
    key = body.get("key")
    if not isinstance(key, str) or not re.fullmatch(r"[\w.:-]{1,100}", key):
        raise UserError("“key” must name this request: 1 to 100 letters, digits and “.:-_”.")
    return key


def read_thread(body: Mapping[str, JSON]) -> str | None:
    """The thread it was asked in. Raises UserError."""
    thread = body.get("thread")
    if thread is not None and not (isinstance(thread, str) and thread.isdecimal()):
        raise UserError("“thread” must be the id of a message.")
    return thread


def read_text(body: Mapping[str, JSON]) -> str:
    """The typed words, empty beside a press. Raises UserError."""
    text = body.get("text") or ""
    if not isinstance(text, str) or (text and body.get("press") is not None):
        raise UserError("A request has either a “text” or a “press”.")
    return checked(text)


def checked(text: str) -> str:
    """The text, unless it is too long for a request. Raises UserError."""
    if len(text) > LONGEST_TEXT:
        raise UserError(
            f"The request is too long: it has {len(text):,} characters, at most "
            f"{LONGEST_TEXT:,} are taken. Put long material in a file or an issue and name that."
        )
    return text


def read_press(body: Mapping[str, JSON]) -> Press | None:
    """The pressed button, if it was one. Raises UserError."""
    press = body.get("press")
    if press is None:
        return None
    verb = press.get("verb") if isinstance(press, dict) else None
    arguments = press.get("arguments", {}) if isinstance(press, dict) else None
    if not isinstance(verb, str) or not verb or not isinstance(arguments, dict):
        raise UserError("“press” must be an object with a “verb” and “arguments”.")
    for value in arguments.values():
        if isinstance(value, str):
            checked(value)
    return Press(verb=verb, arguments=arguments)
