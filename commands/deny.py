"""`/run deny <run|gate> <reason…>`: end a waiting run; its program is told the reason."""

from bot.dispatch.deciding import decision_command
from bot.domain.gate import Choice
from bot.grammar.params import Kind, Param

COMMAND = decision_command(
    Choice.DENY,
    Param(name="text", kind=Kind.TEXT, shown_as="reason", required=True),
    summary="Deny what a run waits for; the run ends and its program is told why.",
    examples=("/run deny R-81 the discount rule is wrong",),
)
