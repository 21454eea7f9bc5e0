"""What the bundles of a device hold, opened once more: for those who have to know what of it has been counted already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from cmpp_desktop.changes import ChangeSet, Write
from cmpp_desktop.sync import seal
from cmpp_desktop.sync.keys import Keys
from cmpp_desktop.sync.replica import GONE, NO_CHAIN, Chain, ChainRow, EnvelopeRow, OnShelf, Replica
from cmpp_protocol import envelope
from cmpp_protocol.stamps import Stamp


def chain_at(last: EnvelopeRow | None) -> ChainRow:
    """The chain of a device whose last bundle is this one."""
    if last is None:
        return NO_CHAIN
    no = 0 if last.body == GONE else envelope.decode_header(last.body).roster_no
    return Chain(last.number, last.hash, last.last_hlc or 0, no)


def counted_writes(store: Replica, held: Keys, place: UUID, rows: Sequence[OnShelf]) -> dict[int, frozenset[Write]]:
    """By stamp number, the writes of the change sets in those of these bundles that count."""
    return {
        change_set.stamp.hlc: frozenset(change_set.writes)
        for one in rows
        if one.state == "counts"
        for change_set in opened(store, held, place, one)
    }


def opened(store: Replica, held: Keys, place: UUID, one: OnShelf) -> Iterator[ChangeSet]:
    """The change sets of a bundle; none where its key or its bytes are not here, or where it is void."""
    row = store.envelope(place, one.device, one.number, one.hash)
    key = held.get((place, row.epoch)) if row else None
    if row is None or row.body == GONE or key is None:
        return
    try:
        parts = seal.open_verified(envelope.decode(row.body), key)
    except seal.NotOpened:
        return
    for part in parts:
        yield part.change_set()


def named_unread(store: Replica, held: Keys, place: UUID, device: bytes) -> set[UUID]:
    """Records in which others name what this device wrote and what has not come here. A laptop takes all stamps of its own for
    seen; where a backup was put back, it waited for nothing of what it had written since (rule 5)."""
    here = set(counted_writes(store, held, place, store.shelf(place, device)))
    others = (one for one in store.shelf(place) if one.device != device and one.state == "counts")
    return {
        write.id
        for one in others
        for change_set in opened(store, held, place, one)
        for write in change_set.writes
        if any(stamp.device == device and stamp.hlc not in here for stamp in _named_in(write))
    }


def _named_in(write: Write) -> Iterator[Stamp]:
    yield from write.replaces
    for _, stamps in write.covers:
        yield from stamps
