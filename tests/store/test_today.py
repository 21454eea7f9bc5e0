"""Today of a list that was neglected: the latest of what is late is shown, and how much more there is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta

import pytest

from cmpp_desktop.domain.entries import AddRecord
from cmpp_desktop.domain.obligations import AddObligation, MarkObligation
from cmpp_desktop.domain.questions import Today
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.referrals import Refer
from cmpp_desktop.domain.tasks import AddTask
from cmpp_desktop.store.queries import today
from tests.store.laptops import DAY, Laptop, family

Make = Callable[..., Laptop]


@pytest.mark.parametrize("mine", [True, False])
def test_of_a_neglected_list_the_latest_is_shown_and_the_rest_counted(
    a_laptop: Make, monkeypatch: pytest.MonkeyPatch, mine: bool
) -> None:
    monkeypatch.setattr(today, "AT_MOST", 5)
    ana = a_laptop()
    person = (ana.do(family()).more or {})["participant_ids"][0]
    before = ana.ask(Today(DAY, mine))
    for days in range(1, 9):
        ana.do(AddTask(person, f"{days} days late", DAY - timedelta(days=days)))
    plan = {"participant_id": person, "agreed_on": DAY - timedelta(days=90), "review_on": DAY - timedelta(days=30)}
    ana.do(AddRecord("service_plan", plan))
    for number in range(7):
        ana.do(AddTask(person, f"number {number}", DAY))
    answer = ana.ask(Today(DAY, mine))
    assert [item.title for item in answer.overdue] == [f"{days} days late" for days in (5, 4, 3, 2, 1)]
    assert answer.more_overdue - before.more_overdue == 3 + 1
    seen = len(answer.today) + len(answer.week) + answer.more_ahead
    assert seen - len(before.today) - len(before.week) - before.more_ahead == 7


def test_a_list_that_fits_is_whole(a_laptop: Make) -> None:
    ana = a_laptop()
    person = (ana.do(family()).more or {})["participant_ids"][0]
    for days in range(-4, 5):
        ana.do(AddTask(person, str(days), DAY + timedelta(days=days)))
    ana.do(AddTask(person, "some day", None))
    answer = ana.ask(Today(DAY))
    titles = [[item.title for item in column if item.kind == "task"] for column in (answer.overdue, answer.today, answer.week)]
    assert titles == [["-4", "-3", "-2", "-1"], ["0"], ["1", "2", "3", "4", "some day"]]
    assert (answer.more_overdue, answer.more_ahead) == (0, 0)


@pytest.mark.parametrize("mine", [True, False])
def test_of_a_full_week_the_first_hearings_are_shown_with_those_of_today_that_were_marked(
    a_laptop: Make, monkeypatch: pytest.MonkeyPatch, mine: bool
) -> None:
    monkeypatch.setattr(today, "AT_MOST", 5)
    ana = a_laptop()
    person = (ana.do(family()).more or {})["participant_ids"][0]
    # 23:00 in Honolulu is the next day's morning in UTC, and 1:00 in Tokyo the evening before: each is of its own day.
    places = [(8, "America/New_York"), (23, "Pacific/Honolulu"), (1, "Asia/Tokyo")]
    made = [
        ana.do(AddObligation((person,), "master_hearing", When(day=DAY + timedelta(days=day), at=time(hour), zone=zone))).id
        for day in (-1, 0, 7, 8)
        for hour, zone in places
    ]
    ana.do(MarkObligation(made[3], "attended"))
    answer = ana.ask(Today(DAY, mine))
    hearings = [
        [item.id for item in column if item.kind == "obligation"] for column in (answer.overdue, answer.today, answer.week)
    ]
    assert hearings == [[made[2], made[0], made[1]], [made[5], made[3], made[4]], [made[8], made[6]]]
    assert (answer.more_overdue, answer.more_ahead) == (0, 1)
    assert answer.hearings_in_30_days == 8


def test_whoever_made_a_referral_follows_it_though_the_case_is_somebody_elses(a_laptop: Make) -> None:
    ana, ben = a_laptop(), a_laptop(2)
    person = (ben.do(family()).more or {})["participant_ids"][0]
    ana.receive(ben)
    made = ana.do(Refer(person, "Mill Street Clinic", follow_up_on=DAY - timedelta(days=1), send=False)).id
    assert [item.id for item in ana.ask(Today(DAY)).overdue if item.kind == "referral"] == [made]
    ben.receive(ana)
    assert [item.id for item in ben.ask(Today(DAY)).overdue if item.kind == "referral"] == [made]
    third = a_laptop(3)
    third.receive(ben, ana)
    assert [item.id for item in third.ask(Today(DAY)).overdue] == []
    assert [item.id for item in third.ask(Today(DAY, mine=False)).overdue if item.kind == "referral"] == [made]
