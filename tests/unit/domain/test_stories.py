"""What the programme's rules promise, told in commands. No database, no window."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmpp_desktop.domain.cases import CaseFields, CaseOpening, CloseCase, OpenCase
from cmpp_desktop.domain.consent import (
    ConsentFields,
    ConsentGiven,
    RecordConsent,
    WithdrawConsent,
    in_force,
    needed,
)
from cmpp_desktop.domain.dispatch import HANDLERS, KINDS
from cmpp_desktop.domain.households import HouseholdMemberFields, NewPerson, RegisterHousehold, household_of
from cmpp_desktop.domain.obligations import AddObligation, MarkObligation, ObligationFields
from cmpp_desktop.domain.participants import (
    AddAddress,
    AddContactRoute,
    AddressFields,
    ContactRouteFields,
    ParticipantFields,
    RevealANumber,
    age,
    masked_a_number,
    normal_a_number,
)
from cmpp_desktop.domain.records import BirthDate, PersonName, PostalAddress, When, from_wire, to_wire
from cmpp_desktop.domain.reviews import (
    Amend,
    ReturnForChanges,
    ReviewFields,
    SignDocument,
    SubmitForSignature,
    document_status,
)
from cmpp_desktop.domain.screenings import (
    Administration,
    Alert,
    FinaliseScreening,
    PublishInstrument,
    RaiseAlert,
    ScreeningFields,
)
from cmpp_desktop.domain.sessions import (
    AttendanceFields,
    ChangeSession,
    DeleteSession,
    RecordSession,
    ServiceSessionFields,
    SessionContent,
)
from cmpp_desktop.domain.tasks import AddTask, CompleteTask, TaskFields, WriteNote
from cmpp_desktop.errors import Invalid, KnownError, NotAllowed
from cmpp_protocol import canon
from tests.unit.domain.memory import MemoryWork

MOTHER = NewPerson(
    PersonName(given="Marisela", family="Tzoc"),
    birth_date=BirthDate(day=date(1992, 2, 17)),
    languages=("quc", "es"),
    interpreter_needed=True,
    a_number="A 21 344 0712".replace(" ", ""),
    phone="(555) 010-0148",
)
SON = NewPerson(PersonName(given="Mateo", family="Tzoc"), relationship="son", birth_date=BirthDate(day=date(2011, 5, 3)))
DAUGHTER = NewPerson(PersonName(given="Lucía", family="Tzoc"), relationship="daughter")
HEARING = When(day=date(2026, 12, 8), at=time(8, 30), zone="America/Chicago")
CONTENT = SessionContent(
    services=("legal_orientation_individual",),
    when=When(day=date(2026, 11, 23), at=time(13, 30)),
    minutes=50,
    narrative="Read the hearing notice together.",
)


@pytest.fixture
def work() -> MemoryWork:
    return MemoryWork()


@pytest.fixture
def mother(work: MemoryWork) -> UUID:
    return work.do(RegisterHousehold((MOTHER, SON, DAUGHTER), ConsentGiven(), CaseOpening())).id


def test_a_family_is_registered_at_once_with_consent_and_cases(work: MemoryWork) -> None:
    done = work.do(RegisterHousehold((MOTHER, SON, DAUGHTER), ConsentGiven(), CaseOpening()))
    assert done.more is not None
    assert len(done.more["participant_ids"]) == len(done.more["case_ids"]) == 3
    assert {item.fields.relationship for item in work.find(HouseholdMemberFields)} == {"head", "son", "daughter"}
    assert len(work.find(ConsentFields)) == 3
    assert work.get(ParticipantFields, done.id).fields.a_number == "213440712"
    assert work.get(ParticipantFields, done.more["participant_ids"][1]).fields.flags == ["minor"]
    assert set(household_of(done.id, work)) == set(done.more["participant_ids"])


def test_a_refused_registration_leaves_nothing_behind(work: MemoryWork) -> None:
    nameless = replace(SON, name=PersonName())
    with pytest.raises(Invalid) as refused:
        work.do(RegisterHousehold((MOTHER, nameless), ConsentGiven(), CaseOpening()))
    assert refused.value.fields == {"legal_name": "missing"}
    assert not work.rows


def test_consent_without_a_scope_is_no_consent(work: MemoryWork) -> None:
    with pytest.raises(Invalid):
        work.do(RegisterHousehold((MOTHER,), ConsentGiven(scope=()), None))


def test_phone_numbers_are_kept_in_one_form_and_odd_ones_as_typed(work: MemoryWork, mother: UUID) -> None:
    work.do(AddContactRoute(mother, "ask at the bakery", label="neighbour"))
    assert {item.fields.value for item in work.find(ContactRouteFields)} == {"+15550100148", "ask at the bakery"}


def test_a_move_ends_the_address_before_it(work: MemoryWork, mother: UUID) -> None:
    work.do(AddAddress(mother, PostalAddress(line1="1 Old Rd"), since=date(2026, 1, 1)))
    work.do(AddAddress(mother, PostalAddress(line1="61 Alder St"), since=date(2026, 11, 16)))
    ends = {item.fields.address.line1: item.fields.until for item in work.find(AddressFields)}
    assert ends == {"1 Old Rd": date(2026, 11, 16), "61 Alder St": None}


def test_asking_for_the_whole_a_number_is_written_down(work: MemoryWork, mother: UUID) -> None:
    done = work.do(RevealANumber(mother))
    assert done.more == {"a_number": "213440712"}
    assert work.audited == [("a_number_shown", mother)]
    assert masked_a_number("213440712") == "••• ••• 712"


def test_nobody_has_two_open_cases(work: MemoryWork, mother: UUID) -> None:
    with pytest.raises(KnownError) as refused:
        work.do(OpenCase(mother, CaseOpening()))
    assert refused.value.code == "case_already_open"
    case = work.find(CaseFields, participant_id=mother)[0]
    undo = work.do(CloseCase(case.id, "own_wish")).undo
    assert work.get(CaseFields, case.id).fields.state == "exited"
    assert undo is not None
    work.do(undo)
    assert work.get(CaseFields, case.id).fields.state == "active"


def test_withdrawn_consent_covers_nothing_and_a_slip_is_taken_back(work: MemoryWork, mother: UUID) -> None:
    given = ConsentGiven(("share_legal",), "Alder Legal Aid", "representation", expires_on=date(2027, 5, 14))
    consent_id = work.do(RecordConsent(mother, given)).id
    today = date(2026, 11, 24)
    assert needed([work.get(ConsentFields, consent_id)], "share_legal", "alder legal aid", "", today).covered
    assert not needed([work.get(ConsentFields, consent_id)], "share_school", "alder legal aid", "", today).covered
    undo = work.do(WithdrawConsent(consent_id, "changed her mind")).undo
    assert not in_force(work.get(ConsentFields, consent_id).fields, today)
    assert undo is not None
    work.do(undo)
    assert in_force(work.get(ConsentFields, consent_id).fields, date(2027, 5, 14))
    assert not in_force(work.get(ConsentFields, consent_id).fields, date(2027, 5, 15))


def test_one_hearing_for_the_whole_family(work: MemoryWork, mother: UUID) -> None:
    people = tuple(household_of(mother, work))
    work.do(AddObligation(people, "master_hearing", HEARING, place="Newbridge Immigration Court, room 4"))
    assert len(work.find(ObligationFields)) == 3
    assert all(item.fields.agency == "eoir" for item in work.find(ObligationFields))
    assert HEARING.instant == datetime(2026, 12, 8, 14, 30, tzinfo=UTC)


def test_a_missed_check_in_opens_a_follow_up_once_and_taking_it_back_closes_it(work: MemoryWork, mother: UUID) -> None:
    obligation_id = work.do(AddObligation((mother,), "ice_check_in", HEARING)).id
    done = work.do(MarkObligation(obligation_id, "missed_unexcused"))
    work.do(MarkObligation(obligation_id, "missed_unexcused", "document"))
    assert len(work.find(TaskFields, title_code="missed_follow_up")) == 1
    assert done.undo is not None
    work.do(done.undo)
    assert not work.find(TaskFields, title_code="missed_follow_up")
    assert work.get(ObligationFields, obligation_id).fields.result is None
    work.do(MarkObligation(obligation_id, "missed_excused"))
    assert len(work.find(TaskFields, title_code="missed_follow_up")) == 1


def test_an_attended_hearing_asks_for_the_next_one_and_a_moved_one_makes_it(work: MemoryWork, mother: UUID) -> None:
    hearing = work.do(AddObligation((mother,), "master_hearing", HEARING)).id
    work.now = HEARING.instant + timedelta(hours=5)
    assert (work.do(MarkObligation(hearing, "attended", "seen")).more or {})["ask_next"] is True
    with pytest.raises(Invalid):
        work.do(MarkObligation(hearing, "moved_by_agency"))
    later = When(day=date(2027, 1, 14), at=time(9, 0), zone="America/Chicago")
    following = (work.do(MarkObligation(hearing, "moved_by_agency", "document", moved_to=later)).more or {})["next_id"]
    assert work.get(ObligationFields, following).fields.when == later
    assert work.get(ObligationFields, following).fields.result is None


def test_a_session_is_returned_once_then_signed_and_never_changes_again(work: MemoryWork, mother: UUID) -> None:
    session = work.do(RecordSession(mother, CONTENT, submit=True)).id
    work.become(2, "supervisor")
    with pytest.raises(Invalid):
        work.do(ReturnForChanges("service_session", session, "  "))
    work.now += timedelta(hours=1)
    work.do(ReturnForChanges("service_session", session, "Say what she asked."))
    with pytest.raises(KnownError) as refused:
        work.do(SignDocument("service_session", session))
    assert refused.value.code == "not_submitted"
    work.become(1, "caseworker")
    work.now += timedelta(hours=1)
    work.do(ChangeSession(session, replace(CONTENT, narrative="She asked if Mateo must speak."), submit=True))
    work.become(2, "supervisor")
    work.now += timedelta(hours=1)
    seen = work.content_hash(ServiceSessionFields, session, [(AttendanceFields, work.find(AttendanceFields)[0].id)])
    work.do(SignDocument("service_session", session, seen_hash=seen))
    row = work.get(ServiceSessionFields, session)
    assert document_status(row.life, [item.fields for item in work.find(ReviewFields)]) == "signed"
    work.become(1, "caseworker")
    with pytest.raises(KnownError):
        work.do(ChangeSession(session, CONTENT))
    work.do(Amend("service_session", session, "The date was the 22nd.", "wrong date"))
    assert document_status(row.life, [], amendments=1) == "amended"


def test_a_supervisor_does_not_sign_what_changed_under_their_eyes(work: MemoryWork, mother: UUID) -> None:
    session = work.do(RecordSession(mother, CONTENT, submit=True)).id
    work.become(2, "supervisor")
    with pytest.raises(KnownError) as refused:
        work.do(SignDocument("service_session", session, seen_hash="0" * 64))
    assert refused.value.code == "changed_meanwhile"


def test_nobody_signs_their_own_session_and_a_caseworker_none(work: MemoryWork, mother: UUID) -> None:
    session = work.do(RecordSession(mother, CONTENT, submit=True)).id
    with pytest.raises(NotAllowed):
        work.do(SignDocument("service_session", session))
    work.role = "supervisor"
    with pytest.raises(NotAllowed) as refused:
        work.do(SignDocument("service_session", session))
    assert refused.value.code == "own_work"


def test_attendance_follows_the_page_and_a_deleted_session_comes_back(work: MemoryWork, mother: UUID) -> None:
    son = household_of(mother, work)[1]
    session = work.do(RecordSession(mother, replace(CONTENT, attendees=((son, "present"),)))).id
    assert len(work.find(AttendanceFields, session_id=session)) == 2
    work.do(ChangeSession(session, CONTENT))
    assert [item.fields.participant_id for item in work.find(AttendanceFields, session_id=session)] == [mother]
    undo = work.do(DeleteSession(session)).undo
    assert undo is not None
    work.do(undo)
    assert work.get(ServiceSessionFields, session)
    work.do(SubmitForSignature("service_session", session))


def test_a_session_of_two_days_is_refused(work: MemoryWork, mother: UUID) -> None:
    with pytest.raises(Invalid) as refused:
        work.do(RecordSession(mother, replace(CONTENT, minutes=24 * 60 + 1)))
    assert "minutes" in refused.value.fields


@pytest.fixture
def instrument(work: MemoryWork) -> UUID:
    card = {"compartment": "restricted"}
    return work.do(PublishInstrument("guide", "1", "ab" * 32, "Guide", ("en", "es"), "<xform/>", card)).id


def test_an_instrument_that_is_published_twice_is_one(work: MemoryWork, instrument: UUID) -> None:
    again = work.do(PublishInstrument("guide", "1", "ab" * 32, "Guide", ("en",), "<xform/>", {})).id
    assert again == instrument


def test_an_alert_makes_one_task_in_the_restricted_compartment(work: MemoryWork, mother: UUID, instrument: UUID) -> None:
    raised = RaiseAlert(mother, instrument, UUID(int=99), Alert(name="now", kind="minor_at_risk"))
    first, second = work.do(raised).id, work.do(raised).id
    assert first == second
    task = work.get(TaskFields, first)
    assert task.compartment == "restricted"
    assert task.fields.due_at == work.now + timedelta(hours=24)


def test_a_finished_screening_is_signed_and_restricted(work: MemoryWork, mother: UUID, instrument: UUID) -> None:
    held = Administration(started_at=work.now, finished_at=work.now)
    finish = FinaliseScreening(mother, instrument, held, "<data/>", {}, {}, "3", {"en": "Some"}, "", (), (), "Ana M.")
    with pytest.raises(Invalid):
        work.do(replace(finish, signature_typed=" "))
    row = work.get(ScreeningFields, work.do(finish).id)
    assert row.compartment == "restricted"
    assert row.signed_id is not None


def test_a_ticked_task_can_be_unticked_and_a_note_taken_back(work: MemoryWork, mother: UUID) -> None:
    task = work.do(AddTask(mother, "Bring bus cards")).id
    undo = work.do(CompleteTask(task)).undo
    assert undo is not None
    work.do(undo)
    assert work.get(TaskFields, task).fields.done_at is None
    note = work.do(WriteNote(mother, "Called; will come."))
    assert note.undo is not None
    work.do(note.undo)
    with pytest.raises(KnownError):
        work.get(KINDS["note"], note.id)


@pytest.mark.parametrize("text", ["1234567", "1234567890", "A12345678B", "١٢٣٤٥٦٧٨٩"])
def test_an_a_number_of_another_length_or_script_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a_number_digits"):
        normal_a_number(text)


@given(st.integers(0, 999_999_999))
def test_an_a_number_survives_every_way_of_writing_it(number: int) -> None:
    digits = f"{number:09d}"
    for written in (digits, f"A{digits}", f"A-{digits[:3]}-{digits[3:6]}-{digits[6:]}", f"a# {digits[:3]} {digits[3:]}"):
        assert normal_a_number(written) == digits
    if digits.startswith("0"):
        assert normal_a_number(digits[1:]) == digits


@given(st.dates(date(1910, 1, 1), date(2026, 1, 1)), st.integers(0, 40_000))
def test_age_never_falls_as_days_pass(birth: date, days: int) -> None:
    today = birth + timedelta(days=days)
    now, tomorrow = age(BirthDate(day=birth), today), age(BirthDate(day=birth), today + timedelta(days=1))
    assert now is not None
    assert tomorrow is not None
    assert 0 <= now <= tomorrow <= now + 1


def test_a_hearing_in_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown time zone"):
        When(day=date(2026, 1, 1), zone="Newbridge/Court")


def test_every_record_of_the_story_travels_and_comes_back_the_same(work: MemoryWork, mother: UUID, instrument: UUID) -> None:
    work.do(AddObligation((mother,), "master_hearing", HEARING, address=PostalAddress(line1="1 Court Sq")))
    work.do(RecordSession(mother, CONTENT, submit=True))
    work.do(AddTask(mother, "Bring bus cards", date(2026, 12, 1)))
    for (kind, _), row in work.rows.items():
        for name, info in KINDS[kind].model_fields.items():
            wire = canon.unpack(canon.pack(to_wire(getattr(row.fields, name))))
            assert from_wire(info.annotation, wire) == getattr(row.fields, name), (kind, name)


def test_every_command_has_one_handler_and_every_kind_a_name() -> None:
    assert all(callable(handler) for handler in HANDLERS.values())
    assert all(kind == model.kind for kind, model in KINDS.items())
