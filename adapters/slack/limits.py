"""Slack's limits as its documentation and SDK state them, and cuts that people can see."""

from datetime import timedelta

from bot.messages.render import word

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
"""Of a modal and of the App Home."""
FALLBACK = 4_000
"""Characters of a message's text: more makes an edit fail with `msg_too_long`."""
SECTION = 3_000
FIELDS = 10
FIELD = 2_000
"""Characters of one field of a section."""
ACTIONS = 25
"""Elements in one block of buttons."""
OVERFLOW = 5
"""Options of an overflow menu."""
BUTTON_TEXT = 75
BUTTON_VALUE = 2_000
OPTION_TEXT = 75
OPTION_VALUE = 150
OPTIONS = 100
INPUT_LABEL = 2_000
INPUT_HINT = 2_000
INPUT_TEXT = 3_000
"""Characters that a text field takes."""
PLACEHOLDER = 150
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30
VIEW_TITLE = 24
"""Also of a modal's two buttons."""
PRIVATE_METADATA = 3_000
ADDRESS = 3_000
SESSION_TITLE = 200

BODY = 6_000
"""Characters of one message's body: ours, well below what makes Slack refuse all its blocks."""
BODY_LINES = 60
ROWS = 10
ROW = 600
FACT = 600
VISIBLE_BUTTONS = 5
STEPS = 8
"""Lines of a list of steps, few enough for a phone."""
STEP = 80
"""Characters of one of its lines."""

RESPONSE_USES = 5
RESPONSE_LIFE = timedelta(minutes=30)
"""How often, and how long, a response_url may be used."""

CHANNEL_PACE = timedelta(seconds=1)
"""One message per channel; `CHANNEL_BURST` of them may come at once."""
CHANNEL_BURST = 3
EDIT_PACE = timedelta(seconds=1.2)
"""chat.update is of tier 3: 50 in a minute for the whole workspace."""
EDIT_BURST = 3
EDIT_REST = timedelta(seconds=1.5)
"""Between two edits of the same message."""
CROWD = 30
"""Live runs in one channel from which on a board stands for their cards."""


def cut(text: str, limit: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"


def more_lines(count: int) -> str:
    """What stands in the place of lines that were left out."""
    return word("slack", "more_lines" if count != 1 else "more_line").format(count=count)


def more_rows(count: int) -> str:
    """What stands in the place of rows that were left out."""
    return word("slack", "more_rows" if count != 1 else "more_row").format(count=count)


def more_steps(count: int, *, done: bool) -> str:
    """What stands in the place of steps that were left out."""
    return word("slack", "more_done" if done else "more_to_come").format(count=count)
