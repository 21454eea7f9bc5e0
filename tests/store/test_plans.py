"""A service plan as its page shows it, and the day on which it is looked at again on Today."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from cmpp_desktop.domain.entries import AddRecord
from cmpp_desktop.domain.merges import MergePeople
from cmpp_desktop.domain.plans import CloseGoal, FinishStep, MeetNeed, Plan, ReviewPlan
from cmpp_desktop.domain.questions import Today
from cmpp_desktop.domain.sessions import RecordGroupSession
from tests.store.laptops import DAY, Laptop, family, visit
from tests.unit.domain.test_groups import workshop

Make = Callable[..., Laptop]


def test_a_plan_shows_steps_and_sessions_under_each_goal(a_laptop: Make) -> None:
    ana = a_laptop()
    done = ana.do(family())
    mother, daughter = (done.more or {})["participant_ids"]
    plan = ana.do(AddRecord("service_plan", {"participant_id": mother})).id
    need = ana.do(AddRecord("need", {"participant_id": mother, "plan_id": plan, "area": "school"})).id
    food = ana.do(AddRecord("need", {"participant_id": mother, "plan_id": plan, "area": "food"})).id
    school, work = (
        ana.do(AddRecord("goal", {"participant_id": mother, "plan_id": plan, "need_id": need, "statement": said})).id
        for said in ("A school place", "Work")
    )
    late = ana.do(AddRecord("action_step", {"participant_id": mother, "goal_id": school, "what": "Write"})).id
    soon = ana.do(AddRecord("action_step", {"participant_id": mother, "goal_id": school, "what": "Ring", "due_on": DAY})).id
    own = visit(mother)
    session = ana.do(replace(own, content=replace(own.content, goal_ids=(school, work)))).id
    ana.do(visit(mother))
    shared = ana.do(RecordGroupSession(workshop(daughter, mother))).id
    ana.do(FinishStep(soon))
    ana.do(CloseGoal(work, "left"))
    ana.do(MeetNeed(food))
    view = ana.ask(Plan(mother))
    assert view.plan is not None
    assert (view.plan.id, view.earlier) == (plan, ())
    assert [item.id for item in view.needs] == [need, food]
    assert view.needs_met == 1
    first, second = view.goals
    assert (first.goal.id, first.open, first.done, [step.id for step in first.steps]) == (school, True, 1, [soon, late])
    assert [item.id for item in first.sessions] == [session]
    assert (second.goal.id, second.open, [item.id for item in second.sessions]) == (work, False, [session])
    assert shared not in {item.id for goal in view.goals for item in goal.sessions}


def test_a_plan_is_on_today_until_it_was_looked_at_again(a_laptop: Make) -> None:
    ana = a_laptop()
    mother = ana.do(family()).id
    plan = ana.do(AddRecord("service_plan", {"participant_id": mother, "review_on": DAY, "agreed_on": date(2026, 8, 24)})).id
    (item,) = [item for item in ana.ask(Today(DAY)).today if item.kind == "plan_review"]
    assert (item.id, item.participant_id, item.participant) == (plan, mother, "Marisela Tzoc")
    late = ana.ask(Today(DAY + timedelta(days=3))).overdue
    assert [item.kind for item in late] == ["plan_review"]
    assert ana.ask(Plan(mother)).review_due(DAY)
    ana.do(ReviewPlan(plan, DAY + timedelta(days=90)))
    answer = ana.ask(Today(DAY))
    assert all(item.kind != "plan_review" for item in (*answer.overdue, *answer.today, *answer.week))
    assert not ana.ask(Plan(mother)).review_due(DAY)


def test_the_goals_of_a_person_who_was_registered_twice_are_on_one_plan(a_laptop: Make) -> None:
    ana = a_laptop()
    one, other = (ana.do(family()).id for _ in range(2))
    goals = [ana.do(AddRecord("goal", {"participant_id": id, "statement": "To learn English"})).id for id in (one, other)]
    ana.do(MergePeople(one, other))
    for id in (one, other):
        assert [view.goal.id for view in ana.ask(Plan(id)).goals] == goals


def test_whoever_does_not_hold_the_restricted_records_sees_no_need_of_mental_health(a_laptop: Make) -> None:
    ana, leon = a_laptop(), a_laptop(2, restricted=False)
    mother = ana.do(family()).id
    need = ana.do(AddRecord("need", {"participant_id": mother, "area": "mental_health"})).id
    ana.do(AddRecord("goal", {"participant_id": mother, "need_id": need, "statement": "To sleep"}))
    leon.receive(ana)
    assert len(ana.ask(Plan(mother)).needs) == len(ana.ask(Plan(mother)).goals) == 1
    view = leon.ask(Plan(mother))
    assert (view.needs, view.goals) == ((), ())
