"""People by the languages that they speak, and the index of a caseworker's own people that another one replaces."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    "DROP INDEX person_mine",
    "CREATE INDEX person_spoken ON person (languages, coll, fold, last_contact)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
