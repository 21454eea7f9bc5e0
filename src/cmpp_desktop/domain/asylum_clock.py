"""The asylum clock of an application: a ledger of starts and stops becomes the days that count, on any day.

A day counts when the clock ran on the night that leads into it: on the day of filing it shows 0, a day later 1; a stop on a day
keeps what had been reached that day. Nothing is guessed in silence: a ledger that contradicts itself says where, and gives no
number; a start that nobody wrote down is taken from the day of filing, and said to be. The order in which entries were
written never matters. USCIS and the court keep the clock that counts: compare with theirs, and confirm with the attorney.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

What = Literal["start", "stop", "restart"]
State = Literal["not_started", "running", "stopped", "contradictory"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. `cause`: code list clock_cause (applicant, government, court)."""

    what: str
    on: date
    cause: str = "court"
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Where a ledger contradicts itself, or says less than it should. `code`: started_twice, already_running, already_stopped,
    stop_before_start, restart_before_start, unknown_entry."""

    code: str
    on: date
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """The clock ran from one day to another (not on the night after `until`); None: it runs on. `stopped_by` caused the end."""

    since: date
    until: date | None = None
    stopped_by: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """What a ledger comes to. `assumed_start`: no start was written down; the day of filing was taken."""

    stretches: tuple[Stretch, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    assumed_start: bool = False

    def state(self, day: date) -> State:
        """On that day."""
        if self.troubles:
            return "contradictory"
        begun = [item for item in self.stretches if item.since <= day]
        if not begun:
            return "not_started"
        return "stopped" if begun[-1].until is not None and begun[-1].until <= day else "running"

    def stopped_by(self, day: date) -> str:
        """Who caused the stop that holds on that day; "" when it runs."""
        if self.state(day) != "stopped":
            return ""
        return [item for item in self.stretches if item.since <= day][-1].stopped_by

    def days(self, day: date) -> int | None:
        """Days counted by that day; None when the ledger contradicts itself."""
        if self.troubles:
            return None
        return sum(max((min(item.until or day, day) - item.since).days, 0) for item in self.stretches)

    def reaches(self, n: int) -> date | None:
        """The first day on which `n` days have counted, if nothing else happens; None when it never comes to that."""
        if self.troubles:
            return None
        left = n
        for item in self.stretches:
            if item.until is None or left <= (item.until - item.since).days:
                return item.since + timedelta(days=left)
            left -= (item.until - item.since).days
        return None

    def stopped_between(self, since: date, until: date | None, by: str = "applicant") -> Clock:
        """What if it were stopped from one day to another (a continuance that the applicant asks for), or for good (None)?"""
        if self.troubles or (until is not None and until <= since):
            return self
        return replace(self, stretches=tuple(part for item in self.stretches for part in _without(item, since, until, by)))

    def going_on(self, day: date) -> Clock:
        """What if it went on from that day (as early as it stopped)? A clock that runs, or has not begun, stays as it is."""
        last = self.stretches[-1] if self.stretches else None
        if self.troubles or last is None or last.until is None:
            return self
        return replace(self, stretches=(*self.stretches, Stretch(max(day, last.until))))


def _without(item: Stretch, since: date, until: date | None, by: str) -> list[Stretch]:
    """A stretch without the days of a stop: what is left before it and after it."""
    parts = []
    if item.since < since:
        cut = item.until is None or item.until > since
        parts.append(replace(item, until=since, stopped_by=by) if cut else item)
    if until is not None and (item.until is None or item.until > until):
        parts.append(replace(item, since=max(item.since, until)))
    return parts


def clock_of(entries: Sequence[Entry], filed_on: date | None = None, decided_on: date | None = None) -> Clock:
    """The clock of a ledger. Without a start it begins on the day of filing; a decision stops it, where nothing was written
    on that day or after it."""
    ledger = sorted(entries, key=lambda entry: entry.on)
    assumed = False
    written = any(entry.what == "start" for entry in ledger)
    if filed_on is not None and not written and (not ledger or filed_on <= ledger[0].on):
        ledger, assumed = [Entry("start", filed_on), *ledger], True
    if decided_on is not None and ledger and ledger[-1].on < decided_on:
        ledger = [*ledger, *([Entry("stop", decided_on)] if _runs_after(ledger) else [])]
    stretches, troubles = _walk(ledger)
    return Clock(tuple(stretches), tuple(troubles), assumed)


def _runs_after(ledger: Sequence[Entry]) -> bool:
    stretches, troubles = _walk(ledger)
    return not troubles and bool(stretches) and stretches[-1].until is None


def _walk(ledger: Sequence[Entry]) -> tuple[list[Stretch], list[Trouble]]:
    """Goes through the days in order. Of several entries of one day, whichever fits comes first."""
    stretches: list[Stretch] = []
    troubles: list[Trouble] = []
    for day in sorted({entry.on for entry in ledger}):
        left = sorted((entry for entry in ledger if entry.on == day), key=lambda entry: (entry.what, entry.cause, str(entry.id)))
        while left:
            fitting = next((entry for entry in left if not _misfit(entry, stretches)), None)
            if fitting is None:
                troubles += [Trouble(_misfit(entry, stretches), day, entry.id) for entry in left]
                break
            left.remove(fitting)
            _take(fitting, stretches)
    return stretches, troubles


def _misfit(entry: Entry, stretches: Sequence[Stretch]) -> str:
    """Why an entry cannot come now; "" when it can."""
    runs = bool(stretches) and stretches[-1].until is None
    if entry.what == "start":
        return "started_twice" if stretches else ""
    if entry.what == "stop":
        return "" if runs else "already_stopped" if stretches else "stop_before_start"
    if entry.what == "restart":
        return "already_running" if runs else "" if stretches else "restart_before_start"
    return "unknown_entry"


def _take(entry: Entry, stretches: list[Stretch]) -> None:
    if entry.what == "stop":
        stretches[-1] = replace(stretches[-1], until=entry.on, stopped_by=entry.cause)
    else:
        stretches.append(Stretch(entry.on))
