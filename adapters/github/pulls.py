"""Pull requests and reviews as GitHub's JSON tells them."""

from collections.abc import Sequence
from urllib.parse import quote

from adapters.github.limits import (
    LONGEST_COMMENT,
    LONGEST_REVIEW,
    MOST_COMMENTS,
)
from bot.domain.codec import JSON
from bot.domain.errors import UnavailableError
from bot.domain.pull_request import PullState, Review, SeenPull

_UNKNOWN = "\N{REPLACEMENT CHARACTER}"


def read_pull(data: JSON, reviews: Sequence[Review] = ()) -> SeenPull:
    """A pull request. `merged` decides: a merge commit's id is set on others too.

    Raises UnavailableError for an answer that is none.
    """
    try:
        merged = bool(data.get("merged") or data.get("merged_at"))
        closed = PullState.MERGED if merged else PullState.CLOSED
        merger = data.get("merged_by") or {}
        return SeenPull(
            number=int(data["number"]),
            url=str(data["html_url"]),
            state=PullState.OPEN if data["state"] == "open" else closed,
            head=str(data["head"]["sha"]),
            draft=bool(data.get("draft")),
            by=str(merger.get("login") or "") if merged else "",
            reviews=tuple(reviews),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnavailableError("GitHub's answer is no pull request") from error


def asks_for_changes(review: JSON) -> bool:
    """Whether a review was sent off and asks for changes."""
    return isinstance(review, dict) and review.get("state") == "CHANGES_REQUESTED"


def read_review(review: JSON, comments: Sequence[JSON]) -> Review:
    """A review with what was said beside lines, cut to what is kept."""
    user = review.get("user") or {}
    return Review(
        id=str(review["id"]),
        by=_line(user.get("login") or "somebody", 100),
        text=_text(review.get("body"), LONGEST_REVIEW),
        comments=tuple(_comment(comment) for comment in comments[:MOST_COMMENTS]),
        left_out=max(0, len(comments) - MOST_COMMENTS),
        url=str(review.get("html_url") or ""),
    )


def _comment(comment: JSON) -> str:
    place = _line(comment.get("path") or "", 200)
    line = comment.get("line") or comment.get("original_line")
    where = f"{place}:{line}" if line else place
    return f"{where}: {_text(comment.get('body'), LONGEST_COMMENT)}"


def _text(value: JSON, longest: int) -> str:
    """Lines without anything that a terminal would obey."""
    words = str(value or "").replace("\r\n", "\n").strip()
    shown = "".join(c if c.isprintable() or c in "\n\t" else _UNKNOWN for c in words)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def _line(value: str, longest: int) -> str:
    return " ".join(_text(value, longest).split())


def branch_query(repository: str, branch: str) -> str:
    """The query for the open pull requests of a branch of the repository itself."""
    owner = repository.partition("/")[0]
    return f"state=open&head={quote(f'{owner}:{branch}', safe='')}"
