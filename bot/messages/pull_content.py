"""The content of a pull request: its structure; the words are in templates/messages."""

from bot.domain.commit_check import CheckState
from bot.domain.notes import Notes
from bot.domain.run import Run
from bot.domain.vocabulary import Disposition, Status
from bot.domain.wording import label
from bot.messages.cards import cost_words
from bot.messages.message import Message
from bot.messages.render import render


def pull_content(
    run: Run, notes: Notes, *, summary: str, url: str, kept_draft: bool = False
) -> Message:
    """What a pull request says of the run that it comes from; `url` is the run's page, or empty.

    What the run's program said of its work and its checks is marked as its own words.
    `kept_draft`: all is done now, but only a person may say so to the host.
    """
    words = render(
        "messages/pull_request",
        run=run,
        summary=summary,
        url=url,
        cost=cost_words(run.cost),
        tests=notes.tests,
        kept_draft=kept_draft,
    )
    return Message(
        title=words.title,
        body=words.body,
        fallback=words.fallback,
        attributes={"subject": "pull_request", "run": run.key},
    )


def check_words(run: Run, state: CheckState) -> str:
    """What is said of a run beside its commit: one plain line.

    Only what changes seldom, so that it is told seldom: no phases, the cost at the end.
    """
    return render(
        "messages/pull_check",
        run=run,
        status=label(run.profile, _calm(run.status), "", run.reason_code, Disposition.NONE),
        superseded=state is CheckState.SUPERSEDED,
        cost=cost_words(run.cost) if state.ended else "",
    ).fallback


def _calm(status: Status) -> Status:
    """A claim is the beginning of work."""
    return Status.RUNNING if status is Status.CLAIMED else status
