"""Reading filters: the words of a list, which also stand for runs in other requests."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.errors import UsageError
from bot.domain.selection import Filter
from bot.domain.wording import read_filter_word
from bot.grammar.words import SPAN, Words

ME = "me"
"""Stands for the asking person in a filter's owner until a handler knows who asks."""

_SPAN_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_NAMED: Mapping[str, Callable[[Filter, str], Filter]] = {
    "project": lambda so_far, value: replace(so_far, project=value),
    "owner": lambda so_far, value: replace(so_far, owner=value),
    "issue": lambda so_far, value: replace(so_far, issue=value),
    "blueprint": lambda so_far, value: replace(so_far, blueprint=value),
}


def read_filter(
    words: Words, *, leftover: bool, ends: Collection[str] = ("except",)
) -> Filter | None:
    """The filter that the next words make; other words end it, or are searched in titles.

    Of words that are searched, an unquoted one of `ends` is none.
    """
    found, titles = Filter(), list[str]()
    any_word = False
    while (word := words.peek()) is not None:
        step = None if word.quoted else _filter_step(words, found)
        if step is not None:
            found, any_word = step, True
        elif leftover and (word.quoted or word.text.lower() not in ends):
            titles.append(word.text)
            words.next()
        else:
            break
    if titles:
        return replace(found, words=" ".join(titles))
    return found if any_word or leftover else None


def _filter_step(words: Words, so_far: Filter) -> Filter | None:
    """The filter with the next word or words taken in; None where they are no filter."""
    mark = words.mark
    word = words.next()
    text = word.text.lower() if word else ""
    if text == "mine":
        return replace(so_far, owner=ME)
    name, equals, value = text.partition("=")
    if equals and value and name in _NAMED:
        return _NAMED[name](so_far, value.lstrip("@"))
    if text in {"last", "since", "from", "to"} and (moment := _read_moment(words, text)):
        return replace(so_far, until=moment) if text == "to" else replace(so_far, since=moment)
    second = words.peek() if text else None
    pair = read_filter_word(f"{text} {second.text}") if second and not second.quoted else None
    if pair is not None:
        words.next()
        return _merge(so_far, pair)
    single = read_filter_word(text) if text else None
    if single is not None:
        return _merge(so_far, single)
    words.rewind(mark)
    return None


def _read_moment(words: Words, lead: str) -> datetime | None:
    """The moment that follows last, since, from or to; nothing is taken when there is none."""
    word = words.peek()
    if word is None:
        return None
    span = SPAN.fullmatch(word.text.lower())
    if lead == "last" and span:
        words.next()
        return words.now - timedelta(**{_SPAN_UNITS[span[2]]: int(span[1])})
    if lead == "last":
        return None
    try:
        moment = datetime.fromisoformat(word.text)
    except ValueError:
        raise UsageError(
            f"“{word.text[:40]}” is no time; write it as 2026-11-20 or 2026-11-20T09:00."
        ) from None
    words.next()
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _merge(one: Filter, two: Filter) -> Filter:
    return replace(
        one,
        statuses=one.statuses | two.statuses,
        profiles=one.profiles | two.profiles,
        dispositions=one.dispositions | two.dispositions,
        reasons=one.reasons | two.reasons,
        phases=one.phases | two.phases,
    )
