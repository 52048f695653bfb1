"""`/run changes <run|gate> <reason…>`: send a plan back; the run goes on."""

from bot.dispatch.deciding import decision_command
from bot.domain.gate import Choice
from bot.grammar.params import Kind, Param

COMMAND = decision_command(
    Choice.CHANGES,
    Param(name="text", kind=Kind.TEXT, shown_as="reason", required=True),
    summary="Ask for changes; the reason goes back to the program and the run goes on.",
    examples=("/run changes R-81 keep the old signature",),
)
