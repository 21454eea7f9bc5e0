"""Taking back takes back what one has done oneself: never what somebody wrote after it, and never what was settled since."""

from __future__ import annotations

from datetime import date, time
from uuid import UUID

import pytest

from cmpp_desktop.domain.assistance import ApproveEntries, RecordSessionTime, StaffTimeFields
from cmpp_desktop.domain.entries import AddRecord, ChangeRecord
from cmpp_desktop.domain.obligations import (
    AddObligation,
    ChangeObligation,
    MarkObligation,
    NextHearing,
    ObligationFields,
    UnmarkObligation,
)
from cmpp_desktop.domain.participants import (
    AddContactRoute,
    ChangeContactRoute,
    ChangeParticipant,
    ContactRouteFields,
    ParticipantFields,
)
from cmpp_desktop.domain.plans import GoalFields
from cmpp_desktop.domain.records import Fields, When
from cmpp_desktop.domain.sessions import RecordSession
from cmpp_desktop.domain.staff import NameTeam, TeamFields
from cmpp_desktop.domain.tasks import AddTask, ChangeNote, CompleteTask, NoteFields, TaskFields, WriteNote
from cmpp_desktop.domain.work import Command
from cmpp_desktop.errors import Invalid, KnownError
from tests.unit.domain.families import TODAY, shown, tzoc, undone
from tests.unit.domain.memory import MemoryWork
from tests.unit.domain.test_stories import CONTENT

MORNING = When(day=TODAY, at=time(8, 30), zone="America/Chicago")
LATER = When(day=date(2027, 1, 14), at=time(13), zone="America/Chicago")
ANA, LEON, RUTH = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.fixture
def work() -> MemoryWork:
    return MemoryWork()


def hearing(work: MemoryWork, person: UUID) -> UUID:
    return work.do(AddObligation((person,), "master_hearing", MORNING, place="Court")).id


@pytest.mark.parametrize("what", ["obligation", "participant", "contact_route", "note", "goal"])
def test_what_a_colleague_wrote_after_it_stays(work: MemoryWork, what: str) -> None:
    person = tzoc(work).people[0]
    model: type[Fields]
    changes: tuple[Command, Command]
    if what == "obligation":
        id, model = hearing(work, person), ObligationFields
        changes = ChangeObligation(id, {"place": "Room 4", "judge": "J. Park"}), ChangeObligation(id, {"place": "Room 7"})
    elif what == "participant":
        id, model = person, ParticipantFields
        changes = (
            ChangeParticipant(id, {"preferred_name": "Mari", "gender": "female"}),
            ChangeParticipant(id, {"preferred_name": "Marisol"}),
        )
    elif what == "contact_route":
        id, model = work.do(AddContactRoute(person, "(212) 555-0143")).id, ContactRouteFields
        changes = (
            ChangeContactRoute(id, {"label": "Sister", "safe": False}), ChangeContactRoute(id, {"label": "Aunt"}),
        )  # fmt: skip
    elif what == "note":
        id, model = work.do(WriteNote(person, "Called.")).id, NoteFields
        changes = ChangeNote(id, {"text": "Called twice.", "pinned": True}), ChangeNote(id, {"text": "Called three times."})
    else:
        id, model = work.do(AddRecord("goal", {"participant_id": person, "statement": "Work"})).id, GoalFields
        changes = (
            ChangeRecord("goal", id, {"statement": "Steady work", "target_on": LATER.day}),
            ChangeRecord("goal", id, {"statement": "Work as a cook"}),
        )
    before = work.get(model, id).fields
    first, second = (dict(getattr(change, "values")) for change in changes)  # noqa: B009  # each of these commands has them
    done = work.do(changes[0])
    work.become(2, "caseworker")
    work.do(changes[1])
    work.become(1, "caseworker")
    undone(work, done)
    now = work.get(model, id).fields
    assert {name: getattr(now, name) for name in second} == second
    assert all(getattr(now, name) == getattr(before, name) for name in first if name not in second)


def test_a_second_mark_is_taken_back_to_the_first_and_not_to_none(work: MemoryWork) -> None:
    id = hearing(work, tzoc(work).people[0])
    work.do(MarkObligation(id, "attended", "seen", "I was there", next=NextHearing(LATER)))
    before = shown(work)
    done = work.do(MarkObligation(id, "missed_unexcused", "told"))
    assert work.get(ObligationFields, id).fields.moved_to_id is None
    undone(work, done)
    assert shown(work) == before
    marked = work.get(ObligationFields, id).fields
    assert (marked.result, marked.how_known, marked.result_note) == ("attended", "seen", "I was there")
    work.do(UnmarkObligation(id))
    assert work.get(ObligationFields, id).fields.result is None


def test_a_task_is_done_by_who_did_it_first(work: MemoryWork) -> None:
    task = work.do(AddTask(tzoc(work).people[0], "Ring the school")).id
    work.do(CompleteTask(task))
    work.become(2, "caseworker")
    again = work.do(CompleteTask(task))
    undone(work, again)
    assert work.get(TaskFields, task).fields.done_by == ANA


def test_hours_that_were_approved_are_not_taken_out_by_taking_back(work: MemoryWork) -> None:
    session = work.do(RecordSession(tzoc(work).people[0], CONTENT)).id
    done = work.do(RecordSessionTime(session))
    (entry,) = work.find(StaffTimeFields)
    work.become(3, "supervisor")
    work.do(ApproveEntries("staff_time", (entry.id,)))
    work.become(1, "caseworker")
    assert done.undo is not None
    with pytest.raises(KnownError, match="record_settled"):
        work.do(done.undo)
    assert work.get(StaffTimeFields, entry.id).fields.approved_by == RUTH


def test_a_team_gets_its_old_name_back_and_no_two_are_called_alike() -> None:
    work = MemoryWork(role="administrator")
    north, south = UUID(int=7), UUID(int=8)
    work.do(NameTeam(north, "Team North"))
    work.do(NameTeam(south, "Team South"))
    renamed = work.do(NameTeam(north, " Harbor team "))
    assert [item.fields.name for item in work.find(TeamFields)] == ["Harbor team", "Team South"]
    with pytest.raises(Invalid) as refused:
        work.do(NameTeam(north, "team SOUTH"))
    assert refused.value.fields == {"name": "already_there"}
    undone(work, renamed)
    assert work.get(TeamFields, north).fields.name == "Team North"
