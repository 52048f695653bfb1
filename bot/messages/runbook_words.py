"""Words on runbooks: their steps, what went wrong, and what to do about it."""

from bot.domain.failure import cause_of
from bot.domain.runbook_log import LoggedStep
from bot.domain.vocabulary import RUNBOOKS, Status
from bot.messages.render import render, word
from bot.messages.views import RunView


def runbook_body(view: RunView) -> str:
    """The steps of a run, its variables, and its failure, as markup; empty without a runbook."""
    if view.log is None:
        return ""
    words = render(
        "messages/runbook",
        run=view.run,
        log=view.log,
        failed=failed_step(view),
        advice=failure_advice(view),
    )
    return words.body


def failed_step(view: RunView) -> LoggedStep | None:
    """The step that a run has failed at, wholly or in part."""
    troubled = view.run.status in {Status.FAILED, Status.PARTIAL, Status.TIMED_OUT}
    return view.log.failed if view.log and troubled else None


def failure_advice(view: RunView) -> str:
    """What to do about the class of what went wrong; empty where nothing did."""
    cause = cause_of(view.run.reason_code)
    if view.run.profile not in RUNBOOKS or cause is None or view.run.status.live:
        return ""
    return word("causes", cause.value)
