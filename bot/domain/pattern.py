r"""Patterns of text fields: regular expressions so plain that matching one is never slow.

A pattern is a row of characters, `.`, classes such as `[a-z0-9_-]`, `\d`, `\w`, `\s` and escaped
punctuation, each of which `?`, `*`, `+`, `{2}` or `{1,3}` may follow. There are no groups and no
alternatives: a choice field is for those.
"""

import re

from bot.domain.errors import UserError

LONGEST_TEXT = 200
"""Characters of a text that is compared with a pattern."""

_LONGEST_PATTERN = 200
_MOST_WAYS = 1_000_000
"""In how many ways the repeats of a pattern may share a text among them."""
_ATOM = re.compile(
    r"""(?:\\[dws\-.\\/+*?()\[\]{}^$|]          # an escaped character
        |\[\^?(?:\\[dws\-.\\/\]\[^]|[^\\\[\]])+\]  # a class
        |[^\\\[\](){}*+?|^$])                  # a character as it is, or a dot
        (?:(?P<open>[*+])|(?P<optional>\?)|\{(?P<least>\d{1,3})(?:,(?P<most>\d{1,3}))?\})?""",
    re.VERBOSE,
)


def check_pattern(pattern: str) -> str:
    """The pattern, if it is plain enough. Raises UserError saying what is allowed."""
    at, ways = 0, 1
    while at < len(pattern) <= _LONGEST_PATTERN:
        atom = _ATOM.match(pattern, at)
        if atom is None:
            break
        at, ways = atom.end(), ways * _ways(atom)
    if at < len(pattern) or not _compiles(pattern):
        raise UserError(
            f"“{pattern[:60]}” is no pattern that can be used: write characters, classes such as "
            f"[a-z] and repeats such as + or {{1,3}}, without groups, up to {_LONGEST_PATTERN} "
            "characters."
        )
    if ways > _MOST_WAYS:
        raise UserError(f"“{pattern[:60]}” repeats too much to be compared quickly; bound it.")
    return pattern


def _ways(atom: re.Match[str]) -> int:
    if atom["open"]:
        return LONGEST_TEXT
    if atom["optional"]:
        return 2
    if atom["most"]:
        return max(int(atom["most"]) - int(atom["least"]), 0) + 1
    return 1


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
