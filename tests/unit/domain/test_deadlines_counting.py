"""Counting days: weekends, federal holidays, leap days, courts' zones; and that a person can follow how it was counted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_desktop import words
from cmpp_desktop.domain import deadline_words
from cmpp_desktop.domain.asylum_clock import Entry, clock_of
from cmpp_desktop.domain.counting import Computed, Started, closed, compute, day_of, line, steps_of
from cmpp_desktop.domain.rules import Rule, parse, shipped

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


def rule(**more: Any) -> Rule:
    count = more.pop("count", {"n": 5})
    plain = {
        "id": "a_rule",
        "title": {"en": "A rule", "es": "Una regla"},
        "citation": "8 CFR 1",
        "obligation": "filing_deadline",
        "trigger": {"kind": "address", "field": "since"},
        "status": [{"state": "in_force", "since": date(1997, 4, 1)}],
    }
    return Rule.model_validate({**plain, "count": count, **more})


def counted(one: Rule, day: date) -> Computed:
    found = compute(one, Started(day))
    assert found is not None
    return found


def ship(id: str, day: date) -> Computed:
    return counted(parse(shipped()).rules[id], day)


def test_five_days_after_a_move_on_the_saturday_before_thanksgiving() -> None:
    moved = ship("eoir33_after_move", date(2026, 11, 21))
    assert moved.day == date(2026, 11, 27), "Thursday 26 is Thanksgiving"
    said = deadline_words.counted(moved.steps, words.load("en"))
    assert said == (
        "Counted from 21 Nov 2026.",
        "5 days after, weekends counted.",
        "26 Nov 2026 is a federal holiday.",
        "That gives 27 Nov 2026.",
    )
    assert deadline_words.counted(line(moved.steps), words.load("es"))[2] == "El 26 nov 2026 es feriado federal."
    minded = deadline_words.warnings(moved.warnings, words.load("en"))
    assert minded[0] == "Confirm with the attorney."
    assert "Weekends and holidays count." in minded


@pytest.mark.parametrize(
    ("arrived", "last"),
    [
        (date(2025, 11, 24), date(2026, 11, 24)),
        (date(2024, 2, 29), date(2025, 2, 28)),  # nobody has a 29 February then: the earlier day is the safe one
        (date(2023, 2, 28), date(2024, 2, 28)),  # the 29th that follows changes nothing
        (date(2025, 7, 4), date(2026, 7, 6)),  # a Saturday, kept as a holiday on the Friday before
        (date(2025, 12, 25), date(2026, 12, 28)),  # Christmas on a Friday: the Monday after
        (date(2027, 1, 1), date(2028, 1, 3)),  # New Year on a Saturday
        (date(2026, 12, 31), date(2028, 1, 3)),  # the Friday on which that New Year is observed
    ],
)
def test_one_year_after_the_last_arrival(arrived: date, last: date) -> None:
    assert ship("i589_one_year", arrived).day == last


def test_an_arrival_on_29_february_is_told() -> None:
    found = ship("i589_one_year", date(2024, 2, 29))
    assert "leap_day" in found.warnings
    assert "28 February is taken" in " ".join(deadline_words.counted(found.steps, words.load("en")))


def test_the_bia_sits_near_washington_and_is_closed_on_inauguration_day() -> None:
    assert closed(date(2029, 1, 20), "federal_dc") == "weekend"
    assert closed(date(2033, 1, 20), "federal_dc") == "holiday"
    assert closed(date(2033, 1, 20), "federal") == ""
    assert closed(date(2029, 4, 16), "federal_dc") == "", "Emancipation Day is the city's own"
    assert ship("appeal_bia", date(2032, 12, 21)).day == date(2033, 1, 21)
    assert ship("motion_reconsider", date(2032, 12, 21)).day == date(2033, 1, 20)


def test_filings_are_counted_back_from_the_hearing() -> None:
    assert ship("filing_before_individual", date(2027, 3, 15)).day == date(2027, 2, 16), "Presidents' Day is open to nobody"
    assert ship("filing_before_master", date(2027, 3, 15)).day == date(2027, 3, 1), "the 28th is a Sunday"


def test_ten_business_days_over_christmas_and_new_year() -> None:
    after = rule(count={"n": 10, "days": "business"})
    assert counted(after, date(2026, 12, 18)).day == date(2027, 1, 5)
    before = rule(count={"n": 10, "days": "business", "direction": "before"})
    assert counted(before, date(2027, 1, 5)).day == date(2026, 12, 18)


def test_a_document_that_never_ends_has_no_deadline() -> None:
    assert compute(rule(), Started(date(9999, 12, 31))) is None


@given(start=DAYS, n=st.integers(0, 40), back=st.booleans(), calendar=st.sampled_from(["federal", "federal_dc"]))
@settings(max_examples=60, deadline=None)
def test_exactly_n_open_days_lie_between(start: date, n: int, back: bool, calendar: str) -> None:
    direction = "before" if back else "after"
    one = rule(count={"n": n, "days": "business", "direction": direction}, rollover="none", holidays=calendar)
    day = counted(one, start).day
    step = -1 if back else 1
    between = [start + timedelta(days=step * i) for i in range(1, abs((day - start).days) + 1)]
    assert sum(not closed(each, calendar) for each in between) == n
    assert n == 0 or not closed(day, calendar)


@given(start=DAYS, n=st.integers(0, 400), unit=st.sampled_from(["days", "years"]), rollover=st.sampled_from(["next", "previous"]))
@settings(max_examples=60, deadline=None)
def test_a_last_day_moves_over_closed_days_only(start: date, n: int, unit: str, rollover: str) -> None:
    count = {"n": n if unit == "days" else n % 50, "unit": unit}
    plain = counted(rule(count=count, rollover="none"), start).day
    moved = counted(rule(count=count, rollover=rollover), start).day
    assert not closed(moved)
    first, last = sorted((plain, moved))
    passed = {first + timedelta(days=i) for i in range((last - first).days + 1)} - {moved}
    assert all(closed(day) for day in passed)
    assert (moved >= plain) == (rollover == "next" or moved == plain)


@given(start=DAYS, n=st.integers(0, 400), days=st.sampled_from(["calendar", "business"]))
@settings(max_examples=40, deadline=None)
def test_what_was_counted_is_kept_as_a_line_that_reads_back(start: date, n: int, days: str) -> None:
    found = counted(rule(count={"n": n % 60, "days": days}), start)
    kept = line(found.steps)
    assert steps_of(kept) == found.steps
    assert day_of(kept) == found.day
    assert len(kept) <= 500


@given(st.text(max_size=60))
@settings(max_examples=60)
def test_a_line_of_another_version_never_stops_the_page(text: str) -> None:
    day_of(text)
    for language in words.LANGUAGES:
        deadline_words.counted(text, words.load(language))


def test_150_days_of_a_clock_that_was_stopped_for_a_month() -> None:
    clock = clock_of([Entry("start", date(2026, 1, 1)), Entry("stop", date(2026, 2, 1)), Entry("restart", date(2026, 3, 1))])
    found = compute(parse(shipped()).rules["i765_c8_150"], Started(date(2026, 1, 1), clock=clock))
    assert found is not None
    assert found.day == date(2026, 1, 1) + timedelta(days=150 + 28)
    assert {"contested", "not_before", "clock_runs_on"} <= set(found.warnings)
