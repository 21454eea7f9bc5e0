"""Collections of which a snapshot is half taken in: until its end nothing of their logs is, for what is here is half old."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from cmpp_desktop.sync.replica import SNAPSHOTS_BEGUN, Replica
from cmpp_protocol import canon


def begun(store: Replica) -> set[UUID]:
    """Collections of which a snapshot is half taken in."""
    kept = store.secret(SNAPSHOTS_BEGUN)
    return {UUID(bytes=one) for one in (canon.unpack(kept) if kept else ())}


def put_begun(store: Replica, places: Iterable[UUID]) -> None:
    """Inside a transaction."""
    rows = sorted(one.bytes for one in places)
    store.put_secret(SNAPSHOTS_BEGUN, canon.pack(rows) if rows else None)
