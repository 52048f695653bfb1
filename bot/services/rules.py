"""What every use case is bound by: policy, the known blueprints, and the periods of claims."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeAlias

from bot.domain.actor import Actor
from bot.domain.catalog import Catalog
from bot.domain.conversation import Conversation
from bot.domain.errors import RefusedError
from bot.domain.policy import (
    Policy,
    Ruling,
    decide_permission,
    decide_places,
    decide_visibility,
)
from bot.domain.prices import Prices
from bot.domain.repository import Hosting
from bot.domain.run import Run


@dataclass(frozen=True, kw_only=True)
class Periods:
    """How long claims are trusted, and how much time programs are given."""

    lease: timedelta = timedelta(seconds=30)
    hold: timedelta = timedelta(minutes=10)
    """At an open gate, until the program is parked."""
    grace: timedelta = timedelta(seconds=10)
    """From the polite stop to the kill."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The rule books as they are now; read anew for every request."""

    policy: Policy
    catalog: Catalog
    periods: Periods = field(default_factory=Periods)
    prices: Prices = field(default_factory=Prices)
    hosting: Hosting | None = None
    """Where pull requests are opened; None where nowhere."""

    def permit(
        self,
        actor: Actor,
        verb: str,
        *,
        project: str = "",
        blueprint: str = "",
        run: Run | None = None,
    ) -> Ruling:
        """Let an actor use a verb. Raises RefusedError that names the rule and who may."""
        ruling = decide_permission(
            self.policy, actor.handle or "", verb, project=project, blueprint=blueprint, run=run
        )
        if not ruling.allowed:
            raise RefusedError(refusal(actor, verb, ruling))
        return ruling

    def permits(
        self, actor: Actor, verb: str, *, project: str = "", run: Run | None = None
    ) -> bool:
        """Whether `permit` would let it pass."""
        person = actor.handle or ""
        return decide_permission(self.policy, person, verb, project=project, run=run).allowed

    def who_may(self, verb: str, *, project: str) -> tuple[str, ...]:
        """The people who may use a verb in a project, by handle."""
        return decide_permission(self.policy, "", verb, project=project).who

    def here(self, person: str, conversation: Conversation) -> "Rules":
        """The rules with only the blueprints that a person may see and start in this place."""
        sight = decide_visibility(self.policy, person)
        place = conversation.address
        seen = self.catalog.narrowed(
            shows=sight.shows, bars=lambda project: decide_places(self.policy, project, place)
        )
        return replace(self, catalog=seen)


RulesNow: TypeAlias = Callable[[], Rules]
"""Gives the rules of the moment."""


def refusal(actor: Actor, verb: str, ruling: Ruling) -> str:
    """The private words of a no: who may, and by which rule."""
    who = ", ".join(f"@{name}" for name in ruling.who) or "nobody"
    barred = dict(ruling.not_who).get(actor.name)
    because = f" (not you: you {barred})" if barred else ""
    return f"You may not {verb} this{because}. Who may: {who}. Rule: {ruling.rule}."
