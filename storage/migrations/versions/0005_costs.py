"""Costs: entries that can be summed, and the rate that a job's machine is paid at."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_NUMBERS = (
    *("input_tokens", "cached_tokens", "output_tokens"),
    *("usd", "unpriced_tokens", "compute", "compute_usd"),
)
_SPENT = sa.text(
    "SELECT runs.id AS run_id, max(jobs.id) AS job_id, runs.updated_at AS at, runs.cost AS cost "
    "FROM runs JOIN jobs ON jobs.run_id = runs.id GROUP BY runs.id, runs.updated_at, runs.cost"
)


def upgrade() -> None:
    """Add both, and for each run an entry of what it has cost so far."""
    rate = sa.Column("compute_rate", sa.BigInteger(), server_default="0", nullable=False)
    op.add_column("jobs", rate)
    entries = op.create_table(
        "cost_entries",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("run_id", _ID, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("job_id", _ID, sa.ForeignKey("jobs.id"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _NUMBERS),
    )
    op.create_index("cost_entries_run_id", "cost_entries", ["run_id"])
    op.create_index("cost_entries_at", "cost_entries", ["at"])
    spent = list(_spent(op.get_bind()))
    if spent:
        op.bulk_insert(entries, spent)


def _spent(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    for run_id, job_id, at, text in connection.execute(_SPENT):
        cost = json.loads(text)
        amounts = {
            "input_tokens": cost.get("input_tokens", 0),
            "output_tokens": cost.get("output_tokens", 0),
            "usd": round(cost.get("usd", 0) * 1_000_000),
        }
        if any(amounts.values()):
            day = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
            yield {
                **dict.fromkeys(_NUMBERS, 0),
                **amounts,
                "run_id": run_id,
                "job_id": job_id,
                "at": at,
                "day": f"{day:%Y-%m-%d}",
                "model": cost.get("model", ""),
            }
