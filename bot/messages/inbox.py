"""The inbox as a message: a row for everything that waits, each with its primary button."""

from dataclasses import replace

from bot.domain.deadlines import say_duration
from bot.domain.invocation import Press
from bot.domain.person import LinkRequest
from bot.messages.cards import run_row
from bot.messages.markup import escape
from bot.messages.message import Button, Message, Row, Tone
from bot.messages.question import answer_button
from bot.messages.render import link, say, word
from bot.messages.views import Inbox, InboxGate


def inbox_message(inbox: Inbox) -> Message:
    """Approvals and questions by their deadlines, then failed runs."""
    held = tuple(_gate_row(inbox, waiting) for waiting in inbox.gates)
    failed = tuple(
        replace(
            run_row(run, word("inbox", "ago").format(age=say_duration(inbox.now - run.updated_at))),
            button=Button(
                label=word("buttons", "retry"),
                press=Press(verb="retry", arguments={"runs": [run.key]}),
            ),
        )
        for run in inbox.failed
    )
    rows = (*held, *(_link_row(asked) for asked in inbox.links), *failed)
    return replace(
        say("inbox", count=len(rows), tone=Tone.ATTENTION if rows else Tone.NEUTRAL), rows=rows
    )


def _gate_row(inbox: Inbox, waiting: InboxGate) -> Row:
    gate, run = waiting.gate, waiting.run
    left = say_duration(gate.expires_at - inbox.now)
    parts = [
        f"{link(run.key, f'run:{run.key}')} {escape(run.title)}",
        f"**{escape(gate.key)}** {escape(gate.prompt)}",
        *([escape(gate.plan.summary)] if gate.plan else []),
        escape(word("inbox", "left").format(left=left)),
    ]
    return Row(text=" · ".join(parts), button=_gate_button(waiting))


def _link_row(asked: LinkRequest) -> Row:
    address = asked.account.address
    words = escape(word("inbox", "link").format(person=f"@{asked.person}"))
    press = Press(verb="link", arguments={"confirm": address, "person": asked.person})
    button = Button(label=word("buttons", "confirm_link"), press=press)
    return Row(text=f"**{escape(address)}** · {words}", button=button)


def _gate_button(waiting: InboxGate) -> Button:
    gate = waiting.gate
    if gate.form is not None:
        return answer_button(gate, gate.form)
    press = Press(verb="approve", arguments={"runs": [gate.key], "shown": gate.fingerprint})
    return Button(label=word("buttons", "approve"), press=press, tone=Tone.GOOD)
