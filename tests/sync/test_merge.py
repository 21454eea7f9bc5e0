"""Merging, as stories and as the properties P1 to P8 of the sync rules."""

from __future__ import annotations

import random
import types
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cmpp_desktop.changes import LIFE, LIVE, SIGNED, ChangeSet, Head, RecordState, Write, life_value
from cmpp_desktop.sync import merge
from cmpp_protocol import canon
from cmpp_protocol.stamps import Stamp
from tests.sync.merge_oracle import COLLECTION, FIELDS, RECORDS, Op, World, random_ops

ANA, BO, CY = (bytes([number]) * 32 for number in (1, 2, 3))
ID = UUID(int=7)
DAY = 24 * 3600 * 1000

small = st.integers(0, 3)
op = st.one_of(
    st.tuples(st.just("write"), small, small, small, small),
    st.tuples(st.just("write"), small, st.just(0), st.just(0), small),
    st.tuples(st.just("deliver"), small, small, small),
    st.tuples(st.just("deliver"), small, small, small),
    st.tuples(st.just("life"), small, small, small),
    st.tuples(st.just("revive"), small, small),
    st.tuples(st.just("pick"), small, small, small),
    st.tuples(st.just("clock"), small, small),
)
histories = st.lists(op, min_size=4, max_size=30)
quick = settings(max_examples=120, deadline=None)


def changes(stamp: Stamp, *writes: Write) -> ChangeSet:
    return ChangeSet(COLLECTION, stamp, writes)


def text(value: str) -> bytes:
    return canon.pack(value)


def created(stamp: Stamp, **values: str) -> ChangeSet:
    made = [Write("note", ID, LIFE, LIVE), *(Write("note", ID, name, text(value)) for name, value in values.items())]
    return changes(stamp, *made)


class Desk:
    """One laptop that merges what it is given, chain by chain."""

    def __init__(self) -> None:
        self.states: dict[UUID, RecordState] = {}
        self.chains: dict[bytes, int] = {}

    def take(self, *sets: ChangeSet, at_ms: int = 0) -> Desk:
        for change_set in sets:
            merge.apply_change_set(self.states, change_set, self.seen, at_ms)
            self.chains[change_set.stamp.device] = change_set.stamp.hlc
        return self

    @property
    def seen(self) -> merge.Seen:
        return merge.seen_by(self.chains)

    @property
    def state(self) -> RecordState:
        return self.states[ID]

    def conflicts(self, now_ms: int = 0) -> tuple[merge.Conflict, ...]:
        return merge.conflicts(self.state, self.seen, now_ms)

    def status(self, now_ms: int = 0) -> merge.Status:
        return merge.status(self.state, self.seen, now_ms)


MADE = created(Stamp(1, ANA), phone="555-0100")
BY_ANA = changes(Stamp(2, ANA), Write("note", ID, "phone", text("555-0111"), (Stamp(1, ANA),)))
BY_BO = changes(Stamp(3, BO), Write("note", ID, "phone", text("555-0222"), (Stamp(1, ANA),)))


def test_two_people_change_one_phone_number_offline_and_both_versions_are_shown() -> None:
    one, other = Desk().take(MADE, BY_ANA, BY_BO), Desk().take(MADE, BY_BO, BY_ANA)
    assert one.state == other.state
    [conflict] = one.conflicts()
    assert [head.value for head in conflict.versions] == [text("555-0111"), text("555-0222")]
    assert one.state.shown("phone") == text("555-0222")  # the highest stamp, while nobody has picked


def test_a_pick_ends_the_conflict_everywhere() -> None:
    desk = Desk().take(MADE, BY_ANA, BY_BO)
    picked = changes(Stamp(9, ANA), merge.write(desk.state, "note", ID, "phone", text("555-0111")))
    assert set(picked.writes[0].replaces) == {Stamp(2, ANA), Stamp(3, BO)}
    for later in (desk.take(picked), Desk().take(MADE, BY_ANA, picked, BY_BO)):
        assert later.conflicts() == ()
        assert later.state.shown("phone") == text("555-0111")


def test_equal_answers_are_no_conflict() -> None:
    same = changes(Stamp(3, BO), Write("note", ID, "phone", text("555-0111"), (Stamp(1, ANA),)))
    desk = Desk().take(MADE, BY_ANA, same)
    assert len(desk.state.heads["phone"]) == 2
    assert desk.conflicts() == ()


def test_a_correction_that_arrives_before_what_it_corrects_wins() -> None:
    corrected = changes(Stamp(9, CY), Write("note", ID, "phone", text("555-0333"), (Stamp(3, BO),)))
    desk = Desk().take(MADE, corrected)
    assert desk.conflicts() == ()  # BO's change is waited for: nothing false is shown
    desk.take(BY_BO)
    assert desk.state.stamps("phone") == (Stamp(9, CY),)
    assert not merge.awaited(desk.state, desk.seen)


def test_after_seven_days_of_waiting_the_conflict_is_shown_with_the_device_that_is_missing() -> None:
    corrected = changes(Stamp(9, CY), Write("note", ID, "phone", text("555-0333"), (Stamp(3, BO),)))
    desk = Desk().take(MADE).take(corrected, at_ms=1000)
    assert desk.conflicts(now_ms=1000 + 7 * DAY - 1) == ()
    [conflict] = desk.conflicts(now_ms=1000 + 7 * DAY)
    assert conflict.awaited == (BO,)


def test_a_late_edit_of_a_signed_note_shows_as_changed_since() -> None:
    desk = Desk().take(MADE)
    signed = changes(Stamp(5, BO), merge.settle(desk.state, ID, life_value("signed", b"s" * 16)))
    desk.take(signed)
    assert desk.status().name == "settled"
    desk.take(BY_ANA)
    assert desk.status().name == "changed_since"
    [conflict] = desk.conflicts()
    assert (conflict.field, conflict.reason) == ("phone", "changed_since")
    again = changes(Stamp(6, BO), merge.settle(desk.state, ID, life_value("signed", b"s" * 16)))
    assert desk.take(again).status().name == "settled"


def test_a_deleted_note_that_somebody_edits_stays_visible_until_it_is_brought_back() -> None:
    desk = Desk().take(MADE)
    desk.take(changes(Stamp(5, BO), merge.settle(desk.state, ID, life_value("deleted", "twice"))), BY_ANA)
    assert desk.status().name == "changed_since"
    assert desk.state.shown("phone") == text("555-0111")
    assert desk.take(changes(Stamp(6, BO), merge.revive(desk.state, ID))).status().name == "live"


def test_a_signature_that_arrives_before_the_last_words_it_covers_is_settled_and_not_in_doubt() -> None:
    author = Desk().take(MADE, BY_ANA)
    signed = changes(Stamp(5, BO), merge.settle(author.state, ID, life_value("signed", b"s" * 16)))
    desk = Desk().take(MADE, signed)
    assert desk.status().name == "settled"
    assert desk.take(BY_ANA).status().name == "settled"
    assert not merge.awaited(desk.state, desk.seen)


def test_deleted_here_and_signed_there_is_a_conflict_of_life() -> None:
    desk = Desk().take(MADE)
    deleted = changes(Stamp(5, BO), merge.settle(desk.state, ID, life_value("deleted", "wrong person")))
    signed = changes(Stamp(6, CY), merge.settle(desk.state, ID, life_value("signed", b"s" * 16)))
    assert desk.take(deleted, signed).status().name == "conflict"
    assert LIFE in {conflict.field for conflict in desk.conflicts()}


def test_a_record_whose_beginning_has_not_come_is_not_shown_yet() -> None:
    assert Desk().take(BY_BO).status().name == "new"


def test_a_life_that_a_newer_version_invented_is_kept_and_counts_as_not_live() -> None:
    desk = Desk().take(MADE)
    new = Write("note", ID, LIFE, canon.pack(["embargoed", 7]), (Stamp(1, ANA),), merge.held(desk.state))
    assert desk.take(changes(Stamp(5, BO), new)).status() == merge.Status("settled", "unknown", new.value)


def test_types_and_fields_that_nobody_knows_merge_like_all_others() -> None:
    odd = ChangeSet(COLLECTION, Stamp(3, BO), (Write("hologram", ID, "spin", canon.pack({"x": [1, b"\x00"]})),))
    desk = Desk().take(odd)
    assert desk.state.shown("spin") == canon.pack({"x": [1, b"\x00"]})


@quick
@given(histories, st.randoms(use_true_random=False))
def test_p1_the_same_changes_in_any_order_give_the_same_records(ops: list[Op], rng: random.Random) -> None:
    world = World()
    world.run(ops)
    world.deliver_everything(rng)
    world.check_at_rest()


@quick
@given(histories)
def test_p2_p3_p4_p7_heads_conflicts_and_late_edits_are_what_full_causal_pasts_say(ops: list[Op]) -> None:
    world = World()
    for one in ops:
        world.run([one])
        world.check_now()


@quick
@given(histories, st.randoms(use_true_random=False))
def test_p5_a_pick_ends_a_conflict_unless_something_concurrent_came(ops: list[Op], rng: random.Random) -> None:
    world = World()
    world.run(ops)
    world.deliver_everything(rng)
    world.check_now()
    for record in range(len(RECORDS)):
        for name in range(len(FIELDS)):
            world.do_pick(0, record, name)
    world.deliver_everything(rng)
    for laptop in world.laptops:
        for state in laptop.states.values():
            assert not [c for c in merge.conflicts(state, laptop.seen, 0) if c.reason == "values" and c.field in FIELDS]
    world.check_now()


@quick
@given(st.lists(st.tuples(st.sampled_from(["a", "b", LIFE]), st.booleans(), st.booleans()), min_size=1, max_size=4))
def test_a_creation_read_at_once_is_what_its_writes_make_one_by_one(rows: list[tuple[str, bool, bool]]) -> None:
    def one(name: str, plain: bool, live: bool) -> Write:
        value = (LIVE if live else life_value("deleted", "x")) if name == LIFE else text(name)
        return Write("note", ID, name, value, () if plain else (Stamp(3, BO),))

    writes = [one(*row) for row in {row[0]: row for row in rows}.values()]
    at_once: dict[UUID, RecordState] = {}
    merge.apply_change_set(at_once, changes(Stamp(5, ANA), *writes), lambda stamp: False)
    step_by_step: RecordState | None = None
    for write in writes:
        step_by_step = merge.apply(step_by_step, write, Stamp(5, ANA), lambda stamp: False)
    assert at_once[ID] == step_by_step


# Which life is shown to the one who writes last differs with the clocks.
SHOWN: list[Op] = [
    *(("write", who, 0, 0, 0) for who in (1, 0, 0, 0, 2)), ("deliver", 0, 1, 2), ("deliver", 0, 2, 0), ("deliver", 2, 0, 1),
    ("revive", 0, 0), ("clock", 1, 0), ("deliver", 0, 2, 0), ("deliver", 0, 2, 1), ("deliver", 1, 0, 0), ("life", 1, 0, 0),
    ("deliver", 0, 1, 0), ("write", 1, 0, 0, 0),
]  # fmt: skip


@quick
@given(histories, st.integers(2, 1000), st.randoms(use_true_random=False))
@example(SHOWN, 2, random.Random(1))
def test_p20_clocks_change_what_is_shown_first_and_nothing_else(ops: list[Op], factor: int, rng: random.Random) -> None:
    def heads(world: World) -> list[list[tuple[str, list[bytes]]]]:
        states = [world.laptops[0].states[id] for id in sorted(world.laptops[0].states)]
        return [[(name, sorted(head.value for head in state.heads[name])) for name in sorted(state.heads)] for state in states]

    # Picks choose by what is shown, so only the histories without them can be compared.
    calm = [one for one in ops if one[0] != "pick"]
    skewed = [(one[0], one[1], (7 - one[2]) * factor) if one[0] == "clock" else one for one in calm]
    results = []
    for history in (calm, skewed):
        world = World()
        world.run(history)
        world.deliver_everything(rng)
        results.append(heads(world))
    assert results[0] == results[1]


@quick
@given(st.permutations(range(5)))
def test_p8_a_signed_record_never_changes_whatever_is_written_over_it_in_any_order(order: list[int]) -> None:
    made = changes(
        Stamp(5, ANA),
        Write(SIGNED, ID, LIFE, LIVE),
        Write(SIGNED, ID, "content", canon.pack(b"what was signed")),
        Write(SIGNED, ID, "signature", canon.pack(b"s" * 64)),
    )
    intruders = [
        changes(Stamp(7 + n, bytes([9 + n]) * 32), write)
        for n, write in enumerate(
            [
                Write("note", ID, "content", canon.pack(b"forged"), (Stamp(5, ANA),)),
                Write("note", ID, LIFE, life_value("deleted", "gone"), (Stamp(5, ANA),)),
                Write("aaa", ID, "text", text("under the same id")),
                Write("zzz", ID, "content", canon.pack(b"forged"), (Stamp(5, ANA), Stamp(99, BO))),
            ]
        )
    ]
    everything = [made, *intruders]
    desk = Desk().take(*(everything[number] for number in order))
    assert desk.state == Desk().take(made).state


def _last_writer_wins(real: Any) -> dict[str, Any]:
    def apply(state: RecordState | None, write: Write, stamp: Stamp, seen: merge.Seen, at_ms: int = 0) -> RecordState:
        made = real.apply(state, write, stamp, seen, at_ms)
        return RecordState(made.kind, {name: heads[-1:] for name, heads in made.heads.items()}, made.waiting, made.covers)

    return {"apply": apply}


def _no_waiting(real: Any) -> dict[str, Any]:
    def apply(state: RecordState | None, write: Write, stamp: Stamp, seen: merge.Seen, at_ms: int = 0) -> RecordState:
        made = real.apply(state, write, stamp, seen, at_ms)
        return RecordState(made.kind, made.heads, {}, made.covers)

    return {"apply": apply}


def _nothing_is_seen(real: Any) -> dict[str, Any]:
    return {"apply": lambda state, write, stamp, seen, at_ms=0: real.apply(state, write, stamp, lambda named: False, at_ms)}


def _names_only_the_shown_head(real: Any) -> dict[str, Any]:
    def write(state: RecordState | None, kind: str, id: UUID, field: str, value: bytes) -> Write:
        made = real.write(state, kind, id, field, value)
        return Write(kind, id, field, value, made.replaces[-1:])

    return {"write": write}


def _waited_for_becomes_a_head_all_the_same(real: Any) -> dict[str, Any]:
    def apply(state: RecordState | None, write: Write, stamp: Stamp, seen: merge.Seen, at_ms: int = 0) -> RecordState:
        made = real.apply(state, write, stamp, seen, at_ms)
        heads = dict(made.heads)
        if stamp not in made.stamps(write.field):
            more = (*heads.get(write.field, ()), Head(stamp, write.value))
            heads[write.field] = tuple(sorted(more, key=lambda head: head.stamp))
        return RecordState(made.kind, heads, made.waiting, made.covers)

    return {"apply": apply}


def _covers_forgotten(real: Any) -> dict[str, Any]:
    return {"settle": lambda state, id, value: Write(state.kind, id, LIFE, value, state.stamps(LIFE))}


def _covers_remove(real: Any) -> dict[str, Any]:
    def apply(state: RecordState | None, write: Write, stamp: Stamp, seen: merge.Seen, at_ms: int = 0) -> RecordState:
        made = real.apply(state, write, stamp, seen, at_ms)
        gone = {(name, named) for name, stamps in write.covers for named in stamps}
        heads = {n: tuple(h for h in hs if (n, h.stamp) not in gone) for n, hs in made.heads.items()}
        return RecordState(made.kind, heads, made.waiting, made.covers)

    return {"apply": apply}


def _old_covers_stay(real: Any) -> dict[str, Any]:
    def apply(state: RecordState | None, write: Write, stamp: Stamp, seen: merge.Seen, at_ms: int = 0) -> RecordState:
        made = real.apply(state, write, stamp, seen, at_ms)
        return RecordState(made.kind, made.heads, made.waiting, {**(state.covers if state else {}), **made.covers})

    return {"apply": apply}


@pytest.mark.parametrize(
    "mutation",
    [
        _last_writer_wins,
        _no_waiting,
        _nothing_is_seen,
        _names_only_the_shown_head,
        _waited_for_becomes_a_head_all_the_same,
        _covers_forgotten,
        _covers_remove,
        _old_covers_stay,
    ],
)
def test_each_rule_removed_makes_a_property_fail(mutation: Callable[[Any], dict[str, Any]]) -> None:
    names = {name: getattr(merge, name) for name in dir(merge) if not name.startswith("__")}
    mutant = types.SimpleNamespace(**{**names, **mutation(merge)})

    def apply_change_set(states: dict[UUID, RecordState], change_set: ChangeSet, seen: merge.Seen, at_ms: int = 0) -> None:
        for write in change_set.writes:
            states[write.id] = mutant.apply(states.get(write.id), write, change_set.stamp, seen, at_ms)

    mutant.apply_change_set = apply_change_set
    for seed in range(400):
        rng = random.Random(seed)
        world = World(merge=mutant)
        try:
            for one in random_ops(rng, 30):
                world.run([one])
                world.check_now()
            world.deliver_everything(rng)
            world.check_now()
            world.check_at_rest()
        except AssertionError:
            return
    pytest.fail("no property noticed that the rule is gone")
