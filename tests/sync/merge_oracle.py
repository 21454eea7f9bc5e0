"""A world of laptops whose merging is compared with full causal pasts.

Each laptop runs the real merge core. Beside it, the oracle remembers for every write everything that its author had
applied when writing: w comes before v exactly if w is in v's past. From this alone it says which writes are the newest.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cmpp_desktop.changes import LIFE, LIVE, ChangeSet, RecordState, Write, life_value
from cmpp_desktop.sync import merge as real_merge
from cmpp_protocol import canon
from cmpp_protocol.stamps import Stamp, next_hlc

COLLECTION = bytes(16)
FIELDS = ("phone", "site")
VALUES = ("a", "b", "c")
LIVES = ("deleted", "signed")
RECORDS = tuple(UUID(int=number) for number in (1, 2))

Mark = tuple[UUID, str, Stamp]  # names one write
Op = tuple[Any, ...]


@dataclass
class Laptop:
    name: bytes
    clock: int = 0
    last_hlc: int = 0
    states: dict[UUID, RecordState] = field(default_factory=dict)
    chains: dict[bytes, int] = field(default_factory=dict)  # device -> last stamp number applied
    taken: dict[bytes, int] = field(default_factory=dict)  # device -> how many of its change sets were applied
    past: set[Mark] = field(default_factory=set)

    @property
    def seen(self) -> real_merge.Seen:
        return real_merge.seen_by(self.chains)


class World:
    """Runs operations; `merge` may be a mutated core."""

    def __init__(self, laptops: int = 3, merge: Any = real_merge) -> None:
        self.merge = merge
        self.laptops = [Laptop(bytes([number + 1]) * 32) for number in range(laptops)]
        self.written: dict[bytes, list[ChangeSet]] = {laptop.name: [] for laptop in self.laptops}
        self.pasts: dict[Mark, frozenset[Mark]] = {}
        self.values: dict[Mark, bytes] = {}

    def run(self, ops: list[Op]) -> None:
        for op in ops:
            getattr(self, "do_" + op[0])(*op[1:])

    def do_clock(self, who: int, ms: int) -> None:
        self.laptops[who % len(self.laptops)].clock = ms

    def do_write(self, who: int, record: int, name: int, value: int) -> None:
        laptop, id = self.laptops[who % len(self.laptops)], RECORDS[record % len(RECORDS)]
        state = laptop.states.get(id)
        field_name, bytes_ = FIELDS[name % len(FIELDS)], canon.pack(VALUES[value % len(VALUES)])
        if state is None or LIFE not in state.heads:
            first = [Write("note", id, LIFE, LIVE)] if state is None else [self.merge.write(state, "note", id, LIFE, LIVE)]
            self._commit(laptop, [*first, self.merge.write(state, "note", id, field_name, bytes_)])
        elif self._may_be_changed(laptop, state):
            self._commit(laptop, [self.merge.write(state, "note", id, field_name, bytes_)])

    @staticmethod
    def _may_be_changed(laptop: Laptop, state: RecordState) -> bool:
        """Rule 18. Which of two lives is shown while they are no conflict yet is a matter of clocks, so a live one is enough."""
        lives = {head.value for head in state.heads[LIFE]}
        return LIVE in lives or real_merge.status(state, laptop.seen, 0).name != "settled"

    def do_life(self, who: int, record: int, which: int) -> None:
        laptop, id = self.laptops[who % len(self.laptops)], RECORDS[record % len(RECORDS)]
        state = laptop.states.get(id)
        if state is None or LIFE not in state.heads:
            return
        name = LIVES[which % len(LIVES)]
        self._commit(laptop, [self.merge.settle(state, id, life_value(name, "x"))])  # type: ignore[arg-type]

    def do_revive(self, who: int, record: int) -> None:
        laptop, id = self.laptops[who % len(self.laptops)], RECORDS[record % len(RECORDS)]
        state = laptop.states.get(id)
        if state is not None and LIFE in state.heads:
            self._commit(laptop, [self.merge.revive(state, id)])

    def do_pick(self, who: int, record: int, name: int) -> None:
        laptop, id = self.laptops[who % len(self.laptops)], RECORDS[record % len(RECORDS)]
        state, field_name = laptop.states.get(id), FIELDS[name % len(FIELDS)]
        if state is not None and len(state.stamps(field_name)) > 1:
            first = state.heads[field_name][0].value
            self._commit(laptop, [self.merge.write(state, "note", id, field_name, first)])

    def do_deliver(self, author: int, reader: int, count: int) -> None:
        """Some of the author's next change sets reach the reader; whatever it has had already comes once more."""
        source, target = self.laptops[author % len(self.laptops)], self.laptops[reader % len(self.laptops)]
        if source is target:
            return
        start = target.taken.get(source.name, 0)
        for number, change_set in enumerate(self.written[source.name][: start + 1 + count % 3]):
            if number >= target.taken.get(source.name, 0):  # rule 6: each once
                self._apply(target, change_set)

    def deliver_everything(self, rng: random.Random) -> None:
        """Every laptop gets every change set, in an order of its own that respects each author's order."""
        for target in self.laptops:
            while missing := [
                name for name, sets in self.written.items() if target.taken.get(name, 0) < len(sets)
            ]:
                name = rng.choice(missing)
                self._apply(target, self.written[name][target.taken.get(name, 0)])

    def check_at_rest(self) -> None:
        """P1 and P17, once everybody has everything: equal digests, and nothing waits."""
        assert len({self.digest(laptop) for laptop in self.laptops}) == 1, "P1: the same changes, the same records"
        for laptop in self.laptops:
            for state in laptop.states.values():
                assert not real_merge.awaited(state, laptop.seen), "P17: nothing waits"
                assert not state.since

    def maxima(self, laptop: Laptop, id: UUID, name: str) -> set[Stamp]:
        """What the oracle holds to be the newest writes of a field, among those that the laptop has applied."""
        mine = [mark for mark in laptop.past if mark[0] == id and mark[1] == name]
        return {mark[2] for mark in mine if not any(mark in self.pasts[other] for other in mine)}

    def different(self, id: UUID, name: str, stamps: set[Stamp]) -> bool:
        return len({self.values[(id, name, stamp)] for stamp in stamps}) > 1

    def digest(self, laptop: Laptop) -> bytes:
        return b"".join(real_merge.digest_form(id, laptop.states[id]) for id in sorted(laptop.states))

    def check_now(self) -> None:
        """P2 to P4 and P7, at any instant, for every laptop."""
        for laptop in self.laptops:
            for id, state in laptop.states.items():
                self._check_record(laptop, id, state)

    def _check_record(self, laptop: Laptop, id: UUID, state: RecordState) -> None:
        waits = real_merge.awaited(state, laptop.seen)
        shown = {c.field for c in real_merge.conflicts(state, laptop.seen, 0) if c.reason == "values"}
        for name in (LIFE, *FIELDS):
            maxima, heads = self.maxima(laptop, id, name), set(state.stamps(name))
            if not waits:
                assert heads == maxima, "P2: heads are the newest writes"
                assert (name in shown) == self.different(id, name, maxima), "P3: conflict shown iff there is one"
            elif name in shown:
                assert self.different(id, name, maxima), "P3: never a false conflict"
            assert maxima <= heads | {stamp for stamp in maxima if self._is_replaced(laptop, id, name, stamp)}, "P4"
        if not waits:
            self._check_life(laptop, id, state)

    def _is_replaced(self, laptop: Laptop, id: UUID, name: str, stamp: Stamp) -> bool:
        """Whether some write of anybody, perhaps not here yet, was made by somebody who had this one."""
        return any((id, name, stamp) in past for mark, past in self.pasts.items() if mark[:2] == (id, name))

    def _check_life(self, laptop: Laptop, id: UUID, state: RecordState) -> None:
        lives = self.maxima(laptop, id, LIFE)
        values = {self.values[(id, LIFE, stamp)] for stamp in lives}
        status = real_merge.status(state, laptop.seen, 0).name
        if not lives:
            assert status == "new", "rule 15"
        elif len(values) > 1:
            assert status == "conflict", "rule 17"
        elif values == {LIVE}:
            assert status == "live", "rule 17"
        else:
            loose = any(
                all((id, name, stamp) not in self.pasts[(id, LIFE, life)] for life in lives)
                for name in FIELDS
                for stamp in self.maxima(laptop, id, name)
            )
            assert status == ("changed_since" if loose else "settled"), "P7: an uncovered edit is visible"

    def _commit(self, laptop: Laptop, writes: list[Write]) -> None:
        laptop.last_hlc = next_hlc(laptop.clock, laptop.last_hlc)
        change_set = ChangeSet(COLLECTION, Stamp(laptop.last_hlc, laptop.name), tuple(writes))
        past = frozenset(laptop.past)
        for write in writes:
            mark = (write.id, write.field, change_set.stamp)
            self.pasts[mark], self.values[mark] = past, write.value
        self.written[laptop.name].append(change_set)
        self._apply(laptop, change_set)

    def _apply(self, laptop: Laptop, change_set: ChangeSet) -> None:
        self.merge.apply_change_set(laptop.states, change_set, laptop.seen)
        device = change_set.stamp.device
        laptop.chains[device] = change_set.stamp.hlc
        laptop.taken[device] = laptop.taken.get(device, 0) + 1
        laptop.past |= {(write.id, write.field, change_set.stamp) for write in change_set.writes}


def random_ops(rng: random.Random, count: int) -> list[Op]:
    """A history made to collide: few records, few fields, few values, clocks that jump."""

    def one() -> Op:
        who = rng.randrange(3)
        return rng.choice(
            [
                ("write", who, rng.randrange(2), rng.randrange(2), rng.randrange(3)),
                ("write", who, 0, 0, rng.randrange(3)),
                ("deliver", who, rng.randrange(3), rng.randrange(3)),
                ("deliver", who, rng.randrange(3), rng.randrange(3)),
                ("life", who, rng.randrange(2), rng.randrange(2)),
                ("revive", who, rng.randrange(2)),
                ("pick", who, rng.randrange(2), rng.randrange(2)),
                ("clock", who, rng.randrange(5)),
            ]
        )

    return [one() for _ in range(count)]
