"""Obligations ahead by day, read from an index alone: how many hearings there are in a month, and whose."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    "DROP INDEX r_obligation_shown_day_result",
    "CREATE INDEX r_obligation_shown_day_result_type_participant_id_coll "
    "ON r_obligation (meta_shown, meta_day, result, type, participant_id, coll)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
