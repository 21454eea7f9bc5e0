"""Single rules of merging that no property missed: each was found by a mutant that nobody noticed (`tests/mutants.py`)."""

from __future__ import annotations

from itertools import permutations, product
from uuid import UUID

import pytest

from cmpp_desktop.changes import LIFE, LIVE, ChangeSet, RecordState, Write, life_value
from cmpp_desktop.sync import merge
from cmpp_protocol.stamps import Stamp
from tests.mutants import MUTANTS, Mutant, mutated, source_of_merge
from tests.sync.test_merge import ANA, BO, BY_ANA, BY_BO, CY, DAY, ID, MADE, Desk, changes, text


def test_p1_two_kinds_under_one_id_end_as_the_same_one_in_any_order() -> None:
    odd = [
        changes(Stamp(1, device), Write(kind, ID, "phone", text(kind)))
        for kind, device in (("note", ANA), ("address", BO), ("zebra", CY))
    ]
    ends = {merge.digest_form(ID, Desk().take(*order).state) for order in permutations(odd)}
    assert len(ends) == 1
    assert Desk().take(*odd).state.kind == "address"


def test_p1_a_change_set_that_comes_twice_is_merged_once() -> None:
    once, twice = Desk().take(MADE, BY_ANA), Desk().take(MADE, BY_ANA, BY_ANA)
    assert once.state == twice.state
    assert twice.state.stamps("phone") == (Stamp(2, ANA),)


def test_a_creation_of_any_shape_is_what_its_writes_make_one_by_one() -> None:
    shapes = [(kind, name) for kind in ("note", "address") for name in ("a", "b")]
    for rows in (rows for count in (1, 2, 3) for rows in product(shapes, repeat=count)):
        writes = [Write(kind, ID, name, text(f"{number}")) for number, (kind, name) in enumerate(rows)]
        at_once: dict[UUID, RecordState] = {}
        merge.apply_change_set(at_once, changes(Stamp(5, ANA), *writes), lambda stamp: False)
        one_by_one: RecordState | None = None
        for write in writes:
            one_by_one = merge.apply(one_by_one, write, Stamp(5, ANA), lambda stamp: False)
        assert at_once[ID] == one_by_one


def test_the_seven_days_of_a_wait_do_not_begin_anew_when_something_else_comes() -> None:
    corrected = changes(Stamp(9, CY), Write("note", ID, "phone", text("555-0333"), (Stamp(3, BO),)))
    later = changes(Stamp(10, CY), Write("note", ID, "site", text("north")))
    desk = Desk().take(MADE).take(corrected, at_ms=1000).take(later, at_ms=1000 + 6 * DAY)
    assert desk.conflicts(now_ms=1000 + 7 * DAY - 1) == ()
    assert [one.field for one in desk.conflicts(now_ms=1000 + 7 * DAY)] == ["phone"]


def test_a_wait_that_has_only_begun_hides_the_conflict_though_nobody_noted_when() -> None:
    corrected = changes(Stamp(9, CY), Write("note", ID, "phone", text("555-0333"), (Stamp(3, BO),)))
    state = Desk().take(MADE).take(corrected, at_ms=1000).state
    forgotten = RecordState(state.kind, state.heads, state.waiting, state.covers)  # as a store does that kept no time
    assert merge.conflicts(forgotten, merge.seen_by({ANA: 1, CY: 9}), 99 * DAY) == ()


def test_two_who_gave_the_same_answer_are_one_version_the_later_one() -> None:
    same = changes(Stamp(7, CY), Write("note", ID, "phone", text("555-0111"), (Stamp(1, ANA),)))
    [conflict] = Desk().take(MADE, BY_ANA, BY_BO, same).conflicts()
    assert [head.stamp for head in conflict.versions] == [Stamp(3, BO), Stamp(7, CY)]


def test_what_is_written_and_settled_in_one_step_waits_for_nothing() -> None:
    covers = (("phone", (Stamp(5, ANA),)),)
    at_once = changes(
        Stamp(5, ANA),
        Write("note", ID, LIFE, LIVE),
        Write("note", ID, "phone", text("555-0111")),
        Write("note", ID, LIFE, life_value("signed", b"s" * 16), (), covers),
    )
    desk = Desk().take(at_once)
    assert desk.state.since == {}
    assert not merge.awaited(desk.state, desk.seen)


def test_settled_twice_what_either_knew_is_covered() -> None:
    signed = life_value("signed", b"s" * 16)
    by_ana = Desk().take(MADE, BY_ANA)
    by_bo = Desk().take(MADE, BY_BO)
    one = changes(Stamp(5, ANA), merge.settle(by_ana.state, ID, signed))
    other = changes(Stamp(6, BO), merge.settle(by_bo.state, ID, signed))
    for order in ((one, other), (other, one)):
        assert Desk().take(MADE, BY_ANA, BY_BO, *order).status().name == "settled"


def test_a_field_that_differs_and_was_changed_since_is_told_once() -> None:
    desk = Desk().take(MADE)
    signed = changes(Stamp(5, CY), merge.settle(desk.state, ID, life_value("signed", b"s" * 16)))
    assert [one.field for one in desk.take(signed, BY_ANA, BY_BO).conflicts()] == ["phone"]


def test_a_digest_tells_apart_what_is_awaited_and_what_is_covered() -> None:
    desk = Desk().take(MADE)
    plain = changes(Stamp(9, CY), Write("note", ID, "phone", text("x"), (Stamp(1, ANA),)))
    waits = changes(Stamp(9, CY), Write("note", ID, "phone", text("x"), (Stamp(1, ANA), Stamp(3, BO))))
    covers = merge.settle(desk.state, ID, life_value("deleted", "twice"))
    nothing = covers._replace(covers=())
    settled = [changes(Stamp(9, CY), one) for one in (covers, nothing)]
    ends = [Desk().take(MADE, one).state for one in (plain, waits, *settled)]
    assert len({merge.digest_form(ID, state) for state in ends}) == len(ends)


def test_a_digest_tells_apart_what_was_written() -> None:
    one, other = (ChangeSet(MADE.collection, Stamp(9, CY), (Write("note", ID, "phone", text(x)),)) for x in ("a", "b"))
    assert merge.digest_form(ID, Desk().take(one).state) != merge.digest_form(ID, Desk().take(other).state)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.rule)
def test_each_mutant_fits_the_source_and_is_a_program(mutant: Mutant) -> None:
    compile(mutated(source_of_merge(), mutant), merge.__file__, "exec")
