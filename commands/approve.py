"""`/run approve <run|gate> [note…]`: let a waiting run go on."""

from bot.dispatch.deciding import decision_command
from bot.domain.gate import Choice
from bot.grammar.params import Kind, Param

COMMAND = decision_command(
    Choice.APPROVE,
    Param(name="text", kind=Kind.TEXT, shown_as="note"),
    summary="Approve what a run waits for.",
    examples=(
        "/run approve last ship it",
        "/run approve G-41",
    ),
)
