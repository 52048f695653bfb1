"""What messages say of issues."""

from bot.domain.invocation import Press
from bot.domain.issue import Issue
from bot.domain.issue_state import find_moment
from bot.messages.markup import escape
from bot.messages.message import Button, Row
from bot.messages.render import link, outside_link, word
from bot.messages.views import RunView


def issue_attributes(view: RunView) -> dict[str, str]:
    """What a tracker needs to know of the issue; see bot/domain/issue_state.py."""
    issue, moment = view.run.issue, find_moment(view.run)
    if issue is None:
        return {}
    return {
        "issue": issue.key,
        "issue_id": issue.id,
        "issue_moment": moment.value if moment else "",
        "issue_state": view.issue_state,
    }


def issue_link(issue: Issue) -> str:
    """The issue's key, linked where it has a page."""
    return outside_link(issue.key, issue.url)


def issue_row(issue: Issue, at_work: str) -> Row:
    """One row of found issues, with a button that starts work on it, or shows the run at work."""
    shown = link(at_work, f"run:{at_work}") if at_work else ""
    text = " · ".join(filter(None, (issue_link(issue), escape(issue.title), shown)))
    verb, arguments = ("show", {"run": at_work}) if at_work else ("dispatch", {"issue": issue.id})
    return Row(
        text=text,
        button=Button(label=word("buttons", verb), press=Press(verb=verb, arguments=arguments)),
    )
