"""Which bundles that come stand in the snapshot from which this laptop began, so that there is nothing to take in (rules 36, 48).

Of what a snapshot holds only the last bundle of each chain is known. When the server has another history, its log is read again
from the start: bundles below those ends come then for the first time.
"""

from __future__ import annotations

from functools import cached_property
from uuid import UUID

from cmpp_desktop.sync import snapshot_books
from cmpp_desktop.sync.replica import GONE, ChainRow, Replica, StoredEnvelope
from cmpp_protocol import envelope

_STANDS = ("counts", "void")


class Behind:
    """Of one collection, for one transaction."""

    def __init__(self, store: Replica, place: UUID) -> None:
        self._store, self._place = store, place
        self._known: dict[bytes, dict[int, bytes]] = {}

    def holds(self, header: envelope.Header, hashed: bytes, chain: ChainRow, *, logged: bool) -> bool:
        """Whether a bundle that is not here has been counted with the snapshot; `chain`: how far its author's is applied. One of
        another branch (rule 36) is not: the bundle behind it says so, or that it is not in the log."""
        if not 0 < header.number <= chain.number or not self._is_taken:
            return False
        if header.number == chain.number:
            return hashed == chain.hash
        here = self._counted(header.device)
        following = here.get(header.number + 1)
        row = self._store.envelope(self._place, header.device, header.number + 1, following) if following else None
        if header.number in here:
            return False
        return logged if row is None else envelope.decode_header(row.body).previous == hashed

    def note(self, header: envelope.Header, hashed: bytes) -> None:
        """It stands here now, and with it what it goes on from: a stick brings the older ones first, and they seemed a fork."""
        self._counted(header.device)[header.number] = hashed
        while header.number > 1:
            row = self._store.envelope(self._place, header.device, header.number - 1, header.previous)
            if row is None or row.mine or row.state != "held" or row.body == GONE:
                return
            at = (self._place, row.device, row.number, row.hash)
            self._store.put_envelope(StoredEnvelope(*at, row.epoch, row.seq, False, "counts", row.last_hlc, row.body))
            self._store.release(*at)
            self._counted(row.device)[row.number] = row.hash
            header = envelope.decode_header(row.body)

    @cached_property
    def _is_taken(self) -> bool:
        return snapshot_books.is_taken(self._store, self._place)

    def _counted(self, device: bytes) -> dict[int, bytes]:
        if device not in self._known:
            shelf = self._store.shelf(self._place, device)
            self._known[device] = {one.number: one.hash for one in shelf if one.state in _STANDS}
        return self._known[device]
