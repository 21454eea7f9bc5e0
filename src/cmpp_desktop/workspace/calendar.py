"""An iCalendar file of obligations for a phone or an office calendar, which is outside: it says when and, for a court, where.

No name, number or note goes into it. Times are in the zone of the place, with that zone's rules beside them (RFC 5545); a day
without a time is a whole day. An obligation keeps its UID in every export, so that a calendar replaces what it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from cmpp_desktop.domain.calendar import CalendarExport, ExportEntry
from cmpp_desktop.errors import Invalid
from cmpp_desktop.words import Words
from cmpp_desktop.workspace.files import write_private
from cmpp_protocol.ids import derived_id

if TYPE_CHECKING:
    from cmpp_desktop.workspace.profile import Opened

LONGEST = timedelta(days=3 * 366)


def export(opened: Opened, path: Path, question: CalendarExport, *, reason: str, language: str) -> int:
    """Writes the file and notes in the audit log how many went and why; returns how many. Raises Invalid: reason missing,
    last before_start or not_valid (more than three years); file_not_written."""
    if not reason.strip():
        raise Invalid(reason="missing")
    if question.last < question.first:
        raise Invalid(last="before_start")
    if question.last - question.first > LONGEST:
        raise Invalid(last="not_valid")
    found = opened.ask(question)
    words = opened.words(language)
    write_private(path, ics_of(found, words))
    opened.note("exported", "calendar", None, reason=reason.strip(), count=len(found))
    return len(found)


def ics_of(entries: Sequence[ExportEntry], words: Words) -> bytes:
    """The bytes of the file."""
    import icalendar

    made = icalendar.Calendar()
    made.add("prodid", "-//CMPP Desktop//obligations//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    for entry in entries:
        made.add_component(_event(entry, words))
    timed = [entry.when.day for entry in entries if entry.when.at is not None]
    if timed:
        made.add_missing_timezones(first_date=date(min(timed).year, 1, 1), last_date=date(max(timed).year + 1, 1, 1))
    data: bytes = made.to_ical()
    return data


def _event(entry: ExportEntry, words: Words) -> Any:
    import icalendar

    event = icalendar.Event()
    event.add("uid", derived_id("calendar_event", entry.obligation_id, "").urn)
    event.add("dtstamp", entry.changed_at.replace(microsecond=0))
    event.add("sequence", _sequence(entry.created_at, entry.changed_at))
    event.add("summary", _summary(entry, words))
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("class", "CONFIDENTIAL")
    when = entry.when
    if when.at is None:
        event.add("dtstart", when.day)
    else:
        event.add("dtstart", datetime.combine(when.day, when.at.replace(second=0, microsecond=0), ZoneInfo(when.zone)))
        event.add("duration", timedelta(minutes=entry.minutes))
    if entry.court:
        event.add("location", entry.court)
    return event


def _sequence(created: datetime, changed: datetime) -> int:
    """Grows with every change, whichever laptop exports: a calendar keeps the version with the higher number."""
    return min(int((changed - created).total_seconds()), 2**31 - 1)


def _summary(entry: ExportEntry, words: Words) -> str:
    said = {
        "hearings": words("Hearing"),
        "check_ins": words("Check-in"),
        "deadlines": words("Deadline"),
        "appointments": words("Appointment"),
    }[entry.group]
    return said if entry.when.at is None else f"{said} {words.time_in(entry.when.at, entry.when.zone)}"
