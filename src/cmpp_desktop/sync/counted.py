"""What the bundles of a device hold, opened once more: for those who have to know what of it has been counted already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from cmpp_desktop.changes import ChangeSet, Write
from cmpp_desktop.sync import seal
from cmpp_desktop.sync.keys import Keys
from cmpp_desktop.sync.replica import OnShelf, Replica
from cmpp_protocol import envelope


def counted_writes(store: Replica, held: Keys, place: UUID, rows: Sequence[OnShelf]) -> dict[int, frozenset[Write]]:
    """By stamp number, the writes of the change sets in those of these bundles that count."""
    return {
        change_set.stamp.hlc: frozenset(change_set.writes)
        for one in rows
        if one.state == "counts"
        for change_set in opened(store, held, place, one)
    }


def opened(store: Replica, held: Keys, place: UUID, one: OnShelf) -> Iterator[ChangeSet]:
    """The change sets of a bundle; none where its key is not here, or where it is void."""
    row = store.envelope(place, one.device, one.number, one.hash)
    key = held.get((place, row.epoch)) if row else None
    if row is None or key is None:
        return
    try:
        parts = seal.open_verified(envelope.decode(row.body), key)
    except seal.NotOpened:
        return
    for part in parts:
        yield part.change_set()
