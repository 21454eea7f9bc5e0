"""Households over time: another head, somebody leaves or comes of age, two are kept apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmpp_desktop.domain.cases import CaseFields, CaseOpening
from cmpp_desktop.domain.consent import ConsentFields, ConsentGiven, RecordConsent
from cmpp_desktop.domain.households import (
    AddHouseholdMember,
    HouseholdFields,
    HouseholdMemberFields,
    NewPerson,
    RegisterHousehold,
    household_of,
    members,
)
from cmpp_desktop.domain.members import (
    BecameAdult,
    ChangeHead,
    LeaveHousehold,
    SeparateMembers,
    relation_to_new_head,
)
from cmpp_desktop.domain.participants import AddAddress, AddressFields, ChangeParticipant, ContactRouteFields, ParticipantFields
from cmpp_desktop.domain.records import BirthDate, PersonName
from cmpp_desktop.domain.separations import EndSeparation, SeparationFields, kept_apart, separation_id
from cmpp_desktop.domain.tasks import TaskFields
from cmpp_desktop.domain.undo import Together
from cmpp_desktop.errors import Invalid
from cmpp_desktop.words import load_codes
from tests.unit.domain.families import NEW_HOME, OLD_HOME, TODAY, Family, leaves_no_trace, registered, relations, tzoc, undone
from tests.unit.domain.memory import MemoryWork

RELATIONS = tuple(load_codes()["relationship"])


@pytest.fixture
def work() -> MemoryWork:
    return MemoryWork()


@pytest.fixture
def family(work: MemoryWork) -> Family:
    return tzoc(work)


def test_the_husband_becomes_the_head_and_everybody_is_something_to_him(work: MemoryWork, family: Family) -> None:
    mother, father, son, daughter = family.people
    command = ChangeHead(family.household, father)
    leaves_no_trace(work, command)
    assert relations(work, family.household) == {mother: "spouse", father: "head", son: "son", daughter: "daughter"}
    primary = [item.fields.participant_id for item in work.find(HouseholdMemberFields, primary_contact=True)]
    assert primary == [father]


def test_the_son_becomes_the_head_and_what_the_person_says_counts_more_than_what_is_worked_out(
    work: MemoryWork, family: Family
) -> None:
    mother, father, son, daughter = family.people
    work.do(ChangeHead(family.household, son, {father: "other_relative"}, primary_contact=False))
    there = relations(work, family.household)
    assert there == {mother: "parent", father: "other_relative", son: "head", daughter: "sibling"}
    with pytest.raises(Invalid):
        work.do(ChangeHead(family.household, registered(work, ("Ana", "Lux", "head", None)).people[0]))


@given(st.sampled_from(RELATIONS), st.sampled_from(RELATIONS))
def test_everybody_is_something_to_any_new_head_but_never_a_second_head(new_head: str, other: str) -> None:
    assert relation_to_new_head(new_head, other) in set(RELATIONS) - {"head"}


def test_a_head_who_leaves_needs_a_successor_and_who_left_comes_back(work: MemoryWork, family: Family) -> None:
    mother, father, son, _ = family.people
    with pytest.raises(Invalid) as refused:
        work.do(LeaveHousehold(family.household, mother))
    assert refused.value.fields == {"new_head_id": "missing"}
    leaves_no_trace(work, LeaveHousehold(family.household, mother, "placed", TODAY, father))
    assert relations(work, family.household)[father] == "head"
    assert mother not in household_of(son, work)
    work.do(AddHouseholdMember(family.household, mother, "spouse"))
    assert relations(work, family.household)[mother] == "spouse"
    assert len(work.find(HouseholdMemberFields, participant_id=mother)) == 1
    with pytest.raises(Invalid):
        work.do(LeaveHousehold(family.household, mother, until=date(2020, 1, 1)))


def test_whoever_leaves_is_not_the_head_afterwards_nor_gone_before_the_day(work: MemoryWork, family: Family) -> None:
    mother, father, *_ = family.people
    rosa = registered(work, ("Rosa", "Gil", "head", None)).people[0]
    for command, problem in (
        (LeaveHousehold(family.household, mother, new_head_id=mother), {"new_head_id": "not_yourself"}),
        (LeaveHousehold(family.household, mother, new_head_id=rosa), {"new_head_id": "not_a_member"}),
        (LeaveHousehold(family.household, father, until=TODAY + timedelta(days=1)), {"until": "in_future"}),
    ):
        with pytest.raises(Invalid) as refused:
            work.do(command)
        assert refused.value.fields == problem


def test_a_household_never_has_two_heads_and_always_somebody_to_call(work: MemoryWork, family: Family) -> None:
    mother, father, son, _ = family.people
    rosa = registered(work, ("Rosa", "Gil", "head", None)).people[0]
    with pytest.raises(Invalid) as refused:
        work.do(AddHouseholdMember(family.household, rosa, "head"))
    assert refused.value.fields == {"relationship": "has_a_head"}
    with pytest.raises(Invalid) as refused:
        work.do(ChangeHead(family.household, father, {son: "head"}))
    assert refused.value.fields == {"relationships": "has_a_head"}
    work.do(ChangeHead(family.household, father, primary_contact=False))
    leaves_no_trace(work, LeaveHousehold(family.household, mother))
    assert [item.fields.participant_id for item in members(family.household, work) if item.fields.primary_contact] == [father]


def test_the_last_one_who_stays_is_the_head(work: MemoryWork) -> None:
    couple = registered(work, ("Rosa", "Gil", "head", None), ("Juan", "Gil", "spouse", None))
    work.do(LeaveHousehold(couple.household, couple.people[0]))
    assert relations(work, couple.household) == {couple.people[1]: "head"}


def test_she_and_the_daughter_are_kept_safe_and_he_leaves_the_household(work: MemoryWork, family: Family) -> None:
    mother, father, son, daughter = family.people
    leaves_no_trace(work, SeparateMembers(mother, father, with_ids=(daughter,), note="Protection order"))
    assert household_of(father, work) == [father]
    assert set(household_of(mother, work)) == {mother, son, daughter}
    assert kept_apart(father, work) == {mother, daughter}
    assert kept_apart(daughter, work) == {father}
    assert kept_apart(son, work) == frozenset()
    secret = {item.fields.participant_id for item in work.find(AddressFields, confidential=True)}
    assert secret == {mother, daughter}
    assert ("separated", separation_id(mother, father)) in work.audited


def test_they_flee_and_are_a_household_of_their_own(work: MemoryWork, family: Family) -> None:
    mother, father, son, daughter = family.people
    done = work.do(SeparateMembers(mother, father, with_ids=(daughter, son), from_leaves=False))
    home = (done.more or {})["household_id"]
    assert relations(work, home) == {mother: "head", daughter: "daughter", son: "son"}
    assert relations(work, family.household) == {father: "head"}
    assert work.get(HouseholdFields, home).fields.name == "Tzoc"
    undone(work, done)
    assert set(household_of(mother, work)) == set(family.people)


def test_the_household_is_kept_apart_even_where_a_child_stays_with_both(work: MemoryWork, family: Family) -> None:
    """The son is in both households; neither parent sees the other through him."""
    mother, father, son, _ = family.people
    done = work.do(SeparateMembers(mother, father, from_leaves=False))
    home = (done.more or {})["household_id"]
    work.do(AddHouseholdMember(home, son, "son"))
    assert mother not in household_of(father, work)
    assert father not in household_of(mother, work)
    assert {mother, father} < set(household_of(son, work))
    with pytest.raises(Invalid) as refused:
        work.do(AddHouseholdMember(home, father, "other_relative"))
    assert refused.value.fields == {"participant_id": "kept_apart"}


def test_a_separation_ends_and_may_begin_anew_the_other_way_round(work: MemoryWork, family: Family) -> None:
    mother, father, *_ = family.people
    separation = work.do(SeparateMembers(mother, father)).id
    work.do(EndSeparation(separation))
    assert kept_apart(mother, work) == frozenset()
    assert household_of(father, work) == [father]
    again = work.do(SeparateMembers(father, mother)).id
    assert again == separation
    (held,) = work.find(SeparationFields)
    assert (held.fields.participant_id, held.fields.until) == (father, None)
    with pytest.raises(Invalid):
        work.do(EndSeparation(separation, date(2020, 1, 1)))


def test_a_new_address_of_who_is_kept_safe_is_confidential_by_itself(work: MemoryWork, family: Family) -> None:
    mother, father, *_ = family.people
    work.do(SeparateMembers(mother, father))
    work.do(AddAddress(mother, NEW_HOME, TODAY))
    work.do(AddAddress(father, NEW_HOME, TODAY))
    new = [item.fields for item in work.find(AddressFields, address=NEW_HOME)]
    assert {item.participant_id: item.confidential for item in new} == {mother: True, father: False}


def test_turning_eighteen_makes_one_task_and_takes_the_flag_off(work: MemoryWork) -> None:
    grown = registered(work, ("Mateo", "Tzoc", "head", date(2008, 11, 24)), ("Ana", "Tzoc", "sibling", date(2008, 11, 25)))
    work.change(ParticipantFields, grown.people[0], flags=["minor", "safety_plan"])
    leaves_no_trace(work, BecameAdult(grown.people[0]))
    work.do(BecameAdult(grown.people[0]))
    (task,) = work.find(TaskFields)
    assert (task.fields.title_code, task.fields.due_on) == ("turned_adult", TODAY)
    assert work.get(ParticipantFields, grown.people[0]).fields.flags == ["safety_plan"]
    with pytest.raises(Invalid) as refused:
        work.do(BecameAdult(grown.people[1]))
    assert refused.value.fields == {"birth_date": "not_of_age"}


def test_a_birth_date_that_is_put_right_says_who_is_a_minor(work: MemoryWork) -> None:
    person = registered(work, ("Mateo", "Tzoc", "head", date(1990, 1, 1))).people[0]
    work.change(ParticipantFields, person, flags=["safety_plan"])

    def flags_with(born: BirthDate | None) -> list[str]:
        leaves_no_trace(work, ChangeParticipant(person, {"birth_date": born}))
        work.do(ChangeParticipant(person, {"birth_date": born}))
        return work.get(ParticipantFields, person).fields.flags

    assert flags_with(BirthDate(day=date(2010, 1, 1))) == ["safety_plan", "minor"]
    assert flags_with(None) == ["safety_plan", "minor"]  # not known: nobody becomes an adult by that
    assert flags_with(BirthDate(day=date(1990, 1, 2))) == ["safety_plan"]
    work.do(ChangeParticipant(person, {"birth_date": BirthDate(day=date(2010, 1, 1)), "flags": []}))
    assert work.get(ParticipantFields, person).fields.flags == []


def test_who_turns_eighteen_agrees_themselves_and_has_a_household_of_their_own(work: MemoryWork) -> None:
    home = registered(work, ("Ana", "Tzoc", "head", date(1980, 1, 1)), ("Mateo", "Tzoc", "son", date(2008, 11, 24)))
    mateo = home.people[1]
    own = ConsentGiven(("services", "share_legal"), "Alder Legal Aid", "Asylum", "es")
    command = BecameAdult(mateo, None, own, (("phone", "(202) 555-0148"),), own_household=True, settled=True)
    before = len(work.find(ConsentFields, participant_id=mateo))
    leaves_no_trace(work, command)
    consents = [item.fields for item in work.find(ConsentFields, participant_id=mateo)]
    assert len(consents) == before + 1
    assert any(item.recipient == "Alder Legal Aid" for item in consents)
    (route,) = work.find(ContactRouteFields, participant_id=mateo)
    assert route.fields.value == "+12025550148"
    assert household_of(mateo, work) == [mateo]
    (member,) = work.find(HouseholdMemberFields, participant_id=mateo, until=None)
    assert member.fields.relationship == "head"
    (task,) = work.find(TaskFields)
    assert task.fields.done_at is not None, "nothing is left to be done"


def test_a_consent_to_share_without_a_reason_makes_nobody_an_adult(work: MemoryWork) -> None:
    grown = registered(work, ("Mateo", "Tzoc", "head", date(2008, 11, 24)))
    with pytest.raises(Invalid) as refused:
        work.do(BecameAdult(grown.people[0], consent=ConsentGiven(("share_legal",), "Alder Legal Aid")))
    assert refused.value.fields == {"purpose": "missing"}


def test_who_declines_is_counted_and_nothing_else_is_kept(work: MemoryWork) -> None:
    person = NewPerson(
        PersonName(given="Nur", family="Aziz"),
        birth_date=BirthDate(day=date(1990, 1, 1)),
        languages=("ps",),
        a_number="213440712",
        phone="(555) 010-0148",
        safe_contact="After 4 pm",
    )
    opening = CaseOpening("declined", "dhs_list", referred_on=date(2026, 11, 20), reason="own_wish")
    done = work.do(RegisterHousehold((person,), None, opening, OLD_HOME))
    kept = work.get(ParticipantFields, done.id).fields
    assert kept == ParticipantFields(legal_name=person.name, languages=["ps"])
    for kind in (ContactRouteFields, AddressFields, ConsentFields, HouseholdFields, HouseholdMemberFields):
        assert not work.find(kind)
    (case,) = work.find(CaseFields)
    assert (case.fields.state, case.fields.screening_outcome, case.fields.exit_reason) == ("declined", "declined", "own_wish")
    assert (case.fields.closed_on, case.fields.referred_on, case.fields.enrolled_on) == (TODAY, date(2026, 11, 20), None)
    with pytest.raises(Invalid):
        work.do(RegisterHousehold((person,), None, replace(opening, state="active")))


def test_one_consent_for_several_people_is_one_piece_of_work(work: MemoryWork, family: Family) -> None:
    given = ConsentGiven(("share_school",), "Alder School", "enrolment")
    before = len(work.find(ConsentFields))
    work.do(Together(tuple(RecordConsent(person, given) for person in family.people[2:])))
    assert len(work.find(ConsentFields)) == before + 2
    bad = RecordConsent(family.people[0], replace(given, purpose=""))
    with pytest.raises(Invalid):
        work.do(Together((RecordConsent(family.people[1], given), bad)))
    assert len(work.find(ConsentFields)) == before + 2


def test_several_changes_are_taken_back_in_one_go(work: MemoryWork, family: Family) -> None:
    mother, father, *_ = family.people
    leaves_no_trace(
        work, Together((ChangeHead(family.household, father), LeaveHousehold(family.household, mother, "moved_out", TODAY)))
    )
