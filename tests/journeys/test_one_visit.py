"""One visit, end to end, without a window: two laptops, a server in a process of its own, the network gone in between."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from cmpp_desktop.domain.audit_logs import AuditTrail
from cmpp_desktop.domain.cases import CaseOpening
from cmpp_desktop.domain.consent import ConsentGiven
from cmpp_desktop.domain.households import NewPerson, RegisterHousehold
from cmpp_desktop.domain.obligations import AddObligation
from cmpp_desktop.domain.participants import ChangeContactRoute
from cmpp_desktop.domain.questions import (
    Conflicts,
    Drafts,
    Instruments,
    Organisation,
    Participant,
    People,
    ReviewQueue,
    Session,
    Timeline,
)
from cmpp_desktop.domain.records import BirthDate, PersonName, When
from cmpp_desktop.domain.reviews import PickVersion, ReturnForChanges, SignDocument
from cmpp_desktop.domain.sessions import ChangeSession, RecordSession, SessionContent
from cmpp_desktop.errors import KnownError, NotAllowed
from cmpp_desktop.forms import Interview
from cmpp_desktop.workspace import (
    CaseSummaryRequest,
    OpenInterview,
    ScreeningRequest,
    SessionNoteRequest,
    Workspace,
)
from tests.journeys.office import PASSPHRASE, founded, laptop
from tests.journeys.server import ServerProcess

TODAY = date(2026, 11, 24)
NAME, A_NUMBER = "Tzoc-Ajanel", "213440712"
NARRATIVE = "She asked whether Mateo must speak; I said the court provides an interpreter."
FAMILY = (
    NewPerson(
        PersonName(given="Marisela", family=NAME),
        birth_date=BirthDate(day=date(1992, 2, 17)),
        languages=("quc", "es"),
        interpreter_needed=True,
        a_number=A_NUMBER,
        phone="(212) 555-0148",
        safe_contact="No voicemail.",
    ),
    NewPerson(PersonName(given="Mateo", family=NAME), relationship="son", birth_date=BirthDate(day=date(2011, 5, 3))),
    NewPerson(PersonName(given="Lucía", family=NAME), relationship="daughter", birth_date=BirthDate(day=date(2017, 8, 9))),
)
SESSION = SessionContent(
    services=("legal_orientation_individual",),
    when=When(day=date(2026, 11, 23), at=time(13, 30)),
    minutes=50,
    narrative=NARRATIVE,
)


@dataclass
class Office:
    """Denise founds and supervises; Ana is a caseworker who has just joined, offline."""

    folder: Path
    server: ServerProcess
    denise: Workspace
    ana: Workspace

    def sync_both(self) -> None:
        for door in (self.ana, self.denise, self.ana):
            assert door.sync_now().problem is None


@pytest.fixture(scope="session")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """The folders of both laptops when Ana has just enrolled and synced nothing yet, and the server's port; made once."""
    folder = tmp_path_factory.mktemp("enrolled")
    with ServerProcess(f"sqlite:///{folder}/server.db", folder / "server.log") as server:
        denise = founded(folder / "denise", server.url)
        server.admin("org", "add", denise.access().organisation_id)
        assert denise.sync_now().problem is None
        denise.ask_for_digits(False)
        invitation = denise.invite("Ana Marroquín", "caseworker", denise.ask(Organisation()).teams[0][0])
        denise.close()
    ana = laptop(folder / "ana")
    ana.enrol(invitation.data, "Blue ThinkPad", PASSPHRASE)
    ana.close()
    return folder, server.port


@pytest.fixture
def office(enrolled: tuple[Path, int], tmp_path: Path) -> Iterator[Office]:
    made, port = enrolled
    for name in ("denise", "ana"):
        shutil.copytree(made / name, tmp_path / name)
    shutil.copy(made / "server.db", tmp_path / "server.db")
    server = ServerProcess(f"sqlite:///{tmp_path}/server.db", tmp_path / "server.log", port=port)
    denise, ana = laptop(tmp_path / "denise"), laptop(tmp_path / "ana")
    denise.unlock(PASSPHRASE)
    ana.unlock(PASSPHRASE)
    try:
        yield Office(tmp_path, server, denise, ana)
    finally:
        ana.close()
        denise.close()
        server.stop()


def register(door: Workspace) -> UUID:
    return door.do(RegisterHousehold(FAMILY, ConsentGiven(), CaseOpening())).id


def interview(door: Workspace, participant: UUID, *, until: int = 10_000) -> OpenInterview:
    """Holds the trafficking guide in Spanish, answering at most so many questions, the first choice each time."""
    instrument = next(item for item in door.ask(Instruments()) if item.form_id == "trafficking-indicators")
    held = door.start_interview(participant, instrument.id, language="es", alone="yes")
    answer_rest(door, held, until)
    return held


def answer_rest(door: Workspace, held: OpenInterview, until: int = 10_000) -> None:
    asked: Interview = held.interview
    answered = 0
    while answered < until:
        question = next((q for q in asked.questions() if q.type != "note" and not q.value and not q.readonly), None)
        if question is None:
            return
        value = question.choices[0].value if question.choices else {"integer": "3", "date": "2026-01-02"}.get(question.type, "sí")
        asked.answer(question.ref, value)
        asked.current_ref = question.ref
        door.save_interview(held)
        answered += 1


def test_one_visit_from_an_offline_laptop_to_a_signed_file(office: Office) -> None:
    ana, denise = office.ana, office.denise
    mother = register(ana)
    hearing = When(day=date(2026, 12, 8), at=time(8, 30))
    ana.do(AddObligation((mother,), "master_hearing", hearing, place="Newbridge Immigration Court, room 4"))
    ana.do(AddObligation((mother,), "ice_check_in", When(day=date(2026, 12, 1), at=time(11, 0)), place="200 Canal St"))
    held = interview(ana, mother)
    screening = ana.finish_interview(held, typed="Ana Marroquín").id
    session = ana.do(RecordSession(mother, SESSION, submit=True)).id
    assert ana.sync_now().word == "offline"
    assert ana.sync_status().waiting >= 5

    office.server.start()
    office.sync_both()
    assert ana.sync_status().word == "sent"
    found = denise.ask(People(TODAY, text="ajan"))
    assert mother in {row.id for row in found.rows}
    stream = denise.ask(Timeline(mother, TODAY))
    kinds = {entry.kind for entry in (*stream.ahead, *stream.today, *stream.earlier)}
    assert {"obligation", "session", "screening"} <= kinds

    waiting = denise.ask(ReviewQueue())
    assert [item.subject_id for item in waiting] == [session]
    denise.do(ReturnForChanges("service_session", session, "Say what she asked."))
    office.sync_both()
    assert ana.ask(Session(session)).status == "returned"
    ana.do(ChangeSession(session, SESSION, submit=True))
    office.sync_both()
    view = denise.ask(Session(session))
    denise.do(SignDocument("service_session", session, seen_hash=view.content_hash))
    office.sync_both()
    signed = ana.ask(Session(session))
    assert (signed.status, signed.signed_by) == ("signed", "Denise Okafor")
    with pytest.raises(KnownError):
        ana.do(ChangeSession(session, SESSION))

    for request in (CaseSummaryRequest(mother), SessionNoteRequest(session), ScreeningRequest(screening)):
        paper = denise.paper(request)
        assert paper.pdf.startswith(b"%PDF")
        target = office.folder / paper.file_name
        denise.save_paper(paper, target, reason="for the file")
        assert target.read_bytes() == paper.pdf
    actions = [row.action for row in denise.ask(AuditTrail())]
    assert actions.count("exported") == 3


def test_the_same_phone_number_changed_offline_by_two_is_shown_to_a_person(office: Office) -> None:
    ana, denise = office.ana, office.denise
    mother = register(ana)
    office.server.start()
    office.sync_both()
    route = ana.ask(Participant(mother)).routes[0].id
    ana.do(ChangeContactRoute(route, {"value": "(212) 555-0111"}))
    denise.do(ChangeContactRoute(route, {"value": "(212) 555-0122"}))
    office.sync_both()
    office.sync_both()
    for door in (ana, denise):
        (conflict,) = door.ask(Conflicts())
        assert {version.shown for version in conflict.versions} == {"+12125550111", "+12125550122"}
        assert {version.staff for version in conflict.versions} == {"Ana Marroquín", "Denise Okafor"}
    (conflict,) = denise.ask(Conflicts())
    chosen = next(version for version in conflict.versions if version.here)
    denise.do(PickVersion(conflict.kind, conflict.record_id, conflict.field, chosen.wire_value))
    office.sync_both()
    assert ana.ask(Conflicts()) == denise.ask(Conflicts()) == ()
    assert ana.ask(Participant(mother)).routes[0].fields.value == "+12125550122"


def test_an_interview_goes_on_where_it_was_and_its_alert_is_a_task(office: Office) -> None:
    ana = office.ana
    mother = register(ana)
    held = interview(ana, mother, until=4)
    before = [(q.ref, q.value) for q in held.interview.questions()]
    ana.close()
    ana.unlock(PASSPHRASE)
    (draft,) = ana.ask(Drafts(mother))
    again = ana.resume_interview(UUID(draft.key.removeprefix("interview:")))
    assert [(q.ref, q.value) for q in again.interview.questions()] == before
    assert again.interview.current_ref == held.interview.current_ref
    answer_rest(ana, again)
    ana.finish_interview(again, typed="Ana Marroquín")
    assert ana.ask(Drafts(mother)) == ()


def test_a_laptop_whose_digits_were_not_compared_opens_nothing_restricted(office: Office, tmp_path: Path) -> None:
    office.server.start()
    office.denise.ask_for_digits(True)
    invitation = office.denise.invite("Leon Brandt", "caseworker", office.denise.ask(Organisation()).teams[0][0])
    leon = laptop(tmp_path / "leon")
    try:
        leon.enrol(invitation.data, "Leon-T14", PASSPHRASE)
        assert leon.sync_now().problem is None
        person = register(leon)
        instrument = next(item for item in leon.ask(Instruments()) if item.form_id == "trafficking-indicators")
        with pytest.raises(KnownError) as refused:
            leon.start_interview(person, instrument.id, language="en")
        assert refused.value.code == "restricted_closed"
        code = leon.own_code()
        office.denise.sync_now()
        row = next(item for item in office.denise.access().devices if item.person == "Leon Brandt")
        assert (row.state, row.code) == ("compare_code", code)
        office.denise.confirm_device(row.device_id)
        assert leon.sync_now().problem is None
        assert leon.own_code() == ""
        leon.start_interview(person, instrument.id, language="en")
    finally:
        leon.close()


def test_an_invitation_is_used_once(office: Office, tmp_path: Path) -> None:
    office.server.start()
    invitation = office.denise.invite("Leon Brandt", "caseworker", office.denise.ask(Organisation()).teams[0][0])
    first, second = laptop(tmp_path / "first"), laptop(tmp_path / "second")
    try:
        first.enrol(invitation.data, "One", PASSPHRASE)
        second.enrol(invitation.data, "Two", PASSPHRASE)
        assert first.sync_now().problem is None
        status = second.sync_now()
        assert status.problem == "invitation_used"
        assert status.word == "refused"
    finally:
        first.close()
        second.close()


def test_a_caseworker_invites_nobody_and_signs_no_session(office: Office) -> None:
    office.server.start()
    office.sync_both()
    mother = register(office.ana)
    session = office.ana.do(RecordSession(mother, SESSION, submit=True)).id
    with pytest.raises(NotAllowed):
        office.ana.do(SignDocument("service_session", session))
    with pytest.raises(NotAllowed):
        office.ana.invite("Somebody", "caseworker", office.ana.ask(Organisation()).teams[0][0])


def test_wrong_passphrases_cost_time_and_lose_nothing(office: Office) -> None:
    mother = register(office.ana)
    office.ana.close()
    codes = []
    for _ in range(6):
        with pytest.raises(KnownError) as refused:
            office.ana.unlock("not the passphrase")
        codes.append(refused.value.code)
    assert codes[0] == "wrong_passphrase"
    assert codes[-1] == "wait_before_retry"
    later = datetime.now(UTC) + timedelta(hours=2)
    patient = laptop(office.folder / "ana", lambda: later)
    patient.unlock(PASSPHRASE)
    assert patient.ask(Participant(mother)).participant.fields.legal_name.family == NAME
    patient.close()
