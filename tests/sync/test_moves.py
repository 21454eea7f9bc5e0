"""Records that move between collections (rules 24–26), as stories and against an oracle with full causal pasts."""

from __future__ import annotations

import random
import types
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cmpp_desktop.changes import LIFE, LIVE, SIGNED, ChangeSet, Head, RecordState, Write, is_mark, life_value
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store import moving
from cmpp_desktop.sync import merge
from cmpp_desktop.sync.outbox import destinations_first
from cmpp_protocol import canon
from cmpp_protocol.roster import Role
from cmpp_protocol.stamps import Stamp
from tests.sync.laptops import Office, enrolled, everybody, founded, invited
from tests.sync.moves_oracle import ID, NORTH, SOUTH, World, run

quick = settings(max_examples=150, deadline=None)
seeds = st.integers(0, 1 << 32)


def shown(world: World, who: int, place: bytes, name: str = "phone") -> Any:
    state = world.laptops[who].state(place)
    value = state.shown(name) if state else None
    return None if value is None or is_mark(value) else canon.unpack(value)


def test_what_moved_is_read_in_the_new_place_and_not_in_the_old_one() -> None:
    world = World()
    world.do_move(0, 0)
    world.deliver_everything(random.Random(1))
    assert [shown(world, who, SOUTH) for who in (0, 1, 3)] == ["at first"] * 3
    assert [shown(world, who, NORTH) for who in (0, 1, 2)] == [None] * 3
    assert [one.status(NORTH) for one in world.laptops[:3]] == ["settled"] * 3


def test_an_edit_of_somebody_who_had_not_heard_shows_as_changed_after_it_moved_and_is_carried_over() -> None:
    world = World()
    world.deliver_everything(random.Random(1))
    world.do_move(0, 0)
    world.do_edit(2, 0, 0, 1)
    said = shown(world, 2, NORTH)
    world.deliver_everything(random.Random(2))
    assert [one.status(NORTH) for one in world.laptops[:3]] == ["changed_since"] * 3
    world.do_carry(1, 0)
    world.deliver_everything(random.Random(3))
    assert shown(world, 3, SOUTH) == said
    assert not merge.conflicts(world.laptops[3].states[SOUTH][ID], world.laptops[3].seen(SOUTH), 0)
    assert world.laptops[2].status(NORTH) == "settled"


def test_carrying_over_beside_an_edit_in_the_new_place_is_a_conflict_and_nothing_is_lost() -> None:
    world = World()
    world.deliver_everything(random.Random(1))
    world.do_move(0, 0)
    world.do_edit(2, 0, 0, 1)
    world.do_deliver(0, 3, 1, 2)
    world.do_edit(3, 1, 0, 1)
    world.deliver_everything(random.Random(2))
    world.do_carry(0, 0)
    state = world.laptops[0].states[SOUTH][ID]
    assert {canon.unpack(head.value) for head in state.heads["phone"]} >= {shown(world, 3, SOUTH)}
    assert len({head.value for head in state.heads["phone"]}) == 2


def test_there_and_back_again_leaves_no_conflict() -> None:
    world = World()
    for place in (0, 1, 0, 1):
        world.do_move(0, place)
    world.deliver_everything(random.Random(1))
    assert shown(world, 2, NORTH) == "at first"
    assert not merge.conflicts(world.laptops[2].states[NORTH][ID], world.laptops[2].seen(NORTH), 0)


def test_what_differs_is_picked_before_it_moves() -> None:
    world = World()
    world.deliver_everything(random.Random(1))
    world.do_edit(0, 0, 0, 1)
    world.do_edit(2, 0, 0, 2)
    world.deliver_everything(random.Random(2))
    with pytest.raises(KnownError, match="conflict_open"):
        moving.parts_of(world.laptops[0].states[NORTH][ID], None, SOUTH)


def test_what_was_signed_is_signed_where_it_goes() -> None:
    signed = RecordState("note", {LIFE: (Head(Stamp(2, b"a" * 32), canon.pack(["signed", bytes(16)])),)})
    assert moving.parts_of(signed, None, SOUTH).life == canon.pack(["signed", bytes(16)])


def test_an_origin_that_nobody_can_read_is_none() -> None:
    for value in (b"\xc1", canon.pack(7), canon.pack([1]), canon.pack([-1, bytes(32)]), canon.pack([1, b"short"]), b"\x92"):
        assert moving.origin_of(RecordState("note", {moving.ORIGIN: (Head(Stamp(1, bytes(32)), value),)})) is None
    told = canon.pack([5, bytes(32)])
    assert moving.origin_of(RecordState("note", {moving.ORIGIN: (Head(Stamp(9, bytes(32)), told),)})) == Stamp(5, bytes(32))


@pytest.mark.parametrize("movers", [1, 2])
@quick
@given(seeds)
def test_no_edit_is_lost_and_all_who_hold_a_collection_agree(movers: int, seed: int) -> None:
    rng = random.Random(seed)
    world = World(movers)
    for _ in range(6):
        run(world, rng, 8)
        world.deliver_everything(rng)
        world.check_equal()
        world.check_nothing_lost()
    world.finish(rng)
    world.check_equal()
    world.check_nothing_lost()
    world.check_in_one()


@quick
@given(seeds)
@example(3071)  # a value of the first of three moves stands beside its correction, which came with the third
def test_with_one_who_moves_no_conflict_is_false(seed: int) -> None:
    rng = random.Random(seed)
    world = World(1, one_way=True)  # who moves it back writes what was there anew, beside what was written there meanwhile
    for _ in range(6):
        run(world, rng, 8)
        world.deliver_everything(rng)
        world.check_no_false_conflict()


@quick
@given(seeds)
def test_marks_change_nothing_that_merging_decides(seed: int) -> None:
    worlds = []
    for keeps_marks in (True, False):
        rng = random.Random(seed)
        world = World(keeps_marks=keeps_marks)
        run(world, rng, 40)
        world.deliver_everything(rng)
        worlds.append(world)
    for marks, plain in zip(worlds[0].laptops, worlds[1].laptops, strict=True):
        for place in marks.holds:
            one, other = marks.state(place), plain.state(place)
            assert (one is None) == (other is None)
            if one is not None and other is not None:
                assert merge.digest_form(ID, one) == merge.digest_form(ID, other)
                assert marks.status(place) == plain.status(place)


def _names_nothing(source: RecordState, there: RecordState | None, to: bytes) -> moving.Parts:
    made = moving.parts_of(source, there, to)
    return replace(made, beside={**(there.heads if there else {}), LIFE: made.beside.get(LIFE, ())})


def _names_everything(source: RecordState, there: RecordState | None, to: bytes) -> moving.Parts:
    return replace(moving.parts_of(source, there, to), beside={})


def _carries_what_is_shown_alone(source: RecordState, there: RecordState | None, to: bytes) -> moving.Parts:
    made = moving.parts_of(source, there, to)
    return replace(made, values={name: value for name, value in made.values.items() if name == "phone"})


def _carries_over_nothing(source: RecordState, there: RecordState | None, to: bytes) -> moving.Parts:
    made = moving.parts_of(source, there, to)
    return made if there is None else replace(made, values={})


def _picks_by_itself(source: RecordState, there: RecordState | None, to: bytes) -> moving.Parts:
    return moving.parts_of(replace(source, heads={name: heads[-1:] for name, heads in source.heads.items()}), there, to)


def _is_never_live_again(source: RecordState, there: RecordState | None, to: bytes) -> moving.Parts:
    made = moving.parts_of(source, there, to)
    return made if there is None else replace(made, life=None)


@pytest.mark.parametrize(
    "mutation",
    [
        _names_nothing,
        _names_everything,
        _carries_what_is_shown_alone,
        _carries_over_nothing,
        _picks_by_itself,
        _is_never_live_again,
    ],
)
def test_each_part_of_the_rule_removed_is_noticed(mutation: Callable[..., moving.Parts]) -> None:
    mutant = types.SimpleNamespace(parts_of=mutation, moved_value=moving.moved_value)
    for seed in range(400):
        rng = random.Random(seed)
        world = World(1, mutant, one_way=bool(seed % 2))
        try:
            for _ in range(6):
                run(world, rng, 8)
                world.deliver_everything(rng)
                world.check_equal()
                world.check_nothing_lost()
                if world.one_way:
                    world.check_no_false_conflict()
            world.finish(rng)
            world.check_in_one()
        except AssertionError:
            return
    pytest.fail("no property noticed it")


def test_the_record_is_the_same_one() -> None:
    world = World()
    world.do_move(0, 0)
    assert UUID(int=7) in world.laptops[0].states[SOUTH]
    assert world.laptops[0].states[SOUTH][ID].shown(LIFE) == LIVE


def test_what_moves_is_sent_where_it_goes_before_it_is_sent_where_it_was() -> None:
    first, second, third = (UUID(int=number) for number in (1, 2, 3))

    def gone(place: UUID, to: UUID) -> list[ChangeSet]:
        return [ChangeSet(place.bytes, Stamp(1, bytes(32)), (Write("note", ID, LIFE, moving.moved_value(to.bytes, None)),))]

    assert destinations_first({first: gone(first, second), second: gone(second, third), third: []}) == [third, second, first]
    there_and_back = destinations_first({first: gone(first, second), second: gone(second, first), third: []})
    assert sorted(there_and_back) == [first, second, third]  # there is no such order: everything is sent all the same


def test_what_was_signed_by_somebody_who_has_left_is_signed_where_it_goes(tmp_path: Path) -> None:
    office = Office(tmp_path)
    try:
        admin = founded(office)
        sam, ana = (enrolled(office, invited(admin, seed, Role.SUPERVISOR), seed) for seed in (2, 3))
        everybody(sam, ana, admin)
        for laptop in (sam, ana):  # the digits are compared, so that they get the restricted records
            admin.engine.desk.confirm(laptop.device)
        everybody(sam, ana, admin)
        sam.write(ID, text="She told me.")
        signed = sam.sign(ID, roster=sam.engine.roster().no)
        everybody(sam, admin, ana)
        admin.engine.desk.revoke(sam.device)
        everybody(admin, ana)
        copy = admin.state(signed)
        assert copy is not None

        def carried(state_of: Any) -> list[Write]:
            made = [Write(SIGNED, signed, name, heads[-1].value) for name, heads in copy.heads.items()]
            origin = Write("note", ID, moving.ORIGIN, canon.pack([1, sam.device]))
            return [*made, Write("note", ID, LIFE, life_value("signed", signed.bytes)), origin]

        admin.replica.commit(admin.restricted, carried, admin.clock + 1000)
        everybody(admin, ana)
        assert ana.replica.all_set_aside() == []
        assert ana.state(signed, ana.restricted) is not None
    finally:
        office.close()
