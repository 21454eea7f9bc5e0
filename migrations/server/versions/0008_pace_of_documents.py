"""How often a device may ask for contents of documents, apart from its other requests."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def _id(name: str) -> tuple[sa.Column, sa.CheckConstraint]:
    check = sa.CheckConstraint(f"length({name}) = 32", name=f"device_documents_{name}_check")
    return sa.Column(name, sa.LargeBinary, nullable=False), check


def upgrade() -> None:
    op.create_table(
        "device_documents",
        *_id("org_id"),
        *_id("device_id"),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("org_id", "device_id", name="device_documents_pkey"),
    )
    if op.get_bind().dialect.name == "postgresql":
        # The rows change with every request: room in each page lets them change in their place.
        op.execute("ALTER TABLE device_documents SET (fillfactor = 50)")


def downgrade() -> None:
    op.drop_table("device_documents")
