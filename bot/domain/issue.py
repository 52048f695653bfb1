"""Issue: what a run works on, as its tracker said when it was last read. All of it is untrusted."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.domain.conversation import Conversation

LONGEST_TITLE = 200
_LONGEST_DESCRIPTION = 50_000
_LONGEST_COMMENT = 10_000
_MOST_COMMENTS = 200
_LONGEST_TALK = 200_000
"""Characters of all comments together."""
_MOST_ATTACHMENTS = 200
_MOST_LABELS = 50
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]{0,9}-[0-9]{1,9}")
_OURS = re.compile(r"[RrGg]-.*")
_CUT = "…"


@dataclass(frozen=True, kw_only=True)
class IssueComment:
    """What somebody said on an issue."""

    by: str
    text: str
    at: str = ""
    """As the tracker writes the time."""


@dataclass(frozen=True, kw_only=True)
class IssueAttachment:
    """What hangs on an issue: a file, a page, a pull request."""

    title: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Issue:
    """An issue of a tracker; `key` is what people call it: ENG-142."""

    surface: str
    """The tracker: linear."""
    tenant: str
    """The tracker's organization."""
    id: str
    key: str
    title: str
    url: str = ""
    description: str = ""
    team: str = ""
    """The key of its team: ENG."""
    project: str = ""
    labels: tuple[str, ...] = ()
    assignee: str = ""
    """The assignee's account with the tracker; empty without one."""
    assignee_email: str = ""
    branch: str = ""
    """The branch name that the tracker proposes."""
    comments: tuple[IssueComment, ...] = ()
    """Oldest first."""
    comments_left_out: int = 0
    """So many older ones are not among them, as far as the tracker was read."""
    attachments: tuple[IssueAttachment, ...] = ()
    """Oldest first, as far as the tracker says."""
    attachments_left_out: int = 0

    @property
    def conversation(self) -> Conversation:
        """Where people talk about it in the tracker."""
        return Conversation(surface=self.surface, tenant=self.tenant, channel=self.id)

    @property
    def place(self) -> Conversation:
        """What policy calls the place of its team: `linear/<organization>/ENG`."""
        return replace(self.conversation, channel=self.team or self.id)

    @property
    def dedupe_key(self) -> str:
        """Of all live runs at most one has it."""
        return f"issue:{self.surface}/{self.tenant}/{self.id}"


def is_issue_key(word: str) -> bool:
    """Whether a word is written as an issue's key; R-81 and G-41 are a run and a gate."""
    return _KEY.fullmatch(word) is not None and not _OURS.fullmatch(word)


def bounded(issue: Issue) -> Issue:
    """The issue as it is kept: whatever is too long is cut, and it is seen that it was.

    Of comments and attachments the last ones are left, and how many are not is counted.
    """
    comments = _newest(
        replace(comment, text=_cut(comment.text, _LONGEST_COMMENT))
        for comment in issue.comments[-_MOST_COMMENTS:]
    )
    attachments = issue.attachments[-_MOST_ATTACHMENTS:]
    return replace(
        issue,
        title=_cut(_one_line(issue.title), LONGEST_TITLE),
        description=_cut(issue.description, _LONGEST_DESCRIPTION),
        labels=issue.labels[:_MOST_LABELS],
        comments=comments,
        comments_left_out=issue.comments_left_out + len(issue.comments) - len(comments),
        attachments=attachments,
        attachments_left_out=(
            issue.attachments_left_out + len(issue.attachments) - len(attachments)
        ),
    )


def _newest(comments: Iterable[IssueComment]) -> tuple[IssueComment, ...]:
    """Those at the end that are not too long together."""
    kept: list[IssueComment] = []
    room = _LONGEST_TALK
    for comment in reversed([*comments]):
        room -= len(comment.text)
        if room < 0:
            break
        kept.append(comment)
    return tuple(reversed(kept))


def _one_line(text: str) -> str:
    """Without line breaks, and without characters that would not show what stands there."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - len(_CUT)] + _CUT
