"""Organisations, rosters, collections with their log, what is held, key envelopes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ENTRY_LIMIT = 1048576
ENVELOPE_LIMIT = 17301750
KEY_ENVELOPE = 1168


def _id(table: str, name: str, length: int) -> tuple[sa.Column, sa.CheckConstraint]:
    check = sa.CheckConstraint(f"length({name}) = {length}", name=f"{table}_{name}_check")
    return sa.Column(name, sa.LargeBinary, nullable=False), check


def _body(table: str, limit: int, least: int = 1) -> tuple[sa.Column, sa.CheckConstraint]:
    check = sa.CheckConstraint(f"length(body) BETWEEN {least} AND {limit}", name=f"{table}_body_check")
    return sa.Column("body", sa.LargeBinary, nullable=False), check


def _number(name: str, kind: type = sa.BigInteger, nullable: bool = False) -> sa.Column:
    return sa.Column(name, kind, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "org",
        *_id("org", "org_id", 32),
        _number("roster_no", sa.Integer),
        *_id("org", "roster_hash", 32),
        _number("quota_bytes"),
        _number("used_bytes"),
        _number("changed_at"),
        sa.PrimaryKeyConstraint("org_id", name="org_pkey"),
    )
    op.create_table(
        "roster",
        *_id("roster", "org_id", 32),
        _number("no", sa.Integer),
        *_id("roster", "hash", 32),
        *_id("roster", "prev", 32),
        *_body("roster", ENTRY_LIMIT),
        sa.PrimaryKeyConstraint("org_id", "no", name="roster_pkey"),
        sa.UniqueConstraint("org_id", "hash", name="roster_org_id_hash_key"),
        sa.CheckConstraint("no >= 0", name="roster_no_check"),
    )
    op.create_table(
        "collection",
        *_id("collection", "org_id", 32),
        *_id("collection", "collection_id", 16),
        _number("epoch", sa.Integer),
        _number("seq"),
        *_id("collection", "log_hash", 32),
        _number("changed_at"),
        sa.PrimaryKeyConstraint("org_id", "collection_id", name="collection_pkey"),
    )
    op.create_table(
        "device_head",
        *_id("device_head", "org_id", 32),
        *_id("device_head", "collection_id", 16),
        *_id("device_head", "device_id", 32),
        _number("number"),
        *_id("device_head", "hash", 32),
        _number("roster_no", sa.Integer),
        _number("fence_no", sa.Integer, nullable=True),
        _number("fence_number", nullable=True),
        sa.Column("fence_hash", sa.LargeBinary),
        sa.PrimaryKeyConstraint("org_id", "collection_id", "device_id", name="device_head_pkey"),
    )
    op.create_table(
        "envelope",
        *_id("envelope", "org_id", 32),
        *_id("envelope", "collection_id", 16),
        _number("seq"),
        *_id("envelope", "log_hash", 32),
        *_id("envelope", "device_id", 32),
        _number("number"),
        *_id("envelope", "hash", 32),
        _number("epoch", sa.Integer),
        _number("roster_no", sa.Integer),
        *_body("envelope", ENVELOPE_LIMIT),
        sa.PrimaryKeyConstraint("org_id", "collection_id", "seq", name="envelope_pkey"),
        sa.UniqueConstraint(
            "org_id",
            "collection_id",
            "device_id",
            "number",
            "hash",
            name="envelope_org_id_collection_id_device_id_number_hash_key",
        ),
    )
    op.create_table(
        "held",
        *_id("held", "org_id", 32),
        *_id("held", "collection_id", 16),
        *_id("held", "device_id", 32),
        _number("number"),
        *_id("held", "hash", 32),
        *_body("held", ENVELOPE_LIMIT),
        _number("at"),
        sa.PrimaryKeyConstraint("org_id", "collection_id", "device_id", "number", "hash", name="held_pkey"),
    )
    op.create_table(
        "key_envelope",
        *_id("key_envelope", "org_id", 32),
        *_id("key_envelope", "collection_id", 16),
        _number("epoch", sa.Integer),
        *_id("key_envelope", "recipient", 32),
        *_body("key_envelope", KEY_ENVELOPE, KEY_ENVELOPE),
        sa.PrimaryKeyConstraint("org_id", "collection_id", "epoch", "recipient", name="key_envelope_pkey"),
    )
    op.create_index("key_envelope_recipient", "key_envelope", ["org_id", "recipient"])
    if op.get_bind().dialect.name == "postgresql":
        # Sealed bytes do not compress: keep them out of line and do not try.
        for table in ("envelope", "held"):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN body SET STORAGE EXTERNAL")
