"""They moved: one address for several people, and everybody who has to be told, each on a line of its own."""

from __future__ import annotations

from datetime import date

import pytest

from cmpp_desktop.domain.members import SeparateMembers
from cmpp_desktop.domain.merges import MergePeople
from cmpp_desktop.domain.moves import RecordMove
from cmpp_desktop.domain.obligations import AddObligation, MarkObligation, ObligationFields, UnmarkObligation
from cmpp_desktop.domain.participants import AddressFields
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.tasks import TaskFields
from cmpp_desktop.errors import Invalid
from tests.unit.domain.families import NEW_HOME, OLD_HOME, Family, leaves_no_trace, registered, tzoc, undone
from tests.unit.domain.memory import MemoryWork


@pytest.fixture
def work() -> MemoryWork:
    return MemoryWork()


@pytest.fixture
def family(work: MemoryWork) -> Family:
    made = tzoc(work)
    for item in work.find(AddressFields):
        work.change(AddressFields, item.id, since=date(2026, 3, 1))
    return made


def types_of(work: MemoryWork, participant: object) -> list[str]:
    return sorted(item.fields.type for item in work.find(ObligationFields, participant_id=participant))


def test_the_whole_family_moves_and_each_has_to_tell_the_court_uscis_and_ice(work: MemoryWork, family: Family) -> None:
    done = work.do(RecordMove(family.people, NEW_HOME, date(2026, 11, 23)))
    for person in family.people:
        assert types_of(work, person) == ["address_change", "address_change_ice", "address_change_uscis"]
        lived = [(item.fields.address, item.fields.until) for item in work.find(AddressFields, participant_id=person)]
        assert lived == [(OLD_HOME, date(2026, 11, 23)), (NEW_HOME, None)]
    court = work.find(ObligationFields, type="address_change")
    assert {item.fields.when.day for item in court} == {date(2026, 11, 30)}  # five days end on Saturday, the 28th
    assert all(item.fields.rule for item in court)
    assert len(work.find(TaskFields, title_code="tell_the_court")) == 4
    assert done.more is not None
    assert len(done.more["address_ids"]) == 4


def test_a_move_is_taken_back_with_everything_that_followed(work: MemoryWork, family: Family) -> None:
    leaves_no_trace(work, RecordMove(family.people[:2], NEW_HOME))


def test_telling_isap_is_not_telling_the_court(work: MemoryWork, family: Family) -> None:
    mother = family.people[0]
    work.do(RecordMove((mother,), NEW_HOME))
    (ice,) = work.find(ObligationFields, participant_id=mother, type="address_change_ice")
    work.do(MarkObligation(ice.id, "attended"))
    (court,) = work.find(ObligationFields, participant_id=mother, type="address_change")
    (task,) = work.find(TaskFields, title_code="tell_the_court")
    assert court.fields.result is None
    assert task.fields.done_at is None
    work.do(MarkObligation(court.id, "attended", "document"))
    assert work.get(TaskFields, task.id).fields.done_at is not None
    work.do(UnmarkObligation(court.id))
    assert work.get(TaskFields, task.id).fields.done_at is None


def test_somebody_without_a_written_address_moves_all_the_same(work: MemoryWork) -> None:
    newcomer = tzoc(work, address=None).people[0]
    work.do(RecordMove((newcomer,), NEW_HOME, before=OLD_HOME))
    assert types_of(work, newcomer) == ["address_change", "address_change_ice", "address_change_uscis"]


def test_who_registered_this_morning_and_moves_this_afternoon_has_to_tell_the_court(work: MemoryWork) -> None:
    newcomer = tzoc(work).people[0]
    work.do(RecordMove((newcomer,), NEW_HOME))
    assert types_of(work, newcomer) == ["address_change", "address_change_ice", "address_change_uscis"]


def test_only_those_who_did_not_live_there_already_are_moved(work: MemoryWork, family: Family) -> None:
    son = family.people[2]
    work.do(RecordMove((son,), NEW_HOME))
    done = work.do(RecordMove(family.people, NEW_HOME))
    assert done.more is not None
    assert len(done.more["address_ids"]) == 3
    with pytest.raises(Invalid) as refused:
        work.do(RecordMove(family.people, NEW_HOME))
    assert refused.value.fields == {"address": "same_address"}


def test_a_new_address_may_be_confidential_for_one_of_them_and_is_for_who_is_kept_safe(work: MemoryWork, family: Family) -> None:
    mother, father, son, daughter = family.people
    work.do(SeparateMembers(mother, father, with_ids=(daughter,)))
    work.do(RecordMove((mother, son, daughter), NEW_HOME, confidential=(son,)))
    new = {item.fields.participant_id: item.fields.confidential for item in work.find(AddressFields, until=None)}
    assert new == {mother: True, son: True, daughter: True, father: False}
    with pytest.raises(Invalid) as refused:
        work.do(RecordMove((mother, father), NEW_HOME))
    assert refused.value.fields == {"participant_ids": "kept_apart"}


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ({"moved_on": date(2026, 11, 25)}, {"moved_on": "in_future"}),
        ({"moved_on": date(2025, 1, 1)}, {"moved_on": "before_start"}),
        ({"address": OLD_HOME.model_copy(update={"line1": "", "city": "", "state": ""})}, {"address": "missing"}),
        ({"participant_ids": ()}, {"participant_ids": "missing"}),
    ],
)
def test_a_move_that_cannot_be_leaves_nothing(
    work: MemoryWork, family: Family, command: dict[str, object], problem: dict[str, str]
) -> None:
    before = dict(work.rows)
    with pytest.raises(Invalid) as refused:
        work.do(RecordMove(**{"participant_ids": family.people[:1], "address": NEW_HOME, **command}))  # type: ignore[arg-type]
    assert refused.value.fields == problem
    assert work.rows == before


def test_a_move_taken_back_after_the_court_was_told_keeps_that_it_was_told(work: MemoryWork, family: Family) -> None:
    mother = family.people[0]
    done = work.do(RecordMove((mother,), NEW_HOME))
    (court,) = work.find(ObligationFields, participant_id=mother, type="address_change")
    work.do(MarkObligation(court.id, "attended", "document"))
    undone(work, done)
    kept = work.find(ObligationFields, participant_id=mother, type="address_change")
    assert [item.fields.result for item in kept] == ["attended"]


def test_who_was_registered_twice_moves_once_and_has_one_hearing(work: MemoryWork, family: Family) -> None:
    mother = family.people[0]
    again = registered(work, ("Maricela", "Tzoc", "head", None), address=None).people[0]
    work.do(MergePeople(mother, again))
    more = work.do(RecordMove((mother, again, mother), NEW_HOME)).more or {}
    assert len(more["address_ids"]) == 1
    made = work.do(AddObligation((again, mother, again), "master_hearing", When(day=date(2027, 1, 14)))).more or {}
    assert len(made["obligation_ids"]) == 1
