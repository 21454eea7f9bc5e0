"""A session for several households: one record, one narrative, staff time once, and nobody named in another's file."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from uuid import UUID

import pytest

from cmpp_desktop.domain.members import SeparateMembers
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import PersonName, When
from cmpp_desktop.domain.reviews import ReviewFields
from cmpp_desktop.domain.sessions import (
    AttendanceFields,
    ChangeGroupSession,
    ChangeSession,
    GroupContent,
    RecordGroupSession,
    RecordSession,
    ServiceSessionFields,
    SessionContent,
    is_group,
    names_in,
)
from cmpp_desktop.domain.tasks import NoteFields
from cmpp_desktop.errors import Invalid
from tests.unit.domain.families import TODAY, Family, leaves_no_trace, registered, tzoc
from tests.unit.domain.memory import MemoryWork


@pytest.fixture
def work() -> MemoryWork:
    return MemoryWork()


@pytest.fixture
def family(work: MemoryWork) -> Family:
    return tzoc(work)


@pytest.fixture
def neighbour(work: MemoryWork) -> UUID:
    return registered(work, ("Farid", "Rahimi", "head", None)).people[0]


def workshop(*people: UUID, **more: object) -> GroupContent:
    content = GroupContent(
        services=("legal_orientation_group",),
        topic="What happens at a first hearing",
        when=When(day=TODAY, at=time(10)),
        minutes=90,
        narrative="We read a hearing notice together and practised answering the judge.",
        attendees=tuple((person, "present") for person in people),
    )
    return replace(content, **more)  # type: ignore[arg-type]


def test_one_session_for_two_households_with_staff_time_once(work: MemoryWork, family: Family, neighbour: UUID) -> None:
    mother = family.people[0]
    content = replace(workshop(mother, neighbour), attendees=((mother, "present"), (neighbour, "late")), others_present=3)
    session = work.do(RecordGroupSession(content)).id
    (held,) = work.find(ServiceSessionFields)
    assert (held.id, held.fields.staff_minutes, held.fields.others_present) == (session, 90, 3)
    assert is_group(held.fields)
    there = {item.fields.participant_id: item.fields.attendance for item in work.find(AttendanceFields)}
    assert there == {mother: "present", neighbour: "late"}


def test_a_group_session_is_taken_back_with_attendance_and_notes(work: MemoryWork, family: Family, neighbour: UUID) -> None:
    notes = ((neighbour, "Farid asked for an interpreter."),)
    leaves_no_trace(work, RecordGroupSession(workshop(family.people[0], neighbour, notes=notes)))


@pytest.mark.parametrize(
    "narrative", ["Marisela asked about the bus.", "A question of MARISELA’s.", "Sr. Rahimi came late.", "Sra. Tzóc asked."]
)
def test_the_common_narrative_names_nobody(work: MemoryWork, family: Family, neighbour: UUID, narrative: str) -> None:
    command = RecordGroupSession(workshop(family.people[0], neighbour, narrative=narrative))
    with pytest.raises(Invalid) as refused:
        work.do(command)
    assert refused.value.fields == {"narrative": "names_participant"}
    assert work.do(replace(command, names_are_words=True)).id


def test_names_are_found_in_scripts_with_marks_and_without_spaces() -> None:
    sita = ParticipantFields(legal_name=PersonName(given="सीता"), native_name="सीता")
    wang = ParticipantFields(legal_name=PersonName(given="Wang"), native_name="王秀英")
    assert names_in("आज सीता आई।", [sita])
    assert names_in("今天王秀英来了", [wang])
    assert not names_in("We talked of sitting and of wangling.", [sita, wang])


def test_what_concerns_one_of_them_is_a_note_in_their_own_file(work: MemoryWork, family: Family, neighbour: UUID) -> None:
    notes = ((neighbour, "Farid needs a Dari interpreter in court."), (family.people[0], "  "))
    work.do(RecordGroupSession(workshop(family.people[0], neighbour, notes=notes)))
    assert [item.fields.participant_id for item in work.find(NoteFields)] == [neighbour]
    with pytest.raises(Invalid):
        work.do(RecordGroupSession(workshop(family.people[0], neighbour, notes=((family.people[2], "Not there."),))))


def test_a_group_is_changed_on_its_own_page_only(work: MemoryWork, family: Family, neighbour: UUID) -> None:
    mother, father, son, _ = family.people
    session = work.do(RecordGroupSession(workshop(mother, neighbour))).id
    leaves_no_trace(work, ChangeGroupSession(session, workshop(mother, son, topic="Rights and duties")))
    alone = SessionContent(("case_management",), When(day=TODAY), 30, "Talked.")
    with pytest.raises(Invalid) as refused:
        work.do(ChangeSession(session, alone))
    assert refused.value.fields == {"session_id": "is_a_group"}
    visit = work.do(RecordSession(father, alone)).id
    with pytest.raises(Invalid) as refused:
        work.do(ChangeGroupSession(visit, workshop(mother, son)))
    assert refused.value.fields == {"session_id": "not_a_group"}


def test_a_group_goes_to_the_supervisor_as_one_document(work: MemoryWork, family: Family, neighbour: UUID) -> None:
    done = work.do(RecordGroupSession(workshop(family.people[0], neighbour), submit=True))
    assert [item.fields.subject_id for item in work.find(ReviewFields)] == [done.id]
    assert done.undo is None


def test_two_who_are_kept_apart_are_in_no_session_together(work: MemoryWork, family: Family, neighbour: UUID) -> None:
    mother, father, *_ = family.people
    work.do(SeparateMembers(mother, father))
    visit = SessionContent(("case_management",), When(day=TODAY), 30, "Talked.", attendees=((father, "present"),))
    for command in (RecordGroupSession(workshop(mother, father, neighbour)), RecordSession(mother, visit)):
        with pytest.raises(Invalid) as refused:
            work.do(command)
        assert refused.value.fields == {"attendees": "kept_apart"}


@pytest.mark.parametrize(
    ("more", "problem"),
    [({"topic": " "}, "topic"), ({"narrative": "", "minutes": 0}, "narrative"), ({"services": ()}, "services")],
)
def test_a_group_without_what_it_was_about_is_refused(
    work: MemoryWork, family: Family, neighbour: UUID, more: dict[str, object], problem: str
) -> None:
    with pytest.raises(Invalid) as refused:
        work.do(RecordGroupSession(workshop(family.people[0], neighbour, **more)))
    assert set(refused.value.fields) == {problem}
    with pytest.raises(Invalid):
        work.do(RecordGroupSession(workshop(neighbour)))
