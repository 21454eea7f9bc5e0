"""Sealed invitations that wait for whoever has their twelve words."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

LEAST, LIMIT = 64, 8_388_608


def _id(name: str, length: int) -> tuple[sa.Column, sa.CheckConstraint]:
    check = sa.CheckConstraint(f"length({name}) = {length}", name=f"left_invitation_{name}_check")
    return sa.Column(name, sa.LargeBinary, nullable=False), check


def upgrade() -> None:
    op.create_table(
        "left_invitation",
        *_id("org_id", 32),
        *_id("invitation_id", 16),
        *_id("place", 32),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.CheckConstraint(f"length(body) BETWEEN {LEAST} AND {LIMIT}", name="left_invitation_body_check"),
        sa.PrimaryKeyConstraint("org_id", "invitation_id", name="left_invitation_pkey"),
        sa.UniqueConstraint("place", name="left_invitation_place_key"),
    )


def downgrade() -> None:
    """What waits goes: the administrator leaves it again, or gives the file."""
    op.drop_table("left_invitation")
