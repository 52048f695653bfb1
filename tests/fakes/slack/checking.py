"""Small checks of JSON that say where something is wrong, as Slack's own errors do."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.slack.entities import Data

Check = Callable[["Place", Data], None]


@dataclass(kw_only=True)
class Problems:
    """What was found wrong in one payload, and what must be unique in all of it."""

    found: list[str] = field(default_factory=list)
    block_ids: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Place:
    """A place in a payload."""

    problems: Problems
    path: str = ""
    surface: str = "message"
    """message, modal or home."""

    def wrong(self, what: str) -> None:
        self.problems.found.append(f"[ERROR] {what} [json-pointer:{self.path}]")

    def at(self, *steps: str | int) -> "Place":
        path = "".join(f"/{step}" for step in steps)
        return Place(self.problems, self.path + path, self.surface)

    def text(self, value: Data, key: str, limit: int, *, needed: bool = False) -> None:
        """A string of at most so many characters."""
        given = value.get(key)
        if given is None:
            self._missing(key, needed=needed)
        elif not isinstance(given, str):
            self.at(key).wrong("must be a string")
        elif len(given) > limit:
            self.at(key).wrong(f"must be less than {limit + 1} characters")
        elif needed and not given:
            self.at(key).wrong("must be more than 0 characters")

    def choice(self, value: Data, key: str, among: Iterable[Any], *, needed: bool = False) -> None:
        """One of a few words."""
        if value.get(key) is None:
            self._missing(key, needed=needed)
        elif value[key] not in among:
            self.at(key).wrong(f"unexpected value: {value[key]}")

    def flag(self, value: Data, *keys: str) -> None:
        for key in keys:
            if not isinstance(value.get(key, False), bool):
                self.at(key).wrong("must be a boolean")

    def plain(self, value: Data, key: str, limit: int, *, needed: bool = False) -> None:
        """A text object of type plain_text."""
        self._text_object(value, key, limit, kinds=("plain_text",), needed=needed)

    def rich(self, value: Data, key: str, limit: int, *, needed: bool = False) -> None:
        """A text object of any type."""
        self._text_object(value, key, limit, kinds=("plain_text", "mrkdwn"), needed=needed)

    def _text_object(
        self, value: Data, key: str, limit: int, *, kinds: tuple[str, ...], needed: bool
    ) -> None:
        given = value.get(key)
        if given is None:
            self._missing(key, needed=needed)
            return
        self.at(key).text_object(given, limit, kinds)

    def text_object(self, given: Any, limit: int, kinds: tuple[str, ...]) -> None:
        """This very place holds a text object."""
        if not isinstance(given, dict) or given.get("type") not in kinds:
            self.wrong(f"must be a text object of type {' or '.join(kinds)}")
            return
        self.known(given, "type", "text", "emoji", "verbatim")
        if given["type"] == "mrkdwn" and "emoji" in given:
            self.wrong("emoji is for plain_text alone")
        if given["type"] == "plain_text" and "verbatim" in given:
            self.wrong("verbatim is for mrkdwn alone")
        self.text(given, "text", limit, needed=True)

    def items(
        self, value: Data, key: str, limit: int, *, least: int = 1, needed: bool = True
    ) -> list[tuple["Place", Data]]:
        """The objects in a list of bounded length, each with its place."""
        given = value.get(key)
        if given is None:
            self._missing(key, needed=needed)
            return []
        if not isinstance(given, list):
            self.at(key).wrong("must be an array")
            return []
        if not least <= len(given) <= limit:
            self.at(key).wrong(f"must have {least} to {limit} items")
        for number, item in enumerate(given):
            if not isinstance(item, dict):
                self.at(key, number).wrong("must be an object")
        return [
            (self.at(key, number), item)
            for number, item in enumerate(given)
            if isinstance(item, dict)
        ]

    def known(self, value: Data, *keys: str) -> None:
        """Nothing but these keys."""
        for key in value:
            if key not in keys:
                self.wrong(f"no more than {len(keys)} properties allowed, invalid: {key}")

    def _missing(self, key: str, *, needed: bool) -> None:
        if needed:
            self.wrong(f"missing required field: {key}")
