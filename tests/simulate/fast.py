"""What is made cheap so that many histories fit into a minute, without changing what is played.

The server's database is SQLite in memory, put back to a copy in a moment. What is a function of its bytes alone (a signature, a
roster entry, what an entry makes of a state) is worked out once for all laptops of all histories, which begin alike. Key
envelopes are those of an ideal HPKE: bytes that only their recipient can open, because it says so here. Bundles are sealed
for real. The server does not write down who asked when, of which no property speaks.
"""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeVar
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import StaticPool, create_engine, event

from cmpp_protocol import entries, keys, labels, roster
from cmpp_protocol.roster import RosterState
from cmpp_server import arrivals
from cmpp_server.database import Database
from tests.simulate.quick import Quick
from tests.simulate.reads import read_once

T = TypeVar("T")

_SEALED: dict[bytes, tuple[bytes, bytes, bytes]] = {}  # key envelope -> key, recipient, place


class Ends(NamedTuple):
    """Where the server's roster and logs end."""

    roster: tuple[int, bytes]
    logs: dict[UUID, tuple[int, bytes]]


class MemoryDatabase(Database):
    """The server's database on one connection, in memory; `data`: what `copy` gave."""

    def __init__(self, data: bytes = b"") -> None:
        self.is_sqlite = True
        self._raw = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        if data:
            self._raw.deserialize(data)
        self._raw.execute("PRAGMA foreign_keys = ON")
        self._quick = Quick(self._raw)

    def write(self, work: Callable[[Any], T]) -> T:
        with self._turn("COMMIT"):
            return work(self._quick)

    def note(self, work: Callable[[Any], None]) -> None:
        self.write(work)

    @contextmanager
    def read(self) -> Iterator[Any]:
        with self._turn("ROLLBACK"):
            yield self._quick

    @contextmanager
    def _turn(self, end: str) -> Iterator[None]:
        self._raw.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._raw.execute("ROLLBACK")
            raise
        self._raw.execute(end)

    def migrate(self, revision: str = "head") -> None:
        self._engine = create_engine("sqlite://", creator=lambda: self._raw, poolclass=StaticPool)
        event.listen(self._engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN"))
        with patch.object(self, "write", partial(Database.write, self)):
            super().migrate(revision)

    def close(self) -> None:
        self._raw.close()

    def copy(self) -> bytes:
        """All of it, as bytes."""
        return self._raw.serialize()

    def ends(self) -> Ends:
        """Of the one organisation in it."""
        roster = self._raw.execute("SELECT roster_no, roster_hash FROM org").fetchone()
        rows = self._raw.execute("SELECT collection_id, seq, log_hash FROM collection").fetchall()
        return Ends(tuple(roster), {UUID(bytes=place): (seq, log_hash) for place, seq, log_hash in rows})

    def put_back(self, data: bytes) -> None:
        """What it was when the copy was made."""
        self._quick.anew()
        self._raw.deserialize(data)
        self._raw.execute("PRAGMA foreign_keys = ON")


@contextmanager
def remembered() -> Iterator[None]:
    """While it lasts, nothing is worked out twice (see above)."""
    before = keys.verify, entries.decode, roster.validate_and_apply, keys.seal_key, keys.open_key
    noted, reckoned, signing = arrivals.note, keys.KeyPair._reckoned, keys.KeyPair.signing_key
    keys.verify, entries.decode = lru_cache(100_000)(before[0]), lru_cache(20_000)(before[1])
    roster.validate_and_apply = _applied_once(before[2])  # type: ignore[assignment]  # its arguments have no names
    keys.seal_key, keys.open_key = _seal_key, _opener(before[4])
    keys.KeyPair._reckoned = lru_cache(500)(reckoned)  # type: ignore[method-assign]  # pairs of one secret are equal
    keys.KeyPair.signing_key = lru_cache(500)(signing)  # type: ignore[method-assign]  # the same
    arrivals.note = lambda *rest: None
    gc.disable()  # nothing of a history is a ring, but what frameworks keep for ever; it is collected between histories
    try:
        with read_once():
            yield
    finally:
        keys.verify, entries.decode, roster.validate_and_apply, keys.seal_key, keys.open_key = before
        arrivals.note, keys.KeyPair._reckoned, keys.KeyPair.signing_key = noted, reckoned, signing  # type: ignore[method-assign]
        gc.enable()


def _applied_once(
    apply: Callable[[RosterState | None, bytes], RosterState],
) -> Callable[[RosterState | None, bytes], RosterState]:
    known: dict[tuple[bytes, bytes], RosterState] = {}

    def once(state: RosterState | None, data: bytes) -> RosterState:
        at = (state.hash if state else b"", data)  # the hash of the last entry stands for all before it
        found = known.get(at)
        if found is None:
            found = known[at] = apply(state, data)
        return found

    return once


def _place(org: bytes, collection: UUID, epoch: int) -> bytes:
    return org + collection.bytes + epoch.to_bytes(4, "big")


def _seal_key(key: bytes, recipient: keys.PublicKeys, org: bytes, collection: UUID, epoch: int) -> bytes:
    place = _place(org, collection, epoch)
    body = labels.digest(labels.KEY_ENVELOPE, key, recipient.id, place)
    body += bytes(keys.KEY_ENVELOPE_BYTES - len(body))
    _SEALED[body] = (key, recipient.id, place)
    return body


def _opener(real: Callable[..., bytes]) -> Callable[..., bytes]:
    def open_key(body: bytes, recipient: keys.KeyPair, org: bytes, collection: UUID, epoch: int) -> bytes:
        if body not in _SEALED:  # made before, for real
            return real(body, recipient, org, collection, epoch)
        key, to, place = _SEALED[body]
        if (to, place) != (recipient.id, _place(org, collection, epoch)):
            raise keys.KeyProblem("does_not_open")
        return key

    return open_key
