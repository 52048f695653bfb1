"""Costing: sums of what runs have cost, as a message."""

from dataclasses import replace

from bot.domain.costs import CostBy, CostSum
from bot.domain.selection import Filter
from bot.messages.cards import cost_words
from bot.messages.markup import escape
from bot.messages.message import Message, Row
from bot.messages.render import link, say
from bot.ports.store import Tx

PARTS = 20
"""Rows of a sum."""


def cost_page(tx: Tx, filter_: Filter, *, by: CostBy | None) -> Message:
    """The sum over the runs that match, then its parts, the dearest first or the newest day."""
    whole = tx.costs.sums(filter_, by=None, limit=1)
    parts = tx.costs.sums(filter_, by=by, limit=PARTS + 1) if by and whole else ()
    message = say(
        "cost",
        total=whole[0] if whole else None,
        words=cost_words(whole[0].cost) if whole else "",
        by=by,
        more=len(parts) > PARTS,
    )
    return replace(message, rows=tuple(_row(part, by) for part in parts[:PARTS]))


def _row(part: CostSum, by: CostBy | None) -> Row:
    name = f"@{part.key}" if by is CostBy.PERSON else part.key
    shown = link(name, f"person:{part.key}") if by is CostBy.PERSON else f"**{escape(name)}**"
    runs = f"{part.runs} run{'s' if part.runs != 1 else ''}"
    return Row(text=f"{shown} · {cost_words(part.cost)} · {runs}")
