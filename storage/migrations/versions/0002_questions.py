"""Questions with their answers, reminders of gates, and silences of jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add columns to gates and jobs, and the table of sealed answers."""
    for column in (
        sa.Column("form", sa.Text),
        sa.Column("answers", sa.Text, nullable=False, server_default="{}"),
        sa.Column("sealed", sa.Text, nullable=False, server_default="{}"),
        sa.Column("remind_at", sa.BigInteger),
        sa.Column("reminded", sa.Integer, nullable=False, server_default="0"),
    ):
        op.add_column("gates", column)
    op.add_column("jobs", sa.Column("quiet_since", sa.BigInteger))
    op.create_table(
        "sealed_answers",
        sa.Column("id", _ID, nullable=False),
        sa.Column(
            "gate_id",
            _ID,
            sa.ForeignKey("gates.id", name="sealed_answers_gate_id_fkey"),
            nullable=False,
        ),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("kept_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="sealed_answers_pkey"),
        sqlite_autoincrement=True,
    )
    op.create_index("sealed_answers_gate_id", "sealed_answers", ["gate_id"])
