"""One zone: days and times are the office's, whatever zone a laptop's clock stands in; a court's time says whose it is."""

from __future__ import annotations

import time as system_time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmpp_desktop import words
from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.obligations import AddObligation
from cmpp_desktop.domain.questions import Instruments, Organisation, Participant, Timeline, Today
from cmpp_desktop.domain.records import PersonName, When
from cmpp_desktop.domain.sessions import RecordSession, SessionContent
from cmpp_desktop.domain.staff import NameOrganisation
from cmpp_desktop.domain.tasks import AddTask, CompleteTask
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.pages import today_rows
from cmpp_desktop.ui.pages.participant_model import timeline_rows
from cmpp_desktop.workspace import CaseSummaryRequest, Founding, Workspace
from tests.factory.organisation import Clock
from tests.journeys.office import PASSPHRASE, laptop
from tests.reports.pdf_reader import Paper as Printed

LOS_ANGELES, NEW_YORK, TOKYO = "America/Los_Angeles", "America/New_York", "Asia/Tokyo"
EVENING = datetime(2026, 11, 23, 22, 30, tzinfo=ZoneInfo(LOS_ANGELES))  # 1:30 am of the 24th in New York, 3:30 pm in Tokyo
MONDAY = date(2026, 11, 23)
SERVER = "https://sync.example.org"
Stand = Callable[[str], None]


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    """Sets the zone of this laptop's system, and puts it back."""

    def set_zone(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        system_time.tzset()

    yield set_zone
    monkeypatch.undo()
    system_time.tzset()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[Workspace, Clock]]:
    """An office in Los Angeles, on the evening of Monday 23 November."""
    clock = Clock(EVENING.astimezone(UTC))
    door = laptop(tmp_path / "front-desk", clock)
    door.found(
        Founding("Lantern Street Services", "Denise Okafor", "Team North", SERVER, "Front desk", PASSPHRASE, LOS_ANGELES)
    )
    yield door, clock
    door.close()


def somebody(door: Workspace) -> UUID:
    person = NewPerson(PersonName(given="Marisela", family="Tzoc"))
    return door.do(RegisterHousehold((person,), ConsentGiven(), CaseOpening())).id


@pytest.mark.parametrize("zone", [NEW_YORK, TOKYO, LOS_ANGELES, "UTC", "Pacific/Kiritimati"])
def test_an_evening_in_los_angeles_is_one_day_on_every_laptop(office: tuple[Workspace, Clock], stand: Stand, zone: str) -> None:
    door, _ = office
    stand(zone)
    assert (door.today(), door.now().time()) == (MONDAY, time(22, 30))

    person = somebody(door)
    view = door.ask(Participant(person))
    assert view.case is not None
    assert (view.case.fields.opened_on, view.consents[0].fields.given_on) == (MONDAY, MONDAY)

    done = door.do(AddTask(person, "Call the school", due_on=MONDAY))
    door.do(CompleteTask(done.id))
    tasks = [item for item in door.ask(Today(door.today(), True)).today if item.kind == "task" and item.title]
    assert [item.title for item in tasks] == ["Call the school"]

    tonight = When(day=door.today(), at=time(22, 0), zone=LOS_ANGELES)
    door.do(RecordSession(person, SessionContent(services=("case_management",), when=tonight, minutes=30, narrative="At home.")))
    stream = door.ask(Timeline(person, door.today()))
    assert not stream.ahead
    assert {entry.kind for entry in stream.today} >= {"session", "case", "consent", "task"}

    paper = door.paper(CaseSummaryRequest(person))
    assert paper.file_name == "case-summary-2026-11-23.pdf"


def test_the_same_evening_ends_at_midnight_in_los_angeles(office: tuple[Workspace, Clock], stand: Stand) -> None:
    door, clock = office
    stand(NEW_YORK)
    person = somebody(door)
    done = door.do(AddTask(person, "Call the school", due_on=MONDAY))
    door.do(CompleteTask(done.id))
    clock.set(EVENING + timedelta(minutes=89))
    assert door.today() == MONDAY
    clock.set(EVENING + timedelta(minutes=90))
    assert door.today() == MONDAY + timedelta(days=1)
    tasks = [item for item in door.ask(Today(door.today(), True)).today if item.title == "Call the school"]
    assert tasks == []  # it was done yesterday


def test_an_interview_asks_for_the_day_of_the_office(office: tuple[Workspace, Clock], stand: Stand) -> None:
    door, _ = office
    stand(TOKYO)
    person = somebody(door)
    instrument = next(item for item in door.ask(Instruments()) if item.form_id == "trafficking-indicators")
    held = door.start_interview(person, instrument.id, language="es")
    assert held.interview.started.date() == MONDAY
    assert held.interview.context.now().isoformat() == "2026-11-23T22:30:00-08:00"


def test_before_signing_in_the_laptops_own_zone_serves(office: tuple[Workspace, Clock], stand: Stand) -> None:
    door, _ = office
    stand(NEW_YORK)
    assert door.today() == MONDAY
    door.lock()
    assert door.zone() is None
    assert (door.today(), door.now().hour) == (MONDAY + timedelta(days=1), 1)
    door.unlock(PASSPHRASE)
    assert door.today() == MONDAY


def test_an_office_that_moves_has_the_day_of_its_new_zone_at_once(office: tuple[Workspace, Clock]) -> None:
    door, _ = office
    ours = door.ask(Organisation())
    door.do(NameOrganisation(ours.id, ours.name, NEW_YORK))
    assert door.today() == MONDAY + timedelta(days=1)
    with pytest.raises(Invalid):
        door.do(NameOrganisation(ours.id, ours.name, "America/Atlantis"))
    door.do(NameOrganisation(ours.id, "Lantern Street"))
    assert door.ask(Organisation()).zone == NEW_YORK


@pytest.mark.parametrize(
    ("moment", "day", "clock_says"),
    [
        ("2028-02-29T22:30-08:00", date(2028, 2, 29), "22:30"),  # a leap day, and Tokyo is in March
        ("2027-03-14T01:59:59-08:00", date(2027, 3, 14), "01:59"),  # the hour that is left out follows
        ("2027-03-14T03:00-07:00", date(2027, 3, 14), "03:00"),
        ("2027-11-07T01:30-07:00", date(2027, 11, 7), "01:30"),  # the hour that is had twice
        ("2027-11-07T01:30-08:00", date(2027, 11, 7), "01:30"),
        ("2027-11-07T23:30-08:00", date(2027, 11, 7), "23:30"),  # a day of 25 hours is still one day
        ("2026-12-31T23:59-08:00", date(2026, 12, 31), "23:59"),
    ],
)
def test_days_that_are_longer_shorter_or_rare(
    office: tuple[Workspace, Clock], stand: Stand, moment: str, day: date, clock_says: str
) -> None:
    door, clock = office
    stand(TOKYO)
    clock.set(datetime.fromisoformat(moment))
    assert (door.today(), door.now().strftime("%H:%M")) == (day, clock_says)
    person = somebody(door)
    assert [entry.day for entry in door.ask(Timeline(person, day)).today] == [day] * 2
    assert door.paper(CaseSummaryRequest(person)).file_name == f"case-summary-{day}.pdf"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    at=st.datetimes(datetime(2026, 12, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from([NEW_YORK, TOKYO, "UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"]),
)
def test_no_zone_of_a_laptop_changes_the_day_of_the_office(
    office: tuple[Workspace, Clock], stand: Stand, at: datetime, zone: str
) -> None:
    door, clock = office
    stand(zone)
    clock.at = at
    assert door.today() == at.astimezone(ZoneInfo(LOS_ANGELES)).date()
    assert door.now() == at


def test_a_hearing_in_chicago_is_said_on_the_clock_of_its_court(office: tuple[Workspace, Clock]) -> None:
    door, _ = office
    person = somebody(door)
    tomorrow = MONDAY + timedelta(days=1)
    chicago = When(day=tomorrow, at=time(8, 30), zone="America/Chicago")
    here = When(day=tomorrow, at=time(14, 0), zone=LOS_ANGELES)
    door.do(AddObligation((person,), "master_hearing", chicago, place="Court 4"))
    door.do(AddObligation((person,), "ice_check_in", here, place="Office"))
    said = words.load("en").at_home_in(LOS_ANGELES)
    answer = door.ask(Today(door.today(), False))
    week = [row.what for row in today_rows.columns(answer, door.today(), said)[2] if not row.head]
    assert any(what.endswith("8:30 am, Chicago time") for what in week)
    assert any(what.endswith("2:00 pm") for what in week)
    stream = timeline_rows(door.ask(Timeline(person, door.today())), door.today(), said)
    assert any("8:30 am, Chicago time" in row.detail for row in stream)
    there = words.load("es").at_home_in("America/Chicago")
    in_chicago = [row.detail for row in timeline_rows(door.ask(Timeline(person, MONDAY)), MONDAY, there)]
    assert any(detail.startswith("8:30") and "hora de" not in detail for detail in in_chicago)
    assert any("hora de Los Angeles" in detail for detail in in_chicago)
    assert "8:30 am, Chicago time" in Printed(door.paper(CaseSummaryRequest(person)).pdf).text
