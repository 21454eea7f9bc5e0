"""Two records of one person are shown as one; both stay; it is undone even after more work; two laptops come to the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmpp_desktop.domain.cases import CaseFields
from cmpp_desktop.domain.entries import AddRecord, Records
from cmpp_desktop.domain.merges import Merged, MergePeople, PickValues, UnmergePeople, components, merge_id
from cmpp_desktop.domain.obligations import AddObligation
from cmpp_desktop.domain.participants import AddContactRoute, ChangeParticipant, ParticipantFields
from cmpp_desktop.domain.questions import Participant, People, PeopleFilter, Timeline
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.tasks import WriteNote
from cmpp_desktop.errors import Invalid, KnownError
from tests.store.laptops import DAY, TEAM, Laptop, family

Make = Callable[..., Laptop]
HEARING = When(day=date(2026, 12, 8), at=time(8, 30), zone="America/Chicago")


def two(laptop: Laptop) -> tuple[UUID, UUID]:
    """Marisela, registered twice: once by her own name with a telephone, once as the court writes her, with an A-number."""
    one = laptop.do(family(preferred_name="Mari", native_name="Mariséla")).id
    other = laptop.do(family("Maricela", "Tzoc Ixim", a_number="213440712")).id
    return (one, other) if one < other else (other, one)


def test_a_person_registered_twice_is_one_person_with_all_her_papers(a_laptop: Make) -> None:
    laptop = a_laptop()
    one, other = two(laptop)
    laptop.do(AddObligation((other,), "master_hearing", HEARING))
    laptop.do(WriteNote(one, "She called about the bus."))
    laptop.do(AddRecord("goal", {"participant_id": other, "statement": "A room of our own"}))
    before = laptop.ask(People(DAY)).everybody
    laptop.do(MergePeople(other, one))
    for id in (one, other):  # whichever of the two is asked for
        view = laptop.ask(Participant(id))
        assert view.participant.id == one
        assert view.participant.fields.a_number == "213440712"  # the only one of the two
        assert len(view.obligations) == 1
        stream = laptop.ask(Timeline(id, DAY))
        assert [entry.kind for entry in stream.ahead] == ["obligation"]
        assert "note" in [entry.kind for entry in stream.today]
        assert [item.fields.statement for item in laptop.ask(Records("goal", id))] == ["A room of our own"]
    page = laptop.ask(People(DAY))
    assert page.everybody == before - 1
    row = next(row for row in page.rows if row.id == one)
    assert row.next_when == HEARING
    for typed in ("maricela", "maricela ixim", "mari", "213440712"):
        assert [row.id for row in laptop.ask(People(DAY, text=typed)).rows] == [one]
    assert next(row.id for row in laptop.ask(People(DAY, sort="next")).rows) == one
    soon = PeopleFilter(hearing_within=30)
    for sort in ("name", "next", "last_contact"):
        found = laptop.ask(People(DAY, filter=soon, sort=sort))
        assert [row.id for row in found.rows].count(one) == 1, sort
        assert found.matching == len(found.rows), sort


def test_what_was_typed_is_what_is_seen_and_stays_with_its_record(a_laptop: Make) -> None:
    laptop = a_laptop()
    one, other = two(laptop)
    made = laptop.do(MergePeople(one, other, {"legal_name": other})).id
    assert laptop.ask(Participant(one)).participant.fields == laptop.ask(Participant(other)).participant.fields
    changed = laptop.do(ChangeParticipant(one, {"a_number": "213440713", "gender": "female"}))
    shown = laptop.ask(Participant(one)).participant.fields
    assert (shown.a_number, shown.gender) == ("213440713", "female")
    assert changed.undo is not None
    laptop.do(changed.undo)
    assert laptop.ask(Participant(one)).participant.fields.gender is None
    sides = laptop.ask(Merged(one)).originals
    name = {side.participant.id: side.participant.fields.legal_name for side in sides}
    assert laptop.ask(Participant(one)).participant.fields.legal_name == name[other]
    picked = laptop.do(PickValues(made, {"legal_name": one}))
    assert laptop.ask(Participant(one)).participant.fields.legal_name == name[one]
    assert picked.undo is not None
    laptop.do(picked.undo)
    assert laptop.ask(Participant(one)).participant.fields.legal_name == name[other]


def test_what_is_emptied_on_purpose_stays_empty_until_they_are_two_again(a_laptop: Make) -> None:
    laptop = a_laptop()
    one, other = two(laptop)
    for id, name in ((one, "Mari"), (other, "Chela")):
        laptop.do(ChangeParticipant(id, {"preferred_name": name, "gender": "female", "aliases": [name, "La Seño"]}))
    made = laptop.do(MergePeople(one, other)).id
    emptied = laptop.do(ChangeParticipant(one, {"preferred_name": "", "gender": None, "aliases": ["Mari", "Tía"]}))
    shown = laptop.ask(Participant(other)).participant.fields
    assert (shown.preferred_name, shown.gender, shown.aliases) == ("", None, ["Mari", "Tía"])
    assert [row.id for row in laptop.ask(People(DAY, text="tia")).rows] == [one]
    assert emptied.undo is not None
    laptop.do(emptied.undo)
    shown = laptop.ask(Participant(other)).participant.fields
    assert (shown.preferred_name, shown.gender, shown.aliases) == ("Mari", "female", ["Mari", "La Seño", "Chela"])
    laptop.do(ChangeParticipant(one, {"preferred_name": ""}))
    laptop.do(UnmergePeople(made))
    assert laptop.ask(Participant(other)).participant.fields.preferred_name == "Chela"
    assert laptop.ask(Participant(one)).participant.fields.preferred_name == ""


def test_they_are_two_people_after_all_weeks_later(a_laptop: Make) -> None:
    laptop = a_laptop()
    one, other = two(laptop)
    sides = {id: laptop.ask(Participant(id)).participant.fields for id in (one, other)}
    made = laptop.do(MergePeople(one, other))
    laptop.do(WriteNote(one, "Written under the one that was shown."))
    laptop.do(AddContactRoute(other, "555-010-0199"))
    undone = laptop.do(UnmergePeople(made.id))
    assert {id: laptop.ask(Participant(id)).participant.fields for id in (one, other)} == sides
    assert [len(laptop.ask(Records("note", id))) for id in (one, other)] == [1, 0]
    assert [len(laptop.ask(Participant(id)).routes) for id in (one, other)].count(1) >= 1
    assert laptop.ask(Merged(one)).merges == ()
    assert undone.undo is not None
    laptop.do(undone.undo)
    assert laptop.ask(Participant(other)).participant.id == one


def test_two_halves_merged_on_two_laptops_are_one_person_on_both(a_laptop: Make) -> None:
    desk, bag = a_laptop(), a_laptop(number=2)
    ids = sorted(desk.do(family(f"Marisela {number}")).id for number in range(4))
    bag.receive(desk)
    desk.do(MergePeople(ids[0], ids[1]))
    desk.do(MergePeople(ids[2], ids[3]))
    bag.do(MergePeople(ids[1], ids[2]))
    bag.do(MergePeople(ids[0], ids[1]))  # both said it: one record
    desk.receive(bag)
    bag.receive(desk)
    for laptop in (desk, bag):
        assert {laptop.ask(Participant(id)).participant.id for id in ids} == {ids[0]}
        assert len(laptop.ask(Merged(ids[3])).merges) == 3
        assert laptop.ask(People(DAY, text="marisela")).matching == 1
    bag.do(UnmergePeople(merge_id(ids[1], ids[2])))
    desk.receive(bag)
    assert {desk.ask(Participant(id)).participant.id for id in ids} == {ids[0], ids[2]}


def test_the_lowest_live_record_is_the_one_that_is_shown(a_laptop: Make) -> None:
    laptop = a_laptop()
    one, other = two(laptop)
    laptop.do(MergePeople(one, other))
    with laptop.work() as commit:
        commit.work.delete(ParticipantFields, one, "written_in_error")
        commit()
    assert laptop.ask(Participant(one)).participant.id == other
    assert laptop.ask(People(DAY, text="mari")).rows[0].id == other


def test_who_has_an_open_case_under_either_record_gets_no_second_one(a_laptop: Make) -> None:
    from cmpp_desktop.domain.cases import CaseOpening, OpenCase

    laptop = a_laptop()
    one, other = two(laptop)
    laptop.do(MergePeople(one, other))
    open_ones = {item.fields.participant_id for item in laptop.ask(Records("case", one)) if isinstance(item.fields, CaseFields)}
    assert open_ones
    for id in (one, other):
        with pytest.raises(KnownError, match="case_already_open"):
            laptop.do(OpenCase(id, CaseOpening()))


def test_nobody_is_merged_with_themselves_or_over_a_separation(a_laptop: Make) -> None:
    laptop = a_laptop()
    one, other = two(laptop)
    with pytest.raises(Invalid):
        laptop.do(MergePeople(one, one))
    with pytest.raises(Invalid):
        laptop.do(MergePeople(one, other, {"no_such_field": one}))
    from cmpp_desktop.domain.separations import SeparationFields

    with laptop.work() as commit:
        commit.work.add(SeparationFields(participant_id=other, from_id=one, since=DAY), team_id=TEAM)
        commit()
    with pytest.raises(KnownError, match="people_kept_apart"):
        laptop.do(MergePeople(one, other))


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] != pair[1]), max_size=12))
def test_who_is_whom_does_not_depend_on_the_order_of_saying_it(pairs: list[tuple[int, int]]) -> None:
    ids = [UUID(int=number + 1) for number in range(8)]
    named = [(ids[a], ids[b]) for a, b in pairs]
    groups = components(named)
    assert groups == components(reversed([(b, a) for a, b in named]))
    assert all(group == tuple(sorted(group)) for group in groups)
    where = {id: group for group in groups for id in group}
    assert all(where[a] is where[b] for a, b in named)
    assert len({id for group in groups for id in group}) == sum(len(group) for group in groups)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_merging_and_unmerging_in_any_order_on_two_laptops_ends_the_same(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("merging")
    laptops = [Laptop(folder / "desk"), Laptop(folder / "bag", number=2)]
    try:
        people = sorted(laptops[0].do(family(f"P{number}")).id for number in range(5))
        laptops[1].receive(laptops[0])
        for _ in range(data.draw(st.integers(1, 10))):
            laptop = laptops[data.draw(st.integers(0, 1))]
            one, other = data.draw(st.permutations(people))[:2]
            act = data.draw(st.sampled_from(["merge", "unmerge", "note", "exchange"]))
            if act == "merge":
                laptop.do(MergePeople(one, other))
            elif act == "note":
                laptop.do(WriteNote(one, "seen"))
            elif act == "exchange":
                laptop.receive(*laptops)
            elif (merges := laptop.ask(Merged(one)).merges) != ():
                laptop.do(UnmergePeople(merges[0].id))
        for laptop in laptops:
            laptop.receive(*(other for other in laptops if other is not laptop))
        said: list[Any] = [
            ([laptop.ask(Participant(id)).participant.id for id in people], laptop.ask(People(DAY, text="p")).matching)
            for laptop in laptops
        ]
        assert said[0] == said[1]
        assert all(canonical <= id for canonical, id in zip(said[0][0], people, strict=True))
        assert said[0][1] == len(set(said[0][0]))
    finally:
        for laptop in laptops:
            laptop.store.close()
