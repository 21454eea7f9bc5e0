"""Work with somebody who was registered twice and merged: one person in the household, at the court, in consents and deadlines;
and never one person with whom they are kept safe from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cmpp_desktop.domain.audit_logs import AuditTrail
from cmpp_desktop.domain.consent import ConsentCheck, ConsentGiven, RecordConsent, RecordSharing
from cmpp_desktop.domain.deadline_views import Deadlines, DeadlinesBehind
from cmpp_desktop.domain.deadlines import RecomputeDeadlines
from cmpp_desktop.domain.entries import AddRecord, Records
from cmpp_desktop.domain.households import AddHouseholdMember, NewPerson, RegisterHousehold
from cmpp_desktop.domain.members import BecameAdult, ChangeHead, HouseholdOf, LeaveHousehold, SeparateMembers
from cmpp_desktop.domain.merges import Merged, MergePeople, PickValues, UnmergePeople
from cmpp_desktop.domain.moves import RecordMove
from cmpp_desktop.domain.obligations import AddObligation, MarkObligation, SharedWith
from cmpp_desktop.domain.participants import (
    AddContactRoute,
    ChangeContactRoute,
    ChangeParticipant,
    ParticipantFields,
    RevealANumber,
)
from cmpp_desktop.domain.questions import ConflictItem, Conflicts, Participant, People, Session
from cmpp_desktop.domain.records import BirthDate, PersonName, PostalAddress, When
from cmpp_desktop.domain.referrals import Refer
from cmpp_desktop.domain.separations import EndSeparation, Separations
from cmpp_desktop.domain.sessions import GroupContent, RecordGroupSession, RecordSession, SessionContent
from cmpp_desktop.errors import Invalid, KnownError, NotAllowed
from tests.store.laptops import DAY, Laptop, family
from tests.store.test_separation import Household, assert_apart, household

Make = Callable[..., Laptop]
HEARING = When(day=DAY + timedelta(days=9), at=time(9))
NEW = PostalAddress(line1="5 New St", city="Newbridge", state="IL")


@pytest.fixture
def house(a_laptop: Make) -> Household:
    """Three records, of two people: the last two are one, registered twice."""
    return household(a_laptop(1, role="supervisor"), 3)


def of(house: Household) -> tuple[UUID, UUID, UUID]:
    """The mother, the father, and the father again: his second record is not the one that he is shown by."""
    mother, *others = house.people
    father, again = sorted(others)
    return mother, father, again


def twice(laptop: Laptop, **more: object) -> tuple[UUID, UUID]:
    """Somebody registered twice; what is known more of them is in the record that is not shown first."""
    one, other = laptop.do(family()).id, laptop.do(family("Maricela", "Tzoc Ixim", **more)).id
    assert one < other
    return one, other


# --- never one with whom they are kept safe from ----------------------------------------------------------------------------


def test_nobody_becomes_one_with_whom_they_are_kept_safe_from_by_way_of_a_third(house: Household) -> None:
    laptop, (mother, father, _) = house.laptop, house.people
    third = laptop.do(family("Xhemal", "Wojciech")).id
    laptop.do(SeparateMembers(mother, father))
    laptop.do(MergePeople(father, third))
    for one, other in ((mother, third), (third, mother), (mother, father)):
        with pytest.raises(KnownError, match="people_kept_apart"):
            laptop.do(MergePeople(one, other))
    assert_apart(house, mother, father)


def test_a_merge_and_a_separation_on_two_laptops_leave_two_people_on_both(a_laptop: Make) -> None:
    ana, leon = a_laptop(1, role="supervisor"), a_laptop(2, role="supervisor")
    house = household(ana, 2)
    mother, father = house.people
    again = ana.do(family("Xochi", "Vrabec")).id
    leon.receive(ana)
    separation = ana.do(SeparateMembers(mother, father)).id
    leon.do(MergePeople(mother, again))
    mistake = leon.do(MergePeople(again, father)).id
    assert leon.ask(Participant(father)).participant.id == mother
    ana.receive(leon)
    leon.receive(ana)
    for laptop in (ana, leon):
        assert {laptop.ask(Participant(id)).participant.id for id in (mother, father, again)} == {mother, father, again}
        assert laptop.ask(People(DAY, text=house.laptop.ask(Participant(father)).participant.fields.called)).matching == 1
        assert_apart(Household(laptop, house.people, house.cases, house.id, house.words), mother, father)
        with pytest.raises(KnownError, match="people_kept_apart"):
            laptop.do(MergePeople(again, laptop.do(family("Somebody", "Else")).id))
    assert len(leon.ask(Merged(again)).merges) == 2  # whoever looks can say which of them was the mistake
    leon.do(UnmergePeople(mistake))
    assert leon.ask(Participant(again)).participant.id == mother
    ana.receive(leon)
    assert ana.ask(Participant(again)).participant.id == mother
    ana.do(EndSeparation(separation))
    assert ana.ask(Participant(father)).participant.id == father


def test_who_was_merged_by_mistake_is_parted_before_they_are_kept_apart(house: Household) -> None:
    mother, father, _ = house.people
    merge = house.laptop.do(MergePeople(mother, father)).id
    with pytest.raises(Invalid) as said:
        house.laptop.do(SeparateMembers(mother, father))
    assert said.value.fields == {"from_id": "same_person"}
    house.laptop.do(UnmergePeople(merge))
    house.laptop.do(SeparateMembers(mother, father))
    assert_apart(house, mother, father)


@pytest.mark.parametrize("from_leaves", [True, False])
def test_safety_from_somebody_who_was_registered_twice(house: Household, from_leaves: bool) -> None:
    mother, father, again = of(house)
    house.laptop.do(MergePeople(father, again))
    house.laptop.do(SeparateMembers(mother, again, from_leaves=from_leaves))
    assert_apart(house, mother, father)
    assert_apart(house, mother, again)
    homes = {id: house.laptop.ask(HouseholdOf(id, DAY)) for id in (mother, father)}
    assert [[one.participant_id for one in home.members] for home in homes.values() if home.members] == (
        [[mother]] if from_leaves else [[mother], [father]]
    )


# --- one person ---------------------------------------------------------------------------------------------------------------


def test_a_household_has_each_person_once_and_a_move_and_a_hearing_too(house: Household) -> None:
    laptop, (mother, father, again) = house.laptop, of(house)
    merge = laptop.do(MergePeople(father, again)).id
    for asked, members in ((mother, [mother, father]), (father, [father, mother]), (again, [father, mother])):
        assert [one.participant_id for one in laptop.ask(HouseholdOf(asked, DAY)).members] == members
        assert [one.participant_id for one in laptop.ask(Participant(asked)).household] == members[1:]
    moved = laptop.do(RecordMove(house.people, NEW, DAY, confidential=(again,)))
    assert len((moved.more or {})["address_ids"]) == 2
    now = [item.fields for item in laptop.ask(Records("address", father)) if item.fields.until is None]
    assert [(one.address.line1, one.confidential) for one in now] == [("5 New St", True)]
    hearing = laptop.do(AddObligation(tuple(house.people), "master_hearing", HEARING)).id
    assert [one.fields.type for one in laptop.ask(Participant(again)).obligations].count("master_hearing") == 1
    (shared,) = laptop.ask(SharedWith(hearing))
    assert shared.participant_id in (father, again)
    laptop.do(MarkObligation(hearing, "cancelled", also=(shared.obligation_id,)))
    laptop.do(UnmergePeople(merge))
    assert len(laptop.ask(HouseholdOf(mother, DAY)).members) == 3


def test_who_was_registered_twice_becomes_the_head_and_leaves_as_one(house: Household) -> None:
    laptop, (mother, father, again) = house.laptop, of(house)
    laptop.do(MergePeople(father, again))
    assert laptop.do(AddHouseholdMember(house.id, again, "spouse")).id in {
        item.id for item in laptop.ask(Records("household_member", father))
    }
    laptop.do(ChangeHead(house.id, again, {mother: "spouse"}))
    shown = {one.participant_id: one.relationship for one in laptop.ask(HouseholdOf(mother, DAY)).members}
    assert shown == {mother: "spouse", father: "head"}
    laptop.do(LeaveHousehold(house.id, father))
    assert [one.relationship for one in laptop.ask(HouseholdOf(mother, DAY)).members] == ["head"]
    assert laptop.ask(HouseholdOf(again, DAY)).members == ()
    with pytest.raises(Invalid):
        laptop.do(LeaveHousehold(house.id, again))


def test_who_was_registered_twice_is_at_a_session_once(house: Household) -> None:
    laptop, (mother, father, again) = house.laptop, of(house)
    laptop.do(MergePeople(father, again))
    content = SessionContent(("case_management",), When(day=DAY), 30, "…", attendees=((again, "present"), (mother, "present")))
    session = laptop.do(RecordSession(father, content)).id
    assert {id for id, _, _ in laptop.ask(Session(session)).attendees} == {father, mother}
    there = tuple((id, "present") for id in (mother, father, again))
    group = laptop.do(RecordGroupSession(GroupContent(("legal_orientation_group",), "Rights", When(day=DAY), 30, "…", there))).id
    assert len(laptop.ask(Session(group)).attendees) == 2
    assert {id for id, _, _ in laptop.ask(Session(group, seen_from=again)).attendees} == {mother, father}
    with pytest.raises(Invalid):  # two records of one person are no group
        laptop.do(RecordGroupSession(GroupContent(("legal_orientation_group",), "Rights", When(day=DAY), 30, "…", there[1:])))


def test_the_number_that_is_shown_is_the_one_that_is_revealed_and_written_down(a_laptop: Make) -> None:
    laptop = a_laptop()
    one, other = twice(laptop, a_number="213440712")
    merge = laptop.do(MergePeople(one, other)).id
    for id in (one, other):
        assert laptop.do(RevealANumber(id)).more == {"a_number": "213440712"}
    laptop.do(ChangeParticipant(one, {"a_number": "213440713"}))
    assert laptop.do(RevealANumber(one)).more == {"a_number": "213440713"}
    assert [row.action for row in laptop.ask(AuditTrail(20))].count("a_number_shown") == 3
    laptop.do(UnmergePeople(merge))
    with pytest.raises(KnownError, match="record_missing"):
        laptop.do(RevealANumber(one))


@pytest.mark.parametrize(
    ("mine", "theirs", "shown"),
    [
        ("213440712", "213440798", {"••• ••• 712", "••• ••• 798"}),
        ("213440712", "213450712", {"••• •4• 712", "••• •5• 712"}),
        ("213440712", "", {"••• ••• 712", ""}),
    ],
)
def test_two_versions_of_a_number_are_told_apart_without_showing_it(
    a_laptop: Make, mine: str, theirs: str, shown: set[str]
) -> None:
    ana, leon = a_laptop(), a_laptop(2)
    person = ana.do(family(a_number="299999999")).id
    leon.receive(ana)
    ana.do(ChangeParticipant(person, {"a_number": mine}))
    leon.do(ChangeParticipant(person, {"a_number": theirs}))
    ana.receive(leon)
    (item,) = ana.ask(Conflicts(person))
    assert {version.shown for version in item.versions} == shown
    assert {version.wire_value for version in item.versions} == {mine, theirs}


def test_what_a_guardian_agreed_to_ends_with_the_birthday_in_the_other_record(a_laptop: Make) -> None:
    laptop = a_laptop()
    one, other = twice(laptop, birth_date=BirthDate(day=date(2008, 11, 24)))
    agreed = ConsentGiven(("share_legal",), "Clinic", "Advice", how_given="guardian", given_on=DAY - timedelta(days=900))
    laptop.do(RecordConsent(one, agreed))
    assert laptop.ask(ConsentCheck(one, "share_legal", "Clinic", DAY)).covered
    merge = laptop.do(MergePeople(one, other)).id
    for id in (one, other):
        assert laptop.ask(ConsentCheck(id, "share_legal", "Clinic", DAY)).why == "turned_adult"
        with pytest.raises(NotAllowed, match="needs_consent"):
            laptop.do(RecordSharing(id, "spoken", "share_legal", "Clinic"))
    laptop.do(ChangeParticipant(one, {"flags": ["minor", "pregnant"]}))
    laptop.do(BecameAdult(one))
    assert laptop.ask(Participant(one)).participant.fields.flags == ["pregnant"]
    laptop.do(UnmergePeople(merge))
    laptop.do(RecordSharing(one, "spoken", "share_legal", "Clinic"))


def test_the_year_after_an_arrival_is_not_lost_when_the_date_is_in_the_other_record(a_laptop: Make) -> None:
    laptop = a_laptop()
    one, other = twice(laptop, arrived_on=date(2026, 6, 1))
    (before,) = [item for item in laptop.ask(Participant(other)).obligations if item.fields.rule]
    merge = laptop.do(MergePeople(one, other)).id

    def deadlines() -> list[tuple[UUID, date]]:
        held = laptop.ask(Participant(one)).obligations
        assert laptop.ask(DeadlinesBehind(DAY)) == ()
        assert {row.obligation_id for row in laptop.ask(Deadlines(one, DAY))} == {item.id for item in held}
        return [(item.id, item.fields.when.day) for item in held]

    for ids in ((one, other), (other,), None):
        laptop.do(RecomputeDeadlines(ids))
        assert deadlines() == [(before.id, date(2027, 6, 1))]
    laptop.do(ChangeParticipant(one, {"arrived_on": date(2026, 7, 1)}))  # typed in the person, written where it is shown from
    assert deadlines() == [(before.id, date(2027, 7, 1))]
    with laptop.work() as commit:
        commit.work.change(ParticipantFields, one, arrived_on=date(2026, 8, 3))
        commit()
    laptop.do(PickValues(merge, {"arrived_on": one}))
    laptop.do(RecomputeDeadlines((one, other)))
    ((_, day),) = deadlines()
    assert day == date(2027, 8, 3)
    laptop.do(UnmergePeople(merge))
    laptop.do(RecomputeDeadlines((one, other)))
    days = {id: [item.fields.when.day for item in laptop.ask(Participant(id)).obligations] for id in (one, other)}
    assert days == {one: [date(2027, 8, 3)], other: [date(2027, 7, 1)]}


def test_what_is_in_conflict_or_needed_under_the_other_record_is_the_persons(a_laptop: Make) -> None:
    ana, leon = a_laptop(), a_laptop(2)
    one, other = twice(ana)
    ana.do(MergePeople(one, other))
    route = ana.do(AddContactRoute(other, "555-010-0199")).id
    leon.receive(ana)
    ana.do(ChangeContactRoute(route, {"label": "her sister"}))
    leon.do(ChangeContactRoute(route, {"label": "her cousin"}))
    ana.receive(leon)
    assert [len(ana.ask(Conflicts(id))) for id in (one, other)] == [1, 1]
    assert ana.ask(Participant(one)).conflicts == 1
    need = ana.do(AddRecord("need", {"participant_id": other, "area": "housing", "raised_on": DAY})).id
    assert ana.do(Refer(one, "Casa", scope="share_social", reason="A room", need_id=need, send=False)).id


ACTS = st.lists(
    st.tuples(
        st.integers(0, 1), st.sampled_from(["merge", "merge", "unmerge", "apart", "together", "edit", "exchange"]),
        st.integers(0, 3), st.integers(1, 3),
    ),
    min_size=6, max_size=14,
)  # fmt: skip


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTS)
@example([(0, "merge", 0, 1), (1, "merge", 1, 1), (0, "apart", 0, 2), (0, "exchange", 0, 1), (1, "edit", 0, 1)])
@example([(0, "apart", 0, 1), (1, "merge", 0, 1), (0, "exchange", 0, 1), (0, "together", 0, 1), (1, "edit", 1, 1)])
def test_whatever_two_laptops_say_of_who_is_whom_they_agree_and_all_are_as_they_were_when_it_is_undone(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[int, str, int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("whom")
    laptops = [Laptop(folder / "desk", 1, role="supervisor"), Laptop(folder / "bag", 2, role="supervisor")]
    try:
        people = [laptops[0].do(alone(f"P{at}")).id for at in range(4)]
        exchange(laptops)
        registered = {id: laptops[0].ask(Participant(id)).participant.fields for id in people}
        edited: set[UUID] = set()
        for which, act, first, step in acts:
            edited |= say(laptops, laptops[which], act, people[first], people[(first + step) % 4])
        exchange(laptops)
        assert whom(laptops[0], people) == whom(laptops[1], people)
        for row in laptops[0].ask(Separations()):  # nobody is one person with whom they are kept apart from
            shown = [laptops[1].ask(Participant(id)).participant.id for id in (row.participant_id, row.from_id)]
            assert shown[0] != shown[1]
        for merge in {item.id for id in people for item in laptops[1].ask(Merged(id)).merges}:
            laptops[1].do(UnmergePeople(merge))
        exchange(laptops)
        for laptop in laptops:
            now = {id: laptop.ask(Participant(id)).participant for id in people}
            assert {id: item.id for id, item in now.items()} == {id: id for id in people}
            assert {id: now[id].fields for id in people if id not in edited} == {
                id: registered[id] for id in people if id not in edited
            }
    finally:
        for laptop in laptops:
            laptop.store.close()


def alone(given: str) -> RegisterHousehold:
    return RegisterHousehold((NewPerson(PersonName(given=given, family="Tzoc"), aliases=(f"Alias {given}",)),), ConsentGiven())


def exchange(laptops: list[Laptop]) -> None:
    for laptop in laptops:
        laptop.receive(*(other for other in laptops if other is not laptop))


def say(laptops: list[Laptop], laptop: Laptop, act: str, one: UUID, other: UUID) -> set[UUID]:
    """Does it, unless it is refused. Returns whose own records were written in."""
    try:
        if act == "exchange":
            exchange(laptops)
        elif act == "merge":
            laptop.do(MergePeople(one, other))
        elif act == "unmerge" and (merges := laptop.ask(Merged(one)).merges):
            laptop.do(UnmergePeople(merges[0].id))
        elif act == "apart":
            laptop.do(SeparateMembers(one, other))
        elif act == "together" and (rows := laptop.ask(Separations())):
            laptop.do(EndSeparation(rows[0].id))
        elif act == "edit":
            group = {item.participant.id for item in laptop.ask(Merged(one)).originals}
            laptop.do(ChangeParticipant(one, {"pronunciation": f"as {one.hex[-2:]}", "aliases": ["Only this"]}))
            return group
    except KnownError as refused:
        if refused.code not in ("people_kept_apart", "invalid"):
            raise
    return set()


def whom(laptop: Laptop, people: list[UUID]) -> list[object]:
    """Everything that two laptops must say alike of them."""
    asked = (*(Participant(id) for id in people), People(DAY), People(DAY, text="only"), Separations(), Conflicts())
    return [_without_place(laptop.ask(question)) for question in asked]


def _without_place(answer: object) -> object:
    """A conflict says which of its versions was written here: that is another one on the other laptop."""
    if isinstance(answer, tuple) and answer and isinstance(answer[0], ConflictItem):
        return {(item.record_id, item.field, frozenset(version.shown for version in item.versions)) for item in answer}
    return answer
