"""One claim of a job: what every part of the runner needs at hand."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from adapters.runner.bot_client import BotClient
from adapters.runner.credentials import BotCredentials
from adapters.runner.folder import JobFolder
from adapters.runner.loop import Loop
from adapters.runner.masking import Masker
from adapters.runner.outbox import OnResult, Outbox
from adapters.runner.output import Draft
from adapters.runner.processes import Descendants
from bot.domain.assignment import Assignment
from bot.domain.codec import JSON
from bot.domain.report import ReportKind

_CLOSED = frozenset({"cause", "gate", "part", "reason_code", "sha256", "state", "status", "topic"})
"""Fields of reports whose words are the protocol's; a secret may happen to be such a word."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The assignment, and the parts that carry it out together."""

    assignment: Assignment
    folder: JobFolder
    masker: Masker
    loop: Loop
    outbox: Outbox = field(default_factory=Outbox)
    descendants: Descendants = field(default_factory=Descendants)
    sign_of_life: threading.Event = field(default_factory=threading.Event)
    """Set whenever the program says something."""

    def client(self) -> BotClient:
        """A connection to the bot for one thread."""
        return BotClient(self.folder.address, self.assignment.job, self.assignment.token)

    def credentials(self) -> BotCredentials:
        """What opens the job's repository, for one thread."""
        return BotCredentials(self.client(), self.assignment.repository)

    def report(
        self, kind: ReportKind, data: Mapping[str, JSON], on_result: OnResult | None = None
    ) -> None:
        """Tell the bot, with every secret masked."""
        self.outbox.add(kind, self.masked(data), on_result)

    def masked(self, data: Mapping[str, JSON]) -> dict[str, JSON]:
        """The data of a report with its free texts masked; the protocol's own words stay."""
        return {
            field: value if field in _CLOSED else self.masker.mask_json(value)
            for field, value in data.items()
        }

    def tell(self, drafts: Iterable[Draft]) -> None:
        """Tell the bot what the program's output has given; it is masked already."""
        for draft in drafts:
            if draft.kind is ReportKind.LOG:
                self.outbox.add_log(draft.data["stream"], draft.data["text"])
            else:
                self.outbox.add(draft.kind, draft.data)

    def note(self, text: str) -> None:
        """Say something in the log."""
        self.outbox.add_log("runner", f"{self.masker.mask(text)}\n")

    def consumed(self, order: int) -> None:
        """An order was carried out or has reached the program."""
        self.outbox.add(ReportKind.CONSUMED, {"orders": [order]})
