"""Days and times as people type them."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_desktop import words
from cmpp_desktop.ui.widgets.reading import read_date, read_time

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("today", MONDAY),
        ("tomorrow", date(2026, 11, 24)),
        ("+7", date(2026, 11, 30)),
        ("-1", date(2026, 11, 22)),
        ("8 Dec", date(2026, 12, 8)),
        ("Dec 8", date(2026, 12, 8)),
        ("Tue 8 Dec", date(2026, 12, 8)),
        ("december 8th, 2027", date(2027, 12, 8)),
        ("12/8", date(2026, 12, 8)),
        ("12/8/26", date(2026, 12, 8)),
        ("2026-12-08", date(2026, 12, 8)),
        ("4 Mar", date(2027, 3, 4)),
        ("fri", date(2026, 11, 27)),
        ("mon", date(2026, 11, 30)),
        ("23/12", date(2026, 12, 23)),
        ("5/4/92", date(1992, 5, 4)),
    ],
)
def test_a_day_is_read_as_it_was_meant(typed: str, meant: date) -> None:
    assert read_date(typed, MONDAY) == meant


@pytest.mark.parametrize("typed", ["", "soon", "31 Feb", "13/13", "8", "Dec", "8 Dec 9 10", "x"])
def test_what_is_no_day_stays_nothing(typed: str) -> None:
    assert read_date(typed, MONDAY) is None


def test_spanish_writes_the_day_first() -> None:
    assert read_date("8/12", MONDAY, "es") == date(2026, 12, 8)
    assert read_date("8 de diciembre", MONDAY, "es") == date(2026, 12, 8)
    assert read_date("mañana", MONDAY, "es") == date(2026, 11, 24)


@settings(max_examples=60)
@given(st.dates(min_value=date(1930, 1, 1), max_value=date(2040, 12, 31)), st.sampled_from(["en", "es"]))
def test_what_the_program_writes_it_can_read_again(day: date, language: str) -> None:
    said = words.load(language)
    near = abs((day - MONDAY).days) < 180
    text = said.short_date(day, MONDAY) if near else said.short_date(day)
    assert read_date(text, MONDAY, language) == day


@settings(max_examples=30)
@given(st.text(max_size=12))
def test_no_text_breaks_the_reader(text: str) -> None:
    found = read_date(text, MONDAY)
    assert found is None or isinstance(found, date)
    assert read_time(text) is None or isinstance(read_time(text), time)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("9:30 am", time(9, 30)),
        ("930", time(9, 30)),
        ("1:30", time(13, 30)),
        ("14:00", time(14)),
        ("2pm", time(14)),
        ("12 am", time(0)),
        ("12pm", time(12)),
        ("14h", time(14)),
        ("8", time(8)),
        ("06:15", time(6, 15)),
    ],
)
def test_a_time_is_read_as_it_was_meant(typed: str, meant: time) -> None:
    assert read_time(typed) == meant


@pytest.mark.parametrize("typed", ["", "25:00", "9:70", "13 pm", "noonish", "0 am"])
def test_what_is_no_time_stays_nothing(typed: str) -> None:
    assert read_time(typed) is None


@settings(max_examples=30)
@given(st.integers(min_value=0, max_value=95))
def test_times_are_read_again_as_written(quarter: int) -> None:
    at = (timedelta(minutes=15) * quarter).seconds
    written = time(at // 3600, at % 3600 // 60)
    assert read_time(words.load("en").time(written)) == written
    assert read_time(words.load("es").time(written)) == written
