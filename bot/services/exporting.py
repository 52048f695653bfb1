"""Exporting: runs become a file, in JSON with everything of them or in CSV with a row each."""

import json
from collections.abc import Mapping, Sequence

from bot.domain.export import RunTree, export_table, export_tree
from bot.domain.run import Run
from bot.messages.reply import ReplyFile
from bot.ports.store import Tx

MOST: Mapping[str, int] = {"json": 1_000, "csv": 10_000}
"""The forms of an export, each with the most runs in one file."""


def export_runs(tx: Tx, runs: Sequence[Run], *, form: str) -> ReplyFile:
    """The file of these runs, named after the one run or the day."""
    stem = runs[0].key if len(runs) == 1 else f"runs-{tx.now():%Y-%m-%d}"
    if form == "csv":
        return ReplyFile(name=f"{stem}.csv", text=export_table(runs))
    document = export_tree([load_tree(tx, run) for run in runs], at=tx.now())
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    return ReplyFile(name=f"{stem}.json", text=text)


def load_tree(tx: Tx, run: Run) -> RunTree:
    """A run with all that belongs to it."""
    return RunTree(
        run=run,
        jobs=tx.jobs.of_run(run.id),
        gates=tx.gates.of_run(run.id),
        events=tx.runs.events(run.id),
        artifacts=tx.artifacts.of_run(run.id),
    )
