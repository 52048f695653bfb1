"""Telling of files: the owner of a blueprint hears that its file broke, and that it is mended."""

from dataclasses import replace

from bot.domain.blueprint_state import FileNews, ToldFile, decide_news
from bot.domain.catalog import CatalogFile
from bot.domain.codec import encode
from bot.domain.conversation import CONSOLE
from bot.messages.message import Tone
from bot.messages.render import say
from bot.ports.store import Tx
from bot.services.rules import Rules

_TONES = {FileNews.BROKEN: Tone.BAD, FileNews.MENDED: Tone.GOOD}
_SHOWN = 10
"""Problems of one file that are told."""


def tell_files(tx: Tx, rules: Rules) -> int:
    """Tell what is new of the files of blueprints; says how much was told.

    The message and the note that it was told are one commit: the same content of a file is told
    once, whatever happens in between.
    """
    known = tx.blueprints.told_files()
    return sum(_tell(tx, rules, known.get(file.file), file) for file in rules.catalog.files)


def _tell(tx: Tx, rules: Rules, known: ToldFile | None, file: CatalogFile) -> bool:
    news = decide_news(known, file)
    owner = file.owner or (known.owner if known and file.broken else "")
    told = ToldFile(
        file=file.file,
        sha256=file.sha256,
        broken=file.broken,
        owner=owner,
        told_to=known.told_to if known else "",
        changes=known.changes if known else 0,
    )
    if news is not None:
        told = replace(told, told_to=_addressee(rules, told, news), changes=told.changes + 1)
        _say(tx, news, told, file)
    if told != known:
        tx.blueprints.save_told_file(told)
    return news is not None


def _addressee(rules: Rules, told: ToldFile, news: FileNews) -> str:
    """Of those who could be told the first whom policy knows; empty for everybody.

    That a file is mended is told to who was told that it is broken.
    """
    names = [told.told_to] if news is FileNews.MENDED else []
    names += [told.owner, rules.policy.fallback_owner]
    return next((name for name in names if name in rules.policy.people), "")


def _say(tx: Tx, news: FileNews, told: ToldFile, file: CatalogFile) -> None:
    """A posting of its own kind: no run has it, and its key lets it be said once."""
    message = say(
        f"blueprint_file_{news.value}",
        tone=_TONES[news],
        file=file.file,
        problems=[str(problem) for problem in file.problems[:_SHOWN]],
        more=max(0, len(file.problems) - _SHOWN),
    )
    addressed = {"to": told.told_to} if told.told_to else {}
    message = replace(
        message,
        mentions=tuple(addressed.values()),
        attributes={"subject": f"file:{file.file}", **addressed},
    )
    key = f"file:{file.file}:{told.changes}"
    tx.transcript.post(CONSOLE, key=key, thread=None, message=encode(message))
