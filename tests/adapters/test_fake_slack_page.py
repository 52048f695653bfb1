"""The fake Slack for eyes, and whom its messages call."""

import pytest

from tests.adapters.fake_slack_world import (
    ANA,
    OPS,
    actions,
    button,
    client,
    modal,
    question,
    section,
    workspace,
)
from tests.adapters.test_fake_slack_blocks import GOOD
from tests.fakes.slack.mrkdwn import mrkdwn_html, pings_of
from tests.fakes.slack.page_blocks import rich_text_html
from tests.fakes.slack.shown import FakeMessage


def shown(text: str) -> str:
    return mrkdwn_html(text, {"U1": "ana", "C1": "ops"}.__getitem__)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*bold* _slanted_ ~gone~", "<b>bold</b> <i>slanted</i> <s>gone</s>"),
        ("2*3*4 snake_case_name", "2*3*4 snake_case_name"),
        ("`a *b* &lt;c&gt;`", "<code>a *b* &lt;c&gt;</code>"),
        ("```\n<@U1> *x*\n```", "<pre>&lt;@U1&gt; *x*</pre>"),
        (
            "<@U1> in <#C1>",
            '<span class="mention">@ana</span> in <span class="mention">#ops</span>',
        ),
        ("<https://a.b/?c&amp;d|here>", '<a href="https://a.b/?c&amp;d">here</a>'),
        ("<javascript:alert(1)|here>", "here"),
        ("&lt;b&gt; &amp;amp;", "&lt;b&gt; &amp;amp;"),
        ("<b>x</b>", "bx/b"),
        ("<!here>", '<span class="mention">@here</span>'),
        ("<!date^1700000000^{date_short} {time}|then>", "Nov 14, 2023 10:13 PM"),
        ("<!date^soon^{time}|then>", "then"),
        (":white_check_mark: :unheard_of:", "✅ :unheard_of:"),
        ("one\ntwo", "one<br>two"),
        ("one\n```\na\n```\ntwo", "one<pre>a</pre>two"),
    ],
)
def test_text_is_shown_as_slack_shows_it(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_a_list_goes_on_where_it_was_left() -> None:
    date = {"type": "date", "timestamp": 1_700_000_000, "format": "{time}", "fallback": "then"}
    item = {"type": "rich_text_section", "elements": [{"type": "text", "text": "since "}, date]}
    steps = {"type": "rich_text_list", "style": "ordered", "offset": 2, "elements": [item]}
    drawn = rich_text_html({"type": "rich_text", "elements": [steps]}, str)
    assert '<ol start="3"' in drawn
    assert "<li>since 10:13 PM</li>" in drawn


def message(text: str, parse: str = "none") -> FakeMessage:
    return FakeMessage(channel=OPS, ts="1.2", user="U1", text=text, parse=parse)


def test_pings_are_found_wherever_slack_would_find_them() -> None:
    called = pings_of(message("<@U1> <!channel> <!subteam^S1> &lt;@U2&gt; <!date^1^{time}|x>"))
    assert called == {"U1", "channel", "S1"}
    assert pings_of(message("@here")) == set()
    assert pings_of(message("@here", parse="full")) == {"here"}


def test_bare_words_in_blocks_ping_unless_they_are_verbatim() -> None:
    loud = message("")
    loud.blocks = [section("ask @channel")]
    assert pings_of(loud) == {"channel"}
    loud.blocks[0]["text"]["verbatim"] = True
    assert pings_of(loud) == set()


async def test_a_page_shows_every_kind_of_block() -> None:
    async with workspace() as slack:
        for name, block in GOOD.items():
            if name != "input":
                await client(slack).chat_postMessage(channel=OPS, text=name, blocks=[block])
        root = slack.messages(OPS)[0].ts
        await client(slack).chat_postMessage(channel=OPS, text="<b>", thread_ts=root)
        await client(slack).chat_postEphemeral(channel=OPS, user=ANA, text="psst")
        await client(slack).reactions_add(channel=OPS, timestamp=root, name="eyes")
        page, thread = slack.channel_page(OPS), slack.thread_page(OPS, root)
    for words in (
        "# ops",
        "Run 41",
        "Careful",
        "Build",
        "1 reply",
        "Only visible",
        "◉◉</span> 1",
    ):
        assert words in page
    assert "<b></b>" not in thread


async def test_modals_and_homes_have_pages_too() -> None:
    async with workspace() as slack:
        name = question("Name", {"type": "plain_text_input", "action_id": "name"})
        web = client(slack)
        trigger = slack.world.new_trigger(ANA, slack.team_id)
        await web.views_open(trigger_id=trigger, view=modal(name))
        home = {"type": "home", "blocks": [actions(button("New run"))]}
        await web.views_publish(user_id=ANA, view=home)
        slack.fills(ANA, {"Name": "<script>"})
        assert "&lt;script&gt;" in slack.modal_page(ANA)
        assert "New run" in slack.home_page(ANA)
