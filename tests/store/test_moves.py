"""Records that move: to the restricted ones and to another team, with what is left of them on each laptop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from cmpp_desktop.changes import collection_id
from cmpp_desktop.domain.attachments import AttachmentFields
from cmpp_desktop.domain.dispatch import handle
from cmpp_desktop.domain.entries import AddRecord, Records
from cmpp_desktop.domain.finding import Find
from cmpp_desktop.domain.questions import Conflicts, Participant, Timeline
from cmpp_desktop.domain.records import validated
from cmpp_desktop.domain.restricting import Restrict, Unrestrict
from cmpp_desktop.domain.reviews import PickVersion, SignDocument
from cmpp_desktop.domain.sessions import ServiceSessionFields
from cmpp_desktop.domain.tasks import ChangeNote, DeleteNote, NoteFields, WriteNote
from cmpp_desktop.domain.undo import Recorder, TakeBack
from cmpp_desktop.domain.work import Actor
from cmpp_desktop.errors import Invalid, KnownError, NotAllowed
from tests.store.laptops import CASELOAD, DAY, RESTRICTED, TEAM, Laptop, family, visit
from tests.store.secrets_of import in_tables

SOUTH = UUID(int=0x50)
SOUTHS = collection_id("caseload", SOUTH)
ALaptop = Callable[..., Laptop]


def moved(laptop: Laptop, kind: Any, id: UUID, **to: Any) -> TakeBack:
    with laptop.work() as commit:
        recorder = Recorder(commit.work)
        recorder.move(kind, id, **{"team_id": TEAM, "compartment": "restricted", **to})
        commit()
    return recorder.undo(id)


def finished(laptop: Laptop, note: UUID) -> None:
    """What "Carry it over" does on the page of conflicts."""
    items = [item for item in laptop.ask(Conflicts()) if item.record_id == note]
    moved = next((v.wire_value for item in items for v in item.versions if isinstance(v.wire_value, list)), ["moved"])
    laptop.do(PickVersion("note", note, "life", moved))


def back(laptop: Laptop, undo: TakeBack) -> None:
    with laptop.work() as commit:
        handle(undo, commit.work)
        commit()


def opens(laptop: Laptop, place: UUID, kind: str, team: UUID) -> None:
    replica = laptop.store.replica()
    with replica.transaction():
        replica.put_collection(place, kind, team, True)


def receive(laptop: Laptop, other: Laptop, *places: UUID) -> None:
    """What the server would give of these collections."""
    laptop.ms = max(laptop.ms, other.ms)
    for change_set in other.store.replica().outbox():
        if UUID(bytes=change_set.collection) in places:
            laptop.apply(change_set, other.actor.member_id)
    while laptop.store.index_texts():
        pass


def notes(laptop: Laptop, person: UUID) -> list[str]:
    stream = laptop.ask(Timeline(person, DAY, ("note",)))
    return [entry.text for entry in (*stream.today, *stream.earlier)]


def written(laptop: Laptop, person: UUID, text: str) -> UUID:
    return laptop.do(WriteNote(person, text)).id


def test_a_note_that_is_restricted_afterwards_is_gone_from_the_laptops_that_may_not_read_it(a_laptop: ALaptop) -> None:
    ana, rosa, leon = a_laptop(1), a_laptop(3), a_laptop(2, restricted=False)
    mother = ana.do(family()).id
    note = written(ana, mother, "Zqhusband waits outside.")
    receive(leon, ana, CASELOAD)
    assert notes(leon, mother) == ["Zqhusband waits outside."]
    assert leon.ask(Find("zqhusband", DAY)).texts
    moved(ana, NoteFields, note)
    for laptop, places in ((leon, (CASELOAD,)), (rosa, (RESTRICTED, CASELOAD))):
        receive(laptop, ana, *places)
    for laptop in (ana, rosa):
        assert notes(laptop, mother) == ["Zqhusband waits outside."]
        assert laptop.ask(Find("zqhusband", DAY)).texts
    assert notes(leon, mother) == []
    assert in_tables(leon, ("Zqhusband",), ()) == set()
    with pytest.raises(KnownError, match="record_missing"):
        leon.do(ChangeNote(note, {"text": "x"}))
    for laptop in (ana, rosa, leon):
        assert laptop.ask(Conflicts()) == ()
        laptop.reopen()
        laptop.store.rebuild_index()
        assert bool(laptop.ask(Find("zqhusband", DAY)).texts) == (laptop is not leon)


def test_it_is_the_same_when_the_move_comes_before_what_it_moves(a_laptop: ALaptop) -> None:
    ana, rosa, leon = a_laptop(1), a_laptop(3), a_laptop(2, restricted=False)
    mother = ana.do(family()).id
    note = written(ana, mother, "Zqfirst.")
    rosa.receive(ana)
    moved(rosa, NoteFields, note)
    receive(leon, rosa, CASELOAD)
    receive(leon, ana, CASELOAD)
    assert notes(leon, mother) == []
    assert in_tables(leon, ("Zqfirst",), ()) == set()


def test_taking_it_back_shows_it_to_everybody_again(a_laptop: ALaptop) -> None:
    ana, leon = a_laptop(1), a_laptop(2, restricted=False)
    mother = ana.do(family()).id
    note = written(ana, mother, "She called.")
    receive(leon, ana, CASELOAD)
    undo = moved(ana, NoteFields, note)
    receive(leon, ana, CASELOAD)
    back(ana, undo)
    receive(leon, ana, CASELOAD)
    assert notes(ana, mother) == notes(leon, mother) == ["She called."]
    leon.do(ChangeNote(note, {"text": "She called twice."}))
    receive(ana, leon, CASELOAD)
    assert notes(ana, mother) == ["She called twice."]
    assert ana.ask(Conflicts()) == leon.ask(Conflicts()) == ()


def test_who_wrote_it_when_is_known_where_it_went(a_laptop: ALaptop) -> None:
    ana, rosa = a_laptop(1), a_laptop(3)
    mother = ana.do(family()).id
    note = written(ana, mother, "She called.")
    rosa.receive(ana)
    moved(rosa, NoteFields, note)
    ana.receive(rosa)
    for laptop in (ana, rosa):
        with laptop.work() as commit:
            found = commit.work.get(NoteFields, note)
        assert (found.created_by, found.compartment) == (ana.actor.member_id, "restricted")


def test_a_change_by_somebody_who_had_not_heard_is_shown_and_nothing_else_of_it(a_laptop: ALaptop) -> None:
    ana, leon = a_laptop(1), a_laptop(2, restricted=False)
    mother = ana.do(family()).id
    note = written(ana, mother, "Zqhusband waits outside.")
    receive(leon, ana, CASELOAD)
    moved(ana, NoteFields, note)
    leon.do(ChangeNote(note, {"text": "He waits no more."}))
    receive(leon, ana, CASELOAD)
    receive(ana, leon, CASELOAD)
    for laptop in (ana, leon):
        [item] = laptop.ask(Conflicts())
        assert (item.record_id, item.field) == (note, "life")
        assert "He waits no more." in [version.shown for version in item.versions]
    assert in_tables(leon, ("Zqhusband",), ()) == set()
    with pytest.raises(NotAllowed, match="restricted_closed"):
        finished(leon, note)
    finished(ana, note)
    receive(leon, ana, CASELOAD)
    assert notes(ana, mother) == ["He waits no more."]
    assert leon.ask(Conflicts()) == ana.ask(Conflicts()) == ()
    assert in_tables(leon, ("waits",), (), but=("outbox",)) == set()  # which holds what he wrote himself
    with pytest.raises(KnownError, match="record_missing"):
        finished(ana, note)


def test_a_deleted_note_that_changed_since_is_settled_again_or_comes_back(a_laptop: ALaptop) -> None:
    for life in (["deleted", "taken_back"], ["live"]):
        ana, leon = a_laptop(10 + len(life)), a_laptop(20 + len(life))
        note = written(ana, ana.do(family()).id, "She called.")
        leon.receive(ana)
        ana.do(DeleteNote(note))
        leon.do(ChangeNote(note, {"text": "She called twice."}))
        ana.receive(leon)
        [item] = ana.ask(Conflicts())
        said = next(v.wire_value for v in item.versions if isinstance(v.wire_value, list))
        said = life if life == ["live"] else said
        ana.do(PickVersion("note", note, "life", said))
        leon.receive(ana)
        for laptop in (ana, leon):
            assert laptop.ask(Conflicts()) == ()
            assert notes(laptop, item.participant_id or note) == ([] if life[0] == "deleted" else ["She called twice."])


def test_a_signed_session_goes_with_its_signature_and_leaves_no_copy(a_laptop: ALaptop) -> None:
    ana, leon = a_laptop(1), a_laptop(2, restricted=False)
    mother = ana.do(family()).id
    session = ana.do(visit(mother, "Zqtestimony.", submit=True)).id
    ana.actor = Actor(UUID(int=0xD0), "supervisor", ana.actor.device_id, TEAM)
    ana.do(SignDocument("service_session", session))
    receive(leon, ana, CASELOAD)
    assert in_tables(leon, ("Zqtestimony",), ()) != set()
    moved(ana, ServiceSessionFields, session)
    receive(leon, ana, CASELOAD)
    assert in_tables(leon, ("Zqtestimony",), ()) == set()
    with ana.work() as commit:
        found = commit.work.get(ServiceSessionFields, session)
    assert (found.life, found.compartment) == ("signed", "restricted")
    late = a_laptop(4, restricted=False)
    receive(late, ana, CASELOAD)
    assert in_tables(late, ("Zqtestimony",), ()) == set()


def test_a_record_goes_to_another_team_and_only_who_holds_both_may_send_it(a_laptop: ALaptop) -> None:
    denise, ana, leon = a_laptop(1, role="administrator"), a_laptop(3), a_laptop(2)
    opens(denise, SOUTHS, "caseload", SOUTH)
    opens(leon, SOUTHS, "caseload", SOUTH)
    mother = ana.do(family()).id
    note = written(ana, mother, "She called.")
    denise.receive(ana)
    with pytest.raises(NotAllowed):
        moved(ana, NoteFields, note, team_id=SOUTH, compartment="caseload")
    moved(denise, NoteFields, note, team_id=SOUTH, compartment="caseload")
    receive(leon, denise, SOUTHS)
    receive(ana, denise, CASELOAD)
    assert notes(ana, mother) == []
    with leon.work() as commit:
        assert commit.work.get(NoteFields, note).team_id == SOUTH
    assert ana.ask(Participant(mother)).conflicts == 0


def test_what_differs_is_picked_first(a_laptop: ALaptop) -> None:
    ana, rosa = a_laptop(1), a_laptop(3)
    note = written(ana, ana.do(family()).id, "She called.")
    rosa.receive(ana)
    rosa.do(ChangeNote(note, {"text": "She wrote."}))
    ana.do(ChangeNote(note, {"text": "She came."}))
    ana.receive(rosa)
    with pytest.raises(KnownError, match="conflict_open"):
        moved(ana, NoteFields, note)


def test_a_need_is_restricted_with_what_hangs_on_it_and_shown_to_all_again(a_laptop: ALaptop) -> None:
    ana, leon = a_laptop(1), a_laptop(2, restricted=False)
    mother = ana.do(family()).id
    need = ana.do(AddRecord("need", {"participant_id": mother, "area": "housing", "description": "Zqroof", "raised_on": DAY})).id
    goal = ana.do(AddRecord("goal", {"participant_id": mother, "need_id": need, "statement": "Zqlease"})).id
    step = ana.do(AddRecord("action_step", {"participant_id": mother, "goal_id": goal, "what": "Zqcall"})).id
    other = ana.do(AddRecord("need", {"participant_id": mother, "area": "health", "description": "Glasses", "raised_on": DAY})).id
    receive(leon, ana, CASELOAD)
    done = ana.do(Restrict("need", need))
    assert done.more == {"moved": 3}
    receive(leon, ana, CASELOAD)
    assert in_tables(leon, ("Zqroof", "Zqlease", "Zqcall"), ()) == set()
    assert [item.id for item in leon.ask(Records("need", mother))] == [other]
    with pytest.raises(KnownError):
        leon.do(Restrict("need", need))
    with pytest.raises(NotAllowed, match="restricted_closed"):
        leon.do(Restrict("need", other))
    with pytest.raises(Invalid):  # its need stays restricted
        ana.do(Unrestrict("goal", goal))
    assert done.undo is not None
    ana.do(done.undo)
    receive(leon, ana, CASELOAD)
    assert {item.id for item in leon.ask(Records("goal", mother))} == {goal}
    again = ana.do(Restrict("need", need))
    ana.do(Unrestrict("need", need))
    receive(leon, ana, CASELOAD)
    assert {item.id for kind in ("need", "goal", "action_step") for item in leon.ask(Records(kind, mother))} == {
        need, goal, step, other,
    }  # fmt: skip
    assert again.id == need


def test_what_is_restricted_by_what_it_says_is_not_shown_to_the_whole_team(a_laptop: ALaptop) -> None:
    ana = a_laptop(1)
    mother = ana.do(family()).id
    note = ana.do(WriteNote(mother, "Nightmares.", "mental_health")).id
    with pytest.raises(Invalid):
        ana.do(Unrestrict("note", note))
    with pytest.raises(Invalid):
        ana.do(Restrict("participant", mother))


def test_a_document_moves_with_its_content_and_a_laptop_that_owes_none_keeps_none(a_laptop: ALaptop) -> None:
    ana, leon = a_laptop(1), a_laptop(2, restricted=False)
    mother = ana.do(family()).id
    with ana.work() as commit:
        digest = commit.work.keep_content(b"a scan of her passport")
        commit()
    fields = {"participant_id": mother, "title": "Passport", "content_hash": digest, "size": 22, "media_type": "image/png"}
    with ana.work() as commit:
        paper = commit.work.add(validated(AttachmentFields, **fields))
        commit()
    receive(leon, ana, CASELOAD)
    ana.do(Restrict("attachment", paper))
    receive(leon, ana, CASELOAD)
    with leon.work() as commit:
        commit.work.keep_content(b"a scan of her passport")  # it comes although its record has gone
        commit()
    for laptop in (ana, leon):
        laptop.store.documents.forget_destroyed()
    assert ana.store.content(digest) == b"a scan of her passport"
    assert leon.store.content(digest) is None
