"""Snapshots that a second device has confirmed, since when that is known here, and what need not be kept because of it (rule 38).

What a snapshot holds that was confirmed `KEEP_DAYS` ago stands in every copy of the server that is younger than that: whoever
lacks it takes it from there. So the bytes of others' bundles behind it go from this laptop. Places, hashes and authors stay, as
at the server, and so does everything that this laptop sealed itself, and the organisation's own collection, which invitations
carry. Where a collection has no confirmed snapshot (an office without a server has none) all of it stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from cmpp_desktop.changes import collection_id
from cmpp_desktop.sync.replica import CONFIRMED, LET_GO, Replica
from cmpp_protocol import canon

KEEP_DAYS = 90  # no less than the age of the oldest copy that a server may be restored from
DAY_MS = 24 * 3600 * 1000
MOST = 4_000  # rows that are remembered, of all collections
AT_ONCE = 2_000  # bundles whose bytes go in one transaction


class Confirmed(NamedTuple):
    """A confirmed snapshot: its place in the log, the roster number under which it was made, since when (ms) it is known."""

    collection: UUID
    seq: int
    roster_no: int
    since: int


def known(store: Replica) -> list[Confirmed]:
    """All that are remembered, in the order in which they were heard of."""
    kept = store.secret(CONFIRMED)
    return [Confirmed(UUID(bytes=row[0]), *row[1:]) for row in (canon.unpack(kept) if kept else ())]


def note(store: Replica, one: Confirmed) -> None:
    """Remembers one, of each collection the last of each day. Inside a transaction."""
    day = one.since // DAY_MS
    every = [each for each in known(store) if each.collection != one.collection or each.since // DAY_MS != day]
    rows = [[each.collection.bytes, *each[1:]] for each in [*every, one][-MOST:]]
    store.put_secret(CONFIRMED, canon.pack(rows))


def since(store: Replica, places: Iterable[UUID], roster_no: int) -> int | None:
    """From when on (ms) each of these collections had a confirmed snapshot made under that roster number or a later one; None
    while one of them has none."""
    every = known(store)
    firsts = [
        min((one.since for one in every if one.collection == place and one.roster_no >= roster_no), default=None)
        for place in places
    ]
    return None if not firsts or None in firsts else max(at for at in firsts if at is not None)


def older(store: Replica, places: Iterable[UUID], roster_no: int) -> int | None:
    """Since when (ms) the last confirmed snapshot is known that was made under an earlier roster number and still stands: of one
    of these collections that has none made under that number or a later one. None where there is no such."""
    every = known(store)
    newer = {one.collection for one in every if one.roster_no >= roster_no}
    left = set(places) - newer
    return max((one.since for one in every if one.collection in left), default=None)


def behind(store: Replica) -> dict[UUID, int]:
    """By collection, the place in the log up to which bytes may have gone from here."""
    kept = store.secret(LET_GO)
    return {UUID(bytes=place): seq for place, seq in (canon.unpack(kept) if kept else ())}


def may_go(store: Replica, now_ms: int) -> dict[UUID, int]:
    """By collection, the place in the log up to which bytes need not be kept any longer."""
    found: dict[UUID, int] = {}
    for one in known(store):
        if one.collection != collection_id("organisation") and one.since + KEEP_DAYS * DAY_MS <= now_ms:
            found[one.collection] = max(one.seq, found.get(one.collection, 0))
    return found


def let_go(store: Replica, own: bytes, now_ms: int) -> int:
    """Lets go what need not be kept, up to `AT_ONCE` bundles, in a transaction of its own; how many."""
    gone = 0
    for place, seq in sorted(may_go(store, now_ms).items()):
        with store.transaction():
            store.put_secret(LET_GO, canon.pack([[at.bytes, to] for at, to in sorted({**behind(store), place: seq}.items())]))
            gone += store.let_go(place, seq, own, AT_ONCE - gone)
        if gone == AT_ONCE:
            break
    return gone
