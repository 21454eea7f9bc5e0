"""Places of a log whose bytes are damaged: the bundle that belongs there is asked for again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _id(name: str, length: int) -> tuple[sa.Column, sa.CheckConstraint]:
    check = sa.CheckConstraint(f"length({name}) = {length}", name=f"damaged_{name}_check")
    return sa.Column(name, sa.LargeBinary, nullable=False), check


def upgrade() -> None:
    op.create_table(
        "damaged",
        *_id("org_id", 32),
        *_id("collection_id", 16),
        sa.Column("seq", sa.BigInteger, nullable=False),
        *_id("device_id", 32),
        sa.Column("number", sa.BigInteger, nullable=False),
        *_id("hash", 32),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("org_id", "collection_id", "seq", name="damaged_pkey"),
    )
