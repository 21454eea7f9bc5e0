"""Service plans: what somebody needs and wants, the steps, the sessions that worked towards each goal; reviews due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from cmpp_desktop.domain.plans import (
    ActionStepFields,
    GoalFields,
    GoalSession,
    GoalView,
    NeedFields,
    Plan,
    PlanView,
    ServicePlanFields,
    is_open,
)
from cmpp_desktop.domain.sessions import AttendanceFields, ServiceSessionFields
from cmpp_desktop.store.queries.common import Asked, table

SESSION_COLUMNS = ("id", "when", "services", "minutes", "staff_ids", "goal_ids", "meta_starts")


def plan(asked: Asked, question: Plan) -> PlanView:
    """See the question."""
    asked.person(question.participant_id)
    ids = asked.same(question.participant_id)
    plans = asked.all(ServicePlanFields, table(ServicePlanFields).c.participant_id.in_(ids))
    plans.sort(key=lambda item: (item.fields.agreed_on or date.min, item.created_at, item.id), reverse=True)
    current = next((item for item in plans if item.fields.closed_on is None), None)
    needs = asked.all(NeedFields, table(NeedFields).c.participant_id.in_(ids))
    goals = asked.all(GoalFields, table(GoalFields).c.participant_id.in_(ids))
    steps = asked.all(ActionStepFields, table(ActionStepFields).c.participant_id.in_(ids))
    steps.sort(key=lambda item: (item.fields.due_on or date.max, item.created_at, item.id))
    sessions = _sessions(asked, ids) if goals else {}
    views = [
        GoalView(
            goal,
            tuple(step for step in steps if step.fields.goal_id == goal.id),
            tuple(sessions.get(goal.id, ())),
        )
        for goal in goals
    ]
    return PlanView(
        current,
        tuple(item for item in plans if item is not current),
        tuple(sorted(needs, key=lambda item: item.fields.met_on is not None)),
        tuple(sorted(views, key=lambda view: not is_open(view.goal.fields))),
    )


def _sessions(asked: Asked, ids: Sequence[UUID]) -> dict[UUID, list[GoalSession]]:
    """The sessions at which somebody was, by the goals that they name, newest first."""
    columns, there = table(ServiceSessionFields).c, table(AttendanceFields).c
    attended = select(there.session_id).where(
        there.participant_id.in_(ids), there.attendance.in_(("present", "late")), (there.meta_shown + 0) == 1
    )
    found: dict[UUID, dict[UUID, Any]] = {}
    for where in (columns.participant_id.in_(ids), columns.id.in_(attended)):
        query = asked.select(ServiceSessionFields, where, columns.goal_ids != [])
        for row in asked.connection.execute(query.with_only_columns(*(columns[name] for name in SESSION_COLUMNS))):
            for goal in row.goal_ids:
                found.setdefault(goal, {})[row.id] = row
    return {
        goal: [
            GoalSession(row.id, row.when, tuple(row.services), row.minutes, asked.who(row.staff_ids[0]) if row.staff_ids else "")
            for row in sorted(rows.values(), key=lambda row: (row.meta_starts, str(row.id)), reverse=True)
        ]
        for goal, rows in found.items()
    }
