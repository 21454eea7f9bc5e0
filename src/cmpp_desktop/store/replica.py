"""Sync's side of the store: roster, keys, chains, merge states, envelopes, cursors, and what was set aside.

It carries out the Protocol that sync asks for, on the tables of the sync rules. What arrives is applied in bulk (no ORM):
one statement for all records of a kind, one for all clocks, the search index once. A value that this version cannot
show never stops merging: it stays in the merge state and is sent on like all others.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from itertools import zip_longest
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import select

from cmpp_desktop.changes import LIFE, ChangeSet, Columns, RecordState, life_name
from cmpp_desktop.store import bulk, leaving, materialise, moving, projection, state
from cmpp_desktop.store.audit_heard import AuditLogs
from cmpp_desktop.store.change_sets import unpack_change_set
from cmpp_desktop.store.names import resolve_teams
from cmpp_desktop.store.settings import read_value, write_value
from cmpp_desktop.store.tables import LOCAL_SECRET, RECORD_KINDS, ROSTER, participant_of
from cmpp_protocol.ids import id_of
from cmpp_protocol.stamps import COUNTER_BITS, Stamp

log = logging.getLogger(__name__)

T = TypeVar("T", bound="Any")
# Kinds whose arrival a person wants to hear of; at most so many lines of one page, and of all.
TOLD = frozenset(
    {
        "participant",
        "service_session",
        "screening",
        "obligation",
        "note",
        "task",
        "review",
        "consent",
        "contact_route",
        "amendment",
        "address",
        "case",
    }
)
ARRIVALS_OF_A_PAGE, ARRIVALS = 200, 500


class Chain(NamedTuple):
    """As sync's Chain: number and hash of the last counting bundle, last stamp number, roster number."""

    number: int
    hash: bytes
    last_hlc: int
    roster_no: int


class StoreReplica(AuditLogs):
    """See the Protocol `Replica` of sync for what each method promises."""

    # --- roster and keys ------------------------------------------------------------------------------------------------

    def roster(self) -> Sequence[bytes]:
        with self._reading() as connection:
            return list(connection.execute(select(ROSTER.c.body).order_by(ROSTER.c.no)).scalars())

    def append_roster(self, no: int, hash: bytes, entry: bytes) -> None:
        self._write().exec_driver_sql("INSERT INTO roster(no, hash, body) VALUES (?,?,?)", (no, hash, entry))

    def cut_roster(self, no: int) -> None:
        self._write().exec_driver_sql("DELETE FROM roster WHERE no >= ?", (no,))

    def collection_keys(self) -> Mapping[tuple[UUID, int], bytes]:
        with self._reading() as connection:
            rows = connection.exec_driver_sql("SELECT coll, epoch, key FROM collection_key").all()
        return {(self._collection(row[0]), row[1]): row[2] for row in rows}

    def put_collection_key(self, collection: UUID, epoch: int, key: bytes) -> None:
        sql = "INSERT OR REPLACE INTO collection_key(coll, epoch, key) VALUES (?,?,?)"
        self._write().exec_driver_sql(sql, (self._coll(collection), epoch, key))

    def forget_collection_key(self, collection: UUID, epoch: int) -> None:
        sql = "DELETE FROM collection_key WHERE coll=? AND epoch=?"
        self._write().exec_driver_sql(sql, (self._coll(collection), epoch))

    def put_collection(self, collection: UUID, kind: str, team_id: UUID | None, held: bool) -> None:
        before = self._names.place(collection.bytes)
        self._write().exec_driver_sql(
            "INSERT INTO collection(collection_id, kind, team_id, held) VALUES (?,?,?,?) ON CONFLICT(collection_id) DO UPDATE "
            "SET kind=excluded.kind, team_id=coalesce(excluded.team_id, team_id), held=excluded.held",
            (collection.bytes, kind, team_id.bytes if team_id else None, int(held)),
        )
        resolve_teams(self._write(), self._names)
        if before is not None and before.held != held:
            projection.rebuild(self._write())  # what was open says when somebody was last seen; what is closed does not

    def put_device(self, device: bytes, member: UUID) -> None:
        number = self._device(device)
        self._write().exec_driver_sql("UPDATE device SET member_id=? WHERE idx=?", (member.bytes, number))

    def secret(self, name: str) -> bytes | None:
        with self._reading() as connection:
            return read_value(connection, LOCAL_SECRET, name)

    def put_secret(self, name: str, value: bytes | None) -> None:
        write_value(self._write(), LOCAL_SECRET, name, value)

    # --- merging ----------------------------------------------------------------------------------------------------------

    def chains(self, collection: UUID) -> Mapping[bytes, Chain]:
        with self._reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT dev, number, hash, last_hlc, roster_no FROM chain WHERE coll=?", (self._known(collection),)
            ).all()
        return {self._names.devices.name(row[0]): Chain(row[1], row[2], state.unsigned64(row[3]), row[4]) for row in rows}

    def put_chain(self, collection: UUID, device: bytes, chain: Any) -> None:
        self._write().exec_driver_sql(
            "INSERT OR REPLACE INTO chain(coll, dev, number, hash, last_hlc, roster_no) VALUES (?,?,?,?,?,?)",
            (
                self._coll(collection),
                self._device(device),
                chain.number,
                chain.hash,
                state.signed64(chain.last_hlc),
                chain.roster_no,
            ),
        )

    def states(self, collection: UUID, ids: Iterable[UUID]) -> dict[UUID, RecordState]:
        with self._reading() as connection:
            held = state.load(connection, self._names, self._known(collection), list(ids))
        return {id: item.state for id, item in held.items()}

    def save_states(
        self, collection: UUID, before: Mapping[UUID, RecordState], after: Mapping[UUID, RecordState]
    ) -> frozenset[UUID]:
        connection, names, coll = self._write(), self._names, self._coll(collection)
        after = leaving.as_kept(connection, coll, after)
        now_ms = _latest_ms(after)
        created = self._created(coll, before, after)
        clocks: list[tuple[Any, ...]] = []
        rows: dict[str, list[tuple[Any, ...]]] = {}
        hidden: dict[str, list[UUID]] = {}
        touched: set[UUID] = set(after)
        people: set[UUID] = set()
        named: set[UUID] = set()
        told: list[tuple[Any, ...]] = []
        for id, after_state in after.items():
            values, extra = self._shape(id, after_state)
            clocks.append(state.record_row(coll, id, after_state, names, extra, values is not None))
            if values is None:
                if id in created and after_state.kind in RECORD_KINDS:
                    hidden.setdefault(after_state.kind, []).append(id)
            else:
                row = materialise.row_of(names, coll, id, after_state, values, now_ms, created.get(id))
                rows.setdefault(after_state.kind, []).append(row)
                about = participant_of(after_state.kind, id, values)
                touched |= {about} if about else set()
                if about and after_state.kind in projection.TOUCHING:
                    (named if after_state.kind in projection.NAMING else people).add(about)
                came = moving.ORIGIN in after_state.heads and id not in before  # a file that was handed over is told of as one
                if after_state.kind in TOLD and not came and len(told) < ARRIVALS_OF_A_PAGE:
                    told.append(self._told(id, about, before.get(id), after_state, values))
        flags = self._flags(coll, before)
        if clocks:
            connection.exec_driver_sql(state.UPSERT, clocks)
        for kind, listed in rows.items():
            connection.exec_driver_sql(materialise.upsert_sql(kind), listed)
        for kind, gone in hidden.items():
            whom = leaving.forget(connection, names, coll, kind, gone)
            touched |= whom
            if kind in projection.TOUCHING:
                (named if kind in projection.NAMING else people).update(whom)
        for id, after_state in after.items():
            if flags.get(id, 0) or not state.is_plain(after_state):
                state.save_beside(connection, names, coll, id, after_state, flags.get(id, 0))
        touched |= projection.refresh(connection, people, named)
        self._tell(told)
        if any(item.kind == "team" for item in after.values()):
            resolve_teams(connection, names)
        return frozenset(touched)

    def known_ids(self, collection: UUID, ids: Collection[bytes]) -> Set[bytes]:
        coll, listed = self._known(collection), list(ids)
        with self._reading() as connection:
            if connection.exec_driver_sql("SELECT 1 FROM sync_record WHERE coll=? LIMIT 1", (coll,)).first() is None:
                return frozenset()
            found: set[bytes] = set()
            for start in range(0, len(listed), 2_000):
                part = listed[start : start + 2_000]
                sql = f"SELECT id FROM sync_record WHERE coll=? AND id IN ({','.join('?' * len(part))})"
                found.update(connection.exec_driver_sql(sql, (coll, *part)).scalars())
        return found

    def save_created(self, collection: UUID, created: Sequence[Columns]) -> frozenset[UUID]:
        connection, names, coll = self._write(), self._names, self._coll(collection)
        others: dict[UUID, RecordState] = {}
        touched: set[bytes] = {id for columns in created for id in columns.ids}
        named: set[bytes] = set()
        people: set[bytes] = set()
        told: list[tuple[Any, ...]] = []
        some = list(bulk.groups(created, coll, names, self._defaults))
        for group in some:
            others |= {id: made.state() for id, made in group.others.items()}
            if group.columns:
                bulk.insert(connection, materialise.upsert_sql(group.kind), group.columns)
            about = {id for id in group.about if id is not None}
            touched |= about
            if group.kind in projection.TOUCHING:
                (named if group.kind in projection.NAMING else people).update(about)
            told += self._told_of(group, ARRIVALS_OF_A_PAGE - len(told))
        bulk.insert_clocks(connection, some)
        ids = {raw: id_of(raw) for raw in touched}
        joined = projection.refresh(connection, (ids[raw] for raw in people), (ids[raw] for raw in named))
        self._tell(told)
        if any(columns.kind == "team" for columns in created):
            resolve_teams(connection, names)
        return frozenset(ids.values()) | joined | (self.save_states(collection, {}, others) if others else frozenset())

    def _told_of(self, group: bulk.Group, most: int) -> list[tuple[Any, ...]]:
        """Lines on the arrival of new records."""
        if group.kind not in TOLD or not group.columns or most <= 0:
            return []
        hlcs, devices = (column[:most] for column in group.stamps)
        return [
            (
                state.unsigned64(hlc) >> COUNTER_BITS,
                group.kind,
                "returned" if id in group.returned else "added",
                about,
                device,
                id,
            )
            for id, about, hlc, device in zip_longest(group.ids[:most], group.about[:most], hlcs, devices)
        ]

    def _shape(self, id: UUID, after: RecordState) -> tuple[dict[str, Any] | None, dict[str, bytes]]:
        """What is shown of a state; nothing, when this version cannot show it, whatever it holds (rules 10, 42)."""
        try:
            shape = state.shape(after, self._defaults)
            if shape.values is not None:
                materialise.sorting(after.kind, shape.values)
            return shape.values, shape.extra
        except Exception as error:  # rule 42: an error in materialising never stops merging
            log.warning("record %s of kind %s cannot be shown: %s", id, after.kind, type(error).__name__)
            return None, state.all_single(after)

    def _created(self, coll: int, before: Mapping[UUID, Any], after: Mapping[UUID, RecordState]) -> dict[UUID, tuple[int, int]]:
        found: dict[UUID, tuple[int, int]] = {}
        by_kind: dict[str, list[bytes]] = {}
        for id in before:
            if id in after and after[id].kind in RECORD_KINDS:
                by_kind.setdefault(after[id].kind, []).append(id.bytes)
        for kind, ids in by_kind.items():
            for start in range(0, len(ids), 500):
                part = ids[start : start + 500]
                marks = ",".join("?" * len(part))
                sql = f'SELECT id, meta_created, meta_created_dev FROM "r_{kind}" WHERE coll=? AND id IN ({marks})'
                for row in self._write().exec_driver_sql(sql, (coll, *part)):
                    found[UUID(bytes=row[0])] = (row[1], row[2])
        return found

    def _flags(self, coll: int, before: Mapping[UUID, Any]) -> dict[UUID, int]:
        """The flags of the records that were there: whether something stands beside them."""
        found: dict[UUID, int] = {}
        ids = [id.bytes for id in before]
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            sql = f"SELECT id, flags FROM sync_record WHERE coll=? AND flags<>0 AND id IN ({','.join('?' * len(part))})"
            for row in self._write().exec_driver_sql(sql, (coll, *part)):
                found[UUID(bytes=row[0])] = row[1]
        return found

    def _told(
        self, id: UUID, about: UUID | None, before: RecordState | None, after: RecordState, values: Mapping[str, Any]
    ) -> tuple[Any, ...]:
        last = max(state.stamps_of(after))
        life = life_name(after.shown(LIFE) or b"")
        verb = "deleted" if life == "deleted" else "signed" if life == "signed" else "changed" if before else "added"
        if after.kind == "review" and values.get("verdict") == "returned":
            verb = "returned"
        return (last.ms, after.kind, verb, about.bytes if about else None, self._names.devices.number(last.device), id.bytes)

    def _tell(self, told: Sequence[tuple[Any, ...]]) -> None:
        if told:
            connection = self._write()
            connection.exec_driver_sql(
                "INSERT INTO arrival(at_ms, kind, verb, participant_id, dev, id) VALUES (?,?,?,?,?,?)", list(told)
            )
            connection.exec_driver_sql(f"DELETE FROM arrival WHERE n <= (SELECT max(n) FROM arrival) - {ARRIVALS}")

    def conflict_count(self, now_ms: int) -> int:
        with self._reading() as connection:
            return int(connection.exec_driver_sql(CONFLICT_COUNT, (now_ms - state.PATIENCE_MS,)).scalar() or 0)

    # --- own changes ------------------------------------------------------------------------------------------------------

    def outbox(self, collection: UUID | None = None, after_hlc: int = -1, most: int | None = None) -> Sequence[ChangeSet]:
        after = state.signed64(after_hlc) if after_hlc >= 0 else -(1 << 63)
        where, values = ("", ()) if collection is None else (" AND coll=?", (self._known(collection),))
        own = self._own_device()
        sql = f"SELECT coll, hlc, body FROM outbox WHERE hlc>?{where} ORDER BY coll, hlc LIMIT ?"
        with self._reading() as connection:
            rows = connection.exec_driver_sql(sql, (after, *values, -1 if most is None else most)).all()
        return [
            unpack_change_set(self._names.places[row[0]].id, Stamp(state.unsigned64(row[1]), own), row[2]) for row in rows
        ]

    def outbox_count(self) -> int:
        with self._reading() as connection:
            return int(connection.exec_driver_sql(OUTBOX_COUNT).scalar() or 0)

    def outbox_after(self, marks: Mapping[UUID, int]) -> int:
        with self._reading() as connection:
            count = int(connection.exec_driver_sql(OUTBOX_COUNT).scalar() or 0)
            for collection, hlc in marks.items():
                sql = f"{OUTBOX_COUNT} AND o.coll=? AND o.hlc<=?"
                known = (self._known(collection), state.signed64(hlc))
                count -= int(connection.exec_driver_sql(sql, known).scalar() or 0)
        return count

    def trim_outbox(self, collection: UUID, up_to_hlc: int) -> None:
        sql = "DELETE FROM outbox WHERE coll=? AND hlc<=?"
        self._write().exec_driver_sql(sql, (self._coll(collection), state.signed64(up_to_hlc)))


# What people wrote: the audit log goes by itself, and is not counted.
OUTBOX_COUNT = "SELECT count(*) FROM outbox o JOIN collection c ON c.idx=o.coll WHERE c.kind<>'audit'"

# Records with a conflict to show: their values differ, or they changed since; unless something is still waited for.
CONFLICT_COUNT = (
    f"SELECT count(*) FROM sync_record s JOIN collection c ON c.idx=s.coll AND c.held=1 "
    f"WHERE s.flags <> 0 AND s.flags & {state.CONFLICT | state.CHANGED_SINCE} AND NOT EXISTS "
    "(SELECT 1 FROM waiting w WHERE w.coll=s.coll AND w.id=s.id AND w.since > ?)"
)


def _latest_ms(states: Mapping[UUID, RecordState]) -> int:
    """The time by which waits are judged when the status of arrived records is kept: the newest wait or stamp in them."""
    return max(
        (max(list(item.since.values()) or [stamp.ms for stamp in state.stamps_of(item)] or [0]) for item in states.values()),
        default=0,
    )
