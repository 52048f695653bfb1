"""Issue: what a run works on, as its tracker said when it was last read. All of it is untrusted."""

from dataclasses import dataclass

from bot.domain.conversation import Conversation


@dataclass(frozen=True, kw_only=True)
class Issue:
    """An issue of a tracker; `key` is what people call it: ENG-142."""

    surface: str
    """The tracker: linear."""
    tenant: str
    """The tracker's organization."""
    id: str
    key: str
    title: str
    url: str = ""
    description: str = ""
    team: str = ""
    """The key of its team: ENG."""
    project: str = ""
    labels: tuple[str, ...] = ()
    assignee: str = ""
    """The assignee's account with the tracker; empty without one."""
    assignee_email: str = ""
    branch: str = ""
    """The branch name that the tracker proposes."""

    @property
    def conversation(self) -> Conversation:
        """Where people talk about it in the tracker."""
        return Conversation(surface=self.surface, tenant=self.tenant, channel=self.id)
