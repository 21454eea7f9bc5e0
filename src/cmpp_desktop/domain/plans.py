"""Service plans: needs, the goals in the participant's own words, and the steps towards them."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.entries import Plain
from cmpp_desktop.domain.records import Compartment, Fields, coded, line, prose, refers

PROTECTED_AREAS = frozenset({"mental_health"})


class ServicePlanFields(Fields):
    """A plan made with a participant, and when it is looked at again."""

    kind: ClassVar[str] = "service_plan"

    participant_id: UUID = refers("participant", ...)
    case_id: UUID | None = refers("case")
    agreed_on: date | None = None
    review_on: date | None = None
    reviewed_on: date | None = None
    closed_on: date | None = None
    strengths: str = prose()
    summary: str = prose()


class NeedFields(Fields):
    """Something that is missing: housing, a school place, a lawyer."""

    kind: ClassVar[str] = "need"

    participant_id: UUID = refers("participant", ...)
    plan_id: UUID | None = refers("service_plan")
    area: str = coded("need_area", ...)
    description: str = prose(2000)
    level: str = coded("level", "medium")
    raised_on: date
    met_on: date | None = None
    outcome: str = line(500)

    def lives_in(self) -> Compartment:
        return "restricted" if self.area in PROTECTED_AREAS else self.compartment


class GoalFields(Fields):
    """What the participant wants to reach, as they say it."""

    kind: ClassVar[str] = "goal"

    participant_id: UUID = refers("participant", ...)
    plan_id: UUID | None = refers("service_plan")
    need_id: UUID | None = refers("need")
    statement: str = Field(min_length=1, max_length=1000)
    target_on: date | None = None
    progress: str = coded("goal_progress", "not_started")
    progress_note: str = prose(2000)
    closed_on: date | None = None


class ActionStepFields(Fields):
    """One step towards a goal: who does what until when."""

    kind: ClassVar[str] = "action_step"

    participant_id: UUID = refers("participant", ...)
    goal_id: UUID = refers("goal", ...)
    what: str = Field(min_length=1, max_length=500)
    who: str = coded("step_by", "staff")
    staff_id: UUID | None = refers("staff_member")
    due_on: date | None = None
    done_on: date | None = None
    note: str = prose(1000)


PLAIN = (Plain(ServicePlanFields), Plain(NeedFields), Plain(GoalFields), Plain(ActionStepFields))
