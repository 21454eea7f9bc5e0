"""The part of sync's side of the store that keeps bundles: envelopes, how far a log was read, and what was set aside.

Under it lies what all of that side needs: the write transaction, and the numbers by which collections and devices are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.engine import Connection

from cmpp_desktop.errors import BugError
from cmpp_desktop.store import materialise, state
from cmpp_desktop.store.database import Database
from cmpp_desktop.store.names import Names


class StoredEnvelope(NamedTuple):
    """As sync's StoredEnvelope."""

    collection: UUID
    device: bytes
    number: int
    hash: bytes
    epoch: int
    seq: int | None
    mine: bool
    state: Any
    last_hlc: int | None
    body: bytes


class SetAside(NamedTuple):
    """As sync's SetAside."""

    collection: UUID
    device: bytes
    number: int
    hash: bytes
    part: int
    reason: str
    since: int
    body: bytes


_ENVELOPE = "SELECT e.coll, e.dev, e.number, e.hash, e.epoch, e.seq, e.mine, e.state, e.last_hlc, e.body FROM envelope e"


class Bundles:
    """See the Protocol `Replica` of sync for what each method promises."""

    def __init__(self, database: Database, names: Names, defaults: materialise.Defaults) -> None:
        self._database, self._names, self._defaults = database, names, defaults
        self._writer: Connection | None = None
        self._now_ms = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One write transaction; kept whole when the block ends, rolled back when it raises."""
        if self._writer is not None:
            raise BugError("transaction_inside_transaction")
        try:
            with self._database.writing() as connection:
                self._writer = connection
                self._names.use(connection)
                try:
                    yield
                finally:
                    self._writer = None
        except BaseException:
            with self._database.reading() as connection:
                self._names.read(connection)
            raise

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        if self._writer is not None:
            yield self._writer
            return
        with self._database.reading() as connection:
            yield connection

    def _write(self) -> Connection:
        if self._writer is None:
            raise BugError("write_outside_transaction")
        return self._writer

    # --- bundles ----------------------------------------------------------------------------------------------------------

    def put_envelope(self, envelope: Any) -> None:
        self._write().exec_driver_sql(
            "INSERT INTO envelope(coll, dev, number, hash, epoch, seq, mine, state, last_hlc, body) VALUES (?,?,?,?,?,?,?,?,?,?) "
            "ON CONFLICT(coll, dev, number, hash) DO UPDATE SET seq=excluded.seq, state=excluded.state",
            (
                self._coll(envelope.collection),
                self._device(envelope.device),
                envelope.number,
                envelope.hash,
                envelope.epoch,
                envelope.seq,
                int(envelope.mine),
                envelope.state,
                None if envelope.last_hlc is None else state.signed64(envelope.last_hlc),
                envelope.body,
            ),
        )

    def envelopes(
        self, collection: UUID, *, state: Any = None, logged: bool | None = None, mine: bool | None = None
    ) -> Sequence[StoredEnvelope]:
        wanted, values = ["e.coll=?"], [self._known(collection)]
        # Nearly all bundles count and stand in the log: those that do not are found without reading what is in the others.
        by = ""
        if state is not None:
            wanted.append("e.state=?")
            values.append(state)
            if state != "counts":
                wanted.append("e.state<>'counts'")
                by = "INDEXED BY envelope_aside"
        if logged is not None:
            wanted.append("e.seq IS NOT NULL" if logged else "e.seq IS NULL")
            by = by if logged else "INDEXED BY envelope_unlogged"
        if mine is not None:
            wanted.append("e.mine=?")
            values.append(int(mine))
        where = f"{by} CROSS JOIN device d ON d.idx=e.dev WHERE {' AND '.join(wanted)}"
        sql = f"{_ENVELOPE} {where} ORDER BY d.device_id, e.number, e.hash"
        with self._reading() as connection:
            return [self._envelope(row) for row in connection.exec_driver_sql(sql, tuple(values))]

    def envelope(self, collection: UUID, device: bytes, number: int, hash: bytes) -> StoredEnvelope | None:
        sql = f"{_ENVELOPE} WHERE e.coll=? AND e.dev=? AND e.number=? AND e.hash=?"
        known = self._names.devices.known(device)
        with self._reading() as connection:
            row = connection.exec_driver_sql(sql, (self._known(collection), known or 0, number, hash)).first()
        return None if row is None else self._envelope(row)

    def listed(self, collection: UUID) -> Sequence[tuple[int, bytes, int, bytes]]:
        sql = (
            "SELECT e.seq, d.device_id, e.number, e.hash FROM envelope e JOIN device d ON d.idx=e.dev "
            "WHERE e.coll=? AND e.seq>0 AND length(e.body)>1 ORDER BY e.seq"
        )
        with self._reading() as connection:
            return [(row[0], row[1], row[2], row[3]) for row in connection.exec_driver_sql(sql, (self._known(collection),))]

    def let_go(self, collection: UUID, up_to: int, own: bytes, most: int) -> int:
        chosen = (
            "SELECT e.coll, e.dev, e.number, e.hash FROM envelope e WHERE e.coll=? AND e.seq BETWEEN 1 AND ? AND e.mine=0 "
            "AND e.dev<>? AND e.state IN ('counts','void') AND length(e.body)>1 LIMIT ?"
        )
        sql = f"UPDATE envelope SET body=x'00' WHERE (coll, dev, number, hash) IN ({chosen})"
        values = (self._coll(collection), up_to, self._names.devices.known(own) or 0, most)
        return self._write().exec_driver_sql(sql, values).rowcount

    def record_ids(self, collection: UUID) -> Sequence[UUID]:
        with self._reading() as connection:
            rows = connection.exec_driver_sql("SELECT id FROM sync_record WHERE coll=? ORDER BY id", (self._known(collection),))
            return [UUID(bytes=row[0]) for row in rows]

    def forget_log(self, collection: UUID) -> None:
        self._write().exec_driver_sql("UPDATE envelope SET seq=NULL WHERE coll=?", (self._coll(collection),))

    def cursor(self, collection: UUID) -> tuple[int, bytes] | None:
        with self._reading() as connection:
            row = connection.exec_driver_sql("SELECT seq, log_hash FROM cursor WHERE coll=?", (self._known(collection),)).first()
        return None if row is None else (row[0], row[1])

    def put_cursor(self, collection: UUID, seq: int, log_hash: bytes) -> None:
        sql = "INSERT OR REPLACE INTO cursor(coll, seq, log_hash) VALUES (?,?,?)"
        self._write().exec_driver_sql(sql, (self._coll(collection), seq, log_hash))

    # --- set aside --------------------------------------------------------------------------------------------------------

    def set_aside(self, item: Any) -> None:
        self._write().exec_driver_sql(
            "INSERT OR IGNORE INTO quarantine(coll, dev, number, hash, part, reason, since, body) VALUES (?,?,?,?,?,?,?,?)",
            (
                self._coll(item.collection),
                self._device(item.device),
                item.number,
                item.hash,
                item.part,
                item.reason,
                item.since,
                item.body,
            ),
        )

    def release(self, collection: UUID, device: bytes, number: int, hash: bytes) -> None:
        sql = "DELETE FROM quarantine WHERE coll=? AND dev=? AND number=? AND hash=?"
        self._write().exec_driver_sql(sql, (self._coll(collection), self._device(device), number, hash))

    def all_set_aside(self) -> Sequence[SetAside]:
        with self._reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT coll, dev, number, hash, part, reason, since, body FROM quarantine "
                "ORDER BY since, coll, dev, number, part"
            ).all()
        return [
            SetAside(self._collection(row[0]), self._names.devices.name(row[1]), row[2], row[3], row[4], row[5], row[6], row[7])
            for row in rows
        ]

    # --- numbers ----------------------------------------------------------------------------------------------------------

    def _coll(self, collection: UUID) -> int:
        place = self._names.place(collection.bytes)
        if place is None:
            raise BugError("collection_unknown", collection=str(collection))
        return place.idx

    def _known(self, collection: UUID) -> int:
        """The number of a collection for a question; 0, which nothing has, for one that was never heard of."""
        place = self._names.place(collection.bytes)
        return place.idx if place else 0

    def _collection(self, coll: int) -> UUID:
        return UUID(bytes=self._names.places[coll].id)

    def _device(self, device: bytes) -> int:
        self._write()
        return self._names.devices.number(device)

    def _own_device(self) -> bytes:
        with self._reading() as connection:
            found = connection.exec_driver_sql("SELECT dev FROM own_clock").scalar()
        return self._names.devices.name(found) if found else b""

    def _envelope(self, row: Any) -> StoredEnvelope:
        last = None if row[8] is None else state.unsigned64(row[8])
        return StoredEnvelope(
            self._collection(row[0]),
            self._names.devices.name(row[1]),
            row[2],
            row[3],
            row[4],
            row[5],
            bool(row[6]),
            row[7],
            last,
            row[9],
        )
