"""Whatever is said, Slack takes it, people see all of it that fits, and nobody is called by it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.slack.blocks import HALF, PLAIN, WHOLE, blocks_of, fallback_of
from adapters.slack.forms import (
    Place,
    block_id,
    errors_for,
    filled,
    modal_for,
    needs_form,
    notice_view,
    read_submission,
)
from adapters.slack.text import Links
from adapters.slack.values import Reference, find_button, read_value
from bot.domain.course import StepState
from bot.domain.errors import UserError
from bot.domain.invocation import Press
from bot.messages.markup import code, escape, fence
from bot.messages.message import Button, Fact, Field, FieldKind, Message, Row, Step, Tone
from bot.messages.render import link, moment_link
from tests.fakes.block_kit import check_blocks, check_view
from tests.fakes.clock import NOON

SOME = settings(
    max_examples=60,
    deadline=None,
    phases=(Phase.reuse, Phase.generate),  # to shrink messages this large takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
LINKS = Links(people={"ana": "U1ANA"}, public_url="https://runs.example.com/")
NASTY = (
    "<!channel>",
    "<!here>",
    "<!subteam^S1>",
    "<@U1ANA>",
    "<#C1|x>",
    "<https://evil.example|safe>",
    "@channel",
    "a & b < c > d",
    "&lt;!here&gt;",
    "`tick` ``` fence",
    "*bold* _it_ ~no~",
    "\\",
    "> quote",
    "\x00\x1b[31m\u202e",
    "]( [x](person:ana)",
    "<!date^1^{date}|x>",
    "🙂" * 3,
)

outside = st.lists(
    st.one_of(st.sampled_from(NASTY), st.text(max_size=40), st.text("x \n", max_size=2_000)),
    max_size=6,
).map("".join)
line = outside.map(lambda text: " ".join(text.split()))
person = st.sampled_from(["ana", "ben", "<!here>", "ana)"]).map(
    lambda name: link(f"@{name}", f"person:{name}")
)
target = st.one_of(
    st.sampled_from(["run:R-1", "run:<!here>", "time:soon", "https://a.example/|<!here>>"]), line
)
piece = st.one_of(
    outside.map(escape),
    outside.map(code),
    outside.map(fence).map(lambda text: f"\n{text}\n"),
    line.map(lambda text: f"**{escape(text)}**"),
    person,
    st.builds(link, line, target),
    st.just(str(moment_link(NOON))),
    st.just("\n"),
)
markup = st.lists(piece, max_size=8).map("".join)
one_line = markup.map(lambda text: text.replace("\n", " "))
json_value = st.one_of(line, st.integers(), st.booleans(), st.lists(line, max_size=5))
press = st.builds(
    Press,
    verb=st.sampled_from(["approve", "deny", "logs"]),
    arguments=st.dictionaries(st.text(max_size=8), json_value, max_size=3),
)
field = st.builds(
    Field,
    name=st.text("abcdef.", min_size=1, max_size=300),
    label=line,
    kind=st.sampled_from(FieldKind),
    required=st.booleans(),
    choices=st.lists(line, max_size=120).map(tuple),
    default=line,
    hint=line,
)
form = st.lists(field, max_size=4, unique_by=lambda f: f.name).map(tuple)
button = st.builds(
    Button,
    label=line,
    press=press,
    tone=st.sampled_from(Tone),
    confirm=st.one_of(st.just(""), line),
    form=st.one_of(st.just(()), form),
)
step = st.builds(Step, text=one_line, state=st.sampled_from(StepState), note=one_line)
steps = st.lists(step, max_size=20).map(tuple)
message = st.builds(
    Message,
    title=one_line,
    body=markup,
    facts=st.lists(st.builds(Fact, label=line, value=one_line, steps=steps), max_size=14).map(
        tuple
    ),
    rows=st.lists(
        st.builds(Row, text=one_line, button=st.one_of(st.none(), button)), max_size=14
    ).map(tuple),
    buttons=st.lists(button, max_size=30).map(tuple),
    tone=st.sampled_from(Tone),
    fallback=outside,
    mentions=st.lists(st.sampled_from(["ana", "ben", "<!here>"]), max_size=3).map(tuple),
    attributes=st.just({"run": "R-1", "subject": "card"}),
)


UNSEEN = {
    "value",
    "initial_value",
    "private_metadata",
    "type",
    "action_id",
    "block_id",
    "callback_id",
    "style",
}


def strings(value: Any, *, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a payload that Slack shows, with its object's type."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in UNSEEN:
                yield from strings(inner, key=value.get("type", key))
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, key=key)
    elif isinstance(value, str):
        yield key, value


OURS = re.compile(
    r"<@U1ANA>|<!date\^\d+\^\{date_short_pretty\}, \{time\}\|[^<>|]*>|<https?://[^<>|\s]+\|[^<>|]*>"
)


def assert_calls_nobody(payload: Any) -> None:
    for kind, text in strings(payload):
        rest = OURS.sub("", text) if kind == "mrkdwn" else text
        assert not re.search(r"<[!@#]", rest), text
        if kind == "mrkdwn":
            assert not re.search(r"[<>]", rest), text
            assert not re.search(r"&(?!amp;|lt;|gt;)", rest), text


def elements(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        for element in [*block.get("elements", ()), *filter(None, [block.get("accessory")])]:
            if element["type"] == "button":
                yield element
            yield from element.get("options", ())


@SOME
@given(message=message, sheet=st.sampled_from([WHOLE, PLAIN, HALF]))
def test_any_message_is_taken_and_calls_nobody(message: Message, sheet: Any) -> None:
    blocks = blocks_of(message, LINKS, sheet=sheet)
    check_blocks(blocks)
    assert_calls_nobody(blocks)
    text = fallback_of(message, sheet)
    assert 1 <= len(text) <= 4_000
    assert not re.search(r"[<>]", text)
    json.dumps(blocks).encode()


@SOME
@given(message=message)
def test_every_button_leads_back_to_its_press(message: Message) -> None:
    known = [
        (b.press, b.form) for b in (*message.buttons, *(r.button for r in message.rows if r.button))
    ]
    for element in elements(blocks_of(message, LINKS)):
        read = read_value(element["value"])
        if isinstance(read, Reference):
            assert read.source == "posting R-1 card"
            found = find_button(message, read)
            assert found is not None
            assert (found.press, found.form) in known
        else:
            assert (read.press, read.form) in known


@SOME
@given(button=button.filter(lambda b: bool(b.form)))
def test_any_form_is_taken_and_calls_nobody(button: Button) -> None:
    place = Place(channel="C1", thread="1.1", message="1.2", response_url="https://x.example/y")
    view = modal_for(button, place, source="posting R-1 card")
    check_view(view)
    assert_calls_nobody(view["blocks"])
    submission = read_submission(view)
    assert submission.place == place
    assert submission.press == button.press or submission.reference is not None
    view["state"] = {"values": dict(sent(block) for block in view["blocks"])}
    again = read_submission(view, form=button.form)
    for part in button.form:
        answer = again.answers.get(part.name)
        if part.kind is FieldKind.CHOICE and answer is not None and any(part.choices):
            assert answer in part.choices


def sent(block: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """What Slack sends of an input in which somebody took the last option."""
    element = block["element"]
    state: dict[str, Any] = {"type": element["type"]}
    if element["type"] == "multi_static_select":
        state["selected_options"] = element["options"][-1:]
    elif "options" in element:
        state["selected_option"] = element["options"][-1]
    elif element["type"] == "users_select":
        state["selected_user"] = "U9"
    else:
        state["value"] = "7"
    return block["block_id"], {element["action_id"]: state}


def shown(message: Message, links: Links = LINKS) -> str:
    return "\n".join(text for kind, text in strings(blocks_of(message, links)) if kind == "mrkdwn")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("**R-1** is `a<b`", "*R-1* is `a&lt;b`"),
        ("[@ana](person:ana)", "<@U1ANA>"),
        ("[@ben](person:ben)", "*@ben*"),
        ("[R\\-1](run:R-1)", "<https://runs.example.com/runs/R-1|R-1>"),
        ("[x](run:none)", "*x*"),
        ("[a|b](https://a.example/?q=1|2)", "<https://a.example/?q=1%7C2|a∣b>"),
        ("[x](javascript:alert)", "x"),
        (
            "[noon](time:2026-03-02T12:00:00+00:00)",
            "<!date^1772452800^{date_short_pretty}, {time}|noon>",
        ),
        ("[never](time:never)", "never"),
        ("\\*not bold\\* my\\_name", "\u2060*not bold* my_name"),
        ("\\> no quote", "\u2060&gt; no quote"),
        ("```\na\n```", "```\na\n```"),
    ],
)
def test_markup_becomes_mrkdwn(said: str, expected: str) -> None:
    assert shown(Message(title="t", body=said)).removeprefix("*t*\n") == expected


def test_without_pages_a_run_is_its_key() -> None:
    assert shown(Message(title="[R-1](run:R-1)"), Links()) == "*R-1*"


def test_long_bodies_say_how_much_is_left_out() -> None:
    body = "\n".join(f"line {number}" for number in range(100))
    assert shown(Message(title="t", body=body)).endswith("line 59\n… 40 more lines → Logs")
    small = blocks_of(Message(title="t", body=body), LINKS, sheet=HALF)
    assert small[1]["text"]["text"].endswith("line 14\n… 85 more lines → Logs")


def test_ten_rows_have_a_button_each_and_the_rest_is_counted() -> None:
    row = Row(text="R", button=Button(label="Open", press=Press(verb="show")))
    blocks = blocks_of(Message(title="t", rows=(row,) * 12), LINKS)
    assert [block["type"] for block in blocks] == ["section"] * 11 + ["context"]
    assert blocks[-1]["elements"][0]["text"] == "… 2 more rows"


def test_rare_buttons_move_to_a_menu_but_those_that_ask_first_do_not() -> None:
    verbs = ("undo", "nudge", "restart", "retry", "logs", "stop", "delete")
    buttons = tuple(
        Button(
            label=verb,
            press=Press(verb=verb, arguments={"runs": ["R-1"]}),
            confirm="Sure?" if verb in {"restart", "stop", "delete"} else "",
        )
        for verb in verbs
    )
    _, actions = blocks_of(Message(title="t", buttons=buttons), LINKS)
    seen = [element.get("text", {}).get("text") for element in actions["elements"]]
    assert seen == ["undo", "restart", "stop", "delete", None]
    menu = actions["elements"][-1]["options"]
    assert [option["text"]["text"] for option in menu] == ["nudge", "retry", "logs"]
    assert actions["elements"][1]["confirm"]["text"]["text"] == "Sure?"


@pytest.mark.parametrize(("status", "red"), [("running", ["stop"]), ("succeeded", [])])
def test_one_button_at_most_is_red(status: str, red: list[str]) -> None:
    buttons = tuple(
        Button(label=verb, press=Press(verb=verb), tone=tone)
        for verb, tone in (("logs", Tone.NEUTRAL), ("stop", Tone.BAD), ("delete", Tone.BAD))
    )
    card = Message(title="t", buttons=buttons, attributes={"status": status})
    (*_, actions) = blocks_of(card, LINKS)
    styled = [e["text"]["text"] for e in actions["elements"] if e.get("style") == "danger"]
    assert styled == red


def test_a_card_leads_to_its_pull_request() -> None:
    address = "https://git.example/shop/pull/7"
    card = Message(title="t", attributes={"pr_url": address})
    _, actions = blocks_of(card, LINKS)
    check_blocks([actions])
    assert actions["elements"][0]["url"] == address
    evil = Message(title="t", attributes={"pr_url": "javascript:alert"})
    assert len(blocks_of(evil, LINKS)) == 1


def test_whom_it_is_for_is_said_once() -> None:
    said = Message(title="t", body="Ask [@ana](person:ana)", mentions=("ana", "ben"))
    assert shown(said) == "*t*\nAsk <@U1ANA>\nFor *@ben*"


def test_a_value_of_somebody_else_is_refused() -> None:
    for value in ("", "[]", "{}", '{"press": 1, "label": "x"}', "null"):
        with pytest.raises(UserError):
            read_value(value)


DENY = Button(
    label="Deny…",
    press=Press(verb="deny", arguments={"runs": ["G-1"]}),
    form=(Field(name="text", label="Why?", kind=FieldKind.LONG_TEXT),),
)


def test_a_sent_form_becomes_the_press_of_its_button() -> None:
    view = modal_for(DENY, Place(channel="C1"))
    assert view["title"]["text"] == "Deny"
    state = {"values": {"field:text": {"long_text": {"type": "plain_text_input", "value": "no"}}}}
    submission = read_submission({**view, "state": state})
    assert submission.press is not None
    assert filled(submission.press, submission).arguments == {"runs": ["G-1"], "text": "no"}
    assert not needs_form({**view, "state": state})


def test_people_are_named_for_whoever_knows_their_handles() -> None:
    who = Field(name="who", label="Who", kind=FieldKind.PERSON)
    view = modal_for(Button(label="x", press=Press(verb="assign"), form=(who,)), Place())
    state = {"values": dict([sent(view["blocks"][0])])}
    submission = read_submission({**view, "state": state})
    assert (submission.answers, submission.people) == ({"who": "U9"}, ("who",))


def test_choices_too_long_for_slack_come_back_whole() -> None:
    choices = ("x" * 170 + "1", "x" * 170 + "2")
    form = (Field(name="c", label="c", kind=FieldKind.CHOICE, choices=choices),)
    view = modal_for(Button(label="x", press=Press(verb="answer"), form=form), Place())
    view["state"] = {"values": dict([sent(view["blocks"][0])])}
    assert needs_form(view)
    assert read_submission(view, form=form).answers == {"c": choices[1]}


def test_problems_stand_beside_their_fields() -> None:
    view = modal_for(DENY, Place())
    assert errors_for(view, {"text": "too <!here> short"}) == {
        "field:text": "too <\u2060!here> short"
    }
    assert errors_for(view, {"other": "a.", "text": "b."}) == {"field:text": "a. b."}
    assert errors_for({"blocks": []}, {"text": "b."}) == {}
    assert len(block_id("f" * 400)) <= 255


def test_secrets_are_never_prefilled_and_say_that_they_are_seen() -> None:
    secret = Field(name="s", label="Token", kind=FieldKind.SECRET, default="hunter2", hint="long")
    view = modal_for(Button(label="x", press=Press(verb="answer"), form=(secret,)), Place())
    assert "hunter2" not in json.dumps(view)
    assert view["blocks"][0]["hint"]["text"].startswith("long; Slack shows it")


def test_what_cannot_be_sent_any_more_says_so() -> None:
    check_view(notice_view("This button is too old for all of it", "Ask anew. " * 400))
    with pytest.raises(UserError):
        read_submission({"private_metadata": "{}"})
