"""Snapshots: heads, parts, who confirmed them, who makes the next; and up to where the bytes of a log are gone."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

HEAD_LIMIT, PART_LIMIT = 131_310, 17_301_552


def _id(table: str, name: str, length: int) -> tuple[sa.Column, sa.CheckConstraint]:
    check = sa.CheckConstraint(f"length({name}) = {length}", name=f"{table}_{name}_check")
    return sa.Column(name, sa.LargeBinary, nullable=False), check


def _place(table: str) -> list[sa.Column | sa.CheckConstraint]:
    return [*_id(table, "org_id", 32), *_id(table, "collection_id", 16)]


def _key(table: str) -> list[sa.Column | sa.CheckConstraint]:
    return [*_place(table), sa.Column("seq", sa.BigInteger, nullable=False), *_id(table, "maker", 32)]


def _primary(table: str, *more: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("org_id", "collection_id", "seq", "maker", *more, name=f"{table}_pkey")


def upgrade() -> None:
    op.add_column("collection", sa.Column("base_seq", sa.BigInteger, nullable=False, server_default="0"))
    op.create_table(
        "snapshot",
        *_key("snapshot"),
        *_id("snapshot", "log_hash", 32),
        sa.Column("roster_no", sa.Integer, nullable=False),
        *_id("snapshot", "digest", 32),
        sa.Column("parts", sa.Integer, nullable=False),
        sa.Column("signed_head", sa.LargeBinary, nullable=False),
        sa.CheckConstraint(f"length(signed_head) BETWEEN 1 AND {HEAD_LIMIT}", name="snapshot_signed_head_check"),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("confirmed_at", sa.BigInteger),
        _primary("snapshot"),
    )
    op.create_table(
        "snapshot_part",
        *_key("snapshot_part"),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.CheckConstraint(f"length(body) BETWEEN 1 AND {PART_LIMIT}", name="snapshot_part_body_check"),
        _primary("snapshot_part", "part"),
    )
    op.create_table(
        "snapshot_confirm",
        *_key("snapshot_confirm"),
        *_id("snapshot_confirm", "device_id", 32),
        *_id("snapshot_confirm", "signature", 64),
        _primary("snapshot_confirm", "device_id"),
    )
    op.create_table(
        "snapshot_claim",
        *_place("snapshot_claim"),
        *_id("snapshot_claim", "device_id", 32),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("org_id", "collection_id", name="snapshot_claim_pkey"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE snapshot_part ALTER COLUMN body SET STORAGE EXTERNAL")  # sealed bytes do not compress


def downgrade() -> None:
    for table in ("snapshot_claim", "snapshot_confirm", "snapshot_part", "snapshot"):
        op.drop_table(table)
    op.drop_column("collection", "base_seq")
