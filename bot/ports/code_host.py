"""CodeHost: where branches are pushed to and become pull requests."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.domain.commit_check import CheckState
from bot.domain.pull_request import SeenPull
from bot.messages.message import Message


@dataclass(frozen=True, kw_only=True)
class Credential:
    """What git signs in with, for one repository."""

    user: str
    password: str = field(repr=False)
    expires_at: datetime | None = None
    """None where the host does not limit it."""


@dataclass(frozen=True, kw_only=True)
class PullDraft:
    """A pull request to be opened, or found and brought up to date."""

    repository: str
    """As the host calls it: acme/shop."""
    branch: str
    content: Message
    """Its title and description; words from outside are escaped as in every message."""
    draft: bool = False


@dataclass(frozen=True, kw_only=True)
class CommitReport:
    """What is said of a run beside a commit."""

    key: str
    """The run's: R-81. One report a run and commit; a later one replaces it."""
    ref: str = ""
    """What the host called it when it was told before; empty for not known."""
    state: CheckState
    summary: str
    """Plain."""
    url: str = ""


class FindCredential(Protocol):
    """The part of a code host that runners are served from."""

    async def __call__(self, address: str, *, push: bool) -> Credential | None:
        """See CodeHost.credential."""


class CodeHost(Protocol):
    """A host of repositories.

    All calls raise UnavailableError when it is worth trying again by itself, NotFoundError for
    what is not there or not for us, and UserError, with what to do, where a person must act.
    """

    surface: str
    """github"""

    async def credential(self, address: str, *, push: bool) -> Credential | None:
        """What opens this one repository, for a short while where the host can say so.

        `address` is as a blueprint writes it; None for a repository of another host. `push`:
        to write too.
        """

    async def open_pull_request(self, draft: PullDraft) -> SeenPull:
        """The open pull request of a branch with this content; found where there is one."""

    async def load_pull_request(self, repository: str, number: int) -> SeenPull:
        """The pull request as it stands now."""

    async def mark_ready(self, repository: str, number: int) -> SeenPull:
        """The pull request, ready for review, as it stands then; also where it is no draft.

        Raises UserError where that is left to people.
        """

    async def report(self, repository: str, commit: str, report: CommitReport) -> str:
        """Say it beside the commit; gives what the host calls it, for the next report."""
