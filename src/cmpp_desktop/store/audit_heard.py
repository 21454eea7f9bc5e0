"""The part of sync's side of the store that keeps audit logs: this laptop's own, as it is sent, and those that came.

Of another laptop's log are kept the entries in their order, how far it was followed, and what was found wrong with it. An entry
is known by its hash, which covers all before it: one that comes twice is kept once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cmpp_desktop.store import audit
from cmpp_desktop.store.afresh import Afresh, OnShelf

_SHELF = "SELECT d.device_id, e.number, e.hash, e.seq, e.mine, e.state FROM envelope e"
_TABLES = ("audit_bundle", "audit_heard", "audit_chain", "audit_trouble")


class AuditLogs(Afresh):
    """See the Protocol `AuditBook` of sync for what each method promises."""

    def audit_last(self) -> int:
        with self._reading() as connection:
            return int(connection.exec_driver_sql("SELECT max(number) FROM audit_entry").scalar() or 0)

    def audit_hash(self, number: int) -> bytes | None:
        with self._reading() as connection:
            found: bytes | None = connection.exec_driver_sql("SELECT hash FROM audit_entry WHERE number=?", (number,)).scalar()
        return found

    def audit_after(self, number: int, most: int) -> Sequence[audit.Own]:
        sql = "SELECT number, at_ms, member_id, action, body, hash FROM audit_entry WHERE number>? ORDER BY number LIMIT ?"
        with self._reading() as connection:
            rows = connection.exec_driver_sql(sql, (number, most)).all()
        return [
            audit.Own(row[0], row[1], row[2], row[3], row[4], row[5], audit.restricted_to(row[4]) is not None) for row in rows
        ]

    def audit_unread(self, place: UUID, after_seq: int) -> Sequence[OnShelf]:
        coll, unread = self._known(place), "e.hash NOT IN (SELECT hash FROM audit_bundle)"
        at = "CROSS JOIN device d ON d.idx=e.dev WHERE e.coll=? AND e.state='counts'"
        logged = f"{_SHELF} INDEXED BY envelope_shelf {at} AND e.seq>? AND {unread} ORDER BY e.seq"
        loose = f"{_SHELF} INDEXED BY envelope_unlogged {at} AND e.seq IS NULL AND {unread} ORDER BY d.device_id, e.number"
        with self._reading() as connection:
            rows = [
                *connection.exec_driver_sql(logged, (coll, after_seq)),
                *connection.exec_driver_sql(loose, (coll,)),
            ]
        return [OnShelf(row[0], row[1], row[2], row[3], bool(row[4]), row[5]) for row in rows]

    def audit_chain(self, device: bytes) -> tuple[int, bytes]:
        known = self._names.devices.known(device) or 0
        with self._reading() as connection:
            row = connection.exec_driver_sql("SELECT number, hash FROM audit_chain WHERE dev=?", (known,)).first()
        return (0, audit.FIRST) if row is None else (row[0], row[1])

    def audit_has(self, hash: bytes) -> bool:
        with self._reading() as connection:
            return connection.exec_driver_sql("SELECT 1 FROM audit_heard WHERE hash=?", (hash,)).first() is not None

    def audit_keep(self, device: bytes, heard_ms: int, followed: Any) -> None:
        dev, connection = self._device(device), self._write()
        rows = [
            (one.hash, dev, one.number, one.at_ms, one.member, one.action, one.kind, one.subject, int(one.closed))
            for one in followed.rows
        ]
        if rows:
            connection.exec_driver_sql(
                "INSERT OR IGNORE INTO audit_heard(hash, dev, number, at_ms, member_id, action, subject_kind, subject_id, "
                "closed) VALUES (?,?,?,?,?,?,?,?,?)",
                rows,
            )
        connection.exec_driver_sql(
            "INSERT INTO audit_chain(dev, number, hash, heard_ms) VALUES (?,?,?,?) ON CONFLICT(dev) DO UPDATE "
            "SET number=excluded.number, hash=excluded.hash, heard_ms=max(heard_ms, excluded.heard_ms)",
            (dev, followed.number, followed.hash, heard_ms),
        )
        for one in followed.troubles:
            connection.exec_driver_sql(
                "INSERT OR IGNORE INTO audit_trouble(dev, number, code, at_ms) VALUES (?,?,?,?)",
                (dev, one.number, one.code, heard_ms),
            )

    def audit_is_read(self, bundle: bytes) -> None:
        self._write().exec_driver_sql("INSERT OR IGNORE INTO audit_bundle(hash) VALUES (?)", (bundle,))

    def audit_forget(self) -> None:
        for table in _TABLES:
            self._write().exec_driver_sql(f"DELETE FROM {table}")
