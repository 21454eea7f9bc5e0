"""One unit of work: everything that belongs to it is kept, under one stamp, or nothing is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from cmpp_desktop.changes import LIFE, LIVE, SIGNED, ChangeSet, life_name, signed_id
from cmpp_desktop.domain.households import AddHouseholdMember
from cmpp_desktop.domain.obligations import AddObligation, MarkObligation, UnmarkObligation
from cmpp_desktop.domain.participants import (
    AddContactRoute,
    ChangeContactRoute,
    ChangeParticipant,
    ContactRouteFields,
    ParticipantFields,
)
from cmpp_desktop.domain.questions import Conflicts, Participant, Session, Timeline
from cmpp_desktop.domain.records import Life, PersonName, When
from cmpp_desktop.domain.reviews import PickVersion, ReturnForChanges, SignDocument, SubmitForSignature
from cmpp_desktop.domain.sessions import ChangeSession, DeleteSession, ServiceSessionFields, SessionContent
from cmpp_desktop.domain.staff import NameStaffMember
from cmpp_desktop.domain.tasks import TaskFields
from cmpp_desktop.errors import BugError, Invalid, KnownError, NotAllowed
from cmpp_desktop.store import signing
from cmpp_desktop.store.tables import ROWS, SignedFields
from cmpp_protocol import canon
from tests.store.laptops import CASELOAD, DAY, Laptop, family, visit

Make = Callable[..., Laptop]


def sets(laptop: Laptop) -> list[ChangeSet]:
    return list(laptop.store.replica().outbox())


def test_registering_a_family_is_one_change_set_that_names_no_heads(a_laptop: Make) -> None:
    laptop = a_laptop()
    done, changed = laptop.did(family())
    (change_set,) = sets(laptop)
    assert change_set.collection == CASELOAD.bytes
    assert all(write.replaces == () for write in change_set.writes)
    assert {write.id for write in change_set.writes if write.kind == "participant" and write.value == LIVE} == set(
        (done.more or {})["participant_ids"]
    )
    assert {"participant", "household", "household_member", "case", "case_assignment", "consent"} == changed.kinds
    assert done.id in changed.ids


def committed_and_failed(laptop: Laptop) -> None:
    with laptop.work() as commit:
        commit.work.add(ParticipantFields(legal_name=PersonName(given="Nobody")))
        commit()
        raise ZeroDivisionError


def removed_a_row(laptop: Laptop) -> None:
    with laptop.work() as commit:
        commit.work.session.delete(commit.work.session.query(ROWS["participant"]).first())
        commit()


def test_leaving_without_commit_saves_nothing(a_laptop: Make) -> None:
    laptop = a_laptop()
    with laptop.work() as commit:
        lost = commit.work.add(ParticipantFields(legal_name=PersonName(given="Nobody")))
        commit.work.session.flush()
    with pytest.raises(KnownError, match="record_missing"):
        laptop.ask(Participant(lost))
    with pytest.raises(ZeroDivisionError):
        committed_and_failed(laptop)
    assert sets(laptop) == []
    laptop.do(family())  # and the numbers that were given out in between are not missed
    laptop.reopen()
    assert laptop.store.verify_audit() > 0


def test_stamps_grow_when_the_clock_goes_back(a_laptop: Make) -> None:
    laptop = a_laptop()
    laptop.do(family())
    laptop.ms -= 86_400_000
    laptop.do(family("Rosa", "Quispe"))
    laptop.reopen()
    laptop.do(family("Ana", "Xol"))
    stamps = [change_set.stamp for change_set in sets(laptop)]
    assert stamps == sorted(set(stamps))
    assert len(stamps) == 3


def test_equal_values_write_nothing(a_laptop: Make) -> None:
    laptop = a_laptop()
    done = laptop.do(family(safe_contact="No voicemail."))
    _, changed = laptop.did(ChangeParticipant(done.id, {"safe_contact": "No voicemail."}))
    assert changed.kinds == frozenset() or len(sets(laptop)) == 1
    assert len(sets(laptop)) == 1


def test_bulk_writes_are_refused_because_nothing_would_capture_them(a_laptop: Make) -> None:
    laptop = a_laptop()
    laptop.do(family())
    rows = ROWS["participant"]
    for statement in (update(rows).values(safe_contact="x"), delete(rows)):
        with pytest.raises(BugError, match="bulk_write"), laptop.work() as commit:
            commit.work.session.execute(statement)
    with pytest.raises(BugError, match="rows_are_never_deleted"):
        removed_a_row(laptop)


def test_what_is_wrong_is_refused_by_field_and_nothing_is_kept(a_laptop: Make) -> None:
    laptop = a_laptop()
    done = laptop.do(family())
    with pytest.raises(Invalid) as refused:
        laptop.do(ChangeParticipant(done.id, {"a_number": "12"}))
    assert refused.value.fields == {"a_number": "a_number_digits"}
    with pytest.raises(Invalid):
        laptop.do(ChangeParticipant(done.id, {"no_such_field": 1}))
    assert len(sets(laptop)) == 1


def test_somebody_without_the_collection_cannot_write_there(a_laptop: Make) -> None:
    laptop = a_laptop(restricted=False)
    with pytest.raises(NotAllowed), laptop.work() as commit:
        commit.work.add(TaskFields(title="Call"), compartment="restricted")


def test_a_missed_hearing_marked_twice_makes_one_task_and_taking_it_back_removes_it(a_laptop: Make) -> None:
    laptop = a_laptop()
    person = laptop.do(family()).id
    hearing = laptop.do(AddObligation((person,), "master_hearing", When(day=DAY))).id
    laptop.do(MarkObligation(hearing, "missed_unexcused"))
    laptop.do(MarkObligation(hearing, "missed_excused"))
    codes = [task.fields.title_code for task in laptop.ask(Participant(person)).tasks]
    assert sorted(codes, key=str) == ["ask_next_hearing", "missed_follow_up"]
    laptop.do(UnmarkObligation(hearing))
    assert laptop.ask(Participant(person)).tasks == ()
    laptop.do(MarkObligation(hearing, "missed_unexcused"))  # the derived id that was deleted comes back
    tasks = laptop.ask(Participant(person)).tasks
    assert {task.life for task in tasks} == {Life.LIVE}
    steps = {"missed_follow_up", "talk_to_lawyer_missed_hearing", "find_out_in_absentia"}
    assert {task.fields.title_code for task in tasks} == steps


def test_adding_somebody_to_their_household_again_changes_nothing(a_laptop: Make) -> None:
    laptop = a_laptop()
    done = laptop.do(family())
    more = done.more or {}
    laptop.do(AddHouseholdMember(more["household_id"], done.id, "aunt"))
    assert len(sets(laptop)) == 1


def test_a_deleted_session_is_gone_and_can_be_brought_back(a_laptop: Make) -> None:
    laptop = a_laptop()
    person = laptop.do(family()).id
    session = laptop.do(visit(person)).id
    undo = laptop.do(DeleteSession(session)).undo
    with pytest.raises(KnownError, match="record_missing"):
        laptop.ask(Session(session))
    life = [write for write in sets(laptop)[-1].writes if write.id == session]
    assert [write.field for write in life] == [LIFE]
    assert life_name(life[0].value) == "deleted"
    assert ("narrative", (sets(laptop)[1].stamp,)) in life[0].covers
    assert undo is not None
    laptop.do(undo)
    assert laptop.ask(Session(session)).session.fields.narrative == "We spoke of the hearing."


def test_the_supervisor_returns_a_note_and_then_signs_what_she_saw(a_laptop: Make) -> None:
    caseworker, supervisor = a_laptop(1), a_laptop(2, role="supervisor")
    person = caseworker.do(family()).id
    session = caseworker.do(visit(person, submit=True)).id
    supervisor.receive(caseworker)
    first = supervisor.ask(Session(session))
    assert first.status == "submitted"
    assert first.content_hash == caseworker.ask(Session(session)).content_hash == first.reviews[0].fields.content_hash
    supervisor.do(ReturnForChanges("service_session", session, "Which court?"))
    caseworker.receive(supervisor)
    assert caseworker.ask(Session(session)).status == "returned"
    content = SessionContent(("legal_orientation_individual",), When(day=DAY), 60, "The court at Newbridge.")
    caseworker.do(ChangeSession(session, content, submit=True))
    supervisor.receive(caseworker)
    with pytest.raises(KnownError, match="changed_meanwhile"):
        supervisor.do(SignDocument("service_session", session, first.content_hash))
    seen = supervisor.ask(Session(session))
    signed = (supervisor.do(SignDocument("service_session", session, seen.content_hash)).more or {})["signed_id"]
    caseworker.receive(supervisor)
    for laptop in (caseworker, supervisor):
        view = laptop.ask(Session(session))
        assert (view.status, view.session.signed_id) == ("signed", signed)
        assert view.signed_at is not None
    with pytest.raises(KnownError, match="record_settled"):
        caseworker.do(ChangeSession(session, content))
    with pytest.raises(KnownError, match="already_signed"):
        caseworker.do(SubmitForSignature("service_session", session))


def test_a_signed_record_is_named_by_its_bytes_and_checked_with_the_signers_key(a_laptop: Make) -> None:
    caseworker, supervisor = a_laptop(1), a_laptop(2, role="supervisor")
    person = caseworker.do(family()).id
    session = caseworker.do(visit(person, submit=True)).id
    supervisor.receive(caseworker)
    supervisor.do(SignDocument("service_session", session))
    writes = {write.field: write for write in sets(supervisor)[-1].writes if write.kind == SIGNED}
    assert set(writes) == {"content", "signature", LIFE}
    content, signature = canon.unpack(writes["content"].value), canon.unpack(writes["signature"].value)
    id = writes["content"].id
    assert id == signed_id(content)
    assert signing.verify(id, content, signature, supervisor.keys.public.sign)
    assert not signing.verify(id, content + b"x", signature, supervisor.keys.public.sign)
    assert not signing.verify(id, content, signature, caseworker.keys.public.sign)
    body = canon.unpack(content)
    assert body["subject"] == session.bytes
    assert canon.unpack(body["fields"]["narrative"][0]) == "We spoke of the hearing."
    assert len(body["children"]) == 1
    life = next(write for write in sets(supervisor)[-1].writes if write.id == session)
    assert life.covers


def test_two_who_change_one_phone_number_see_both_and_a_pick_settles_it(a_laptop: Make) -> None:
    one, two = a_laptop(1), a_laptop(2, role="supervisor")
    person = one.do(family()).id
    route = one.do(AddContactRoute(person, "202-555-0143")).id
    two.receive(one)
    one.do(ChangeContactRoute(route, {"value": "202-555-0171"}))
    two.do(ChangeContactRoute(route, {"value": "202-555-0198"}))
    one.receive(two)
    two.receive(one)
    for laptop in (one, two):
        (item,) = laptop.ask(Conflicts(person))
        assert (item.kind, item.field) == ("contact_route", "value")
        assert {version.wire_value for version in item.versions} == {"+12025550171", "+12025550198"}
        assert [version.here for version in item.versions].count(True) == 1
        assert laptop.ask(Participant(person)).conflicts == 1
        assert laptop.store.replica().conflict_count(laptop.ms) == 1
    two.do(PickVersion("contact_route", route, "value", "+12025550171"))
    pick = sets(two)[-1].writes[0]
    assert len(pick.replaces) == 2
    one.receive(two)
    for laptop in (one, two):
        assert laptop.ask(Conflicts()) == ()
        assert laptop.ask(Participant(person)).routes[0].fields.value == "+12025550171"
        assert laptop.store.replica().states(CASELOAD, [route])[route].heads["value"][-1].stamp == sets(two)[-1].stamp


def test_undo_does_not_decide_between_two_versions_unseen(a_laptop: Make) -> None:
    one, two = a_laptop(1), a_laptop(2)
    person = one.do(family()).id
    route = one.do(AddContactRoute(person, "202-555-0143")).id
    two.receive(one)
    one.do(ChangeContactRoute(route, {"value": "202-555-0171"}))
    undo = two.do(ChangeContactRoute(route, {"value": "202-555-0198"})).undo
    assert undo is not None
    two.receive(one)
    with pytest.raises(KnownError) as said:
        two.do(undo)
    assert said.value.code == "conflict_open"
    (item,) = two.ask(Conflicts(person))
    assert {version.wire_value for version in item.versions} == {"+12025550171", "+12025550198"}
    two.do(PickVersion("contact_route", route, "value", "+12025550198"))
    two.do(undo)
    assert two.ask(Participant(person)).routes[0].fields.value == "+12025550143"


def test_an_edit_that_a_deletion_did_not_know_stays_visible(a_laptop: Make) -> None:
    one, two = a_laptop(1), a_laptop(2)
    person = one.do(family()).id
    session = one.do(visit(person)).id
    two.receive(one)
    one.do(DeleteSession(session))
    content = SessionContent(("case_management",), When(day=DAY), 60, "She called again.")
    two.do(ChangeSession(session, content))
    one.receive(two)
    two.receive(one)
    for laptop in (one, two):
        assert any(item.record_id == session and item.field == LIFE for item in laptop.ask(Conflicts(person)))
        assert any(entry.id == session and entry.conflict for entry in laptop.ask(Timeline(person, DAY)).today)


def test_an_interpreters_name_from_a_newer_program_survives_an_edit_here(a_laptop: Make) -> None:
    """An unknown field, and a value of a type that this version does not know, merge and stay."""
    from cmpp_desktop.changes import Write
    from cmpp_protocol.stamps import Stamp

    laptop = a_laptop()
    person = laptop.do(family()).id
    newer = Stamp((laptop.ms + 5000) << 16, bytes([9]) * 32)
    held = laptop.store.replica().states(CASELOAD, [person])[person]
    writes = (
        Write("participant", person, "shoe_size", canon.pack(39)),
        Write("participant", person, "gender", canon.pack({"said": "woman"}), held.stamps("gender")),
    )
    laptop.apply(ChangeSet(CASELOAD.bytes, newer, writes))
    laptop.do(ChangeParticipant(person, {"safe_contact": "After four."}))
    laptop.reopen()
    state = laptop.store.replica().states(CASELOAD, [person])[person]
    assert state.shown("shoe_size") == canon.pack(39)
    assert state.shown("gender") == canon.pack({"said": "woman"})
    assert laptop.ask(Participant(person)).participant.fields.safe_contact == "After four."


def test_a_kind_from_a_newer_program_is_kept_whole(a_laptop: Make) -> None:
    from cmpp_desktop.changes import Write
    from cmpp_protocol.stamps import Stamp

    laptop, id = a_laptop(), UUID(int=77)
    stamp = Stamp(laptop.ms << 16, bytes([9]) * 32)
    laptop.apply(
        ChangeSet(CASELOAD.bytes, stamp, (Write("spaceship", id, "name", canon.pack("x")), Write("spaceship", id, LIFE, LIVE)))
    )
    state = laptop.store.replica().states(CASELOAD, [id])[id]
    assert (state.kind, state.shown("name"), state.shown(LIFE)) == ("spaceship", canon.pack("x"), LIVE)


def test_only_an_administrator_names_staff(a_laptop: Make) -> None:
    with pytest.raises(NotAllowed):
        a_laptop().do(NameStaffMember(UUID(int=1), "Ana", "caseworker", None))


def test_a_closed_week_later_the_waits_are_over(a_laptop: Make) -> None:
    """A conflict hides behind changes that have not come yet, for seven days."""
    one, two, three = a_laptop(1), a_laptop(2), a_laptop(3)
    person = one.do(family()).id
    two.receive(one)
    three.receive(one)
    two.do(ChangeParticipant(person, {"safe_contact": "two"}))
    three.receive(two)
    three.do(ChangeParticipant(person, {"safe_contact": "three"}))
    one.do(ChangeParticipant(person, {"safe_contact": "one"}))
    one.receive(three)  # names what two wrote, which is not here yet
    assert one.ask(Conflicts()) == ()
    one.ms += timedelta(days=8) // timedelta(milliseconds=1)
    one.do(ChangeParticipant(person, {"accessibility": "stairs"}))
    (item,) = one.ask(Conflicts())
    assert item.waiting_for != ""
    one.receive(two)
    (item,) = one.ask(Conflicts())
    assert item.waiting_for == ""
    assert {version.wire_value for version in item.versions} == {"one", "three"}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from(["safe_contact", "pronunciation", "aliases"]), st.integers(0, 3)),
        max_size=10,
    )
)
def test_a_local_write_names_exactly_the_heads_it_held(
    tmp_path_factory: pytest.TempPathFactory, story: list[tuple[int, str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("heads")
    laptops = [Laptop(folder / "a", 1), Laptop(folder / "b", 2)]
    try:
        person = laptops[0].do(family()).id
        laptops[1].receive(laptops[0])
        for who, field, value in story:
            laptop = laptops[who]
            if value == 3:
                laptop.receive(laptops[1 - who])
                continue
            before = laptop.store.replica().states(CASELOAD, [person])[person]
            count = len(sets(laptop))
            laptop.do(ChangeParticipant(person, {field: [str(value)] if field == "aliases" else str(value)}))
            written = [write for change_set in sets(laptop)[count:] for write in change_set.writes]
            assert all(write.replaces == before.stamps(write.field) for write in written)
            after = laptop.store.replica().states(CASELOAD, [person])[person]
            for write in written:
                assert after.stamps(write.field) == (sets(laptop)[-1].stamp,)
        laptops[0].receive(laptops[1])
        laptops[1].receive(laptops[0])
        states = [laptop.store.replica().states(CASELOAD, [person])[person] for laptop in laptops]
        assert states[0] == states[1]
    finally:
        for laptop in laptops:
            laptop.store.close()


def test_a_signature_reads_the_same_from_the_store(a_laptop: Make) -> None:
    """What a file or a paper reads of something signed is the Signed record, byte for byte."""
    caseworker, supervisor = a_laptop(1), a_laptop(2, role="supervisor")
    session = caseworker.do(visit(caseworker.do(family()).id, submit=True)).id
    supervisor.receive(caseworker)
    signed = (supervisor.do(SignDocument("service_session", session)).more or {})["signed_id"]
    with supervisor.work() as commit:
        record = commit.work.get(SignedFields, signed)
        assert signed_id(record.fields.content) == signed
        assert commit.work.get(ServiceSessionFields, session).signed_id == signed
        with pytest.raises(KnownError, match="record_settled"):
            commit.work.change(ServiceSessionFields, session, minutes=5)
        with pytest.raises(KnownError, match="already_signed"):
            commit.work.sign(ServiceSessionFields, session, meaning="again")
        assert commit.work.find(ContactRouteFields, value="x") == []
        with pytest.raises(BugError, match="no_such_field"):
            commit.work.find(ContactRouteFields, nothing=1)
