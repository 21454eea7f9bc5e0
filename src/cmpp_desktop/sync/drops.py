"""Drop collections at a laptop: what it sealed into one that it cannot open is acknowledged by its own chain, and what came into
one that it can open is read as it travelled.

Nothing in a drop is merged: its bundles are messages, each its author's own. A reader keeps them like all bundles. A writer who
may not read never sees the log; the server names, to each device, the heads of its own chains (rule 43), and a head covers all
before it. A server that stands further back was put back to an older copy and gets the rest again, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from cmpp_desktop.changes import LIFE, LIVE, ChangeSet, Write, collection_id
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.counted import chain_at, opened
from cmpp_desktop.sync.replica import IDENTITY, OnShelf, Replica, StoredEnvelope
from cmpp_protocol import canon, rights
from cmpp_protocol.api import ChainAt
from cmpp_protocol.entries import NO_CUT
from cmpp_protocol.ids import derived_id
from cmpp_protocol.stamps import Stamp, next_hlc


class Message(NamedTuple):
    """What somebody dropped. `device`: whose laptop sealed it; `ms`: its author's clock; `values`: by the name of the field."""

    id: UUID
    kind: str
    device: bytes
    ms: int
    values: dict[str, canon.Value]


class Drops:
    """Of one open store; all methods run at it."""

    def __init__(self, books: Books, store: Replica) -> None:
        self._books, self._store = books, store
        self._went_back = False  # in this exchange the server was found further back than it had been

    def begin(self) -> None:
        """Another exchange."""
        self._went_back = False

    def closed(self) -> list[UUID]:
        """Drops into which this laptop writes and which it cannot open."""
        state, own = self._books.view(), self._books.device_id
        here = (one.id for one in state.collections.values() if one.is_drop)
        return [place for place in sorted(here) if rights.may_write(state, own, place) and not rights.may_read(state, own, place)]

    def can_write(self, kind: str) -> bool:
        """Whether there is a drop of a kind, and this laptop writes there."""
        return rights.may_write(self._books.view(), self._books.device_id, collection_id(kind))

    def can_read(self, kind: str) -> bool:
        """Whether this laptop opens the drop of a kind."""
        return collection_id(kind) in self._books.readable()

    def put(self, kind: str, what: str, values: dict[str, canon.Value]) -> UUID:
        """Puts one message into the outbox, inside a transaction. `what`: its kind of message. Raises not_allowed, too_big."""
        if not self.can_write(kind):
            raise KnownError("not_allowed", needs=kind)
        stamp = Stamp(next_hlc(self._books.now_ms(), self._store.own_clock()), self._books.device_id)
        made = change_set_of(kind, what, values, stamp)
        self._store.put_own(made)
        return made.writes[0].id

    def messages(self, kind: str, rows: Sequence[OnShelf]) -> Iterator[tuple[OnShelf, Message]]:
        """What these bundles of a drop say."""
        place = collection_id(kind)
        for row in rows:
            for change_set in opened(self._store, self._books.keys, place, row):
                for message in messages_of(change_set):
                    yield row, message

    # Acknowledged -----------------------------------------------------------------------------------------------------

    def asks(self) -> tuple[bytes, ...]:
        """Whose heads the next request asks for: one's own, where something was sealed that cannot be read in a log."""
        own = self._books.device_id
        return (own,) if any(own in self._store.chains(place) for place in self.closed()) else ()

    def hear(self, heads: Sequence[ChainAt]) -> bool:
        """Takes the heads of this device's own chains; whether something has to be sent again."""
        own, again = self._books.device_id, False
        by_place = {one.collection: (one.number, one.hash) for one in heads if one.device == own}
        for place in self.closed():
            again = self._settle(place, own, *by_place.get(place, NO_CUT)) or again
        if not again or self._went_back:
            return False  # once an exchange: a server that never goes on is not asked for ever
        self._went_back = True
        return True

    def _settle(self, place: UUID, own: bytes, number: int, hashed: bytes) -> bool:
        last = self._store.chains(place).get(own)
        unlogged = self._store.envelopes(place, logged=False, mine=True)
        if last is not None and (last.number, last.hash) == (number, hashed) and not unlogged:
            return False  # as nearly always
        mine = [one for one in self._store.shelf(place, own) if one.mine and one.state == "counts"]
        with self._store.transaction():
            if number and (number, hashed) not in {(one.number, one.hash) for one in mine}:
                self._store.put_secret(IDENTITY, canon.pack("taken"))  # rule 35: another copy of this laptop wrote it
                return False
            back = [one for one in mine if one.number > number and one.seq is not None]
            here = [one for one in mine if one.number <= number and one.seq is None]
            for one in (*back, *here):
                row = self._store.envelope(place, one.device, one.number, one.hash)
                if row is None:
                    continue
                at = (place, one.device, one.number, one.hash)
                seq = None if one in back else 0  # its place in a log that cannot be read here
                self._store.put_envelope(StoredEnvelope(*at, row.epoch, seq, True, "counts", row.last_hlc, row.body))
                self._store.release(*at)
                if seq is not None and row.last_hlc is not None:
                    self._store.trim_outbox(place, row.last_hlc)
        return bool(back)


def forget_unsent(store: Replica, place: UUID, old: bytes) -> None:
    """Inside a transaction: what an identity that ended had sealed for a drop leaves anew, from the outbox, under another."""
    unsent = [one for one in store.shelf(place, old) if one.mine and one.seq is None]
    for one in unsent:
        store.release(place, one.device, one.number, one.hash)
        store.forget_envelope(place, one.device, one.number, one.hash)
    if unsent:  # who gets to read the drop later must not believe that it came so far
        sent = max(store.shelf(place, old), key=lambda one: one.number, default=None)
        store.put_chain(place, old, chain_at(None if sent is None else store.envelope(place, old, sent.number, sent.hash)))


def change_set_of(kind: str, what: str, values: dict[str, canon.Value], stamp: Stamp) -> ChangeSet:
    """One message as it travels into the drop of a kind. `what`: its kind of message; of that, the drop and the stamp comes its
    id."""
    place = collection_id(kind)
    id = derived_id(what, place, f"{stamp.device.hex()} {stamp.hlc}")
    writes = [Write(what, id, name, canon.pack(value)) for name, value in sorted(values.items())]
    return ChangeSet(place.bytes, stamp, (*writes, Write(what, id, LIFE, LIVE)))


def messages_of(change_set: ChangeSet) -> Iterator[Message]:
    """What a change set of a drop says; what is not canonical says nothing."""
    found: dict[UUID, list[Write]] = {}
    for write in change_set.writes:
        found.setdefault(write.id, []).append(write)
    for id, writes in found.items():
        try:
            values = {write.field: canon.unpack(write.value) for write in writes if write.field != LIFE}
        except canon.NotCanonical:
            continue
        yield Message(id, writes[0].kind, change_set.stamp.device, change_set.stamp.ms, values)


def waits_for_head(closed: Callable[[], Sequence[UUID]], place: UUID, why: str) -> bool:
    """Whether a bundle that the server holds only waits there for one before it that the server lost: the next head says so."""
    return why == "order" and place in closed()
