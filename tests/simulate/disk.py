"""A disk in memory that tells the oracle what was written, sealed and applied.

What the oracle remembers is in `World.marks`: every unit of work has a number, and what somebody had applied is a set of such
numbers, held as the bits of one integer. It follows copies of a disk, so that two laptops with one identity are told apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from cmpp_desktop.changes import ChangeSet, Write
from cmpp_desktop.sync.adopting import ADOPTED, HELD_BUNDLE
from cmpp_desktop.sync.replica import NO_CHAIN, SNAPSHOTS
from cmpp_protocol import canon
from cmpp_protocol.envelope import decode_header
from cmpp_protocol.stamps import Stamp
from tests.simulate.audits import PLACE as AUDIT
from tests.simulate.audits import AuditDisk

if TYPE_CHECKING:
    from tests.simulate.world import World


class Mark(NamedTuple):
    """One write as the oracle remembers it. `number`: of its unit of work. `past`: all that its author had applied then."""

    number: int
    stamp: Stamp
    value: bytes
    past: int

    def had(self, other: Mark) -> bool:
        return bool(self.past >> other.number & 1)


class Replica(AuditDisk):
    """A disk in memory that tells the oracle what was written, sealed and applied."""

    def __init__(self, own: bytes, world: World) -> None:
        super().__init__(own)
        self._world = world
        self.identities = {own}  # all that this laptop has had
        self.units: dict[tuple[UUID, int], int] = {}  # (collection, hlc) of own units of work -> their numbers
        self._beside: Mapping[str, set[Stamp]] = {}
        self._undone: list[Callable[[], None]] = []  # what a transaction that fails takes back of the oracle's memory

    def copied_to(self, world: World) -> Replica:
        """The same disk once more."""
        made = Replica(self.own, world)
        made.tables = {name: dict(rows) for name, rows in self.tables.items()}
        made.clock, made.units, made.identities = self.clock, dict(self.units), set(self.identities)
        return made

    def applied(self, collection: UUID) -> int:
        """Of every unit of work that is merged here, its bit."""
        found = self.sent(collection)
        for place, hlc in self.units:
            if place == collection:
                found |= 1 << self.units[place, hlc]
        return found

    def sent(self, collection: UUID) -> int:
        """Of every unit of work in a bundle that counts here, or that a snapshot holds from which this laptop began."""
        found = 0
        for (place, _, _, hashed), row in self.tables["envelopes"].items():
            if place == collection and row.state == "counts":
                found |= self._world.contents.get(hashed, 0)
        if SNAPSHOTS in self.tables["secrets"]:
            for (place, _), chain in self.tables["chains"].items():
                if place == collection:
                    found |= self._world.contents_up_to(chain.hash)
        return found

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._undone = []
        try:
            with super().transaction():
                yield
        except BaseException:
            for undo in reversed(self._undone):
                undo()
            raise

    def commit(self, collection: UUID, make: Any, now_ms: int) -> None:
        past = self.applied(collection)
        writes: list[Write] = []

        def made(state_of: Any) -> list[Write]:
            writes.extend(make(state_of))
            return writes

        super().commit(collection, made, now_ms)
        self._note(collection, Stamp(self.clock, self.own), writes, past)
        if self._world.auditing:
            self.audit_grows("changed", now_ms)

    def _note(self, collection: UUID, stamp: Stamp, writes: Iterable[Write], past: int) -> None:
        """A unit of work of this laptop."""
        number = self.units[collection, stamp.hlc] = self._world.next_number()
        for one in writes:
            self._world.records[number].add(one.id)
            marks = self._world.marks[collection][one.id][one.field]
            left = sum(1 << mark.number for mark in marks if mark.stamp in self._beside.get(one.field, ()))
            marks.append(Mark(number, stamp, one.value, past & ~left))

    @contextmanager
    def beside(self, heads: Mapping[str, set[Stamp]]) -> Iterator[None]:
        """What is written while it lasts leaves these heads standing, by field: of them a move says nothing (rule 25)."""
        self._beside = heads
        try:
            yield
        finally:
            self._beside = {}

    def become(self, device: bytes) -> None:
        super().become(device)
        self.identities.add(device)

    def put_own(self, change_set: ChangeSet) -> None:
        """Something that sync itself writes."""
        place = UUID(bytes=change_set.collection)
        if place == AUDIT:
            super().put_own(change_set)  # a message: nothing of it is merged
            return
        past = self.applied(place)
        own = [one for one in change_set.writes if one.kind in (ADOPTED, HELD_BUNDLE)]
        others = [one for one in change_set.writes if one not in own]
        super().put_own(change_set)
        self._note(place, change_set.stamp, own, past)
        number = self.units[place, change_set.stamp.hlc]
        if others:
            self._adopt(place, change_set.stamp, number, own, others)
        self._undone.append(lambda: self._forget(place, change_set, number))

    def _adopt(self, place: UUID, stamp: Stamp, number: int, said: Iterable[Write], writes: Iterable[Write]) -> None:
        """What somebody else wrote who could not send it: its author had what the author had, and of what was theirs as well and
        was adopted, what it has become here."""
        fields = {one.field: canon.unpack(one.value) for one in said}
        origin, here = Stamp(fields["hlc"], fields["device"]), self.applied(place)
        world = self._world
        self._world.records[number] |= {one.id for one in writes}
        first = self._mark_of(place, origin)
        past = first.past
        for of, became in world.adopted.items():
            known = [one for one in became if here >> one & 1]
            if past >> of & 1 and known:
                past |= 1 << known[0]
        for one in writes:
            world.marks[place][one.id][one.field].append(Mark(number, stamp, one.value, past))
        world.adopted[first.number].append(number)

    def _mark_of(self, place: UUID, stamp: Stamp) -> Mark:
        """Some write of a unit of work."""
        all_of_it = (mark for of in self._world.marks[place].values() for marks in of.values() for mark in marks)
        return next(mark for mark in all_of_it if mark.stamp == stamp)

    def _forget(self, place: UUID, change_set: ChangeSet, number: int) -> None:
        self.units.pop((place, change_set.stamp.hlc), None)
        for became in self._world.adopted.values():
            became[:] = [one for one in became if one != number]
        for one in change_set.writes:
            marks = self._world.marks[place][one.id][one.field]
            marks[:] = [mark for mark in marks if mark.number != number]

    def renew_outbox(self, collection: UUID, change_sets: Iterable[ChangeSet]) -> None:
        """Under stamps of another device (rule 35) they are units of work of their own: this laptop's copy may have sent the same
        ones under the old stamps, or do so yet. What it is known here to have sent must not leave again."""
        if collection == AUDIT:
            super().renew_outbox(collection, change_sets)
            return
        before = {key[1] for key in self.tables["outbox"] if key[0] == collection}
        kept, sent = list(change_sets), self.sent(collection)
        super().renew_outbox(collection, kept)
        self._undone.append(partial(self.units.update, dict(self.units)))
        became: dict[int, int] = {}
        for hlc in before - {one.stamp.hlc for one in kept}:
            number = self.units[collection, hlc]
            became[number] = self.units[collection, hlc] = self._as_sent(collection, number, sent)
        for one in kept:
            number = self.units[collection, one.stamp.hlc]
            if one.stamp not in {stamp for stamp, *_ in self._said_in(collection, number)}:
                self._world.twice += sent >> number & 1
                became[number] = self.units[collection, one.stamp.hlc] = self._world.next_number()
                self._renew(collection, one, number, became)

    def _renew(self, place: UUID, change_set: ChangeSet, number: int, became: Mapping[int, int]) -> None:
        """What its author had applied may have been renewed as well."""
        now = became[number]
        for one in change_set.writes:
            self._world.records[now].add(one.id)
            marks = self._world.marks[place][one.id][one.field]
            known = [mark.past for mark in marks if mark.number == number]
            past = known[0] if known else self.applied(place) & ~(1 << now)
            for old, new in became.items():
                past = past & ~(1 << old) | 1 << new if past >> old & 1 else past
            self._undone.append(partial(_put_back, marks, list(marks)))
            marks.append(Mark(now, change_set.stamp, one.value, past))

    def _as_sent(self, place: UUID, number: int, sent: int) -> int:
        """The unit of work as the other copy sent it: both may have written the same at the same moment, under one stamp."""
        said = self._said_in(place, number)
        others = {mark.number for of in self._world.marks[place].values() for marks in of.values() for mark in marks}
        if sent >> number & 1:
            return number
        return next((one for one in sorted(others) if sent >> one & 1 and self._said_in(place, one) == said), number)

    def _said_in(self, place: UUID, number: int) -> list[tuple[Stamp, UUID, str, bytes]]:
        """What a unit of work wrote."""
        written = self._world.marks[place].items()
        every = ((id, field, mark) for id, of in written for field, marks in of.items() for mark in marks)
        return [(mark.stamp, id, field, mark.value) for id, field, mark in every if mark.number == number]

    def put_envelope(self, envelope: Any) -> None:
        if envelope.mine and envelope.collection != AUDIT and envelope.hash not in self._world.contents:
            place, last = envelope.collection, self.chains(envelope.collection).get(self.own, NO_CHAIN).last_hlc
            sealed = [key for key in self.tables["outbox"] if key[0] == place and last < key[1] <= envelope.last_hlc]
            self._world.contents[envelope.hash] = sum(1 << self.units[key] for key in sealed)
            self._world.previous[envelope.hash] = decode_header(envelope.body).previous
        super().put_envelope(envelope)


def _put_back(marks: list[Mark], before: list[Mark]) -> None:
    marks[:] = before
