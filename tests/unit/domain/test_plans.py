"""Service plans: what Marisela wants, what was done towards it, and when it is looked at again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.entries import AddRecord, ChangeRecord
from cmpp_desktop.domain.households import RegisterHousehold
from cmpp_desktop.domain.plans import (
    ActionStepFields,
    CloseGoal,
    ClosePlan,
    FinishStep,
    GoalFields,
    MeetNeed,
    NeedFields,
    ReopenGoal,
    ReviewPlan,
    ServicePlanFields,
    TouchGoals,
)
from cmpp_desktop.domain.sessions import RecordGroupSession, RecordSession, ServiceSessionFields
from cmpp_desktop.errors import Invalid, KnownError
from tests.unit.domain.memory import MemoryWork
from tests.unit.domain.test_groups import workshop
from tests.unit.domain.test_stories import CONTENT, DAUGHTER, MOTHER

TODAY = date(2026, 11, 24)


class Home:
    """Marisela with a plan: a school place for Mateo, and two steps towards it; Lucía is of the household."""

    def __init__(self) -> None:
        self.work = MemoryWork()
        more = self.work.do(RegisterHousehold((MOTHER, DAUGHTER), ConsentGiven())).more or {}
        self.mother, self.daughter = more["participant_ids"]
        self.plan = self.add("service_plan", review_on=date(2027, 2, 24))
        self.need = self.add("need", plan_id=self.plan, area="school")
        self.goal = self.add("goal", plan_id=self.plan, need_id=self.need, statement="A school place by January")
        self.step = self.add("action_step", goal_id=self.goal, what="Ring the district")

    def add(self, kind: str, **values: object) -> UUID:
        return self.work.do(AddRecord(kind, {"participant_id": self.mother, **values})).id


@pytest.fixture
def home() -> Home:
    return Home()


def test_a_plan_is_dated_from_the_day_it_was_made(home: Home) -> None:
    assert home.work.get(ServicePlanFields, home.plan).fields.agreed_on == TODAY
    assert home.work.get(NeedFields, home.need).fields.raised_on == TODAY


def test_a_finished_step_sets_its_goal_going_and_undo_lets_it_rest_again(home: Home) -> None:
    done = home.work.do(FinishStep(home.step, note="They have one"))
    assert home.work.get(ActionStepFields, home.step).fields.done_on == TODAY
    assert home.work.get(GoalFields, home.goal).fields.progress == "going_on"
    with pytest.raises(KnownError, match="record_settled"):
        home.work.do(FinishStep(home.step))
    assert done.undo is not None
    home.work.do(done.undo)
    assert home.work.get(ActionStepFields, home.step).fields.done_on is None
    assert home.work.get(GoalFields, home.goal).fields.progress == "not_started"


def test_a_goal_that_is_reached_meets_its_need_when_they_say_so(home: Home) -> None:
    done = home.work.do(CloseGoal(home.goal, "reached", "He starts on Monday", need_met=True))
    assert home.work.get(NeedFields, home.need).fields.met_on == TODAY
    assert home.work.get(NeedFields, home.need).fields.outcome == "He starts on Monday"
    with pytest.raises(KnownError, match="record_settled"):
        home.work.do(CloseGoal(home.goal, "left"))
    assert done.undo is not None
    home.work.do(done.undo)
    assert home.work.get(GoalFields, home.goal).fields.closed_on is None
    assert home.work.get(NeedFields, home.need).fields.met_on is None


def test_a_goal_that_was_left_meets_nothing_and_can_be_taken_up_again(home: Home) -> None:
    with pytest.raises(Invalid):
        home.work.do(CloseGoal(home.goal, "left", need_met=True))
    with pytest.raises(Invalid):
        home.work.do(CloseGoal(home.goal, "going_on"))
    with pytest.raises(Invalid) as said:
        home.work.do(CloseGoal(home.goal, "left", closed_on=date(2026, 11, 25)))
    assert said.value.fields == {"closed_on": "in_future"}
    home.work.do(CloseGoal(home.goal, "left", "They move to another district"))
    home.work.do(ReopenGoal(home.goal))
    assert home.work.get(GoalFields, home.goal).fields.progress == "going_on"
    with pytest.raises(KnownError):
        home.work.do(ReopenGoal(home.goal))


def test_a_need_is_met_without_any_goal(home: Home) -> None:
    need = home.add("need", area="food", raised_on=date(2026, 11, 20))
    with pytest.raises(Invalid):
        home.work.do(MeetNeed(need, "pantry", date(2026, 11, 19)))
    home.work.do(MeetNeed(need, "pantry", date(2026, 11, 21)))
    assert home.work.get(NeedFields, need).fields.met_on == date(2026, 11, 21)
    with pytest.raises(Invalid) as said:
        home.work.do(MeetNeed(need, "again"))
    assert said.value.fields == {"met_on": "already_marked"}
    goal = home.add("goal", need_id=need, statement="To eat well")
    home.work.do(CloseGoal(goal, "reached", need_met=True))
    met = home.work.get(NeedFields, need).fields
    assert (met.met_on, met.outcome) == (date(2026, 11, 21), "pantry")  # the day on which it was met stays


def test_a_review_needs_the_day_of_the_next_one(home: Home) -> None:
    for next_on, problem in ((None, "missing"), (TODAY, "before_start")):
        with pytest.raises(Invalid) as said:
            home.work.do(ReviewPlan(home.plan, next_on))
        assert said.value.fields == {"next_on": problem}
    done = home.work.do(ReviewPlan(home.plan, date(2027, 5, 24), "School first, then work"))
    now = home.work.get(ServicePlanFields, home.plan).fields
    assert (now.reviewed_on, now.review_on, now.summary) == (TODAY, date(2027, 5, 24), "School first, then work")
    assert done.undo is not None
    home.work.do(done.undo)
    assert home.work.get(ServicePlanFields, home.plan).fields.review_on == date(2027, 2, 24)


def test_a_plan_closes_when_nothing_of_it_goes_on(home: Home) -> None:
    with pytest.raises(Invalid) as said:
        home.work.do(ClosePlan(home.plan))
    assert said.value.fields == {"goals": "open_goals"}
    home.work.do(CloseGoal(home.goal, "reached"))
    home.work.do(ClosePlan(home.plan))
    assert home.work.get(ServicePlanFields, home.plan).fields.review_on is None
    with pytest.raises(KnownError):
        home.work.do(ReviewPlan(home.plan, date(2027, 5, 24)))


def test_nobodys_goal_hangs_on_the_plan_of_another(home: Home) -> None:
    values = {"participant_id": home.daughter, "plan_id": home.plan, "statement": "To see my friend again"}
    with pytest.raises(Invalid) as said:
        home.work.do(AddRecord("goal", values))
    assert said.value.fields == {"plan_id": "of_somebody_else"}
    with pytest.raises(Invalid):
        home.work.do(ChangeRecord("need", home.need, {"met_on": date(2026, 1, 1)}))


def test_a_need_of_mental_health_and_the_goal_for_it_are_kept_apart(home: Home) -> None:
    need = home.add("need", area="mental_health")
    goal = home.add("goal", need_id=need, statement="To sleep")
    assert home.work.get(NeedFields, need).compartment == "restricted"
    assert home.work.get(GoalFields, goal).compartment == "restricted"
    with pytest.raises(Invalid) as said:
        home.work.do(ChangeRecord("need", home.need, {"area": "mental_health"}))
    assert said.value.fields == {"area": "other_compartment"}


def test_a_session_says_towards_which_goal_it_worked(home: Home) -> None:
    session = home.work.do(RecordSession(home.mother, replace(CONTENT, goal_ids=(home.goal,)))).id
    assert home.work.get(ServiceSessionFields, session).fields.goal_ids == [home.goal]
    with pytest.raises(Invalid) as said:
        home.work.do(RecordSession(home.daughter, replace(CONTENT, goal_ids=(home.goal,))))
    assert said.value.fields == {"goal_ids": "of_somebody_else"}
    shared = home.work.do(RecordGroupSession(workshop(home.daughter, home.mother))).id
    done = home.work.do(TouchGoals(shared, (home.goal,)))
    assert home.work.get(ServiceSessionFields, shared).fields.goal_ids == [home.goal]
    assert done.undo is not None
    home.work.do(done.undo)
    assert home.work.get(ServiceSessionFields, shared).fields.goal_ids == []
