"""Bundles by how they stand, without reading what is in them: asked at every exchange."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STATEMENTS = (
    "CREATE INDEX envelope_aside ON envelope (coll, state) WHERE state != 'counts'",
    "CREATE INDEX envelope_shelf ON envelope (coll, dev, number, hash, seq, mine, state)",
    "CREATE INDEX envelope_unlogged ON envelope (coll, dev, number) WHERE seq IS NULL",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
