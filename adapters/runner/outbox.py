"""Reports on their way to the bot: in order, numbered when first sent, bounded in memory."""

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from adapters.runner.ending import LAST_KINDS
from bot.domain.codec import JSON
from bot.domain.report import ReportKind

_LONGEST_LOG = 65_536
"""Characters of one log report."""
_FULL_BATCH = 500_000
"""Bytes of reports that end a batch; the bot takes 1 MiB, and the longest log is 0.4 MiB."""
_MOST_LOG = 32 << 20
"""Characters of log kept for a bot that is away; older ones go first."""
_GATHERING = 0.1
"""Seconds that log waits for more log to travel with."""

OnResult = Callable[[JSON], None]


@dataclass
class Waiting:
    """A report that has not been sent yet."""

    kind: ReportKind
    data: dict[str, JSON]
    on_result: OnResult | None = None
    texts: list[str] = field(default_factory=list)
    """The pieces of a log report's text."""
    length: int = 0
    """Characters in `texts`."""


@dataclass(frozen=True)
class Numbered:
    """A report that may have been sent: its number and content stay."""

    seq: int
    kind: ReportKind
    body: bytes
    on_result: OnResult | None = None
    refused: bool = False
    """Whether it stands for a report that the bot has refused."""


def encode_report(seq: int, kind: ReportKind, data: Mapping[str, JSON]) -> bytes:
    """A report as it travels; what is no text in UTF-8 becomes a question mark."""
    report = {"seq": seq, "kind": kind.value, "data": data}
    return json.dumps(report, ensure_ascii=False).encode("utf-8", "replace")


class Outbox:
    """Filled by the main thread, emptied by the sender."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[Waiting] = deque()
        self._seq = 0
        self._log_length = 0
        self._dropped = 0
        self._on_way = 0
        self._closed = False

    def add(
        self, kind: ReportKind, data: Mapping[str, JSON], on_result: OnResult | None = None
    ) -> None:
        """Send this after everything added before; nothing comes after the last report."""
        with self._changed:
            if not self._closed:
                self._waiting.append(Waiting(kind, dict(data), on_result))
                self._closed = kind in LAST_KINDS
                self._changed.notify()

    def add_log(self, stream: str, text: str) -> None:
        """Send a piece of log, together with its neighbours where they fit in one report."""
        with self._changed:
            last = self._waiting[-1] if self._waiting else None
            if (
                last is None
                or last.data.get("stream") != stream
                or last.length + len(text) > _LONGEST_LOG
            ):
                last = Waiting(ReportKind.LOG, {"stream": stream})
                self._waiting.append(last)
            last.texts.append(text)
            last.length += len(text)
            self._log_length += len(text)
            while self._log_length > _MOST_LOG:
                self._drop_oldest_log()
            self._changed.notify()

    def next_batch(self) -> list[Numbered]:
        """Wait for reports and number as many as fit in one call; the former batch is done."""
        with self._changed:
            self._on_way = 0
            self._changed.wait_for(lambda: self._waiting)
            if all(report.texts for report in self._waiting):
                self._changed.wait_for(lambda: not self._waiting[-1].texts, timeout=_GATHERING)
            batch = [self._number(self._note_of_loss())] if self._dropped else []
            size = 0
            while self._waiting and size < _FULL_BATCH:
                batch.append(self._number(self._waiting.popleft()))
                size += len(batch[-1].body)
            self._on_way = len(batch)
            return batch

    @property
    def empty(self) -> bool:
        """Whether the bot has taken everything."""
        with self._changed:
            return not self._waiting and not self._on_way

    def _number(self, report: Waiting) -> Numbered:
        self._seq += 1
        if report.texts:
            report.data["text"] = "".join(report.texts)
            self._log_length -= report.length
        body = encode_report(self._seq, report.kind, report.data)
        return Numbered(self._seq, report.kind, body, report.on_result)

    def _drop_oldest_log(self) -> None:
        index = next(index for index, report in enumerate(self._waiting) if report.texts)
        self._log_length -= self._waiting[index].length
        self._dropped += self._waiting[index].length
        del self._waiting[index]

    def _note_of_loss(self) -> Waiting:
        text = f"{self._dropped:,} characters of log are missing here: the bot was away too long.\n"
        self._dropped = 0
        return Waiting(ReportKind.LOG, {"stream": "runner", "text": text})
