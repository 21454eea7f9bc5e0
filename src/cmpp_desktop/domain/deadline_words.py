"""Deadlines in words: how a day was counted, what to mind, why it stays, where a clock or a pack of rules is wrong.

The window and the papers both say these sentences. Every deadline's warnings begin with "Confirm with the attorney."
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from cmpp_desktop.domain.asylum_clock import Trouble
from cmpp_desktop.domain.counting import Step, steps_of
from cmpp_desktop.domain.rules import Problem
from cmpp_desktop.words import Words


def counted(steps: Sequence[Step] | str, words: Words) -> tuple[str, ...]:
    """How a day was counted, a sentence a step; takes the kept line of an obligation too."""
    return tuple(said for step in (steps_of(steps) if isinstance(steps, str) else steps) if (said := _step(step, words)))


def _step(step: Step, words: Words) -> str:
    first = step.facts[0] if step.facts else ""
    if step.code == "from":
        return words("Counted from {day}.", day=_day(first, words))
    if step.code == "rolled" and len(step.facts) > 1:
        said = {"weekend": words("{day} is on a weekend."), "holiday": words("{day} is a federal holiday.")}
        return said.get(step.facts[1], words("On {day} the office is closed.")).format(day=_day(first, words))
    if step.code == "leap":
        return words("There is no 29 February in that year: 28 February is taken, to be safe.")
    if step.code == "day":
        return words("That gives {day}.", day=_day(first, words))
    return _count(step.code, _number(first), words)


def _count(code: str, n: int, words: Words) -> str:
    if code == "clock":
        return words.plural("{n} day of the asylum clock.", "{n} days of the asylum clock.", n)
    if code == "years":
        return words.plural("{n} year later.", "{n} years later.", n)
    if code == "business":
        if n < 0:
            return words.plural("{n} business day before.", "{n} business days before.", -n)
        return words.plural("{n} business day after.", "{n} business days after.", n)
    if code != "calendar" or n == 0:
        return ""
    if n < 0:
        return words.plural("{n} day before, weekends counted.", "{n} days before, weekends counted.", -n)
    return words.plural("{n} day after, weekends counted.", "{n} days after, weekends counted.", n)


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return 0


def _day(text: str, words: Words) -> str:
    try:
        return words.short_date(date.fromisoformat(text))
    except ValueError:
        return text


def warnings(codes: Sequence[str], words: Words) -> tuple[str, ...]:
    """What to mind. A code of a newer pack that has no words here is left out, for "confirm with the attorney" says it all."""
    said = {
        "confirm_with_attorney": words("Confirm with the attorney."),
        "calendar_days": words("Weekends and holidays count."),
        "form_says_working_days": words("The form says working days, the regulation days. The shorter count is the safe one."),
        "isap_is_not_the_court": words("Telling ICE or ISAP is not telling the court."),
        "must_arrive": words("It must have arrived by that day; sent is not enough."),
        "must_be_mailed": words("It must be mailed by that day; keep the proof."),
        "leap_day": words("It began on 29 February."),
        "moved_to_open_day": words("The last day was closed; the next open day is taken. Do not wait for it."),
        "office_closed": words("The office is closed on that day."),
        "exceptions": words("There are exceptions, also after the day has passed."),
        "not_before": words("Not a last day: from this day on it may be done."),
        "clock_runs_on": words("Only if the clock runs on: a stop moves it."),
        "contested": words("This rule is contested: ask which one holds now."),
        "start_assumed": words("No start of the clock is written down; the day of filing was taken."),
        "judge_may_order_otherwise": words("The judge may have ordered another day."),
        "shorter_appeal_vacated": words("A rule of 10 days was struck down, and is still argued in court."),
        "final_order": words("It counts from the final order; after an appeal that is the Board’s."),
    }
    return tuple(said[code] for code in codes if code in said)


def standing(state: str, words: Words) -> str:
    """What a rule is worth: in force, stayed, vacated, proposed."""
    return {
        "in_force": words("In force"),
        "stayed": words("Stayed by a court"),
        "vacated": words("Vacated by a court"),
        "proposed": words("Proposed, not in force"),
    }.get(state, state)


def state(code: str, words: Words) -> str:
    """How a deadline stands (`Deadline.state`)."""
    return {
        "due": words("Due"),
        "met": words("Done: it was filed"),
        "waiting": words("No day yet: the clock is stopped"),
        "contradictory": words("No day: the entries of the clock contradict each other"),
        "not_in_force": words("Its rule is not in force"),
        "no_trigger": words("What started it is gone"),
    }.get(code, code)


def why(code: str, words: Words) -> str:
    """Why a deadline appears, moves, vanishes or stays (`Change.why`, `Deadline.kept`)."""
    return {
        "new": words("New by this rule"),
        "counted_anew": words("Counted anew"),
        "rule_gone": words("The rule is gone"),
        "no_trigger": words("What started it is gone"),
        "met": words("Done: it was filed"),
        "waiting": words("No day yet: the clock is stopped"),
        "contradictory": words("No day: the entries of the clock contradict each other"),
        "not_in_force": words("Its rule is not in force"),
        "marked": words("Marked already"),
        "ordered": words("A judge’s order set it"),
        "by_hand": words("Somebody set another day"),
        "newer_rules": words("Newer rules set it on another laptop"),
    }.get(code, code)


def trouble(found: Trouble, words: Words) -> str:
    """Where the entries of a clock contradict each other."""
    text = {
        "started_twice": words("{day}: the clock starts a second time."),
        "already_running": words("{day}: it goes on, but it was running."),
        "already_stopped": words("{day}: it stops, but it was stopped."),
        "stop_before_start": words("{day}: it stops before it ever started."),
        "restart_before_start": words("{day}: it goes on before it ever started."),
    }.get(found.code, words("{day}: this entry is not understood."))
    return text.format(day=words.short_date(found.on))


def problem(found: Problem, words: Words) -> str:
    """What is wrong with a pack of rules, after its place."""
    text = {
        "syntax": words("This is not TOML: {said}"),
        "missing": words("This is needed."),
        "unknown_entry": words("There is no such entry."),
        "twice": words("Two rules have the id {said}."),
        "no_such_field": words("The record has no field {said}."),
        "not_a_date": words("{said} is not a date."),
        "no_such_code": words("{said} is not in its list."),
    }.get(found.code, words("This cannot be right: {said}"))
    line = re.match(r"line (\d+)", found.place)
    place = words("Line {n}", n=line[1]) + found.place[line.end() :] if line else found.place
    return f"{place}: " + text.format(said=found.said)
