"""Records that are live in two places, or in none: how they are found, and how one is settled (rules 25, 26)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from cmpp_desktop.domain.misplaced import KeepInOne, Misplaced, MisplacedRecord
from cmpp_desktop.domain.questions import Conflicts
from cmpp_desktop.domain.restricting import Restrict
from cmpp_desktop.domain.reviews import SignDocument
from cmpp_desktop.domain.separations import SeparationFields
from cmpp_desktop.domain.sessions import ServiceSessionFields
from cmpp_desktop.domain.staff import NameStaffMember
from cmpp_desktop.domain.tasks import ChangeNote, NoteFields
from cmpp_desktop.domain.work import Actor
from cmpp_desktop.errors import Invalid, KnownError
from tests.store.laptops import CASELOAD, DAY, ORGANISATION, RESTRICTED, TEAM, Laptop, family, visit
from tests.store.test_moves import SOUTH, SOUTHS, moved, notes, opens, receive, written

ALaptop = Callable[..., Laptop]


def found(laptop: Laptop, days: float = 2) -> tuple[MisplacedRecord, ...]:
    """What is found where the others were last heard so many days after the last of its work."""
    return laptop.ask(Misplaced(datetime.fromtimestamp(laptop.ms / 1000, UTC) + timedelta(days=days)))


def half_moved(a_laptop: ALaptop) -> tuple[Laptop, Laptop, UUID, UUID]:
    """Ana restricts a note, and only the half of it that goes into the restricted records comes to Rosa."""
    ana, rosa = a_laptop(1, role="administrator"), a_laptop(3)
    ana.do(NameStaffMember(ana.actor.member_id, "Ana Marroquín", "caseworker", TEAM))
    mother = ana.do(family()).id
    note = written(ana, mother, "She called.")
    rosa.receive(ana)
    ana.do(Restrict("note", note))
    receive(rosa, ana, RESTRICTED)
    return ana, rosa, mother, note


def test_a_note_whose_move_came_by_half_is_found_in_two_places_until_the_other_half_comes(a_laptop: ALaptop) -> None:
    ana, rosa, mother, note = half_moved(a_laptop)
    assert rosa.ask(Misplaced(None)) == found(rosa, days=0.9) == found(ana) == ()
    [one] = found(rosa)
    assert (one.kind, one.record_id, one.participant_id, one.lost, one.settles) == ("note", note, mother, False, True)
    assert (one.participant.split()[0], one.who) == ("Marisela", "Ana Marroquín")
    assert [(place.compartment, place.team_id) for place in one.places] == [("caseload", TEAM), ("restricted", TEAM)]
    receive(rosa, ana, CASELOAD)
    assert found(rosa) == ()


def test_it_is_kept_in_one_place_and_never_shown_to_more_than_may_read_it(a_laptop: ALaptop) -> None:
    _, rosa, mother, note = half_moved(a_laptop)
    with rosa.work() as commit:
        for row in commit.work._rows(NoteFields, note):
            if commit.work._names.places[row.coll].kind == "restricted":
                row.type = "mental_health"
        commit()
    with pytest.raises(Invalid) as refused:
        rosa.do(KeepInOne("note", note, "caseload", TEAM))
    assert set(refused.value.fields.values()) == {"other_compartment"}
    assert len(found(rosa)) == 1
    rosa.do(KeepInOne("note", note, "restricted", TEAM))
    assert found(rosa) == ()
    assert [item.field for item in rosa.ask(Conflicts())] == ["type"]
    assert notes(rosa, mother) == ["She called."]
    with pytest.raises(KnownError, match="record_missing"):
        rosa.do(KeepInOne("note", note, "restricted", TEAM))


def test_two_versions_in_two_places_are_both_there_once_it_is_settled(a_laptop: ALaptop) -> None:
    ana, leon, rosa = a_laptop(1), a_laptop(2, restricted=False), a_laptop(3)
    mother = ana.do(family()).id
    note = written(ana, mother, "She called.")
    rosa.receive(ana)
    receive(leon, ana, CASELOAD)
    leon.do(ChangeNote(note, {"text": "She called twice."}))
    ana.do(Restrict("note", note))
    receive(rosa, ana, RESTRICTED)
    receive(rosa, leon, CASELOAD)
    rosa.do(KeepInOne("note", note, "restricted", TEAM))
    assert found(rosa) == ()
    [item] = rosa.ask(Conflicts())
    assert {version.shown for version in item.versions} == {"She called.", "She called twice."}
    receive(rosa, ana, CASELOAD)  # the half that was late changes nothing any more
    assert found(rosa) == ()
    assert len(rosa.ask(Conflicts())) == 1


def test_a_move_whose_other_half_never_came_is_found_in_none_by_who_should_have_it(a_laptop: ALaptop) -> None:
    ana, rosa, leon = a_laptop(1, role="administrator"), a_laptop(3), a_laptop(2, restricted=False)
    ana.do(NameStaffMember(ana.actor.member_id, "Ana Marroquín", "caseworker", TEAM))
    mother = ana.do(family()).id
    note = written(ana, mother, "She called.")
    ana.do(Restrict("note", note))
    for laptop in (leon, rosa):
        receive(laptop, ana, CASELOAD, ORGANISATION)
        assert found(laptop) == ()  # of Rosa's restricted records nothing has come yet
    other = written(rosa, mother, "Nightmares.")
    rosa.do(Restrict("note", other))
    assert found(rosa, days=0.9) == ()
    [one] = found(rosa)
    assert (one.kind, one.record_id, one.lost, one.settles, one.who) == ("note", note, True, False, "Ana Marroquín")
    assert [place.compartment for place in one.places] == ["restricted"]
    receive(rosa, ana, RESTRICTED)
    assert found(rosa) == ()


def test_moved_on_deleted_or_gone_further_is_not_lost(a_laptop: ALaptop) -> None:
    ana, rosa = a_laptop(1), a_laptop(3)
    opens(ana, SOUTHS, "caseload", SOUTH)
    mother = ana.do(family()).id
    first, second, third = (written(ana, mother, text) for text in ("One.", "Two.", "Three."))
    for note in (first, second, third):
        moved(ana, NoteFields, note)
    with ana.work() as commit:
        commit.work.delete(NoteFields, first, "mistake")
        commit()
    moved(ana, NoteFields, second, compartment="caseload")
    moved(ana, NoteFields, third, team_id=SOUTH, compartment="caseload")
    receive(rosa, ana, CASELOAD, RESTRICTED)
    assert found(ana) == found(rosa) == ()
    opens(rosa, SOUTHS, "caseload", SOUTH)
    assert found(rosa) == ()  # nothing was heard from there
    with ana.work() as commit:
        theirs = NoteFields(participant_id=mother, text="Theirs.", written_at=commit.work.now, author_id=mother)
        commit.work.add(theirs, team_id=SOUTH)
        commit()
    southern = [one for one in ana.store.replica().outbox() if UUID(bytes=one.collection) == SOUTHS]
    rosa.apply(southern[-1], ana.actor.member_id)
    assert [one.record_id for one in found(rosa)] == [third]


def test_a_separation_may_lie_with_both_teams(a_laptop: ALaptop) -> None:
    ana = a_laptop(1)
    opens(ana, SOUTHS, "caseload", SOUTH)
    mother, other = ana.do(family()).id, ana.do(family("Rosa", "Quispe")).id
    said = SeparationFields(participant_id=mother, from_id=other, since=DAY)
    with ana.work() as commit:
        id = commit.work.add(said)
        commit.work.add(said, id=id, team_id=SOUTH)
        commit()
    assert found(ana) == ()
    with pytest.raises(KnownError, match="record_missing"):
        ana.do(KeepInOne("separation", id, "caseload", TEAM))


def test_what_was_signed_in_one_of_them_stays_signed(a_laptop: ALaptop) -> None:
    ana, rosa = a_laptop(1), a_laptop(3)
    mother = ana.do(family()).id
    session = ana.do(visit(mother, submit=True)).id
    rosa.receive(ana)
    moved(ana, ServiceSessionFields, session)
    ana.actor = Actor(UUID(int=0xD0), "supervisor", ana.actor.device_id, TEAM)
    ana.do(SignDocument("service_session", session))
    receive(rosa, ana, RESTRICTED)
    assert [one.record_id for one in found(rosa)] == [session]
    with pytest.raises(KnownError, match="already_signed"):
        rosa.do(KeepInOne("service_session", session, "caseload", TEAM))
    rosa.do(KeepInOne("service_session", session, "restricted", TEAM))
    assert found(rosa) == ()
    assert [item.record_id for item in rosa.ask(Conflicts())] == [session]  # a draft beside what was signed: for somebody to say
