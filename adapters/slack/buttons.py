"""Buttons that were too long to travel with their message, found where the message came from."""

from dataclasses import dataclass

from adapters.slack.values import Reference, find_button
from bot.domain.codec import decode
from bot.domain.errors import NotFoundError
from bot.domain.run import run_id_of
from bot.messages.message import Button, Message
from bot.messages.reply import Reply
from bot.notifier import compose
from bot.ports.store import Store, Tx
from bot.services.rules import Rules, RulesNow


@dataclass(frozen=True, kw_only=True)
class KeptButtons:
    """Makes the message of a button again."""

    store: Store
    rules: RulesNow

    async def find(self, reference: Reference) -> Button | None:
        """The button that a reference means, if its message still has it."""
        rules = self.rules()
        message = await self.store.read(lambda tx: _message(tx, rules, reference.source))
        return find_button(message, reference) if message else None


def _message(tx: Tx, rules: Rules, source: str) -> Message | None:
    kind, _, rest = source.partition(" ")
    try:
        if kind == "posting":
            run, _, subject = rest.partition(" ")
            return compose(tx, rules, run_id_of(run), subject)
        invocation = tx.invocations.find(rest)
        answered = invocation is not None and invocation.done_at is not None
        return decode(Reply, invocation.reply).message if invocation and answered else None
    except (NotFoundError, ValueError):
        return None
