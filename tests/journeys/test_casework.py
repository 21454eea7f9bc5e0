"""A family's year through the workspace, without a window: they move, a case is handed over, a calendar goes out, two are kept
apart, and a paper of what they did together says so without naming anybody."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path
from uuid import UUID

import icalendar
import pytest

from cmpp_desktop.domain.audit_logs import AuditTrail
from cmpp_desktop.domain.calendar import Calendar, CalendarExport
from cmpp_desktop.domain.cases import CaseHistory, CaseOpening, CloseCase, ClosingCheck, ReopenCase
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.members import HouseholdOf, SeparateMembers
from cmpp_desktop.domain.moves import RecordMove
from cmpp_desktop.domain.obligations import AddObligation, MarkObligation
from cmpp_desktop.domain.questions import Organisation, Participant, Today
from cmpp_desktop.domain.records import PersonName, PostalAddress, When
from cmpp_desktop.domain.sessions import RecordSession, SessionContent
from cmpp_desktop.domain.staff import NameStaffMember
from cmpp_desktop.domain.transfers import AnswerTransfer, AskTransfer, HandOver, Transfers
from cmpp_desktop.errors import Invalid, KnownError
from cmpp_desktop.words import load
from cmpp_desktop.workspace import CaseSummaryRequest, SessionNoteRequest, Workspace
from cmpp_desktop.workspace.casework import summary_of
from tests.journeys.office import founded
from tests.reports.pdf_reader import Paper as Printed

ENGLISH = load("en")
LEON = UUID(int=0x1E0)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Workspace]:
    made = founded(tmp_path / "profile", "http://127.0.0.1:1")
    yield made
    made.close()


@pytest.fixture
def family(door: Workspace) -> dict[str, tuple[UUID, ...]]:
    mother = NewPerson(PersonName(given="Xochitl", family="Vrabcova"))
    father = NewPerson(PersonName(given="Quetzal", family="Yildir"), "spouse")
    command = RegisterHousehold((mother, father), ConsentGiven(), CaseOpening(), PostalAddress(line1="1 Old Rd"))
    more = door.do(command).more or {}
    return {"people": more["participant_ids"], "cases": more["case_ids"]}


def day_after(door: Workspace, days: int) -> date:
    return door.today() + timedelta(days=days)


def test_a_calendar_goes_into_a_file_of_its_owner_alone_and_into_the_audit_log(
    door: Workspace, family: dict[str, tuple[UUID, ...]], tmp_path: Path
) -> None:
    door.do(RecordMove(family["people"], PostalAddress(line1="61 Alder St")))
    hearing = When(day=day_after(door, 9), at=time(8, 30), zone="America/Chicago")
    door.do(AddObligation(family["people"], "master_hearing", hearing))
    question = CalendarExport(door.today(), day_after(door, 40))
    path = tmp_path / "calendar.ics"
    with pytest.raises(Invalid):
        door.export_calendar(path, question, reason=" ")
    count = door.export_calendar(path, question, reason="For my phone")
    data = path.read_bytes()
    assert count == len(icalendar.Calendar.from_ical(data).walk("VEVENT")) == 8
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not [name for name in ("Xochitl", "Vrabcova", "Quetzal", "Alder") if name.encode() in data]
    (noted,) = [row for row in door.ask(AuditTrail()) if row.action == "exported"]
    assert noted.subject_kind == "calendar"
    with pytest.raises(KnownError) as refused:
        door.export_calendar(tmp_path / "nowhere" / "calendar.ics", question, reason="For my phone")
    assert refused.value.code == "file_not_written"
    with pytest.raises(Invalid):
        door.export_calendar(path, CalendarExport(door.today(), day_after(door, -1)), reason="For my phone")


def test_a_hearing_is_attended_and_the_case_goes_to_a_colleague_with_what_is_open(
    door: Workspace, family: dict[str, tuple[UUID, ...]]
) -> None:
    mother, case = family["people"][0], family["cases"][0]
    organisation = door.ask(Organisation())
    door.do(NameStaffMember(LEON, "León Duarte", "caseworker", organisation.teams[0][0]))
    hearing = door.do(AddObligation((mother,), "master_hearing", When(day=door.today()))).id
    door.do(MarkObligation(hearing, "attended", "seen"))
    summary = summary_of(door.ask(HandOver(case, door.today())), ENGLISH, door.today())
    assert ENGLISH.code("task_title", "ask_next_hearing") in summary
    asked = door.do(AskTransfer(case, "caseworker", to_staff_id=LEON, summary=summary)).id
    (row,) = door.ask(Transfers())
    assert (row.id, row.receiver, row.sender, row.for_me, row.accepted) == (asked, "León Duarte", "Denise Okafor", True, None)
    waiting = door.ask(Today(day_after(door, 3), mine=False))
    assert "ask_transfer_answer" in [item.code for item in (*waiting.overdue, *waiting.today)]  # nobody has answered
    door.do(AnswerTransfer(asked, True))
    assert door.ask(Participant(mother)).caseworker == "León Duarte"
    assert [item.name for item in door.ask(CaseHistory(case))] == ["Denise Okafor", "León Duarte"]
    assert door.ask(Transfers()) == ()


def test_a_case_is_closed_after_a_look_at_what_is_open_and_opened_again(
    door: Workspace, family: dict[str, tuple[UUID, ...]]
) -> None:
    mother, case = family["people"][0], family["cases"][0]
    door.do(RecordMove((mother,), PostalAddress(line1="61 Alder St")))
    check = door.ask(ClosingCheck(case))
    assert not check.clear
    assert {item.fields.type for item in check.obligations} == {"address_change", "address_change_uscis", "address_change_ice"}
    assert [item.fields.title_code for item in check.tasks] == ["tell_the_court"]
    assert check.household_cases == family["cases"][1:]
    done = door.do(CloseCase(case, "moved_away", tasks="hand", hand_to=door.ask(Organisation()).me.id))
    assert done.undo is not None
    door.do(done.undo)
    assert door.ask(ClosingCheck(case)) == check
    door.do(CloseCase(case, "moved_away", tasks="done"))
    door.do(ReopenCase(case))
    assert len(door.ask(Calendar(door.today(), day_after(door, 20))).days) > 0


def test_papers_of_what_two_did_together_name_neither_once_they_are_kept_apart(
    door: Workspace, family: dict[str, tuple[UUID, ...]]
) -> None:
    mother, father = family["people"]
    when = When(day=day_after(door, -1), at=time(10))
    content = SessionContent(
        ("case_management",), when, 60, "Quetzal said that the rent is late.", attendees=((father, "present"),)
    )
    session = door.do(RecordSession(mother, content)).id
    requests = (SessionNoteRequest(session), SessionNoteRequest(session, participant_id=mother), CaseSummaryRequest(mother))
    assert "Quetzal" in Printed(door.paper(requests[0]).pdf).text
    door.do(SeparateMembers(mother, father))
    for request in requests:
        text = Printed(door.paper(request).pdf).text
        assert "Quetzal" not in text
        assert "Yildir" not in text
    assert "kept apart" in Printed(door.paper(requests[0]).pdf).text
    theirs = Printed(door.paper(SessionNoteRequest(session, participant_id=father)).pdf).text
    assert "Xochitl" not in theirs
    assert [one.participant_id for one in door.ask(HouseholdOf(mother, door.today())).members] == [mother]
