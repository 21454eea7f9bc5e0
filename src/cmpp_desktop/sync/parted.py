"""A snapshot that holds what another copy of this laptop wrote under their one identity (rules 35, 48).

Its bundles are not here, so that nobody can compare them with what lies unsent. What the snapshot shows of it is written down
until this laptop takes an identity of its own: that does not leave twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from cmpp_desktop.changes import Created, RecordState, Write
from cmpp_desktop.sync.counted import opened
from cmpp_desktop.sync.keys import Keys
from cmpp_desktop.sync.replica import NO_CHAIN, SENT_THERE, ChainRow, Replica
from cmpp_protocol import canon
from cmpp_protocol.stamps import Stamp


def has_parted(store: Replica, place: UUID, own: bytes, chain: Mapping[bytes, ChainRow]) -> bool:
    """Whether a chain ends, for this laptop, with a bundle that was not sealed here."""
    end = chain.get(own, NO_CHAIN)
    row = store.envelope(place, own, end.number, end.hash) if end.number else None
    return end.number > 0 and (row is None or not row.mine)


def sent_there(store: Replica, place: UUID) -> frozenset[int]:
    """The stamp numbers of what the other copy has sent of what lies unsent here, as far as a snapshot showed it."""
    kept = store.secret(SENT_THERE)
    return frozenset(hlc for at, hlc in (canon.unpack(kept) if kept else ()) if at == place.bytes)


class Compared:
    """What is not in the log of one's own, beside the records of a snapshot. A change set is not split (rule 40): one value under
    its stamp says that all of it is there, and with it what it names. Of what others replaced since nothing is seen: it may leave
    twice."""

    def __init__(self, store: Replica, held: Keys, place: UUID, own: bytes) -> None:
        self._store, self._place = store, place
        self._named: dict[int, set[int]] = {}  # stamp numbers of its own that each change set names
        self._written: dict[UUID, list[tuple[Stamp, Write]]] = {}
        lost = (one for one in store.shelf(place, own) if one.mine and one.seq is None)
        for change_set in (*store.outbox(place), *(each for one in lost for each in opened(store, held, place, one))):
            for write in change_set.writes:
                self._written.setdefault(write.id, []).append((change_set.stamp, write))
                named = (*write.replaces, *(each for _, stamps in write.covers for each in stamps))
                self._named.setdefault(change_set.stamp.hlc, set()).update(each.hlc for each in named if each.device == own)
        self.there: set[int] = set()  # stamp numbers

    def look(self, id: UUID, what: Created | RecordState) -> None:
        """Compares a record of the snapshot."""
        written = self._written.get(id)
        if written:
            heads = (what.state() if isinstance(what, Created) else what).heads
            values = {(name, head.stamp, head.value) for name, here in heads.items() for head in here}
            self.there.update(stamp.hlc for stamp, write in written if (write.field, stamp, write.value) in values)

    def keep(self) -> None:
        """Writes it down, when all records have been compared. Inside a transaction."""
        for hlc in sorted(self._named, reverse=True):
            if hlc in self.there:
                self.there |= self._named[hlc] & self._named.keys()
        kept = self._store.secret(SENT_THERE)
        every = {(at, hlc) for at, hlc in (canon.unpack(kept) if kept else ())} | {(self._place.bytes, hlc) for hlc in self.there}
        self._store.put_secret(SENT_THERE, canon.pack(sorted(every)))
