"""Whose recovery key it is: a laptop that has nothing but the printed kit finds its organisation by it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    # Empty until the server starts, which reads it out of each roster: a migration knows nothing of their format.
    op.add_column("org", sa.Column("recovery_id", sa.LargeBinary))
    op.create_index("org_recovery_id", "org", ["recovery_id"])


def downgrade() -> None:
    op.drop_index("org_recovery_id", "org")
    op.drop_column("org", "recovery_id")
