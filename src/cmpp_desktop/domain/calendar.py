"""The obligations calendar: days with their hearings, check-ins and deadlines, counts for a month, what collides, whom to remind.

A day is the day in the zone of the place: a hearing at 8:30 in Chicago is on that day in Chicago, wherever the laptop stands.
Nothing here is stored; these are questions and the pure rules over their answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from cmpp_desktop.domain.obligations import HEARINGS, Reminder
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.work import Question

CHECK_INS = ("ice_check_in", "isap_check_in", "biometrics", "interview")
# How long a thing is taken to last where nothing says so, when times are compared.
MINUTES = {"individual_hearing": 240, "master_hearing": 120, "bond_hearing": 60}
USUAL_MINUTES = 60
# How many days before something people are reminded, the earlier one first.
REMIND_BEFORE = (7, 1)
REMINDED = (*HEARINGS, *CHECK_INS, "appointment")  # what somebody has to be at

Group = Literal["hearings", "check_ins", "deadlines", "appointments"]


def group_of(type: str) -> Group:
    """In which of the four groups of the calendar a type of obligation is shown."""
    if type in HEARINGS:
        return "hearings"
    if type in CHECK_INS:
        return "check_ins"
    return "appointments" if type == "appointment" else "deadlines"


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One line of a day. `starts`: the moment (UTC) by which it is ordered; without a time of day its midnight there.
    `rule`: the deadline rule that made it, "" where a notice did."""

    id: UUID
    participant_id: UUID
    participant: str
    type: str
    when: When
    starts: datetime
    place: str
    mode: str
    judge: str
    transport: str
    interpreter: str
    interpreter_needed: bool
    result: str | None
    rule: str
    caseworker_id: UUID | None
    caseworker: str
    reminded: bool
    restricted: bool

    @property
    def group(self) -> Group:
        return group_of(self.type)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    day: date
    entries: tuple[CalendarEntry, ...]


@dataclass(frozen=True, slots=True)
class Clash:
    """Two things at one time, in two places. `of`: the one participant, or the caseworker, who cannot be at both."""

    of: Literal["participant", "caseworker"]
    who: UUID
    one: UUID
    other: UUID


@dataclass(frozen=True, slots=True)
class CalendarAnswer:
    """Only days with entries, in order. `more`: how many entries beyond `limit` are not listed (the latest ones)."""

    first: date
    last: date
    days: tuple[CalendarDay, ...]
    clashes: tuple[Clash, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Calendar(Question[CalendarAnswer]):
    """A day, a week, or an agenda of some weeks. `types` empty: all; `open_only`: without those that have a result;
    `mine`: of participants whose case the asker carries; `participant_id`: of one of them."""

    first: date
    last: date
    mine: bool = True
    types: tuple[str, ...] = ()
    open_only: bool = False
    participant_id: UUID | None = None
    limit: int = 500


@dataclass(frozen=True, slots=True)
class DayCount:
    """How much is on a day, by group; `open`: those of all that have no result."""

    day: date
    hearings: int
    check_ins: int
    deadlines: int
    appointments: int
    open: int

    @property
    def total(self) -> int:
        return self.hearings + self.check_ins + self.deadlines + self.appointments


@dataclass(frozen=True, slots=True)
class CalendarCounts(Question[tuple[DayCount, ...]]):
    """A month at a glance: only days with something on them, in order."""

    first: date
    last: date
    mine: bool = True
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReminderRow:
    """Somebody to remind of something. `before`: which of REMIND_BEFORE is due; `phone`: a safe one, the preferred first, ""
    for none; `given`: the latest reminder."""

    obligation_id: UUID
    participant_id: UUID
    participant: str
    type: str
    when: When
    place: str
    before: int
    given: Reminder | None
    phone: str
    safe_contact: str
    languages: tuple[str, ...]
    interpreter_needed: bool


@dataclass(frozen=True, slots=True)
class RemindersDue(Question[tuple[ReminderRow, ...]]):
    """Who should be reminded on that day, soonest first: once within a week of it and once on the day before (or the day
    itself), as long as that was not done."""

    day: date
    mine: bool = True


@dataclass(frozen=True, slots=True)
class ExportEntry:
    """What a calendar outside may know of an obligation: no name, no number, no note. `court`: where a hearing is, unless the
    words would say who somebody is. `cancelled`: it was cancelled, moved, or taken out here."""

    obligation_id: UUID
    group: Group
    when: When
    minutes: int
    court: str
    cancelled: bool
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class CalendarExport(Question[tuple[ExportEntry, ...]]):
    """For an iCalendar file; what is restricted is not in it, whoever asks."""

    first: date
    last: date
    mine: bool = True
    types: tuple[str, ...] = ()


def reminder_due(when: When, given: Sequence[Reminder], day: date) -> int | None:
    """Which reminder is due on that day: of how many days before (REMIND_BEFORE), or None for none."""
    ahead = (when.day - day).days
    if ahead < 0:
        return None
    window = min((before for before in REMIND_BEFORE if ahead <= before), default=None)
    if window is None:
        return None
    since = when.day - timedelta(days=window)
    there = ZoneInfo(when.zone)
    return None if any(item.at.astimezone(there).date() >= since for item in given) else window


def clashes(entries: Iterable[CalendarEntry]) -> tuple[Clash, ...]:
    """What collides: two open things with a time that overlap, for one participant, or for one caseworker in two places. A
    family at one hearing is one place; what is by phone, app or mail needs nobody to be anywhere."""
    timed = sorted(
        (entry for entry in entries if entry.when.at is not None and entry.result is None), key=lambda entry: entry.starts
    )
    found: list[Clash] = []
    running: list[CalendarEntry] = []
    for entry in timed:
        running = [other for other in running if _ends(other) > entry.starts]
        found += [clash for other in running for clash in _of_two(other, entry)]
        running.append(entry)
    return tuple(found)


def _ends(entry: CalendarEntry) -> datetime:
    return entry.starts + timedelta(minutes=MINUTES.get(entry.type, USUAL_MINUTES))


def _of_two(one: CalendarEntry, other: CalendarEntry) -> list[Clash]:
    if one.participant_id == other.participant_id:
        return [Clash("participant", one.participant_id, one.id, other.id)]
    carried = one.caseworker_id
    if carried is None or carried != other.caseworker_id or not (_in_person(one) and _in_person(other)):
        return []
    together = (one.starts, one.type, one.place) == (other.starts, other.type, other.place)
    return [] if together else [Clash("caseworker", carried, one.id, other.id)]


def _in_person(entry: CalendarEntry) -> bool:
    return entry.mode in ("in_person", "video") and entry.group in ("hearings", "check_ins", "appointments")
