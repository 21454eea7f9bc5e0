"""Contents of documents travel: the key of each in its record, and what the server is known to have of them."""

# ruff: noqa: E501 - statements as SQLite keeps them

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATEMENTS = (
    """CREATE TABLE blob_state (
    coll INTEGER NOT NULL,
    id BLOB NOT NULL,
    state INTEGER NOT NULL,
    asked_ms BIGINT NOT NULL,
    PRIMARY KEY (coll, id)
) WITHOUT ROWID""",
    """ALTER TABLE r_attachment RENAME TO old_r_attachment""",
    """DROP INDEX r_attachment_expires_on""",
    """DROP INDEX r_attachment_content_hash""",
    """DROP INDEX r_attachment_participant_id""",
    """CREATE TABLE r_attachment (
    id BLOB NOT NULL,
    coll INTEGER NOT NULL,
    participant_id BLOB NOT NULL,
    title VARCHAR NOT NULL,
    document_type VARCHAR NOT NULL,
    media_type VARCHAR NOT NULL,
    size INTEGER NOT NULL,
    content_hash VARCHAR NOT NULL,
    received_on VARCHAR,
    expires_on VARCHAR,
    source VARCHAR NOT NULL,
    subject_kind VARCHAR NOT NULL,
    subject_id BLOB,
    note VARCHAR NOT NULL,
    blob_key VARCHAR NOT NULL,
    meta_life VARCHAR NOT NULL,
    meta_status VARCHAR NOT NULL,
    meta_shown INTEGER NOT NULL,
    meta_signed_id BLOB,
    meta_created BIGINT NOT NULL,
    meta_created_dev BIGINT NOT NULL,
    meta_changed BIGINT NOT NULL,
    meta_changed_dev BIGINT NOT NULL,
    PRIMARY KEY (id, coll)
)""",
    """INSERT INTO r_attachment ("id", "coll", "participant_id", "title", "document_type", "media_type", "size", "content_hash", "received_on", "expires_on", "source", "subject_kind", "subject_id", "note", "blob_key", "meta_life", "meta_status", "meta_shown", "meta_signed_id", "meta_created", "meta_created_dev", "meta_changed", "meta_changed_dev") SELECT "id", "coll", "participant_id", "title", "document_type", "media_type", "size", "content_hash", "received_on", "expires_on", "source", "subject_kind", "subject_id", "note", '', "meta_life", "meta_status", "meta_shown", "meta_signed_id", "meta_created", "meta_created_dev", "meta_changed", "meta_changed_dev" FROM old_r_attachment""",
    """DROP TABLE old_r_attachment""",
    """CREATE INDEX r_attachment_expires_on ON r_attachment (expires_on)""",
    """CREATE INDEX r_attachment_content_hash ON r_attachment (content_hash)""",
    """CREATE INDEX r_attachment_participant_id ON r_attachment (participant_id)""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
