"""Late answers: to what was acknowledged before the bot ended, and was done after its start."""

from dataclasses import dataclass

from adapters.slack.forms import Place
from adapters.slack.intake import Asked, Intake
from adapters.slack.people import WORKFLOW
from adapters.slack.workspaces import Workspaces
from bot.domain.invocation import Invocation
from bot.messages.reply import Reply


@dataclass(frozen=True, kw_only=True)
class SlackLateAnswers:
    """The LateAnswers port; the request's response_url is gone, so it is said in its place."""

    intake: Intake
    workspaces: Workspaces

    def take_up(self, invocation: Invocation) -> bool:
        """Whether no delivery is being worked on here that would answer it."""
        return self.intake.take_up(invocation)

    async def give(self, invocation: Invocation, reply: Reply | None) -> None:
        """Let it be said to whoever asked, but to no step of a workflow."""
        self.intake.begun.discard(invocation.key)
        if reply is not None and invocation.actor.name != WORKFLOW:
            self.intake.work.now(lambda: self._give(invocation, reply))

    async def _give(self, invocation: Invocation, reply: Reply) -> None:
        place = invocation.conversation
        shown = await self.intake.store.read(lambda tx: tx.followups.find(invocation.key))
        asked = Asked(
            key=invocation.key,
            workspace=await self.workspaces.find(place.tenant),
            user=invocation.actor.name,
            place=Place(
                channel=place.channel,
                thread=place.thread or "",
                message=shown.message_id if shown else "",
            ),
            text=invocation.text,
            press=invocation.press,
            marked=shown is not None,
        )
        await self.intake.answers.give(asked, reply)
