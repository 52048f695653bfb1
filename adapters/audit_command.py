"""`signalbox audit verify|export [--run R-1]`: prove the history of runs, or write it out."""

import argparse
from collections.abc import Callable

from bot.domain.run import read_run_key
from bot.ports.store import Store
from bot.services.auditing import export_events, verify

BROKEN = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Let a parser take what `audit` takes."""
    parser.add_argument("what", choices=("verify", "export"))
    parser.add_argument("--run", metavar="R-1", help="this run alone")


async def audit(arguments: argparse.Namespace, store: Store, *, say: Callable[[str], None]) -> int:
    """Do it and give the exit code: 1 where a history is broken. Raises UserError."""
    run_id = read_run_key(arguments.run) if arguments.run else None
    if arguments.what == "export":
        async for line in export_events(store, run_id=run_id):
            say(line)
        return 0
    found = await verify(store, run_id=run_id)
    for broken in found.breaks:
        say(f"✖ {broken}")
    if found.breaks:
        say(f"{len(found.breaks)} of {found.runs} runs are not as their events say.")
        return BROKEN
    say(f"✔ All hold, every hash and every sum: {found.runs} runs, {found.events} events.")
    return 0
