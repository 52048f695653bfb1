"""What people can ask: one module per verb, gathered in the order that help shows them."""

from bot.dispatch.command import Command
from commands import (
    approve,
    ask,
    assign,
    changes,
    delete,
    deny,
    dispatch,
    help,
    list,
    logs,
    mine,
    restart,
    retry,
    review,
    show,
    stats,
    stop,
    why,
)

COMMANDS: tuple[Command, ...] = (
    dispatch.COMMAND,
    list.COMMAND,
    mine.COMMAND,
    show.COMMAND,
    logs.COMMAND,
    approve.COMMAND,
    deny.COMMAND,
    changes.COMMAND,
    ask.COMMAND,
    stop.COMMAND,
    restart.COMMAND,
    retry.COMMAND,
    delete.COMMAND,
    assign.COMMAND,
    review.COMMAND,
    stats.COMMAND,
    why.COMMAND,
    help.COMMAND,
)
