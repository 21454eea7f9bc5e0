"""Service plans: needs, the goals in the participant's own words, the steps towards them, and what came of it.

Plans, needs, goals and steps are plain records. The commands here are for what moves more than one of them: a step that is done,
a need that is met, a goal that ends, a plan that is looked at again. `Plan` is all of it as one participant's page shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.entries import Plain
from cmpp_desktop.domain.records import Compartment, Fields, When, coded, line, prose, refers
from cmpp_desktop.domain.sessions import ServiceSessionFields
from cmpp_desktop.domain.undo import Recorder
from cmpp_desktop.domain.work import Command, Done, Question, Stored, Work
from cmpp_desktop.errors import Invalid, KnownError

PROTECTED_AREAS = frozenset({"mental_health"})
ENDED = ("reached", "changed", "left")  # of code list goal_progress


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


@dataclass(frozen=True)
class ReviewPlan(Command):
    """The plan was looked at together: on that day (None: today), and again on `next_on`. Raises Invalid next_on: missing,
    before_start; reviewed_on: in_future; record_settled for a plan that is closed."""

    plan_id: UUID
    next_on: date | None
    summary: str | None = None  # None: as it was
    reviewed_on: date | None = None


@dataclass(frozen=True)
class ClosePlan(Command):
    """The plan ends. Its goals and needs stay as they are. Raises Invalid goals: open_goals while one of them goes on."""

    plan_id: UUID
    closed_on: date | None = None
    summary: str | None = None


@dataclass(frozen=True)
class CloseGoal(Command):
    """A goal ends: reached, changed or left (code list goal_progress). `need_met`: what it was for is met with it.
    Steps that were not done stay written down, and nobody is reminded of them any more."""

    goal_id: UUID
    progress: str
    note: str = ""
    closed_on: date | None = None
    need_met: bool = False


@dataclass(frozen=True)
class ReopenGoal(Command):
    goal_id: UUID


@dataclass(frozen=True)
class FinishStep(Command):
    """A step is done, on that day (None: today). A goal that had not begun is under way then."""

    step_id: UUID
    done_on: date | None = None
    note: str = ""


@dataclass(frozen=True)
class MeetNeed(Command):
    """What was missing is there. `outcome`: how. Raises Invalid met_on: already_marked, before_start, in_future."""

    need_id: UUID
    outcome: str = ""
    met_on: date | None = None


@dataclass(frozen=True)
class TouchGoals(Command):
    """Says towards which goals a session worked. Raises Invalid goal_ids of_somebody_else (of nobody who was there), and
    other_compartment for a goal of a restricted need at a session that is not restricted; record_settled once it is signed."""

    session_id: UUID
    goal_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class GoalSession:
    """A session that worked towards a goal."""

    id: UUID
    when: When
    services: tuple[str, ...]
    minutes: int
    who: str


@dataclass(frozen=True, slots=True)
class GoalView:
    """A goal with its steps (by the day they are due, those without one last) and the sessions that worked towards it, the
    newest first."""

    goal: Stored[GoalFields]
    steps: tuple[Stored[ActionStepFields], ...]
    sessions: tuple[GoalSession, ...]

    @property
    def done(self) -> int:
        """How many of the steps are done."""
        return sum(1 for step in self.steps if step.fields.done_on is not None)

    @property
    def open(self) -> bool:
        return is_open(self.goal.fields)


@dataclass(frozen=True, slots=True)
class PlanView:
    """`plan`: the one that is not closed, the latest if there are several; `earlier`: the others, the newest first. Needs and
    goals are all of the participant's, those that go on first; `plan_id` in them says which plan they came from."""

    plan: Stored[ServicePlanFields] | None
    earlier: tuple[Stored[ServicePlanFields], ...]
    needs: tuple[Stored[NeedFields], ...]
    goals: tuple[GoalView, ...]

    @property
    def needs_met(self) -> int:
        return sum(1 for need in self.needs if need.fields.met_on is not None)

    def review_due(self, day: date) -> bool:
        """Whether the plan should have been looked at again by that day."""
        return self.plan is not None and self.plan.fields.review_on is not None and self.plan.fields.review_on <= day


@dataclass(frozen=True, slots=True)
class Plan(Question[PlanView]):
    """What somebody needs and wants, and how far it is. Raises record_missing. Needs of mental health, and goals for them, are
    there only for those who hold the restricted records."""

    participant_id: UUID


def is_open(goal: GoalFields) -> bool:
    """Whether a goal still goes on."""
    return goal.closed_on is None and goal.progress not in ENDED


def review_plan(command: ReviewPlan, work: Work) -> Done:
    plan = work.get(ServicePlanFields, command.plan_id).fields
    if plan.closed_on is not None:
        raise KnownError("record_settled", kind=ServicePlanFields.kind)
    day = _until_today(command.reviewed_on, "reviewed_on", work)
    if command.next_on is None:
        raise Invalid(next_on="missing")
    if command.next_on <= day:
        raise Invalid(next_on="before_start")
    recorder = Recorder(work)
    values: dict[str, Any] = {"reviewed_on": day, "review_on": command.next_on}
    recorder.change(ServicePlanFields, command.plan_id, **values, **_given(summary=command.summary))
    return Done(command.plan_id, recorder.undo(command.plan_id))


def close_plan(command: ClosePlan, work: Work) -> Done:
    plan = work.get(ServicePlanFields, command.plan_id).fields
    if plan.closed_on is not None:
        raise KnownError("record_settled", kind=ServicePlanFields.kind)
    if any(is_open(item.fields) for item in work.find(GoalFields, plan_id=command.plan_id)):
        raise Invalid(goals="open_goals")
    day = _until_today(command.closed_on, "closed_on", work)
    if plan.agreed_on is not None and day < plan.agreed_on:
        raise Invalid(closed_on="before_start")
    recorder = Recorder(work)
    recorder.change(
        ServicePlanFields, command.plan_id, closed_on=day, review_on=None, **_given(summary=command.summary)
    )
    return Done(command.plan_id, recorder.undo(command.plan_id))


def close_goal(command: CloseGoal, work: Work) -> Done:
    if command.progress not in ENDED:
        raise Invalid(progress="not_valid")
    goal = work.get(GoalFields, command.goal_id).fields
    if goal.closed_on is not None:
        raise KnownError("record_settled", kind=GoalFields.kind)
    if command.need_met and (goal.need_id is None or command.progress != "reached"):
        raise Invalid(need_met="not_valid")
    day = _until_today(command.closed_on, "closed_on", work)
    recorder = Recorder(work)
    note = {"progress_note": command.note} if command.note.strip() else {}
    recorder.change(GoalFields, command.goal_id, progress=command.progress, closed_on=day, **note)
    need = work.get(NeedFields, goal.need_id) if command.need_met and goal.need_id is not None else None
    if need is not None and need.fields.met_on is None:  # met before: that day stays
        _meet(need.id, day, command.note or goal.statement, recorder)
    return Done(command.goal_id, recorder.undo(command.goal_id))


def reopen_goal(command: ReopenGoal, work: Work) -> Done:
    goal = work.get(GoalFields, command.goal_id)
    if is_open(goal.fields):
        raise KnownError("record_settled", kind=GoalFields.kind)
    recorder = Recorder(work)
    recorder.change(GoalFields, goal.id, progress="going_on", closed_on=None)
    return Done(goal.id, recorder.undo(goal.id))


def finish_step(command: FinishStep, work: Work) -> Done:
    step = work.get(ActionStepFields, command.step_id).fields
    if step.done_on is not None:
        raise KnownError("record_settled", kind=ActionStepFields.kind)
    day = _until_today(command.done_on, "done_on", work)
    recorder = Recorder(work)
    note = {"note": command.note} if command.note.strip() else {}
    recorder.change(ActionStepFields, command.step_id, done_on=day, **note)
    for goal in work.find(GoalFields, participant_id=step.participant_id):
        if goal.id == step.goal_id and goal.fields.progress == "not_started":
            recorder.change(GoalFields, goal.id, progress="going_on")
    return Done(command.step_id, recorder.undo(command.step_id))


def meet_need(command: MeetNeed, work: Work) -> Done:
    recorder = Recorder(work)
    if work.get(NeedFields, command.need_id).fields.met_on is not None:
        raise Invalid(met_on="already_marked")
    _meet(command.need_id, _until_today(command.met_on, "met_on", work), command.outcome, recorder)
    return Done(command.need_id, recorder.undo(command.need_id))


def _meet(need_id: UUID, day: date, outcome: str, recorder: Recorder) -> None:
    need = recorder.get(NeedFields, need_id).fields
    if day < need.raised_on:
        raise Invalid(met_on="before_start")
    recorder.change(NeedFields, need_id, met_on=day, outcome=(outcome.strip() or need.outcome)[:500])


def touch_goals(command: TouchGoals, work: Work) -> Done:
    recorder = Recorder(work)
    check_goals(command.goal_ids, people_at(command.session_id, work), work)
    recorder.change(ServiceSessionFields, command.session_id, goal_ids=list(dict.fromkeys(command.goal_ids)))
    return Done(command.session_id, recorder.undo(command.session_id))


def people_at(session_id: UUID, work: Work) -> set[UUID]:
    """Everybody at a session, under all their ids."""
    from cmpp_desktop.domain.sessions import AttendanceFields

    owner = work.get(ServiceSessionFields, session_id).fields.participant_id
    there = (item.fields.participant_id for item in work.find(AttendanceFields, session_id=session_id))
    return {same for id in (owner, *there) for same in work.same(id)}


def check_goals(goal_ids: tuple[UUID, ...], people: set[UUID], work: Work) -> None:
    """Raises Invalid goal_ids of_somebody_else for a goal of nobody among these people; record_missing."""
    if any(work.get(GoalFields, id).fields.participant_id not in people for id in goal_ids):
        raise Invalid(goal_ids="of_somebody_else")


def _until_today(day: date | None, name: str, work: Work) -> date:
    if day is not None and day > work.today:
        raise Invalid(**{name: "in_future"})
    return day or work.today


def _given(**values: Any) -> Mapping[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


# --- the rules of the plain records -------------------------------------------------------------------------------------------


def _check_plan(plan: ServicePlanFields, work: Work) -> None:
    _ordered(plan.agreed_on, plan.closed_on, "closed_on")
    _ordered(plan.agreed_on, plan.review_on, "review_on")


def _check_need(need: NeedFields, work: Work) -> None:
    _ordered(need.raised_on, need.met_on, "met_on")
    _own(need.participant_id, work, plan_id=(ServicePlanFields, need.plan_id))


def _check_goal(goal: GoalFields, work: Work) -> None:
    if goal.closed_on is not None and goal.progress not in ENDED:
        raise Invalid(progress="not_valid")
    _own(goal.participant_id, work, plan_id=(ServicePlanFields, goal.plan_id), need_id=(NeedFields, goal.need_id))


def _check_step(step: ActionStepFields, work: Work) -> None:
    _own(step.participant_id, work, goal_id=(GoalFields, step.goal_id))


def _ordered(first: date | None, then: date | None, name: str) -> None:
    if first is not None and then is not None and then < first:
        raise Invalid(**{name: "before_start"})


def _own(participant_id: UUID, work: Work, **named: tuple[type[Fields], UUID | None]) -> None:
    """What a record names is the same person's. One that was taken out meanwhile, or may not be seen here, is let be."""
    same = work.same(participant_id)
    for name, (kind, id) in named.items():
        if id is None:
            continue
        try:
            owner: UUID = getattr(work.get(kind, id).fields, "participant_id")  # noqa: B009  # not every kind has it
        except KnownError:
            continue
        if owner not in same:
            raise Invalid(**{name: "of_somebody_else"})


def _today_raised(work: Work) -> Mapping[str, object]:
    return {"raised_on": work.today}


def _today_agreed(work: Work) -> Mapping[str, object]:
    return {"agreed_on": work.today}


PLAIN = (
    Plain(ServicePlanFields, check=_check_plan, fill=_today_agreed),
    Plain(NeedFields, check=_check_need, fill=_today_raised),
    Plain(GoalFields, check=_check_goal),
    Plain(ActionStepFields, check=_check_step),
)
