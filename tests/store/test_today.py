"""Today of a list that was neglected: the latest of what is late is shown, and how much more there is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from cmpp_desktop.domain.entries import AddRecord
from cmpp_desktop.domain.questions import Today
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
