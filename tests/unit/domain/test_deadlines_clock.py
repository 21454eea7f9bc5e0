"""The asylum clock: a ledger of starts and stops, and the days that count; checked against a calendar walked day by day."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cmpp_desktop import words
from cmpp_desktop.domain import deadline_words
from cmpp_desktop.domain.asylum_clock import Entry, clock_of

FILED = date(2026, 1, 15)


@st.composite
def ledgers(draw: st.DrawFn) -> list[Entry]:
    """A ledger that holds together: start, then stops and restarts on later days."""
    day = FILED
    found = [Entry("start", day, "court")]
    for n in range(draw(st.integers(0, 7))):
        day += timedelta(days=draw(st.integers(1, 90)))
        found.append(Entry("stop" if n % 2 == 0 else "restart", day, draw(st.sampled_from(["applicant", "court", "government"]))))
    return found


def walked(ledger: list[Entry], until: date) -> int:
    """Days counted, one after the other: a night counts when the clock ran on the day before it."""
    says = {entry.on: entry.what for entry in ledger}
    runs, days, day = False, 0, FILED - timedelta(days=1)
    while day < until:
        runs = {"start": True, "restart": True, "stop": False}.get(says.get(day, ""), runs)
        days += runs
        day += timedelta(days=1)
    return days


@given(ledger=ledgers(), after=st.integers(0, 700))
@settings(max_examples=60, deadline=None)
def test_it_counts_what_a_calendar_counts(ledger: list[Entry], after: int) -> None:
    clock, day = clock_of(ledger), FILED + timedelta(days=after)
    assert clock.troubles == ()
    assert clock.days(day) == walked(ledger, day)
    assert (clock.state(day) == "running") == (walked(ledger, day + timedelta(days=1)) > walked(ledger, day))


@given(ledger=ledgers(), n=st.integers(1, 400))
@settings(max_examples=60, deadline=None)
def test_a_number_of_days_is_reached_on_the_first_day_that_shows_it(ledger: list[Entry], n: int) -> None:
    clock = clock_of(ledger)
    reached = clock.reaches(n)
    if reached is None:
        assert clock.state(date(2100, 1, 1)) == "stopped"
        assert (clock.days(date(2100, 1, 1)) or 0) < n
    else:
        assert clock.days(reached) == n
        assert clock.days(reached - timedelta(days=1)) == n - 1


@given(ledger=ledgers().flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))))
@settings(max_examples=40, deadline=None)
def test_the_order_in_which_laptops_wrote_it_does_not_matter(ledger: tuple[list[Entry], list[Entry]]) -> None:
    assert clock_of(ledger[0]) == clock_of(ledger[1])


@given(start=st.integers(1, 300), length=st.integers(1, 200), n=st.integers(1, 300))
@settings(max_examples=40, deadline=None)
def test_what_if_is_what_the_same_stop_written_down_would_be(start: int, length: int, n: int) -> None:
    since, until = FILED + timedelta(days=start), FILED + timedelta(days=start + length)
    written = clock_of([Entry("start", FILED), Entry("stop", since, "applicant"), Entry("restart", until, "applicant")])
    asked = clock_of([Entry("start", FILED)]).stopped_between(since, until)
    assert asked.reaches(n) == written.reaches(n)
    assert asked.days(until) == written.days(until)


@given(ledger=ledgers(), start=st.integers(0, 500), length=st.integers(1, 200) | st.none(), after=st.integers(0, 900))
@settings(max_examples=60, deadline=None)
def test_a_what_if_never_adds_a_day_and_takes_no_more_than_the_stop(
    ledger: list[Entry], start: int, length: int | None, after: int
) -> None:
    clock, since, day = clock_of(ledger), FILED + timedelta(days=start), FILED + timedelta(days=after)
    until = None if length is None else since + timedelta(days=length)
    lost = (clock.days(day) or 0) - (clock.stopped_between(since, until).days(day) or 0)
    assert 0 <= lost <= (length if length is not None else after)
    assert lost == (clock.days(min(until or day, max(day, since))) or 0) - (clock.days(since) or 0) if day >= since else lost == 0


def test_samuel_asks_for_a_continuance_and_sees_what_it_costs() -> None:
    clock = clock_of([Entry("start", FILED)])
    assert clock.reaches(150) == date(2026, 6, 14)
    asked = clock.stopped_between(date(2026, 3, 10), date(2026, 5, 12))
    assert asked.reaches(150) == date(2026, 8, 16)
    assert asked.stopped_by(date(2026, 4, 1)) == "applicant"
    for_good = clock.stopped_between(date(2026, 3, 10), None)
    assert for_good.reaches(150) is None
    assert for_good.days(date(2027, 1, 1)) == 54


def test_who_stopped_it_is_known_until_it_goes_on() -> None:
    clock = clock_of([Entry("start", FILED), Entry("stop", date(2026, 3, 1), "government"), Entry("restart", date(2026, 4, 1))])
    assert [clock.state(day) for day in (FILED - timedelta(days=1), FILED)] == ["not_started", "running"]
    assert (clock.state(date(2026, 3, 1)), clock.stopped_by(date(2026, 3, 31))) == ("stopped", "government")
    assert clock.stopped_by(date(2026, 4, 1)) == ""


def test_contradictions_are_told_and_give_no_number() -> None:
    spoken = words.load("en")
    for entries, said in {
        (Entry("start", FILED), Entry("start", date(2026, 2, 1))): "1 Feb 2026: the clock starts a second time.",
        (Entry("stop", date(2026, 2, 1)),): "1 Feb 2026: it stops before it ever started.",
        (Entry("restart", date(2026, 2, 1)),): "1 Feb 2026: it goes on before it ever started.",
        (Entry("start", FILED), Entry("restart", date(2026, 2, 1))): "1 Feb 2026: it goes on, but it was running.",
        (Entry("start", FILED), *[Entry("stop", date(2026, m, 1)) for m in (2, 3)]): "1 Mar 2026: it stops, but it was stopped.",
        (Entry("start", FILED), Entry("toll", date(2026, 2, 1))): "1 Feb 2026: this entry is not understood.",
    }.items():
        clock = clock_of(entries)
        assert [deadline_words.trouble(item, spoken) for item in clock.troubles] == [said]
        assert clock.state(date(2026, 6, 1)) == "contradictory"
        assert (clock.days(date(2026, 6, 1)), clock.reaches(1)) == (None, None)
        assert clock.stopped_between(FILED, None) == clock


def test_a_start_that_nobody_wrote_is_taken_from_the_filing_and_said_so() -> None:
    clock = clock_of([Entry("stop", date(2026, 2, 1))], filed_on=FILED)
    assert clock.assumed_start
    assert clock.days(date(2026, 6, 1)) == 17
    assert not clock_of([Entry("start", date(2026, 2, 1))], filed_on=FILED).assumed_start
    assert clock_of([Entry("stop", date(2026, 1, 1))], filed_on=FILED).state(FILED) == "contradictory"
    assert clock_of([]).state(FILED) == "not_started"


def test_a_stop_and_a_restart_of_one_day_cost_nothing() -> None:
    both = [Entry("restart", date(2026, 2, 1)), Entry("stop", date(2026, 2, 1))]
    assert clock_of([*both, Entry("start", FILED)]).reaches(150) == clock_of([Entry("start", FILED)]).reaches(150)


def test_a_decision_ends_the_count_unless_it_went_on_after_it() -> None:
    decided = date(2026, 3, 16)
    assert clock_of([], FILED, decided).days(date(2027, 1, 1)) == 60
    remanded = clock_of([Entry("stop", decided), Entry("restart", date(2026, 9, 1))], FILED, decided)
    assert remanded.reaches(150) == date(2026, 9, 1) + timedelta(days=90)
