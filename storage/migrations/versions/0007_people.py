"""Identities and their codes, effects that can be taken back, exports, counts by project."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COUNTED = (
    "INSERT INTO stats_deltas (profile, project, status, delta) "
    "SELECT profile, project, status, count(*) FROM runs WHERE disposition <> 'deleted' "
    "GROUP BY profile, project, status"
)


def upgrade() -> None:
    """Count the runs anew, by project too, and create the new tables."""
    op.drop_table("stats_deltas")
    op.create_table(
        "stats_deltas",
        _id(),
        *_columns(sa.Text, "profile", "project", "status"),
        sa.Column("delta", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="stats_deltas_pkey"),
    )
    op.execute(_COUNTED)
    _people()
    _effects()
    _exports()


def _id() -> sa.Column[Any]:
    return sa.Column("id", _ID, nullable=False)


def _columns(kind: Any, *names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=nullable) for name in names]


def _people() -> None:
    op.create_table(
        "identities",
        _id(),
        *_columns(sa.Text, "surface", "tenant", "external_id", "person"),
        *_columns(sa.BigInteger, "verified_at"),
        sa.PrimaryKeyConstraint("id", name="identities_pkey"),
        sa.UniqueConstraint(
            "surface", "tenant", "external_id", name="identities_surface_tenant_external_id_key"
        ),
    )
    op.create_index("identities_person", "identities", ["person"])
    op.create_table(
        "link_codes",
        *_columns(sa.Text, "code_hash", "person"),
        *_columns(sa.BigInteger, "expires_at"),
        sa.PrimaryKeyConstraint("code_hash", name="link_codes_pkey"),
    )


def _effects() -> None:
    op.create_table(
        "effects",
        _id(),
        *_columns(sa.Text, "kind", "subject"),
        sa.Column("run_id", _ID),
        *_columns(sa.Text, "actor_kind", "actor_name", "actor_surface"),
        *_columns(sa.BigInteger, "asked_at", "due_at"),
        *_columns(sa.Text, "state", "settled_by"),
        *_columns(sa.BigInteger, "settled_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="effects_pkey"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="effects_run_id_fkey"),
    )
    pending = sa.text("state = 'pending'")
    op.create_index(
        "effects_due", "effects", ["due_at"], sqlite_where=pending, postgresql_where=pending
    )
    op.create_index("effects_runs", "effects", ["run_id", "id"])


def _exports() -> None:
    op.create_table(
        "exports",
        _id(),
        *_columns(sa.Text, "person", "name"),
        *_columns(sa.BigInteger, "size"),
        *_columns(sa.Text, "sha256"),
        *_columns(sa.BigInteger, "created_at"),
        sa.PrimaryKeyConstraint("id", name="exports_pkey"),
        sa.UniqueConstraint("person", "sha256", "name", name="exports_person_sha256_name_key"),
    )
