"""The part of sync's side of the store that begins again: another identity, records made anew from their bundles.

Promises: everything here happens inside the caller's transaction, so that identity, own changes and records change together
or not at all; a record that is forgotten leaves nothing behind, neither beside its state nor in an index.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from cmpp_desktop.changes import ChangeSet
from cmpp_desktop.store import leaving, projection, state, texts
from cmpp_desktop.store.bundles import Bundles
from cmpp_desktop.store.change_sets import pack_change_set
from cmpp_desktop.store.names import resolve_teams
from cmpp_desktop.store.tables import CODECS, RECORD_KINDS

PART = 400
_BESIDE = ("sibling", "waiting", "covers", "sync_record")


class OnShelf(NamedTuple):
    """As sync's OnShelf."""

    device: bytes
    number: int
    hash: bytes
    seq: int | None
    mine: bool
    state: str


class Afresh(Bundles):
    """See the Protocol `Replica` of sync for what each method promises."""

    def shelf(self, collection: UUID, device: bytes | None = None, *, aside: bool = False) -> Sequence[OnShelf]:
        where, values = ("", ()) if device is None else (" AND e.dev=?", (self._names.devices.known(device) or 0,))
        by, only = ("envelope_aside", " AND e.state<>'counts'") if aside else ("envelope_shelf", "")
        sql = (
            f"SELECT d.device_id, e.number, e.hash, e.seq, e.mine, e.state FROM envelope e INDEXED BY {by} "
            f"CROSS JOIN device d ON d.idx=e.dev WHERE e.coll=?{only}{where} "
            "ORDER BY e.seq IS NULL, e.seq, d.device_id, e.number, e.state<>'counts', e.hash"
        )
        with self._reading() as connection:
            rows = connection.exec_driver_sql(sql, (self._known(collection), *values)).all()
        return [OnShelf(row[0], row[1], row[2], row[3], bool(row[4]), row[5]) for row in rows]

    def forget_envelope(self, collection: UUID, device: bytes, number: int, hash: bytes) -> None:
        sql = "DELETE FROM envelope WHERE coll=? AND dev=? AND number=? AND hash=?"
        self._write().exec_driver_sql(sql, (self._coll(collection), self._device(device), number, hash))

    def own_clock(self) -> int:
        with self._reading() as connection:
            return state.unsigned64(connection.exec_driver_sql("SELECT hlc FROM own_clock").scalar() or 0)

    def put_own(self, change_set: ChangeSet) -> None:
        hlc, device = state.signed64(change_set.stamp.hlc), self._device(change_set.stamp.device)
        self._write().exec_driver_sql(
            "INSERT INTO own_clock(one, hlc, dev) VALUES (1, ?1, ?2) "
            "ON CONFLICT(one) DO UPDATE SET hlc=max(hlc, excluded.hlc), dev=excluded.dev",
            (hlc, device),
        )
        self._to_outbox(UUID(bytes=change_set.collection), [change_set])

    def renew_outbox(self, collection: UUID, change_sets: Iterable[ChangeSet]) -> None:
        self._write().exec_driver_sql("DELETE FROM outbox WHERE coll=?", (self._coll(collection),))
        self._to_outbox(collection, change_sets)

    def become(self, device: bytes) -> None:
        self._write().exec_driver_sql("UPDATE own_clock SET dev=?", (self._device(device),))

    def erase(self, collection: UUID, ids: Iterable[UUID]) -> frozenset[UUID]:
        connection, coll, listed = self._write(), self._coll(collection), list(ids)
        leaving.forget_content(connection, coll, listed)
        return self.forget_states(collection, listed)

    def forget_states(self, collection: UUID, ids: Iterable[UUID]) -> frozenset[UUID]:
        connection, coll = self._write(), self._coll(collection)
        people: set[UUID] = set()
        named: set[UUID] = set()
        listed, kinds = list(ids), set()
        touched = set(listed)
        for start in range(0, len(listed), PART):
            part = tuple(id.bytes for id in listed[start : start + PART])
            marks = ",".join("?" * len(part))
            by_kind: dict[str, list[bytes]] = {}
            sql = f"SELECT id, kind FROM sync_record WHERE coll=? AND id IN ({marks})"
            for id, kind in connection.exec_driver_sql(sql, (coll, *part)):
                by_kind.setdefault(self._names.kinds.name(kind), []).append(id)
            for kind, gone in by_kind.items():
                about = self._forget_rows(coll, kind, gone)
                touched |= about
                if kind in projection.TOUCHING:
                    (named if kind in projection.NAMING else people).update(about)
            kinds |= set(by_kind)
            for table in _BESIDE:
                connection.exec_driver_sql(f"DELETE FROM {table} WHERE coll=? AND id IN ({marks})", (coll, *part))
        touched |= projection.refresh(connection, people, named)
        if "team" in kinds:
            resolve_teams(connection, self._names)
        return frozenset(touched)

    def _forget_rows(self, coll: int, kind: str, ids: Sequence[bytes]) -> set[UUID]:
        """Takes records of one kind out of their table and out of the index of what was written; whom they were about."""
        model = RECORD_KINDS.get(kind)
        if model is None:
            return set()
        connection, marks = self._write(), ",".join("?" * len(ids))
        column = model.about if model.about in CODECS[kind] else "id" if model.about == "id" else "NULL"
        where = f'FROM "r_{kind}" WHERE coll=? AND id IN ({marks})'
        found = connection.exec_driver_sql(f"SELECT {column} {where}", (coll, *ids)).scalars().all()
        connection.exec_driver_sql(f"DELETE {where}", (coll, *ids))
        if kind in texts.TEXTS:
            texts.refresh(connection, kind, [UUID(bytes=id) for id in ids])
        return {UUID(bytes=id) for id in found if id}

    def _to_outbox(self, collection: UUID, change_sets: Iterable[ChangeSet]) -> None:
        coll = self._coll(collection)
        rows = [(coll, state.signed64(one.stamp.hlc), pack_change_set(one)) for one in change_sets]
        if rows:
            self._write().exec_driver_sql("INSERT INTO outbox(coll, hlc, origin, body) VALUES (?, ?, NULL, ?)", rows)
