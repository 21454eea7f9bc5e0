"""First sync beside other programs that synchronise, and what 100 changed records cost.

The same records (benchmarks/office.py), in the same run: PouchDB and express-pouchdb take them as documents, both on LevelDB,
which does not wait for the disk; Anki and its own sync server take each as a note (which has a card), by the normal sync and not
as one file. Each peer is two clients and a server, on this machine's same cores (benchmarks/peers.py). Ours seals, signs,
verifies, and makes the lines of People and a search index; theirs do none of it. Of the small size everything is the median of
three, of the large one it is taken once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from benchmarks import peers
from benchmarks.delta import CHANGED
from benchmarks.frame import Row, row
from benchmarks.peers import Theirs
from benchmarks.row_sync import LARGE, SMALL, Taken, documents, middle, once

Size = tuple[int, int]
POUCHDB, ANKI = "PouchDB", "Anki"


@cache
def _turns(size: Size) -> tuple[Taken, Mapping[str, Theirs | None]]:
    """Ours and each peer in turns, so that a busy moment of the machine hits all of them; the median of each."""
    ours: list[Taken] = []
    theirs: dict[str, list[Theirs]] = {POUCHDB: [], ANKI: []}
    for _ in range(3 if size == SMALL else 1):
        ours.append(once("PostgreSQL", size))  # writes the documents
        for name, ask in ((POUCHDB, peers.pouchdb), (ANKI, peers.anki)):
            found = ask(documents(size))
            print(f"    {name}: {found}", flush=True)
            theirs[name] += [found] if found is not None else []
    return middle(ours), {name: middle(found) if found else None for name, found in theirs.items()}


def _beside(name: str, peer: str, size: Size, what: str, at_most: float) -> Row:
    """`what`: push, pull, or both."""
    one, all_others = _turns(size)
    other = all_others[peer]
    parts = ("push", "pull") if what == "both" else (what,)
    words = {"both": "sent and read", "push": "sealed and sent", "pull": "read by a new laptop"}[what]
    return row(
        name,
        size=f"{one.records:,} records, {words}",
        unit="ms",
        ours=1000 * sum(getattr(one, part) for part in parts),
        against={} if other is None else {peer: 1000 * sum(getattr(other, part) for part in parts)},
        at_most=at_most,
        left_out=peer,
    )


def row_sync_pouchdb() -> Row:
    return _beside("sync-pouchdb", POUCHDB, SMALL, "both", 0.1)


def row_sync_pouchdb_read() -> Row:
    return _beside("sync-pouchdb-read", POUCHDB, SMALL, "pull", 0.1)


def row_sync_pouchdb_large() -> Row:
    return _beside("sync-pouchdb-large", POUCHDB, LARGE, "both", 0.1)


def row_sync_pouchdb_large_read() -> Row:
    return _beside("sync-pouchdb-large-read", POUCHDB, LARGE, "pull", 0.1)


def row_sync_anki_sent() -> Row:
    return _beside("sync-anki-sent", ANKI, SMALL, "push", 1)


def row_sync_anki_read() -> Row:
    return _beside("sync-anki-read", ANKI, SMALL, "pull", 1)


def row_sync_anki_large_sent() -> Row:
    return _beside("sync-anki-large-sent", ANKI, LARGE, "push", 1)


def row_sync_anki_large_read() -> Row:
    return _beside("sync-anki-large-read", ANKI, LARGE, "pull", 1)


# A hundred changes ------------------------------------------------------------------------------------------------------


def row_delta() -> Row:
    one, told = _turns(SMALL)
    return row(
        "delta",
        size=f"{CHANGED} of {one.records:,} records changed; sent and read",
        unit="ms",
        ours=1000 * one.delta.seconds,
        against={peer: 1000 * theirs.delta for peer, theirs in told.items() if theirs is not None},
        at_most=1,
        left_out=POUCHDB,
    )


def row_delta_requests() -> Row:
    one = _turns(SMALL)[0].delta
    return row(
        "delta-requests",
        size=f"{CHANGED} changed records; {one.requests[0]} of the sender, {one.requests[1]} of the reader",
        unit="round trips",
        ours=max(one.requests),
        against={},
        limit=1,
    )


def row_delta_bytes() -> Row:
    one = _turns(SMALL)[0].delta
    return row(
        "delta-bytes",
        size=f"{CHANGED} changed records, sealed and signed; {one.told:,} bytes a whole request, with the audit log",
        unit="bytes",
        ours=one.bundles,
        against={"the changes, zstd": one.squeezed},
        at_most=1.2,
    )
