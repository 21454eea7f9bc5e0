"""How a rule comes to its day: pure counting, with every step kept so that a person can follow it.

Days are those of the place that the rule names (the court's, the office's); business days leave out Saturdays, Sundays and
federal holidays as they are observed. What was counted is kept in an obligation as a line of steps (`line`, `steps_of`) that
`deadline_words` says in the reader's language. Every computed day is to be confirmed with the attorney.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from cmpp_desktop.domain.asylum_clock import Clock
from cmpp_desktop.domain.rules import Rule

CONFIRM = "confirm_with_attorney"
ONE = timedelta(days=1)
FROM, TO = 1950, 2150  # years


@dataclass(frozen=True, slots=True)
class Step:
    """One step: from DAY, calendar +5, business -10, years +1, leap DAY, clock 150, rolled DAY weekend|holiday, day DAY."""

    code: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Started:
    """What starts a rule: the day of it, in the zone of the place; the asylum clock, for rules that count by it."""

    day: date
    zone: str = "America/New_York"
    clock: Clock | None = None


@dataclass(frozen=True, slots=True)
class Computed:
    """The day (all of it, in that zone), how it was counted, and what to say beside it (codes)."""

    day: date
    zone: str
    steps: tuple[Step, ...]
    warnings: tuple[str, ...]


def compute(rule: Rule, started: Started) -> Computed | None:
    """The day of a rule. None when its clock does not come to it as things stand (stopped, or a ledger that contradicts itself),
    and for a day outside of FROM..TO, which no deadline of a person has ("no end": 31 December 9999)."""
    if not FROM <= started.day.year <= TO:
        return None
    n, unit = rule.count.n, rule.count.unit
    sign = -1 if rule.count.direction == "before" else 1
    steps = [Step("from", (started.day.isoformat(),))]
    warnings = [CONFIRM]
    if unit == "clock_days":
        reached = started.clock.reaches(n) if started.clock is not None else None
        if reached is None or started.clock is None:
            return None
        day = reached
        steps.append(Step("clock", (str(n),)))
        warnings += ["start_assumed"] if started.clock.assumed_start else []
    elif unit == "years":
        day, leap = _years(started.day, sign * n)
        steps.append(Step("years", (f"{sign * n:+d}",)))
        if leap:
            steps.append(Step("leap", (day.isoformat(),)))
            warnings.append("leap_day")
    elif rule.count.days == "business":
        day = _business(started.day, sign * n, rule.holidays)
        steps.append(Step("business", (f"{sign * n:+d}",)))
    else:
        day = started.day + timedelta(days=sign * n)
        steps.append(Step("calendar", (f"{sign * n:+d}",)))
    day = _rolled(rule, day, steps, warnings)
    steps.append(Step("day", (day.isoformat(),)))
    warnings += {"received": ["must_arrive"], "mailed": ["must_be_mailed"]}.get(rule.receipt, [])
    return Computed(day, started.zone, tuple(steps), tuple(dict.fromkeys([*warnings, *rule.warn])))


def _rolled(rule: Rule, day: date, steps: list[Step], warnings: list[str]) -> date:
    """The day after weekends and holidays, as the rule has it."""
    why = closed(day, rule.holidays)
    if not why:
        return day
    if rule.rollover == "none":
        warnings.append("office_closed")
        return day
    steps.append(Step("rolled", (day.isoformat(), why)))
    if rule.rollover == "next":
        warnings.append("moved_to_open_day")
    return _open_day(day, ONE if rule.rollover == "next" else -ONE, rule.holidays)


def _open_day(day: date, step: timedelta, calendar: str) -> date:
    while closed(day, calendar):
        day += step
    return day


def _business(day: date, n: int, calendar: str) -> date:
    step = ONE if n >= 0 else -ONE
    for _ in range(abs(n)):
        day = _open_day(day + step, step, calendar)
    return day


def _years(day: date, n: int) -> tuple[date, bool]:
    """The anniversary; that of 29 February is 28 February in a common year (the earlier day is the safe one), and is told."""
    try:
        return day.replace(year=day.year + n), False
    except ValueError:
        return day.replace(year=day.year + n, day=28), True


def closed(day: date, calendar: str = "federal") -> str:
    """ "weekend", "holiday" or "": why nothing is filed on that day."""
    if day.weekday() >= 5:
        return "weekend"
    return "holiday" if day in _holidays(day.year, calendar) else ""


@lru_cache(maxsize=64)
def _holidays(year: int, calendar: str) -> frozenset[date]:
    """Federal holidays (5 USC 6103) of a year, as observed; "federal_dc" adds Inauguration Day, which closes offices around
    Washington, the BIA's among them."""
    # A package of all the world's calendars: only when a day is counted. By this name, so that a frozen build takes it along.
    from holidays.countries.united_states import UnitedStates

    made: Any = UnitedStates
    days: set[date] = set(made(years=[year], observed=True))
    if calendar == "federal_dc":
        there = made(subdiv="DC", years=[year], observed=True)
        days |= {day for day, name in there.items() if "Inauguration" in name}
    return frozenset(days)


def line(steps: Sequence[Step]) -> str:
    """The steps as they are kept: "from 2026-11-01; calendar +5; day 2026-11-06"."""
    return "; ".join(" ".join((step.code, *step.facts)) for step in steps)


def steps_of(line: str) -> tuple[Step, ...]:
    """The steps of a kept line; () for none."""
    parts = (part.split() for part in line.split(";") if part.strip())
    return tuple(Step(code, tuple(facts)) for code, *facts in parts)


def day_of(line: str) -> date | None:
    """The day to which a kept line came; None when it does not say."""
    for step in reversed(steps_of(line)):
        if step.code == "day" and step.facts:
            try:
                return date.fromisoformat(step.facts[0])
            except ValueError:
                return None
    return None
