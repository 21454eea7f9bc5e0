"""From answers to figures: nothing that was recorded is missing on paper."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.questions import OrganisationView, ParticipantView, StaffRow, TimelineEntry
from cmpp_desktop.domain.records import Life, PersonName
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.workspace import figures

NOW = datetime(2026, 11, 24, 2, 45, tzinfo=UTC)
ME = StaffRow(UUID(int=1), "Denise Okafor", "supervisor", None, "")
OFFICE = OrganisationView(UUID(int=9), "Lantern Street Services", "", "America/New_York", 10, ME, (ME,), (), ())


def entry(day: date, minutes: int) -> TimelineEntry:
    return TimelineEntry("session", UUID(int=day.toordinal()), NOW, day, "", "case_management", minutes=minutes)


def view() -> ParticipantView:
    fields = ParticipantFields(legal_name=PersonName(given="Marisela", family="Tzoc"), a_number="213440712")
    person = Stored(UUID(int=5), fields, Life.LIVE, "caseload", None, NOW, ME.id, NOW, ME.id)
    return ParticipantView(person, (), (), None, (), None, "", (), (), (), (), 0)


def test_a_session_of_tonight_and_of_the_quarter_counts_an_older_one_does_not() -> None:
    today = date(2026, 11, 23)
    sessions = (entry(date(2026, 11, 24), 50), entry(date(2026, 10, 1), 30), entry(date(2026, 1, 5), 60))
    made = figures.case_summary(view(), sessions, OFFICE, today)
    assert (made.sessions, made.minutes) == (2, 80)
    assert made.services == (("case_management", 2),)


def test_only_the_end_of_the_a_number_reaches_the_paper() -> None:
    made = figures.case_summary(view(), (), OFFICE, date(2026, 11, 23))
    assert made.a_number_end == "712"
    assert "213440" not in repr(made)
