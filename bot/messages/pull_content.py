"""The content of a pull request: its structure; the words are in templates/messages."""

from bot.domain.notes import Notes
from bot.domain.run import Run
from bot.messages.cards import cost_words, status_words
from bot.messages.message import Message
from bot.messages.render import render


def pull_content(run: Run, notes: Notes, *, summary: str, url: str) -> Message:
    """What a pull request says of the run that it comes from; `url` is the run's page, or empty.

    What the run's program said of its work and its checks is marked as its own words.
    """
    words = render(
        "messages/pull_request",
        run=run,
        summary=summary,
        url=url,
        cost=cost_words(run.cost),
        tests=notes.tests,
    )
    return Message(
        title=words.title,
        body=words.body,
        fallback=words.fallback,
        attributes={"subject": "pull_request", "run": run.key},
    )


def check_words(run: Run) -> str:
    """What is said of a run beside its commit: one plain line."""
    cost = cost_words(run.cost)
    return render("messages/pull_check", run=run, status=status_words(run), cost=cost).fallback
