"""Bundles that are signed and do not count: kept, shown to those who may write there, and decided by one of them (rule 33).

Promises: what is adopted becomes change sets of the adopter's own, with new stamps and everything they name mapped, and says
whose it was; what is left out stays here and comes back when somebody thinks better of it; a fence is never moved. What was
decided is a record that travels, so that nobody decides it twice. A change set that counted, or was adopted, is not adopted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from cmpp_desktop.changes import LIFE, ChangeSet, RecordState, Write
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import adopting, erased, own_changes, signed_rule
from cmpp_desktop.sync.adopting import How
from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.counted import counted_writes, opened
from cmpp_desktop.sync.packing import Part
from cmpp_desktop.sync.replica import OnShelf, Replica, SetAside
from cmpp_desktop.sync.taken import Item, Taken
from cmpp_protocol import canon, envelope, rights
from cmpp_protocol.roster import RosterState
from cmpp_protocol.stamps import Stamp, next_hlc

log = logging.getLogger(__name__)


class Chain(NamedTuple):
    """Whose bundles, and where."""

    collection: UUID
    device: bytes


@dataclass(frozen=True, slots=True)
class HeldWork:
    """What is held of one laptop in one collection. `member`: whose laptop; `why`: the code of the first bundle (fence, fork,
    rights, epoch, roster_back); `records`: (kind, id) of what its changes write; `about`: names of the participants whom
    they are about, as far as that can be told; `first`, `last`: ms of the earliest and the latest of them."""

    chain: Chain
    member: UUID
    why: str
    bundles: int
    changes: int
    first: int
    last: int
    records: tuple[tuple[str, UUID], ...]
    about: tuple[str, ...]


class HeldDesk:
    """Decides what is held, for whoever works at this laptop. All methods are called at the store."""

    def __init__(self, books: Books, store: Replica) -> None:
        self._books, self._store = books, store

    # Receiving --------------------------------------------------------------------------------------------------------

    def known(self) -> tuple[bytes, ...]:
        """Hashes of the bundles here that do not count: the server need not send those."""
        rows = (one for place in self._books.readable() for one in self._store.shelf(place, aside=True))
        return tuple(one.hash for one in rows if one.seq is None)

    def receive(self, bodies: Iterable[bytes]) -> Taken:
        """Takes in what the server holds. Nothing is believed of it: what is not signed by its author, or is of a collection that
        may not be read here, is left."""
        taken, readable, box = Taken(), set(self._books.readable()), self._books.inbox()
        for body in bodies:
            try:
                parsed = envelope.decode(body)
            except envelope.EnvelopeError:
                log.warning("a held bundle cannot be read")
                continue
            author = self._books.view().devices.get(parsed.header.device)
            if parsed.header.collection in readable and author is not None and parsed.verify(author.keys.sign):
                taken.add(box.take(parsed.header.collection, [Item(body)]))
        return taken

    def tidy(self) -> None:
        """Shows what nobody has decided, and no longer what somebody has, here or elsewhere, nor what left in other bundles."""
        places = self._books.readable()
        shelves = ((place, one) for place in places for one in self._store.shelf(place, aside=True))
        rows = [(place, one) for place, one in shelves if one.state == "held" and not one.mine]
        aside = {(one.collection, one.device, one.number, one.hash) for one in self._store.all_set_aside() if one.part == -1}
        done = [
            (place, one)
            for place, one in rows
            if (place, one.device, one.number, one.hash) in aside
            and (self._how(place, one) not in ("", "open") or self._left_otherwise(place, one))
        ]
        if done:
            with self._store.transaction():
                for place, one in done:
                    self._store.release(place, one.device, one.number, one.hash)

    # Asking -----------------------------------------------------------------------------------------------------------

    def waiting(self) -> tuple[HeldWork, ...]:
        """What is held and was not decided, of the collections that may be written here, by its first change."""
        state = self._books.view()
        found = []
        for place in self._books.readable():
            if state.collections[place].is_drop or not rights.may_write(state, self._books.device_id, place):
                continue
            for device, rows in self._undecided(place).items():
                told = self._told(state, Chain(place, device), rows)
                if told is not None:
                    found.append(told)
        return tuple(sorted(found, key=lambda one: (one.first, one.chain)))

    def _told(self, state: RosterState, chain: Chain, rows: Sequence[OnShelf]) -> HeldWork | None:
        change_sets = self._left_to_adopt(chain, rows)
        if not change_sets:
            return None
        times = [each.stamp.ms for _, each in change_sets]
        records = dict.fromkeys((write.kind, write.id) for _, each in change_sets for write in each.writes)
        about = self._about(chain.collection, records, [write for _, each in change_sets for write in each.writes])
        member, why = state.devices[chain.device].member, self._why(chain.collection, rows[0])
        why = "fence" if why == "rights" and not state.devices[chain.device].active(state.no) else why  # it was closed
        return HeldWork(chain, member, why, len(rows), len(change_sets), min(times), max(times), tuple(records), about)

    def _about(self, place: UUID, records: Iterable[tuple[str, UUID]], writes: Sequence[Write]) -> tuple[str, ...]:
        """Names of the participants whom the writes name, or the records here that they change."""
        states = self._store.states(place, [id for _, id in records])
        named = [write.value for write in writes if write.field == "participant_id"]
        named += [value for item in states.values() if (value := item.shown("participant_id")) is not None]
        people = [id for kind, id in records if kind == "participant"]
        people += [id for value in named if (id := _uuid(value)) is not None]
        said = {write.id: write.value for write in writes if write.kind == "participant" and write.field == "legal_name"}
        for other in self._books.readable():
            known = self._store.states(other, set(people)).items()
            said |= {id: value for id, item in known if (value := item.shown("legal_name")) is not None}
        return tuple(dict.fromkeys(name for id in people if (name := _name(said.get(id, b"")))))

    # Deciding ---------------------------------------------------------------------------------------------------------

    def adopt(self, chain: Chain) -> Taken:
        """Its changes become this laptop's own. Raises not_allowed where this laptop may not write, record_missing when there is
        nothing any more."""
        rows, taken = self._rows(chain), Taken()
        mapping: dict[Stamp, Stamp] = {}
        with self._store.transaction():
            for hashed, change_set in self._left_to_adopt(chain, rows):
                stamp = self._next_stamp()
                mapping[change_set.stamp] = stamp
                made = adopting.restamped(change_set, stamp, lambda named: self._mapped(chain, mapping, named))
                if not adopting.is_adopted(change_set):
                    made = adopting.named_author(made, change_set.stamp, hashed)
                if self._is_void(made):
                    log.warning("a held change set breaks a rule and is left out")
                    continue
                self._write(made, taken)
            self._settle(chain, rows, "adopted", taken)
        return taken

    def leave(self, chain: Chain) -> Taken:
        """It stays out, and is not shown any more. Raises as `adopt`."""
        taken, rows = Taken(), self._rows(chain)
        with self._store.transaction():
            self._settle(chain, rows, "left", taken)
        return taken

    def bring_back(self, chain: Chain) -> Taken:
        """What was left out waits for a decision again. Raises not_allowed."""
        self._must_write(chain)
        taken, place = Taken(), chain.collection
        rows = [one for one in self._not_counting(place, chain.device) if self._how(place, one) == "left"]
        with self._store.transaction():
            for one in rows:
                row = self._store.envelope(place, one.device, one.number, one.hash)
                if row is not None and one.state == "held":
                    at = (place, one.device, one.number, one.hash)
                    self._store.set_aside(SetAside(*at, -1, self._why(place, one), self._books.now_ms(), row.body))
            self._settle(chain, rows, "open", taken)
        return taken

    # Inside -----------------------------------------------------------------------------------------------------------

    def _must_write(self, chain: Chain) -> None:
        if not rights.may_write(self._books.view(), self._books.device_id, chain.collection):
            raise KnownError("not_allowed", needs="write")

    def _rows(self, chain: Chain) -> list[OnShelf]:
        self._must_write(chain)
        rows = self._undecided(chain.collection).get(chain.device)
        if not rows:
            raise KnownError("record_missing", kind=adopting.HELD_BUNDLE)
        return rows

    def _not_counting(self, place: UUID, device: bytes | None = None) -> list[OnShelf]:
        rows = self._store.shelf(place, device, aside=True)
        return [one for one in rows if one.state in ("held", "waits") and not one.mine]

    def _undecided(self, place: UUID) -> dict[bytes, list[OnShelf]]:
        """By device, what is held of it and what waits behind that in its chain, in its order."""
        found: dict[bytes, list[OnShelf]] = {}
        state = self._books.view()
        for one in self._not_counting(place):
            if one.device != self._books.device_id and one.device in state.devices and self._how(place, one) in ("", "open"):
                found.setdefault(one.device, []).append(one)
        for device, rows in list(found.items()):
            first = min((one.number for one in rows if one.state == "held"), default=None)
            if first is None:
                del found[device]
            else:
                found[device] = sorted((one for one in rows if one.number >= first), key=lambda one: (one.number, one.hash))
        return found

    def _left_to_adopt(self, chain: Chain, rows: Sequence[OnShelf]) -> list[tuple[bytes, ChangeSet]]:
        """(hash of the bundle, change set) of those that neither counted in another bundle nor were adopted."""
        place, fences = chain.collection, self._books.view().fences
        cuts = [one.cut.number + 1 for one in fences if (one.device, one.collection) == (chain.device, place)]
        first = min((*(one.number for one in rows), *cuts), default=0)  # what is sent again begins behind the cut
        beside = [one for one in self._store.shelf(place, chain.device) if one.number >= first]
        counted = counted_writes(self._store, self._books.keys, place, beside)
        found: dict[Stamp, tuple[bytes, ChangeSet]] = {}
        for one in rows:
            for change_set in opened(self._store, self._books.keys, place, one):
                known = change_set.stamp in found or counted.get(change_set.stamp.hlc) == frozenset(change_set.writes)
                left = erased.without(self._books.view(), change_set)  # nor is it named to anybody
                if left.writes and not known and self._adopted_as(chain, change_set.stamp) is None:
                    found[change_set.stamp] = (one.hash, left)
        return list(found.values())

    def _left_otherwise(self, place: UUID, one: OnShelf) -> bool:
        """Whether all that a bundle says counts in others, or was adopted: its author got the right back and sent it again."""
        readable = any(True for _ in opened(self._store, self._books.keys, place, one))
        return readable and not self._left_to_adopt(Chain(place, one.device), [one])

    def _adopted_as(self, chain: Chain, origin: Stamp) -> Stamp | None:
        """The stamp that a change set has since somebody adopted it."""
        state = self._state(chain.collection, adopting.adopted_id(chain.collection, origin))
        heads = state.heads.get(LIFE, ()) if state else ()
        return heads[0].stamp if heads else None

    def _mapped(self, chain: Chain, mapping: dict[Stamp, Stamp], named: Stamp) -> Stamp:
        if named.device != chain.device:
            return named
        return mapping.get(named) or self._adopted_as(chain, named) or named

    def _state(self, place: UUID, id: UUID) -> RecordState | None:
        return self._store.states(place, [id]).get(id)

    def _how(self, place: UUID, one: OnShelf) -> str:
        return adopting.said_of(self._state(place, adopting.bundle_id(place, one.hash)), "how")

    def _why(self, place: UUID, one: OnShelf) -> str:
        """The code of why it is held: as it was set aside, or as it is written since."""
        aside = (each.reason for each in self._store.all_set_aside() if each.hash == one.hash and each.part == -1)
        said = adopting.said_of(self._state(place, adopting.bundle_id(place, one.hash)), "why")
        return next(aside, said or "fence")

    def _next_stamp(self) -> Stamp:
        return Stamp(next_hlc(self._books.now_ms(), self._store.own_clock()), self._books.device_id)

    def _is_void(self, change_set: ChangeSet) -> bool:
        state = self._books.view()
        rows = {id: tuple(group) for id, group in groupby(change_set.writes, key=lambda write: write.id)}
        part = Part(change_set.collection, change_set.stamp, tuple(rows.items()))
        return bool(signed_rule.broken(state, part, self._books.device_id, state.no))

    def _settle(self, chain: Chain, rows: Sequence[OnShelf], how: How, taken: Taken) -> None:
        """Writes down what became of bundles."""
        place = chain.collection
        writes: list[Write] = []
        for one in rows:
            known = self._state(place, adopting.bundle_id(place, one.hash))
            writes += adopting.settling(place, one.hash, one.device, one.number, how, self._why(place, one), known)
            if how != "open":
                self._store.release(place, one.device, one.number, one.hash)
        if writes:
            self._write(ChangeSet(place.bytes, self._next_stamp(), tuple(writes)), taken)

    def _write(self, change_set: ChangeSet, taken: Taken) -> None:
        """One change set of this laptop's own."""
        touched, kinds = own_changes.write(self._store, self._books.view(), change_set, self._books.now_ms())
        taken.touched |= touched
        taken.kinds |= kinds


def _uuid(value: bytes) -> UUID | None:
    """The id that a value is, if it is one."""
    said = _value(value)
    return UUID(bytes=said) if isinstance(said, bytes) and len(said) == 16 else None


def _name(value: bytes) -> str:
    """The name that a value is, as one would say it; empty if it is none."""
    said = _value(value)
    parts = (said.get("given"), said.get("family")) if isinstance(said, dict) else ()
    return " ".join(part for part in parts if isinstance(part, str) and part)


def _value(value: bytes) -> object:
    """What the bytes of somebody else say."""
    try:
        return canon.unpack(value)
    except canon.NotCanonical:
        return None
