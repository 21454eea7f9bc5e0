"""What came of a hearing, how we know, and the next step after each outcome; and that somebody was reminded."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from cmpp_desktop.domain.attachments import AttachmentFields
from cmpp_desktop.domain.entries import AddRecord
from cmpp_desktop.domain.members import SeparateMembers
from cmpp_desktop.domain.obligations import (
    AddObligation,
    ChangeObligation,
    MarkObligation,
    NextHearing,
    ObligationFields,
    RecordReminder,
    UnmarkObligation,
)
from cmpp_desktop.domain.proceedings import OrderFields
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.tasks import CompleteTask, TaskFields
from cmpp_desktop.errors import Invalid, KnownError
from tests.unit.domain.families import TODAY, Family, leaves_no_trace, tzoc, undone
from tests.unit.domain.memory import MemoryWork

MORNING = When(day=TODAY, at=time(8, 30), zone="America/Chicago")
LATER = When(day=date(2027, 1, 14), at=time(13, 0), zone="America/Chicago")


@pytest.fixture
def work() -> MemoryWork:
    return MemoryWork()


@pytest.fixture
def family(work: MemoryWork) -> Family:
    return tzoc(work)


def hearing(work: MemoryWork, *people: UUID, type: str = "master_hearing") -> tuple[UUID, ...]:
    done = work.do(AddObligation(people, type, MORNING, place="Newbridge Immigration Court", judge="J. Park"))
    return tuple((done.more or {})["obligation_ids"])


def steps(work: MemoryWork) -> set[str | None]:
    return {task.fields.title_code for task in work.find(TaskFields, done_at=None)}


def test_a_place_is_put_right_without_a_mark_and_its_notice_belongs_to_the_file(work: MemoryWork, family: Family) -> None:
    mother, *_, daughter = family.people
    (id,) = hearing(work, mother, type="isap_check_in")
    notice: dict[str, Any] = {"title": "Notice", "content_hash": "0" * 64}
    own = work.add(AttachmentFields(participant_id=mother, **notice))
    hers = work.add(AttachmentFields(participant_id=daughter, **notice))
    change = ChangeObligation(id, {"place": "Newbridge, room 7", "when": LATER, "evidence_id": own})
    leaves_no_trace(work, change)
    held = work.get(ObligationFields, id).fields
    assert (held.place, held.when, held.evidence_id, held.result) == ("Newbridge, room 7", LATER, own, None)
    with pytest.raises(Invalid) as said:
        work.do(ChangeObligation(id, {"evidence_id": hers}))
    assert said.value.fields == {"evidence_id": "of_somebody_else"}


@pytest.mark.parametrize(
    ("type", "result", "expected"),
    [
        ("master_hearing", "attended", {"ask_next_hearing"}),
        ("master_hearing", "cancelled", {"ask_next_hearing"}),
        ("master_hearing", "missed_excused", {"missed_follow_up", "ask_next_hearing"}),
        (
            "individual_hearing",
            "missed_unexcused",
            {"missed_follow_up", "talk_to_lawyer_missed_hearing", "find_out_in_absentia"},
        ),
        ("master_hearing", "unknown", {"find_out_result"}),
        ("isap_check_in", "attended", set()),
        ("isap_check_in", "missed_unexcused", {"missed_follow_up"}),
        ("ice_check_in", "unknown", {"find_out_result"}),
    ],
)
def test_each_outcome_has_its_next_step(
    work: MemoryWork, family: Family, type: str, result: str, expected: set[str]
) -> None:
    (id,) = hearing(work, family.people[0], type=type)
    done = work.do(MarkObligation(id, result))
    assert steps(work) == expected
    undone(work, done)
    assert steps(work) == set()
    assert work.get(ObligationFields, id).fields.result is None


@pytest.mark.parametrize("result", ["attended", "missed_excused", "missed_unexcused"])
def test_a_hearing_of_tomorrow_cannot_leave_the_calendar_by_a_slip_of_the_key(
    work: MemoryWork, family: Family, result: str
) -> None:
    late = When(day=TODAY + timedelta(days=1), at=time(0, 30), zone="America/Chicago")
    id = work.do(AddObligation((family.people[0],), "master_hearing", late)).id
    work.now = late.instant - timedelta(hours=1)  # it is that day already in UTC, and not yet in the court's zone
    with pytest.raises(KnownError) as said:
        work.do(MarkObligation(id, result))
    assert said.value.code == "hearing_ahead"
    assert work.get(ObligationFields, id).fields.result is None
    moved = work.do(MarkObligation(id, "moved_by_agency", "document", moved_to=LATER))
    undone(work, moved)
    work.do(MarkObligation(id, "cancelled"))  # what comes from the court can be known before
    work.now = late.instant + timedelta(hours=1)
    work.do(MarkObligation(id, result))


def test_a_check_in_may_have_been_done_early(work: MemoryWork, family: Family) -> None:
    id = work.do(AddObligation((family.people[0],), "isap_check_in", LATER)).id
    work.do(MarkObligation(id, "attended"))
    assert work.get(ObligationFields, id).fields.result == "attended"


def test_the_next_hearing_that_was_set_in_court_is_written_with_the_outcome(work: MemoryWork, family: Family) -> None:
    (id,) = hearing(work, family.people[0])
    done = work.do(MarkObligation(id, "attended", "seen", next=NextHearing(LATER, "individual_hearing")))
    following = work.get(ObligationFields, (done.more or {})["next_id"]).fields
    assert (following.type, following.when, following.judge, following.result) == ("individual_hearing", LATER, "J. Park", None)
    assert steps(work) == set()
    assert work.find(ObligationFields, type="filing_deadline")  # thirty days before it: the rules follow
    undone(work, done)
    assert [item.id for item in work.find(ObligationFields)] == [id]


def test_a_next_hearing_that_is_written_down_already_is_not_made_twice_nor_taken_away(work: MemoryWork, family: Family) -> None:
    mother = family.people[0]
    (id,) = hearing(work, mother)
    there = work.do(AddObligation((mother,), "master_hearing", LATER)).id
    done = work.do(MarkObligation(id, "attended", next=NextHearing(LATER)))
    assert (done.more or {})["next_id"] == there
    undone(work, done)
    assert {item.id for item in work.find(ObligationFields, type="master_hearing")} == {id, there}


def test_no_hearing_is_asked_for_where_a_later_one_is_known(work: MemoryWork, family: Family) -> None:
    mother = family.people[0]
    (id,) = hearing(work, mother)
    work.do(AddObligation((mother,), "individual_hearing", LATER))
    assert (work.do(MarkObligation(id, "attended")).more or {})["ask_next"] is False


def test_an_order_in_absentia_that_is_recorded_need_not_be_looked_for(work: MemoryWork, family: Family) -> None:
    mother = family.people[0]
    (id,) = hearing(work, mother)
    order = {"participant_id": mother, "type": "removal", "issued_on": TODAY, "in_absentia": True}
    work.do(AddRecord("order", order))
    assert work.find(OrderFields)
    assert [item.fields.when.day for item in work.find(ObligationFields, type="motion_deadline")] != []
    work.do(MarkObligation(id, "missed_unexcused", "document"))
    assert steps(work) == {"missed_follow_up", "talk_to_lawyer_missed_hearing"}


def test_one_outcome_for_the_whole_family(work: MemoryWork, family: Family) -> None:
    ids = hearing(work, *family.people)
    command = MarkObligation(ids[0], "moved_by_agency", "document", moved_to=LATER, also=ids[1:])
    leaves_no_trace(work, command)
    assert len(work.find(ObligationFields, result="moved_by_agency")) == 4
    assert {item.fields.participant_id for item in work.find(ObligationFields, result=None)} == set(family.people)


def test_two_who_are_kept_apart_are_not_marked_in_one_go(work: MemoryWork, family: Family) -> None:
    mother, father, *_ = family.people
    ids = hearing(work, mother, father)
    work.do(SeparateMembers(mother, father))
    with pytest.raises(Invalid) as refused:
        work.do(MarkObligation(ids[0], "attended", also=ids[1:]))
    assert refused.value.fields == {"participant_ids": "kept_apart"}
    with pytest.raises(Invalid):
        hearing(work, mother, father)


def test_another_outcome_takes_the_steps_of_the_first_along_but_not_what_was_done(work: MemoryWork, family: Family) -> None:
    (id,) = hearing(work, family.people[0])
    work.do(MarkObligation(id, "missed_unexcused"))
    (called,) = work.find(TaskFields, title_code="talk_to_lawyer_missed_hearing")
    work.do(CompleteTask(called.id))
    work.do(MarkObligation(id, "attended", "court_system"))
    assert steps(work) == {"ask_next_hearing"}
    assert work.get(TaskFields, called.id).fields.done_at is not None


def test_a_moved_hearing_that_was_attended_after_all_loses_the_one_that_replaced_it(work: MemoryWork, family: Family) -> None:
    (id,) = hearing(work, family.people[0])
    work.do(MarkObligation(id, "moved_by_agency", moved_to=LATER))
    work.do(MarkObligation(id, "attended", "seen"))
    assert [item.id for item in work.find(ObligationFields)] == [id]


def test_the_document_that_shows_it_is_of_somebody_whose_hearing_it_was(work: MemoryWork, family: Family) -> None:
    mother, _, son, _ = family.people
    ids = hearing(work, mother, son)
    notice = work.add(AttachmentFields(participant_id=son, title="Notice", content_hash="ab" * 32))
    foreign = work.add(AttachmentFields(participant_id=tzoc(work).people[0], title="Notice", content_hash="cd" * 32))
    work.do(MarkObligation(ids[0], "attended", "document", evidence_id=notice, also=ids[1:]))
    assert {item.fields.evidence_id for item in work.find(ObligationFields)} == {notice}
    with pytest.raises(Invalid) as refused:
        work.do(MarkObligation(ids[0], "attended", "document", evidence_id=foreign))
    assert refused.value.fields == {"evidence_id": "of_somebody_else"}
    with pytest.raises(Invalid):
        work.do(MarkObligation(ids[0], "attended", "rumour"))


def test_the_same_outcome_of_two_laptops_makes_the_same_tasks(work: MemoryWork, family: Family) -> None:
    (id,) = hearing(work, family.people[0])
    first = work.do(MarkObligation(id, "missed_unexcused")).more or {}
    second = work.do(MarkObligation(id, "missed_unexcused", "document")).more or {}
    assert first["task_ids"] == second["task_ids"]
    work.do(UnmarkObligation(id))
    assert steps(work) == set()


def test_reminders_are_kept_with_who_gave_them(work: MemoryWork, family: Family) -> None:
    ids = hearing(work, *family.people[:2])
    done = work.do(RecordReminder(ids, "text"))
    work.do(RecordReminder(ids[:1], "phone", "Mateo answered.", work.now - timedelta(hours=2)))
    given = work.get(ObligationFields, ids[0]).fields.reminders
    assert [(item.how, item.by) for item in given] == [("text", work.member), ("phone", work.member)]
    with pytest.raises(Invalid):
        work.do(RecordReminder(ids, at=work.now + timedelta(minutes=1)))
    undone(work, done)
    assert work.get(ObligationFields, ids[1]).fields.reminders == []
    assert len(work.get(ObligationFields, ids[0]).fields.reminders) == 2  # somebody wrote on it since: that stays


def test_what_has_not_moved_is_not_written_down_twice(work: MemoryWork, family: Family) -> None:
    (id,) = hearing(work, family.people[0])
    with pytest.raises(Invalid) as refused:
        work.do(MarkObligation(id, "moved_by_agency", moved_to=MORNING))
    assert refused.value.fields == {"moved_to": "not_valid"}
    work.do(MarkObligation(id, "moved_by_agency", moved_to=MORNING.model_copy(update={"at": time(13)})))
    assert len(work.find(ObligationFields, type="master_hearing")) == 2
