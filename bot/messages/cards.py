"""Cards and notes of runs: their structure. Words come from templates."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.deadlines import say_duration
from bot.domain.events import Event, EventType
from bot.domain.invocation import Press
from bot.domain.notes import Notes
from bot.domain.run import Cost, Run
from bot.domain.vocabulary import Status
from bot.domain.wording import label, symbol
from bot.messages.gates import gate_card
from bot.messages.issues import issue_attributes, issue_link
from bot.messages.markup import escape
from bot.messages.message import Button, Fact, Message, Row, Tone
from bot.messages.phases import phase_fact
from bot.messages.render import link, moment_link, outside_link, render, word
from bot.messages.runbook_words import failed_step, failure_advice, runbook_body
from bot.messages.views import RunView

_TONES = {
    Status.SUCCEEDED: Tone.GOOD,
    Status.PARTIAL: Tone.ATTENTION,
    Status.FAILED: Tone.BAD,
    Status.TIMED_OUT: Tone.BAD,
    Status.WAITING: Tone.ATTENTION,
    Status.CANCELLED: Tone.NEUTRAL,
    Status.QUEUED: Tone.NEUTRAL,
    Status.SCHEDULED: Tone.NEUTRAL,
}
_SHOWN_COMPUTE = timedelta(seconds=1)
_SHOWN_FILES = 12
_ORDER = ("undo", "nudge", "restart", "retry", "logs", "stop", "delete")
_CONFIRMED = frozenset({"stop", "delete", "restart"})


def status_words(run: Run) -> str:
    """The status in the profile's own words."""
    return label(run.profile, run.status, run.phase, run.reason_code, run.disposition)


def run_card(view: RunView) -> Message:
    """The one card of a run, as it stands now."""
    run = view.run
    words = render("messages/card", run=run, view=view, log=view.log, status=status_words(run))
    return Message(
        title=f"{symbol(run.status)} {words.title}",
        body=words.body,
        fallback=words.fallback,
        facts=_run_facts(view),
        buttons=_run_buttons(view),
        tone=Tone.ATTENTION if view.quiet_for else _TONES.get(run.status, Tone.BUSY),
        attributes={"subject": "card", **_standing(run), **issue_attributes(view)},
    )


def _standing(run: Run) -> dict[str, str]:
    """What a surface needs to know to keep something of its own in step with a run."""
    return {
        "run": run.key,
        "profile": run.profile.value,
        "blueprint": run.blueprint,
        "status": run.status.value,
        "phase": run.phase,
        "disposition": run.disposition.value,
        "branch": run.branch,
        "pr_url": run.pr_url,
        "owner": run.owner,
    }


def run_detail(view: RunView) -> Message:
    """The card with the times of the run and what it waits for."""
    card, run = run_card(view), view.run
    moments = {
        "created": run.created_at,
        "started": run.started_at,
        "ended": run.ended_at,
        "updated": run.updated_at,
    }
    times = tuple(
        Fact(label=word("facts", name), value=moment_link(moment))
        for name, moment in moments.items()
        if moment
    )
    people = Fact(
        label=word("facts", "requester"),
        value=link(f"@{run.requested_by}", f"person:{run.requested_by}"),
    )
    inputs = " ".join(f"{name}={value}" for name, value in run.inputs.items())
    asked = (Fact(label=word("facts", "inputs"), value=escape(inputs)),) if inputs else ()
    noted = _noted(view.notes)
    card = replace(card, body=runbook_body(view) or card.body)
    held = view.open_gate
    if held is None:
        return replace(card, facts=(*card.facts, *noted, people, *asked, *times))
    gate = gate_card(view, held)
    return replace(
        card,
        facts=(*card.facts, *noted, people, *asked, *times),
        body="\n".join(filter(None, (runbook_body(view), gate.title, gate.body))),
        buttons=(*gate.buttons, *card.buttons),
        attributes={**card.attributes, **gate.attributes},
    )


def _noted(notes: Notes) -> tuple[Fact, ...]:
    """What the program says that it planned, changed and tried."""
    more = len(notes.files) - _SHOWN_FILES
    files = ", ".join(notes.files[:_SHOWN_FILES]) + (f" and {more} more" if more > 0 else "")
    tests = "; ".join(f"{'✔' if test.passed else '✖'} {test.text}" for test in notes.tests)
    plan = " · ".join(notes.plan.splitlines())
    shown = {"plan": plan, "files": files, "tests": tests}
    return tuple(
        Fact(label=word("facts", name), value=escape(text)) for name, text in shown.items() if text
    )


def _run_facts(view: RunView) -> tuple[Fact, ...]:
    run = view.run
    status = f"**{escape(status_words(run))}**"
    if run.reason:
        status += f" · {escape(run.reason)}"
    if view.quiet_for:
        status += " · " + escape(word("card", "quiet").format(time=say_duration(view.quiet_for)))
    if view.queue_position:
        status += f" · {view.queue_position}. in the queue"
    owner = link(f"@{run.owner}", f"person:{run.owner}")
    issue = run.issue
    shown: dict[str, Fact | str] = {
        "status": status,
        "issue": f"{issue_link(issue)} {escape(issue.title)}" if issue else "",
        "blueprint": escape(f"{run.blueprint} ({run.chosen_because})"),
        "owner": f"{owner} (fallback)" if run.owner_fallback else owner,
        "mode": run.mode.value,
        "phase": phase_fact(view),
        "elapsed": _elapsed(view),
        "cost": cost_words(run.cost),
        "branch": f"`{run.branch}`" if run.branch else "",
        "pull_request": _pull_words(run),
        "attempt": str(run.attempt) if run.attempt > 1 else "",
        "artifacts": escape(", ".join(dict.fromkeys(a.name for a in view.artifacts))),
    }
    facts = (_fact(name, value) for name, value in shown.items())
    return tuple(fact for fact in facts if fact.value)


def _fact(name: str, value: Fact | str) -> Fact:
    return value if isinstance(value, Fact) else Fact(label=word("facts", name), value=value)


def _pull_words(run: Run) -> str:
    """A link to the pull request, and what people made of it."""
    if not run.pr_url:
        return ""
    number = run.pr_url.rstrip("/").rpartition("/")[2]
    state = word("pull_requests", run.disposition.value)
    return " · ".join(filter(None, (outside_link(f"#{number}", run.pr_url), state)))


def _elapsed(view: RunView) -> str:
    run = view.run
    if run.started_at is None:
        return ""
    return say_duration((run.ended_at or view.now) - run.started_at)


def cost_words(cost: Cost) -> str:
    """Dollars, tokens, model and machine time, as markup; empty where nothing was spent."""
    tokens = cost.input_tokens + cost.output_tokens
    known = cost.total_usd or tokens > cost.unpriced_tokens
    cached = f" ({cost.cached_tokens:,} cached)" if cost.cached_tokens else ""
    parts = {
        f"${cost.total_usd:.2f}": known,
        f"price unknown for {cost.unpriced_tokens:,} tokens": cost.unpriced_tokens and known,
        "price unknown": cost.unpriced_tokens and not known,
        f"{cost.input_tokens:,} in{cached}, {cost.output_tokens:,} out": tokens,
        escape(cost.model): cost.model,
        _compute_words(cost): cost.compute >= _SHOWN_COMPUTE,
    }
    return " · ".join(words for words, shown in parts.items() if shown)


def _compute_words(cost: Cost) -> str:
    words = f"{say_duration(cost.compute)} of compute"
    return f"{words} (${cost.compute_usd:.2f})" if cost.compute_usd else words


def _run_buttons(view: RunView) -> tuple[Button, ...]:
    key = view.run.key
    return tuple(
        Button(
            label=word("buttons", verb),
            press=Press(verb=verb, arguments={"runs": [key]} if verb != "logs" else {"run": key}),
            confirm=_question(verb, view.run),
            tone=Tone.BAD if verb in {"stop", "delete"} else Tone.NEUTRAL,
        )
        for verb in _ORDER
        if verb in view.verbs
    )


def _question(verb: str, run: Run) -> str:
    """What is asked before a button's press counts."""
    if verb not in _CONFIRMED:
        return ""
    name = "delete_ended" if verb == "delete" and not run.status.live else verb
    return word("confirm", name).format(run=run.key)


def tombstone(run: Run, deletion: Event, *, subject: str) -> Message:
    """What stands in the place of everything that was told of a deleted run."""
    words = render("messages/tombstone", run=run, event=deletion)
    return Message(
        title=words.title,
        body=words.body,
        fallback=words.fallback,
        attributes={"run": run.key, "subject": subject},
    )


def event_note(view: RunView, event: Event) -> Message:
    """One milestone in a run's thread; the end of a run is its final answer."""
    words = render(
        f"messages/{event.type.value}",
        run=view.run,
        event=event,
        data=event.data,
        status=status_words(view.run),
        view=view,
        failed=failed_step(view),
        advice=failure_advice(view),
    )
    final = event.type is EventType.JOB_ENDED
    return Message(
        title=words.title,
        body=words.body,
        fallback=words.fallback,
        buttons=_note_buttons(view, event),
        tone=_TONES.get(view.run.status, Tone.NEUTRAL) if final else Tone.NEUTRAL,
        mentions=_pinged(view, event),
        attributes={
            "run": view.run.key,
            "subject": f"event:{event.seq}",
            "event": event.type.value,
            "status": view.run.status.value,
            "owner": view.run.owner,
        },
    )


def _note_buttons(view: RunView, event: Event) -> tuple[Button, ...]:
    """A review that asks for changes can be followed up with one press."""
    if event.type is not EventType.PULL_REQUEST_REVIEWED:
        return ()
    press = Press(verb="retry", arguments={"runs": [view.run.key]})
    return (Button(label=word("buttons", "address"), press=press, tone=Tone.GOOD),)


_OWNERS = frozenset(
    {
        EventType.JOB_ENDED,
        EventType.WENT_QUIET,
        EventType.PULL_REQUEST_HELD_UP,
        EventType.PULL_REQUEST_REVIEWED,
    }
)


def _pinged(view: RunView, event: Event) -> tuple[str, ...]:
    """Whom a milestone must reach."""
    if event.type is EventType.GATE_REMINDED:
        return tuple(event.data["who"])
    return (view.run.owner,) if event.type in _OWNERS else ()


def run_row(run: Run, now_words: str) -> Row:
    """One row of a list: symbol, key, title, status, owner, age, and a button to look closer."""
    text = " · ".join(
        [
            f"{symbol(run.status)} {link(run.key, f'run:{run.key}')}",
            *([issue_link(run.issue)] if run.issue else []),
            escape(run.title),
            f"**{escape(status_words(run))}**",
            escape(f"@{run.owner}") + (" (fallback)" if run.owner_fallback else ""),
            escape(now_words),
            *([outside_link("PR", run.pr_url)] if run.pr_url else []),
            *([escape(run.reason)] if run.reason and not run.status.live else []),
        ]
    )
    show = Button(
        label=word("buttons", "show"), press=Press(verb="show", arguments={"run": run.key})
    )
    return Row(text=text, button=show)
