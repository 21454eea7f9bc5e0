"""Audit logs of other laptops: their entries, how far each was followed, what was found wrong with it."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATEMENTS = (
    "CREATE TABLE audit_bundle ( hash BLOB NOT NULL, PRIMARY KEY (hash) ) WITHOUT ROWID",
    "CREATE TABLE audit_chain ( dev INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB NOT NULL, "
    "heard_ms BIGINT NOT NULL, PRIMARY KEY (dev) ) WITHOUT ROWID",
    "CREATE TABLE audit_heard ( hash BLOB NOT NULL, dev INTEGER NOT NULL, number INTEGER NOT NULL, "
    "at_ms BIGINT NOT NULL, member_id BLOB, action VARCHAR NOT NULL, subject_kind VARCHAR NOT NULL, "
    "subject_id BLOB, closed INTEGER NOT NULL, PRIMARY KEY (hash) ) WITHOUT ROWID",
    "CREATE TABLE audit_trouble ( dev INTEGER NOT NULL, number INTEGER NOT NULL, code VARCHAR NOT NULL, "
    "at_ms BIGINT NOT NULL, PRIMARY KEY (dev, number, code) ) WITHOUT ROWID",
    "CREATE INDEX audit_heard_at_ms ON audit_heard (at_ms)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
