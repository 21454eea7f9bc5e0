"""One record, two collections, four laptops: moves, carrying over and edits, beside an oracle that keeps full causal pasts.

Two laptops may hold both collections, one holds the first alone, one the second. For every edit the oracle knows what its
author had applied, and for every value that a move wrote, of which edits it is a copy. From this alone it says what is old.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from cmpp_desktop.changes import LIFE, LIVE, ChangeSet, RecordState, Write, is_mark
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store import moving as real_moving
from cmpp_desktop.sync import merge
from cmpp_protocol import canon
from cmpp_protocol.stamps import Stamp, next_hlc

NORTH, SOUTH = bytes(16), bytes([1]) * 16
PLACES = (NORTH, SOUTH)
FIELDS = ("phone", "site")
ID = UUID(int=7)
Copies = dict[bytes, dict[str, frozenset["Mark"]]]  # by place and field: the edits of which a value is a copy


class Mark(NamedTuple):
    """Names one write."""

    place: bytes
    field: str
    stamp: Stamp


@dataclass
class Laptop:
    name: bytes
    holds: tuple[bytes, ...]
    clock: int = 0
    last_hlc: int = 0
    states: dict[bytes, dict[UUID, RecordState]] = field(default_factory=lambda: {place: {} for place in PLACES})
    chains: dict[bytes, dict[bytes, int]] = field(default_factory=lambda: {place: {} for place in PLACES})
    taken: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    past: set[Mark] = field(default_factory=set)

    def seen(self, place: bytes) -> merge.Seen:
        return merge.seen_by(self.chains[place])

    def state(self, place: bytes) -> RecordState | None:
        return self.states[place].get(ID)

    def status(self, place: bytes) -> str:
        state = self.state(place)
        return "none" if state is None else merge.status(state, self.seen(place), 0).name


class World:
    """`movers`: how many laptops hold both collections (1 or 2). `keeps_marks`: as the store keeps what went. `one_way`:
    nothing goes back to the first collection."""

    def __init__(self, movers: int = 2, moving: Any = real_moving, *, keeps_marks: bool = True, one_way: bool = False) -> None:
        self.moving, self.keeps_marks, self.one_way = moving, keeps_marks, one_way
        places = [PLACES] * movers + [(NORTH,), (SOUTH,)]
        self.laptops = [Laptop(bytes([number + 1]) * 32, held) for number, held in enumerate(places)]
        self.movers = self.laptops[:movers]
        self.written: dict[tuple[bytes, bytes], list[ChangeSet]] = {}
        self.pasts: dict[Mark, frozenset[Mark]] = {}
        self.moves: dict[Stamp, set[Stamp]] = {}  # and the lives that each replaced
        self.edits: dict[Mark, frozenset[Mark]] = {}  # what a write stands for: itself, or the edits of which it is a copy
        self._commit(self.laptops[0], {NORTH: [Write("note", ID, LIFE, LIVE), *self._first()]})

    def _first(self) -> list[Write]:
        return [Write("note", ID, name, canon.pack("at first")) for name in FIELDS]

    def do_edit(self, who: int, place: int, name: int, value: int) -> None:
        laptop, at = self.laptops[who % len(self.laptops)], PLACES[place % 2]
        state = laptop.state(at)
        if at in laptop.holds and state is not None and laptop.status(at) not in ("settled", "new"):  # rule 18
            told = canon.pack(f"{value}-{len(self.pasts)}" if value else "same")
            self._commit(laptop, {at: [merge.write(state, "note", ID, FIELDS[name % 2], told)]})

    def do_move(self, who: int, place: int) -> None:
        laptop, at = self.movers[who % len(self.movers)], PLACES[place % 2]
        if self.one_way and at == SOUTH:
            return
        if laptop.status(at) == "live":
            self._move(laptop, at)

    def do_carry(self, who: int, place: int) -> None:
        """Finishes a move after which something changed."""
        laptop, at = self.movers[who % len(self.movers)], PLACES[place % 2]
        state = laptop.state(at)
        if laptop.status(at) in ("changed_since", "conflict") and state is not None and state.shown(LIFE) != LIVE:
            self._move(laptop, at)

    def _move(self, laptop: Laptop, at: bytes) -> None:
        to = PLACES[at == NORTH]
        source, there = real_moving.marked(laptop.states[at][ID]), laptop.state(to)
        try:
            parts = self.moving.parts_of(source, there, to)
        except KnownError:
            return  # what differs is picked first
        values = dict(parts.values) if parts.life is None else {**parts.values, LIFE: parts.life}
        held = there or RecordState("note")
        beside = {name: {head.stamp for head in heads} for name, heads in parts.beside.items()}
        carried = [
            Write("note", ID, name, value, tuple(s for s in held.stamps(name) if s not in beside.get(name, ())))
            for name, value in values.items()
        ]
        copies: dict[str, frozenset[Mark]] = {}
        for name, value in parts.values.items():
            of = [self.edits[Mark(at, name, head.stamp)] for head in source.heads[name] if head.value == value]
            copies[name] = frozenset().union(*of)
        gone = merge.settle(source, ID, self.moving.moved_value(to, None))
        self._commit(laptop, {to: carried, at: [gone]} if carried else {at: [gone]}, {to: copies})
        self.moves[Stamp(laptop.last_hlc, laptop.name)] = {head.stamp for head in source.heads[LIFE]}

    def do_pick(self, who: int, place: int, name: int) -> None:
        laptop, at = self.laptops[who % len(self.laptops)], PLACES[place % 2]
        state, called = laptop.state(at), FIELDS[name % 2]
        told = [h.value for h in real_moving.marked(state).heads.get(called, ()) if not is_mark(h.value)] if state else []
        if at in laptop.holds and state is not None and len(set(told)) > 1:
            self._commit(laptop, {at: [merge.write(state, "note", ID, called, told[-1])]})

    def do_deliver(self, author: int, reader: int, place: int, count: int) -> None:
        source, target, at = self.laptops[author % len(self.laptops)], self.laptops[reader % len(self.laptops)], PLACES[place % 2]
        start = target.taken.get((source.name, at), 0)
        if source is not target and at in target.holds:
            for change_set in self.written.get((source.name, at), [])[start : start + 1 + count % 3]:
                self._apply(target, change_set)

    def do_clock(self, who: int, ms: int) -> None:
        self.laptops[who % len(self.laptops)].clock = ms

    def deliver_everything(self, rng: random.Random) -> None:
        for target in self.laptops:
            while missing := [
                key for key, sets in self.written.items() if key[1] in target.holds and target.taken.get(key, 0) < len(sets)
            ]:
                key = rng.choice(missing)
                self._apply(target, self.written[key][target.taken.get(key, 0)])

    def finish(self, rng: random.Random) -> None:
        """People settle everything: picks, and whoever holds both finishes the moves (rule 26)."""
        for _ in range(12):
            self.deliver_everything(rng)
            before = len(self.pasts)
            for place in range(2):
                for name in range(len(FIELDS)):
                    self.do_pick(0, place, name)
            north, south = (self.laptops[0].status(place) for place in PLACES)
            if north == "live" and south not in ("settled", "none"):
                self._move(self.laptops[0], SOUTH)
            elif (north, south) != ("settled", "live") and north != "live":
                self._move(self.laptops[0], NORTH)
            if len(self.pasts) == before:
                return
        raise AssertionError("it never ends")

    # What holds

    def check_equal(self) -> None:
        """P1 in each collection, marks or not."""
        for place in PLACES:
            forms = {merge.digest_form(ID, state) for one in self.laptops if (state := one.state(place)) and place in one.holds}
            assert len(forms) <= 1, "P1"

    def check_nothing_lost(self) -> None:
        """P4, P7: every edit can be read in one of the collections, or somebody who had it wrote another value."""
        mover = self.laptops[0]
        readable: set[Mark] = set()
        for place in PLACES:
            state = mover.state(place)
            for name in FIELDS if state else ():
                assert state is not None
                for head in state.heads.get(name, ()):
                    if not is_mark(real_moving.marked(state).heads[name][state.heads[name].index(head)].value):
                        readable |= self.edits[Mark(place, name, head.stamp)]
        for edit in {edit for edits in self.edits.values() for edit in edits if edit.field != LIFE}:
            assert edit in readable or self.is_superseded(edit), "an edit is gone"

    def is_superseded(self, edit: Mark) -> bool:
        """Whether somebody who had an edit, or a copy of it, wrote another value."""
        copies = [mark for mark, edits in self.edits.items() if edit in edits]
        return any(
            mark.field == edit.field and edits == {mark} and mark != edit and self._had(mark, copies)
            for mark, edits in self.edits.items()
        )

    def check_no_false_conflict(self) -> None:
        """P3: two values are shown only where neither edit's author had the other, nor a copy of it. Not so of what two
        moves brought of which neither replaced the other: the source names its newest move alone."""
        mover = self.laptops[0]
        for place in PLACES:
            state = mover.state(place)
            for conflict in merge.conflicts(state, mover.seen(place), 0) if state else ():
                if conflict.reason == "values" and conflict.field != LIFE:
                    edits = [self.edits[Mark(place, conflict.field, head.stamp)] for head in conflict.versions]
                    old = {
                        edit
                        for group, head in zip(edits, conflict.versions, strict=True)
                        for edit in group
                        if not self._moves_apart(head.stamp, [other.stamp for other in conflict.versions])
                        and all(self._before(edit, other) for other in edits if edit not in other)
                    }
                    assert not old, f"P3: a false conflict {edits}"

    def _moves_apart(self, one: Stamp, stamps: list[Stamp]) -> bool:
        others = [stamp for stamp in stamps if stamp != one]
        return one in self.moves and all(one not in self.moves.get(other, {one}) for other in others)

    def _before(self, edit: Mark, others: frozenset[Mark]) -> bool:
        copies = [mark for mark, edits in self.edits.items() if edit in edits]
        return all(self._had(other, copies) for other in others)

    def _had(self, edit: Mark, copies: list[Mark]) -> bool:
        """Whether the author of an edit had one of these where the edit was made."""
        return any(copy in self.pasts[edit] for copy in copies if copy.place == edit.place)

    def check_in_one(self) -> None:
        """Rule 26, once people have settled everything: live in one, and nothing more to read in the other."""
        for laptop in self.movers:
            statuses = sorted(laptop.status(place) for place in PLACES)
            assert statuses in (["live", "settled"], ["live", "none"]), statuses
            for place in PLACES:
                state = laptop.state(place)
                if state is not None and laptop.status(place) == "settled":
                    assert all(is_mark(h.value) for n in FIELDS for h in real_moving.marked(state).heads.get(n, ()))

    def _commit(self, laptop: Laptop, sets: dict[bytes, list[Write]], copies: Copies | None = None) -> None:
        laptop.last_hlc = next_hlc(laptop.clock, laptop.last_hlc)
        stamp, past = Stamp(laptop.last_hlc, laptop.name), frozenset(laptop.past)
        for place, writes in sets.items():
            for write in writes:
                mark = Mark(place, write.field, stamp)
                self.pasts[mark] = past
                self.edits[mark] = (copies or {}).get(place, {}).get(write.field, frozenset({mark}))
            self.written.setdefault((laptop.name, place), []).append(ChangeSet(place, stamp, tuple(writes)))
            self._apply(laptop, self.written[laptop.name, place][-1])

    def _apply(self, laptop: Laptop, change_set: ChangeSet) -> None:
        place, device = change_set.collection, change_set.stamp.device
        states = laptop.states[place]
        merge.apply_change_set(states, change_set, laptop.seen(place))
        if self.keeps_marks:
            states[ID] = real_moving.marked(states[ID])
        laptop.chains[place][device] = change_set.stamp.hlc
        laptop.taken[device, place] = laptop.taken.get((device, place), 0) + 1
        laptop.past |= {Mark(place, write.field, change_set.stamp) for write in change_set.writes}


def run(world: World, rng: random.Random, steps: int) -> None:
    """A history made to collide."""
    for _ in range(steps):
        who, place, other = rng.randrange(4), rng.randrange(2), rng.randrange(4)
        which = rng.randrange(12)
        if which < 4:
            world.do_edit(who, place, rng.randrange(2), rng.randrange(3))
        elif which < 8:
            world.do_deliver(who, other, place, rng.randrange(3))
        elif which == 8:
            world.do_move(who, place)
        elif which == 9:
            world.do_carry(who, place)
        elif which == 10:
            world.do_pick(who, place, rng.randrange(2))
        else:
            world.do_clock(who, rng.randrange(6))
