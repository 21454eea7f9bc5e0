"""What waits to be sent is kept record by record (`store/change_sets.py`). No table changes: the number keeps an older program,
which could not read it, from opening such a store."""

from __future__ import annotations

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What waits already is read in its old form."""
