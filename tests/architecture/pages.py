"""Writes docs/commands.md from the registry: `make docs`. A test says when it is out of date."""

from bot.dispatch.command import Command
from commands import COMMANDS
from tests.architecture.source import ROOT

PAGE = ROOT / "docs" / "commands.md"

INTRODUCTION = """\
# Commands

What can be asked, in the order of `/run help`. In the terminal `/run` may be left out. This page
is written from the commands themselves by `make docs`.

**Which run?** `R-81` or `81`; `last`, the newest one that the verb fits; `that one`, or nothing
at all, in a run's thread or on its issue; an issue's key (`ENG-142`); a quoted part of a title, or
one unquoted word of it where no free text follows; a gate (`G-41`) where something waits. Where
several runs are taken, so are the filters of `list`, with `except R-81`; more than one run is
confirmed first.

**Quotes** group words: `"…"`, `'…'`, `“…”`. Free text at the end is taken as it stands.

**Filters**: `mine`; `active`, `waiting`, `queued`, `running`, `completed`, `failed`, `cancelled`;
the native words of a profile (`pr_opened`, `abandoned`, `dead letter` …); a profile (`agents`,
`pods` …); `project=…`, `owner=@…`, `blueprint=…`, `issue=…`; `last 24h|7d`, `from <time>`,
`to <time>`; other words are searched in titles.

**In a run's thread**, whatever does not begin with `/run` or a verb is a reply to its program.

A request that cannot be read, or that is not allowed, is answered privately: what is wrong, and
what would be right. Nothing happens then.
"""


def commands_page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *(_section(command) for command in COMMANDS)])


def _section(command: Command) -> str:
    also = f" Also: {', '.join(command.synonyms)}." if command.synonyms else ""
    params = [f"- `{p.usage}`: {p.help}" for p in command.params if p.help and not p.hidden]
    examples = ["```", *command.examples, "```"] if command.examples else []
    blocks = [
        f"## {command.verb}",
        f"`{command.usage}`",
        command.summary + also,
        "\n".join(params),
        "\n".join(examples),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


if __name__ == "__main__":
    PAGE.write_text(commands_page(), encoding="utf-8")
