"""What is due, by its day: counted from an index alone, and read in its order, for everybody's Today."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATEMENTS = (
    "DROP INDEX r_consent_expires_on",
    "DROP INDEX r_referral_closed_on_follow_up_on",
    "DROP INDEX r_service_plan_closed_on_review_on",
    "CREATE INDEX r_consent_withdrawn_on_expires_on_id_coll_shown "
    "ON r_consent (withdrawn_on, expires_on, id, coll, meta_shown)",
    "CREATE INDEX r_referral_referred_by ON r_referral (referred_by)",
    "CREATE INDEX r_referral_closed_on_follow_up_on_id_coll_shown "
    "ON r_referral (closed_on, follow_up_on, id, coll, meta_shown)",
    "CREATE INDEX r_service_plan_closed_on_review_on_id_coll_shown "
    "ON r_service_plan (closed_on, review_on, id, coll, meta_shown)",
    "CREATE INDEX r_task_done_at_due_on_id_coll_shown ON r_task (done_at, due_on, id, coll, meta_shown)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
