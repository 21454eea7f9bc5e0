"""How long a file is kept, what holds it longer, and that nothing is left of it in any answer after it was destroyed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from cmpp_desktop.domain.assistance import RecordAssistance
from cmpp_desktop.domain.audit_logs import AuditTrail
from cmpp_desktop.domain.cases import CaseFields, ChangeCase, CloseCase, OpenCase
from cmpp_desktop.domain.cases import CaseOpening as Opening
from cmpp_desktop.domain.dispatch import KINDS
from cmpp_desktop.domain.entries import AddRecord, BringBackRecord, ChangeRecord, Records
from cmpp_desktop.domain.households import HouseholdFields
from cmpp_desktop.domain.merges import Merged, MergePeople
from cmpp_desktop.domain.obligations import AddObligation
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.questions import Conflicts, Drafts, LastSession, Outgoing, Participant, People, Session, Timeline, Today
from cmpp_desktop.domain.records import Life, Money, When
from cmpp_desktop.domain.retention import (
    DestroyFile,
    DestructionFields,
    DueForDestruction,
    LegalHolds,
    LiftLegalHold,
    SetLegalHold,
    WhatGoes,
    certificate_hash,
    certifies,
)
from cmpp_desktop.domain.reviews import SignDocument
from cmpp_desktop.domain.sessions import RecordGroupSession, ServiceSessionFields
from cmpp_desktop.domain.staff import NameStaffMember
from cmpp_desktop.domain.tasks import AddTask, RestoreNote, WriteNote
from cmpp_desktop.errors import Invalid, KnownError, NotAllowed
from cmpp_desktop.store.orders import ORDERS, read_orders
from cmpp_desktop.store.queries import ANSWERS
from cmpp_desktop.store.settings import read_value
from cmpp_desktop.store.tables import LOCAL_SECRET
from tests.store.laptops import DAY, TEAM, Laptop, family, visit
from tests.store.secrets_of import questions
from tests.unit.domain.test_groups import workshop

Make = Callable[..., Laptop]
WITNESS = UUID(int=0xA77)
AWARD = "97.102-A"


def office(laptop: Laptop, *, reported: date | None = date(2022, 3, 1)) -> Laptop:
    """An administrator's laptop, with a witness and an award of years ago."""
    laptop.do(NameStaffMember(WITNESS, "Wilma Witness", "supervisor", TEAM))
    laptop.do(AddRecord("award", {"number": AWARD, "final_report_on": reported}))
    return laptop


def enrolled(laptop: Laptop, name: str = "Tzoc", award: str = AWARD, given: str = "Marisela") -> tuple[UUID, UUID]:
    """A mother and her child whose cases ended."""
    command = family(given, name)
    people = (laptop.do(type(command)(command.people, command.consent, Opening(award=award))).more or {})["participant_ids"]
    for id in people:
        for case in laptop.ask(Records("case", id)):
            laptop.do(CloseCase(case.id, "completed", tasks="keep"))
    return people[0], people[1]


def test_a_file_is_due_the_day_after_it_was_kept_long_enough(a_laptop: Make) -> None:
    omar = office(a_laptop(role="administrator"), reported=date(2024, 2, 29))
    mother, child = enrolled(omar)
    assert omar.ask(DueForDestruction(date(2027, 3, 1))) == ()
    due = omar.ask(DueForDestruction(date(2027, 3, 2)))
    assert [(file.participant_id, file.kept_until, file.held) for file in due] == [
        (child, date(2027, 3, 1), False),
        (mother, date(2027, 3, 1), False),
    ]
    with pytest.raises(KnownError, match="kept_longer") as said:
        omar.do(DestroyFile(mother, WITNESS))
    assert said.value.facts == {"until": "2027-03-01"}


def test_an_open_case_another_award_or_an_unreported_one_keeps_it(a_laptop: Make) -> None:
    omar = office(a_laptop(role="administrator"))
    omar.do(AddRecord("award", {"number": "B"}))
    (mother, child), (other, _) = enrolled(omar), enrolled(omar, "Perez", "B")
    omar.do(OpenCase(mother, Opening(award=AWARD)))
    assert [file.participant_id for file in omar.ask(DueForDestruction(DAY))] == [child]
    for id, why in ((mother, "open_case"), (other, "no_report")):
        with pytest.raises(KnownError, match="kept_longer") as said:
            omar.do(DestroyFile(id, WITNESS))
        assert said.value.facts == {"why": why}


def test_a_legal_hold_on_the_person_or_the_award_stops_it_until_it_is_lifted(a_laptop: Make) -> None:
    omar, ana = office(a_laptop(role="administrator")), a_laptop(2)
    mother, child = enrolled(omar)
    ana.receive(omar)
    with pytest.raises(NotAllowed):
        ana.do(SetLegalHold("A subpoena", mother))
    with pytest.raises(Invalid):
        omar.do(SetLegalHold("A subpoena"))
    for command, others in ((SetLegalHold("A subpoena", mother), False), (SetLegalHold("An audit", award=AWARD), True)):
        hold = omar.do(command).id
        assert {file.participant_id: file.held for file in omar.ask(DueForDestruction(DAY))} == {mother: True, child: others}
        with pytest.raises(KnownError, match="under_legal_hold"):
            omar.do(DestroyFile(mother, WITNESS))
        assert [one.hold.id for one in omar.ask(LegalHolds())] == [hold]
        omar.do(LiftLegalHold(hold, "Settled"))
        with pytest.raises(KnownError, match="record_settled"):
            omar.do(LiftLegalHold(hold, "Settled"))
    assert (omar.ask(LegalHolds()), len(omar.ask(LegalHolds(lifted=True)))) == ((), 2)
    omar.do(DestroyFile(mother, WITNESS))
    assert [file.participant_id for file in omar.ask(DueForDestruction(DAY))] == [child]


def test_what_was_charged_to_another_award_is_kept_as_long_as_that_one(a_laptop: Make) -> None:
    omar = office(a_laptop(role="administrator"))
    (mother, child), (other, _) = enrolled(omar), enrolled(omar, "Perez")
    again = omar.do(family("Maricela")).id
    omar.do(MergePeople(other, again))
    for case in omar.ask(Records("case", again)):
        if case.fields.state == "active":
            omar.do(ChangeCase(case.id, {"award": AWARD}))
            omar.do(CloseCase(case.id, "completed", tasks="keep"))
    second = omar.do(AddRecord("award", {"number": "B", "final_report_on": date(2022, 6, 1)})).id
    omar.do(RecordAssistance(mother, "food", Money(amount=Decimal("40.00")), DAY, award="B"))
    meeting = visit(again)
    omar.do(type(meeting)(again, replace(meeting.content, award="B")))
    due = {file.participant_id: file for file in omar.ask(DueForDestruction(DAY))}
    assert due.keys() >= {mother, child, other}
    assert [due[id].kept_until for id in (mother, child, other)] == [date(2025, 6, 1), date(2025, 3, 1), date(2025, 6, 1)]
    hold = omar.do(SetLegalHold("Audit", award="B")).id
    assert {file.participant_id for file in omar.ask(DueForDestruction(DAY)) if file.held} == {mother, other}
    with pytest.raises(KnownError, match="under_legal_hold"):
        omar.do(DestroyFile(mother, WITNESS))
    omar.do(LiftLegalHold(hold, "Audited"))
    omar.do(ChangeRecord("award", second, {"final_report_on": None}))
    assert {file.participant_id for file in omar.ask(DueForDestruction(DAY))} & {mother, other} == set()
    for id in (mother, other):
        with pytest.raises(KnownError, match="kept_longer") as said:
            omar.do(DestroyFile(id, WITNESS))
        assert said.value.facts == {"why": "no_report"}
    omar.do(DestroyFile(child, WITNESS))


def test_only_an_administrator_with_a_witness_and_the_restricted_records_destroys_a_file(a_laptop: Make) -> None:
    omar = office(a_laptop(role="administrator"))
    mother, _ = enrolled(omar)
    for witness, problem in ((omar.actor.staff_id, "not_yourself"), (UUID(int=9), "not_valid")):
        with pytest.raises(Invalid) as said:
            omar.do(DestroyFile(mother, witness))
        assert said.value.fields == {"witness_id": problem}
    ruth, odd = a_laptop(2, role="supervisor"), a_laptop(3, role="administrator", restricted=False)
    for laptop, code in ((ruth, "not_allowed"), (odd, "restricted_closed")):
        laptop.receive(omar)
        with pytest.raises(NotAllowed, match=code):
            laptop.do(DestroyFile(mother, WITNESS))


def test_what_was_shared_with_others_goes_on_in_their_files(a_laptop: Make) -> None:
    omar, ruth = office(a_laptop(role="administrator")), a_laptop(2, role="supervisor")
    (mother, _), (neighbour, _) = enrolled(omar), enrolled(omar, "Perez")
    open_one = omar.do(RecordGroupSession(workshop(mother, neighbour))).id
    signed = omar.do(RecordGroupSession(workshop(mother, neighbour), submit=True)).id
    own = omar.do(visit(mother, submit=True)).id
    rider = omar.do(AddRecord("proceeding", {"participant_id": neighbour, "lead_id": mother})).id
    ruth.receive(omar)
    for session in (signed, own):
        ruth.do(SignDocument("service_session", session))
    omar.receive(ruth)
    more = omar.do(DestroyFile(mother, WITNESS)).more or {}
    assert more["kept"] == {"review": 2, "service_session": 2}
    assert more["counts"]["service_session"] == 1
    stream = omar.ask(Timeline(neighbour, DAY))
    assert {entry.id for entry in (*stream.today, *stream.earlier)} >= {open_one, signed}
    assert [name for _, name, _ in omar.ask(Session(signed, neighbour)).attendees] == ["Marisela Perez"]
    assert omar.ask(Session(open_one)).session.fields.participant_id == neighbour
    assert omar.ask(Records("proceeding", neighbour))[0].id == rider
    assert omar.ask(Records("proceeding", neighbour))[0].fields.lead_id is None
    assert omar.ask(LastSession(mother)) is None
    with pytest.raises(KnownError, match="record_missing"):
        omar.ask(Session(own))
    assert [person.id for person in omar.ask(People(DAY)).rows if person.id in (mother, neighbour)] == [neighbour]


def test_what_is_shown_before_is_what_the_certificate_counts_after(a_laptop: Make) -> None:
    omar = office(a_laptop(role="administrator"))
    (mother, _), (neighbour, _) = enrolled(omar), enrolled(omar, "Perez")
    omar.do(RecordGroupSession(workshop(mother, neighbour)))
    omar.do(visit(mother))
    omar.do(WriteNote(mother, "She rang."))
    omar.do(AddRecord("potential_relief", {"participant_id": mother, "type": "asylum"}))
    seen = omar.ask(WhatGoes(mother))
    more = omar.do(DestroyFile(mother, WITNESS)).more or {}
    assert (seen.gone, seen.stays) == (more["counts"], more["kept"])
    assert seen.stays == {"service_session": 1}
    assert "potential_relief" not in seen.gone


def test_the_last_of_a_household_takes_the_household_along(a_laptop: Make) -> None:
    omar = office(a_laptop(role="administrator"))
    mother, child = enrolled(omar)
    homes = {item.id for item in omar.ask(Records("household"))}
    omar.do(DestroyFile(mother, WITNESS))
    assert {item.id for item in omar.ask(Records("household"))} == homes
    omar.do(DestroyFile(child, WITNESS))
    assert omar.ask(Records("household")) == ()
    assert {HouseholdFields.kind, ParticipantFields.kind} <= set(omar.ask(Records("destruction"))[1].fields.counts)


def test_nothing_brings_a_destroyed_record_back(a_laptop: Make) -> None:
    omar = office(a_laptop(role="administrator"))
    mother, _ = enrolled(omar)
    goal = omar.do(AddRecord("goal", {"participant_id": mother, "statement": "To stay"})).id
    note = omar.do(WriteNote(mother, "She rang.")).id
    omar.do(DestroyFile(mother, WITNESS))
    for command in (BringBackRecord("goal", goal), RestoreNote(note)):
        with pytest.raises(KnownError, match="record_settled"):
            omar.do(command)


def test_another_laptop_that_hears_of_it_answers_nothing_either_and_its_draft_is_gone(a_laptop: Make) -> None:
    omar, ana = office(a_laptop(role="administrator")), a_laptop(2)
    mother, child = enrolled(omar)
    ana.receive(omar)
    for laptop in (omar, ana):
        laptop.store.drafts.save(laptop.actor.member_id, "session:x", b"", title="Marisela", participant_id=mother, now_ms=1)
        laptop.store.drafts.save(laptop.actor.member_id, "session:y", b"", title="Lucía", participant_id=child, now_ms=1)
    omar.do(DestroyFile(mother, WITNESS))
    ana.receive(omar)
    for laptop in (omar, ana):
        assert [draft.title for draft in laptop.ask(Drafts())] == ["Lucía"]
        with pytest.raises(KnownError, match="record_missing"):
            laptop.ask(Participant(mother))
    (certificate,) = ana.ask(Records("destruction"))
    fields: DestructionFields = certificate.fields
    assert certifies(fields, mother)
    assert not certifies(fields, child)
    assert (fields.award, fields.kept_until, fields.witness_id) == (AWARD, date(2025, 3, 1), WITNESS)
    assert "history" in fields.ground


# What tells of changes and of what was done, by ids alone, and the ledger of what was destroyed.
BESIDE = (AuditTrail, Outgoing, Conflicts)
WORK = ("visit", "note", "task", "hearing", "need", "assistance", "group", "merge", "consent", "attachment")


def history(laptop: Laptop, people: list[UUID], steps: list[tuple[str, int]]) -> None:
    for name, which in steps:
        who, other = people[which % len(people)], people[(which + 1) % len(people)]
        plain: dict[str, Any] = {
            "visit": visit(who),
            "note": WriteNote(who, "Zqsaid"),
            "task": AddTask(who, "Zqtask"),
            "hearing": AddObligation((who,), "master_hearing", When(day=DAY + timedelta(days=9))),
            "need": AddRecord("need", {"participant_id": who, "area": "mental_health" if which % 2 else "food"}),
            "assistance": RecordAssistance(who, "food", Money(amount=Decimal("5"))),
            "group": RecordGroupSession(workshop(who, other)),
            "merge": MergePeople(people[0], people[1]),
            "consent": AddRecord("potential_relief", {"participant_id": who, "type": "asylum"}),
            "attachment": AddRecord("proceeding", {"participant_id": other, "lead_id": who}),
        }
        with contextlib.suppress(Invalid):  # a group of somebody with themselves, once they are one person
            laptop.do(plain[name])


@given(st.lists(st.tuples(st.sampled_from(WORK), st.integers(0, 4)), max_size=8))
@example([("merge", 0), ("group", 1)])  # a workshop of somebody who is destroyed and somebody who stays
@settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.too_slow])
def test_no_question_answers_anything_about_them_and_every_other_answer_stays(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    omar = office(Laptop(tmp_path_factory.mktemp("omar"), role="administrator"))
    try:
        gone = [enrolled(omar, given=name)[0] for name in ("Zqone", "Zqtwo")]
        stay = [enrolled(omar, "Stay")[0], enrolled(omar, "Rest")[0]]
        history(omar, [*gone, *stay], steps)
        theirs = {original.participant.id for original in omar.ask(Merged(gone[0])).originals}
        before = {id: _answers(omar, id) for id in stay}
        omar.do(DestroyFile(gone[0], WITNESS))
        for id in stay:
            assert _without(_answers(omar, id), theirs) == _without(before[id], theirs)
        _says_nothing(omar, theirs, ["Zqone", "Zqtwo"][: len(theirs)])
    finally:
        omar.store.close()


def _answers(laptop: Laptop, id: UUID) -> list[str]:
    """Everything in one person's file, kind by kind, and their page and stream. Sessions by the stream alone: one with others
    stands in the file of whoever is named first, and that is another one of them when the first one's file is gone."""
    asked: list[Any] = [laptop.ask(Participant(id)), laptop.ask(Timeline(id, DAY))]
    kinds = (kind for kind, model in KINDS.items() if "participant_id" in model.model_fields and kind != "service_session")
    asked += [laptop.ask(Records(kind, id)) for kind in kinds]
    return [repr(answer) for answer in asked]


def _without(answers: list[str], ids: set[UUID]) -> list[str]:
    """The answers but for a destroyed person's id, which is emptied, and who is said to have changed a record when."""
    return [answer for answer in answers if not any(str(id) in answer for id in ids) and "lead_id" not in answer]


def _says_nothing(laptop: Laptop, ids: set[UUID], names: list[str]) -> None:
    """Every question with every sensible parameter: nothing of their names, none of their ids."""
    for kind in ANSWERS:
        if kind in BESIDE:
            continue
        for question in questions(kind, sorted(ids), names, 6):
            try:
                answer = repr(laptop.ask(question))
            except KnownError:
                continue
            assert not any(name in answer for name in names), question
            assert not any(str(id) in answer for id in ids), question


def test_a_destroyed_file_is_ordered_to_be_erased_and_the_certificate_says_what_waits(a_laptop: Make) -> None:
    omar = office(a_laptop(role="administrator"))
    mother, _ = enrolled(omar)
    case = omar.ask(Records("case", mother))[0].id
    omar.do(DestroyFile(mother, WITNESS))
    with omar.work() as commit:
        assert all(item.id != case for item in commit.work.find(CaseFields))
        commit()
    with omar.store._database.reading() as connection:
        life, shown = connection.exec_driver_sql('SELECT meta_life, meta_shown FROM "r_case" WHERE id=?', (case.bytes,)).one()
    assert (life, shown) == (Life.DELETED.value, 0)
    [certificate] = omar.ask(Records("destruction"))
    assert "sealed history from before goes when it is no longer kept" in certificate.fields.ground
    with omar.store._database.reading() as connection:
        [order] = read_orders(read_value(connection, LOCAL_SECRET, ORDERS))
    assert (order.what, order.id) == ("erase", certificate.id)
    assert order.certificate == certificate_hash(certificate.id, certificate.fields)
    assert {mother, case} <= set(order.ids)
    assert omar.ask(Today(DAY)).overdue == ()
    assert omar.ask(Records(ServiceSessionFields.kind)) == ()
