"""The only way to write: one unit of work is one transaction, with everything that belongs to it, or nothing.

It carries out `domain.work.Work` for the handlers. What they did is captured when rows are flushed, and on `commit` goes
into the same transaction as: the merge state of each record (local writes name exactly the heads held, rule 4), one change
set per collection under one stamp (rules 1, 14), the search index, and the audit log. Leaving without `commit` rolls back.
A unit of work on thousands of records is made of parts, each with a stamp and change sets of its own (rule 40).
Bulk UPDATE and DELETE raise here, because they would escape the capture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, event, inspect, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import ORMExecuteState, Session

from cmpp_desktop.changes import HERE, LIFE, LIVE, Changed, ChangeSet, Created, Head, RecordState, Write, life_value
from cmpp_desktop.domain.records import Compartment, F, Fields, Life, from_wire, named_ids, to_wire, validated
from cmpp_desktop.domain.work import Actor, Stored
from cmpp_desktop.errors import BugError, Invalid, KnownError, NotAllowed
from cmpp_desktop.store import (
    audit,
    bulk,
    carrying,
    contents,
    identity,
    leaving,
    many,
    materialise,
    moving,
    projection,
    signing,
    state,
    texts,
)
from cmpp_desktop.store.names import Names, Place, resolve_teams
from cmpp_desktop.store.orders import ORDERS, Order, packed_orders, read_orders
from cmpp_desktop.store.settings import read_value, write_value
from cmpp_desktop.store.tables import (
    CODECS,
    LOCAL_SECRET,
    OWN_CLOCK,
    RECORD_KINDS,
    ROWS,
    TABLES,
    Row,
    SignedFields,
    participant_of,
)
from cmpp_protocol import canon
from cmpp_protocol.ids import uuid7
from cmpp_protocol.stamps import Stamp, next_hlc


@dataclass
class Touched:
    """A record that this unit of work writes: its state before, and the new canonical bytes by field."""

    kind: str
    before: state.Held | None
    writes: dict[str, bytes] = field(default_factory=dict)
    picked: set[str] = field(default_factory=set)  # fields that are written although the value shown stays
    beside: dict[str, tuple[Head, ...]] = field(default_factory=dict)  # heads that a write does not name (a move, rule 25)
    row: Row | None = None


_KIND_OF_ROW = {row: kind for kind, row in ROWS.items()}
_NOTHING = RecordState("")
_DESTROYED = life_value("deleted", "destroyed")
_AWAY = state.LIVES.index("moved")
_COLLS = "meta_colls"  # a parameter that no field is called


@lru_cache(maxsize=256)
def _by_id(kind: str, deleted_too: bool) -> Select[Any]:
    """Every save needs it several times, and putting it together takes longer than carrying it out."""
    model: Any = ROWS[kind]
    query = select(model).where(model.id == bindparam("id"), model.coll.in_(bindparam(_COLLS, expanding=True)))
    if not deleted_too:
        query = query.where(model.meta_shown == 1)
    return query.order_by(model.meta_shown.desc(), model.coll)


@lru_cache(maxsize=128)
def _reading(kind: str) -> Select[Any]:
    """The columns of a record that is shown, for who only looks at it: no row of the session is made."""
    columns = TABLES[kind].c
    held = columns.coll.in_(bindparam(_COLLS, expanding=True))
    return select(TABLES[kind]).where(columns.id == bindparam("id"), held, columns.meta_shown == 1).order_by(columns.coll)


@lru_cache(maxsize=256)
def _finding(kind: str, named: frozenset[str], empty: frozenset[str]) -> Select[Any]:
    """Records that are shown, by the fields that are `named` and those that are empty, oldest first; columns, too."""
    columns = TABLES[kind].c
    wanted = [
        columns[name].in_(bindparam(name, expanding=True)) if name == "participant_id" else columns[name] == bindparam(name)
        for name in sorted(named)
    ]
    wanted += [columns[name].is_(None) for name in sorted(empty)]
    held = columns.coll.in_(bindparam(_COLLS, expanding=True))
    return select(TABLES[kind]).where(columns.meta_shown == 1, held, *wanted).order_by(columns.meta_created, columns.id)


class UnitOfWork:
    """Implements `domain.work.Work`. Made by `Store.work`, which owns the transaction."""

    def __init__(
        self,
        connection: Connection,
        names: Names,
        defaults: materialise.Defaults,
        *,
        actor: Actor,
        now_ms: int,
        sign: signing.Signer,
        randomness: Callable[[int], bytes],
        roster_no: int = 0,
        today: date | None = None,
    ) -> None:
        self._today = today or datetime.fromtimestamp(now_ms / 1000, UTC).date()
        self._connection, self._names, self._defaults = connection, names, defaults
        self._actor, self._now_ms, self._sign, self._randomness = actor, now_ms, sign, randomness
        self._roster_no = roster_no
        self._touched: dict[state.Key, Touched] = {}
        self._entries: list[audit.Entry] = []
        self._added: dict[int, dict[UUID, Created]] = {}  # collection → new records of this part that are written in bulk
        self._written: dict[int, list[Write]] = {}  # collection → what of this part was written in bulk already
        self._told: dict[str, set[UUID]] = {}  # kind → records whose words are found
        self._away: dict[tuple[int, str], list[UUID]] = {}  # (collection, kind) → records that go elsewhere
        self._destroyed: set[UUID] = set()
        self._orders: list[Order] = []
        self._kinds: set[str] = set()
        self._ids: set[UUID] = set()
        self._people: set[UUID] = set()  # whose lines of People, and of whom the index too, are made again
        self._named: set[UUID] = set()
        self._said: set[tuple[str, UUID, bool]] = set()  # of whom the audit log has a line already, open or restricted
        self._fresh: set[state.Key] = set()  # records that came into being in this part: nothing was held of them
        self._same: dict[UUID, tuple[UUID, ...]] = {}
        self._members: dict[int, UUID] = {}  # number of a device → whose it is
        self._hidden: set[UUID] = set()  # ids of restricted records made here, before sync_record has them
        names.use(connection)
        self._device = names.devices.number(actor.device_id)
        mine = (actor.member_id.bytes, self._device)
        connection.exec_driver_sql("UPDATE device SET member_id=?1 WHERE idx=?2 AND member_id IS NOT ?1", mine)
        last = connection.execute(select(OWN_CLOCK.c.hlc)).scalar() or 0
        self.stamp = Stamp(next_hlc(now_ms, state.unsigned64(last)), actor.device_id)
        self._session = Session(bind=connection, expire_on_commit=False)
        event.listen(self._session, "before_flush", self._before_flush)
        event.listen(self._session, "do_orm_execute", _no_bulk)

    # --- what the handlers see --------------------------------------------------------------------------------------

    @property
    def actor(self) -> Actor:
        return self._actor

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self._now_ms // 1000, UTC).replace(microsecond=self._now_ms % 1000 * 1000)

    @property
    def today(self) -> date:
        return self._today

    @property
    def session(self) -> Session:
        """The session itself, for tests of the capture."""
        return self._session

    def new_id(self) -> UUID:
        return uuid7(self._now_ms, self._randomness(10))

    def add(
        self, record: Fields, *, id: UUID | None = None, team_id: UUID | None = None, compartment: Compartment | None = None
    ) -> UUID:
        wanted = compartment or record.compartment
        if record.lives_in() == "restricted" or self._restricted(named_ids(_fields(record))):
            wanted = "restricted"
        place = self._place(wanted, team_id or self._actor.team_id)
        record_id = id or self.new_id()
        if place.kind == "restricted":
            self._hidden.add(record_id)
        if id is not None and self._is_known(place.idx, id):
            known = self._row(type(record), id, deleted_too=True, coll=place.idx)
            if known is not None:
                self._bring_back(known, type(record), record)
                return id
        else:
            self._fresh.add((place.idx, record_id))
        self._session.add(_new_row(record, record_id, place.idx))
        return record_id

    def get(self, kind: type[F], id: UUID) -> Stored[F]:
        self._session.flush()
        row = self._connection.execute(_reading(kind.kind), {"id": id, _COLLS: self._names.held()}).first()
        if row is None:
            raise KnownError("record_missing", kind=kind.kind)
        return self._stored(kind, row)

    def find(self, kind: type[F], **equals: Any) -> Sequence[Stored[F]]:
        for name in equals:
            if name not in CODECS[kind.kind]:
                raise BugError("no_such_field", kind=kind.kind, field=name)
        values = {name: value for name, value in equals.items() if value is not None}
        if "participant_id" in values:
            values["participant_id"] = self.same(values["participant_id"])
        query = _finding(kind.kind, frozenset(values), frozenset(equals.keys() - values.keys()))
        self._session.flush()  # what this unit of work wrote is found, too
        found = self._connection.execute(query, {**values, _COLLS: self._names.held()})
        return [self._stored(kind, row) for row in found.all()]

    def versions(self, kind: type[F], id: UUID) -> frozenset[str]:
        row = self._row(kind, id)
        if row is None:
            raise KnownError("record_missing", kind=kind.kind)
        return frozenset(state.open_fields(self._now_held(self._capture_now(row))))

    def same(self, participant_id: UUID) -> tuple[UUID, ...]:
        """All ids of one person, as they were when this unit of work began: the table is made again at its end."""
        if participant_id not in self._same:
            whole = identity.canonical(self._connection, [participant_id.bytes]).get(participant_id.bytes)
            group = identity.groups(self._connection, self._names.held()).get(whole, (whole,)) if whole else ()
            self._same[participant_id] = tuple(UUID(bytes=id) for id in group) or (participant_id,)
        return self._same[participant_id]

    def change(self, kind: type[F], id: UUID, **values: Any) -> None:
        for row in self._settleable(kind, id):
            current = {name: getattr(row, name) for name in CODECS[kind.kind]}
            wanted = validated(kind, **{**current, **values})
            self._stays_open(row, wanted, values)
            self._set(row, kind, wanted, values)

    def delete(self, kind: type[F], id: UUID, reason: str) -> None:
        for row in self._settleable(kind, id):
            self._set_life(row, Life.DELETED, life_value("deleted", reason))

    def restore(self, kind: type[F], id: UUID) -> None:
        first, *others = self._rows(kind, id)
        if first.meta_life == Life.LIVE:
            return
        if first.meta_life != Life.DELETED or self._is_destroyed(first):
            raise KnownError("record_settled", kind=kind.kind)
        for row in (first, *(one for one in others if one.meta_life == Life.DELETED and not self._is_destroyed(one))):
            self._set_life(row, Life.LIVE, LIVE)

    def destroy(self, kind: type[F], id: UUID) -> None:
        row, *others = self._rows(kind, id)
        for one in (row, *others):
            self._set_life(one, Life.DELETED, _DESTROYED)
            self._destroyed.add(id)
            self._capture_now(one).picked.add(LIFE)  # covers what came since, too, where it had been destroyed before
        if kind.kind == "participant":
            self._connection.exec_driver_sql("DELETE FROM draft WHERE participant_id=?", (id.bytes,))
        if kind.kind == "attachment":
            self._forget_content(row)

    def order_erasure(self, certificate_id: UUID, certificate: bytes) -> None:
        self._session.flush()
        signed = leaving.signed_of(self._connection, frozenset(id.bytes for id in self._destroyed))
        self._orders.append(Order("erase", certificate_id, tuple(sorted({*self._destroyed, *signed})), certificate))

    def order_hold(self, hold_id: UUID, ids: Sequence[UUID]) -> None:
        self._orders.append(Order("hold", hold_id, tuple(ids)) if ids else Order("lift", hold_id))

    def keep_content(self, data: bytes) -> str:
        """Keeps what an attachment holds, in this transaction; gives its SHA-256 in hex."""
        return contents.add(self._connection, data)

    def keep_piece(self, digest: str, number: int, body: bytes) -> None:
        """Keeps one piece of what an attachment holds, in this transaction; piece 0 comes last and makes it whole."""
        contents.add_piece(self._connection, digest, number, body)

    def _forget_content(self, row: Any) -> None:
        """Of an attachment that is destroyed; unless another that is not names the same content."""
        model: Any = ROWS["attachment"]
        others = self._session.scalars(select(model).where(model.content_hash == row.content_hash, model.id != row.id)).all()
        if all(self._is_destroyed(other) for other in others):
            contents.forget(self._connection, row.content_hash)

    def _is_destroyed(self, row: Any) -> bool:
        held = self._now_held(self._capture_now(row)).heads.get(LIFE, ())
        return any(head.value == _DESTROYED for head in held)

    def move(
        self, kind: type[F], id: UUID, *, team_id: UUID | None, compartment: Compartment, transfer_id: UUID | None = None
    ) -> None:
        carrying.move(self, kind, id, self._place(compartment, team_id), transfer_id)

    def finish_move(self, kind: str, id: UUID) -> None:
        carrying.finish(self, kind, id)

    def holds(self, compartment: Compartment, team_id: UUID | None) -> bool:
        place = self._names.place_for(compartment, team_id or self._actor.team_id)
        return place is not None and place.held

    def sign(self, kind: type[F], id: UUID, *, meaning: str, children: Sequence[tuple[type[Fields], UUID]] = ()) -> UUID:
        row: Any = self._row(kind, id)
        if row is None:
            raise KnownError("record_missing", kind=kind.kind)
        if row.meta_life == Life.SIGNED and row.meta_status == "settled":
            raise KnownError("already_signed")
        subject, parts = self._parts(kind, id, children)
        for part in (subject, *parts):
            if state.open_fields(part.state) or state.uncovered(part.state):
                raise KnownError("conflict_open", kind=part.kind)
            if set(part.state.heads) - set(CODECS[part.kind]) - {LIFE, moving.ORIGIN}:
                raise KnownError("update_first", kind=part.kind)
        made = signing.make(
            subject,
            parts,
            device=self._actor.device_id,
            signer=self._actor.member_id,
            roster_no=self._roster_no,
            ms=self._now_ms,
            meaning=meaning,
            sign=self._sign,
        )
        self.add_to(row.coll, SignedFields(content=made.content, signature=made.signature), made.id)
        self._set_life(row, Life.SIGNED, life_value("signed", made.id.bytes))
        row.meta_signed_id, row.meta_shown = made.id, 1
        self.audit("signed", kind.kind, id)
        return made.id

    def pick(self, kind: str, id: UUID, field: str, wire_value: Any) -> None:
        if field == LIFE:
            carrying.settle(self, kind, id, canon.pack(wire_value))
            return
        key, touched = self._any_record(kind, id)
        current = self._now_held(touched)
        if len(current.heads.get(field, ())) < 1:
            raise KnownError("record_missing", kind=kind, field=field)
        value = canon.pack(wire_value)
        codec = CODECS.get(kind, {}).get(field)
        if codec is not None and touched.row is not None:
            codec.load(value)
            shown = from_wire(RECORD_KINDS[kind].model_fields[field].annotation, wire_value)
            problem_free = validated(RECORD_KINDS[kind], **{**_values(kind, touched.row), field: shown})
            setattr(touched.row, field, getattr(problem_free, field))
        touched.writes[field] = value
        touched.picked.add(field)
        self._touched[key] = touched

    def content_hash(self, kind: type[F], id: UUID, children: Sequence[tuple[type[Fields], UUID]] = ()) -> str:
        return signing.content_hash(*self._parts(kind, id, children))

    def audit(self, action: str, subject_kind: str, subject_id: UUID | None, **facts: str | int) -> None:
        self._entries.append(audit.Entry(action, subject_kind, subject_id, facts))

    # --- the end --------------------------------------------------------------------------------------------------------

    def part(self) -> None:
        """See `BulkWork.part`."""
        self._end_part()
        self._session.expunge_all()
        self._touched, self._fresh = {}, set()
        self.stamp = Stamp(next_hlc(self._now_ms, self.stamp.hlc), self.stamp.device)

    def add_all(self, records: Sequence[tuple[UUID, Fields]]) -> None:
        """See `BulkWork.add_all`."""
        for id, record in records:
            place = self._place(record.compartment, self._actor.team_id)
            self._added.setdefault(place.idx, {})[id] = many.created(record, self.stamp)

    def delete_all(self, kind: type[Fields], ids: Sequence[UUID], reason: str) -> None:
        """See `BulkWork.delete_all`."""
        self._session.flush()
        for coll, live in many.there(self._connection, kind.kind, ids, self._names.held()).items():
            free = [id for id in live if (coll, id) not in self._touched]
            begun = [id for id in live if (coll, id) in self._touched]  # something of these was written in this part
            writes, others = many.delete(self._connection, self._names, coll, kind.kind, free, self.stamp, reason)
            self._written.setdefault(coll, []).extend(writes)
            for write in writes:
                self._concerns(kind.kind, write.id, live[write.id], coll)
            self._kinds.add(kind.kind)
            for id, held in state.load(self._connection, self._names, coll, others).items():
                self._touched[coll, id] = Touched(kind.kind, held, {LIFE: life_value("deleted", reason)})
            for id in begun:
                self.delete(kind, id, reason)

    def written_since(self, made: Mapping[str, Sequence[UUID]]) -> Mapping[str, Sequence[UUID]]:
        """See `BulkWork.written_since`."""
        self._session.flush()
        return many.written_since(self._connection, made, self._names.held())

    def finish(self) -> Changed:
        """Flushes everything and writes what belongs to it. The caller commits."""
        self._end_part()
        self._ids |= projection.refresh(self._connection, self._people, self._named)
        for kind, ids in self._told.items():
            texts.refresh(self._connection, kind, ids)
        if self._orders:
            before = read_orders(read_value(self._connection, LOCAL_SECRET, ORDERS))
            write_value(self._connection, LOCAL_SECRET, ORDERS, packed_orders([*before, *self._orders]))
        audit.append(self._connection, self._entries, self._actor.member_id, self._now_ms)
        if "team" in self._kinds:
            resolve_teams(self._connection, self._names)
        return Changed(frozenset(self._kinds), frozenset(self._ids), HERE)

    def _end_part(self) -> None:
        """Writes the merge states and change sets of what was written under this stamp."""
        self._session.flush()
        sets, self._written = self._written, {}
        for (coll, id), touched in self._touched.items():
            writes, after = self._writes(id, touched)
            if not writes:
                continue
            sets.setdefault(coll, []).extend(writes)
            values = self._keep(coll, id, touched, after)
            if touched.kind in texts.TEXTS:
                self._told.setdefault(touched.kind, set()).add(id)
            self._concerns(touched.kind, id, participant_of(touched.kind, id, values), coll)
        self._session.flush()
        for (coll, kind), gone in self._away.items():
            for id in gone:
                self._session.expunge(self._touched[coll, id].row)
            leaving.forget(self._connection, self._names, coll, kind, gone)
        self._away = {}
        self._kinds |= {touched.kind for touched in self._touched.values()}
        with bulk.uncollected() if self._added else nullcontext():
            for coll, created in self._added.items():
                added = many.write(self._connection, created, coll, self._names, self._defaults)
                sets.setdefault(coll, []).extend(added.writes)
                for about, kinds in added.about.items():
                    for kind in kinds:
                        self._concerns(kind, about, about, coll)
                self._ids |= set(created)
                self._kinds |= added.kinds
            self._added = {}
            self._to_outbox(sets)

    def _concerns(self, kind: str, id: UUID, about: UUID | None, coll: int) -> None:
        """Notes whom a write concerns: for `Changed`, for the lines of People, and for the audit log."""
        self._ids |= {id} | ({about} if about else set())
        if about and kind in projection.TOUCHING:
            (self._named if kind in projection.NAMING else self._people).add(about)
        self._noted(kind, id, about, coll)

    def close(self) -> None:
        """Forgets the session; the transaction is the caller's."""
        self._session.close()

    # --- rows -----------------------------------------------------------------------------------------------------------

    def add_to(self, coll: int, record: Fields, id: UUID) -> None:
        """Adds a record to one collection under a given id, unless it is there."""
        if not self._is_known(coll, id):
            self._fresh.add((coll, id))
        elif self._row(type(record), id, deleted_too=True, coll=coll) is not None:
            return
        self._session.add(_new_row(record, id, coll))

    def _is_known(self, coll: int, id: UUID) -> bool:
        """Whether there is anything of a record: in the store, or written by this unit of work."""
        if (coll, id) in self._fresh or (coll, id) in self._touched:
            return True
        sql = "SELECT 1 FROM sync_record WHERE coll=? AND id=?"
        return self._connection.exec_driver_sql(sql, (coll, id.bytes)).first() is not None

    def _place(self, compartment: Compartment, team_id: UUID | None) -> Place:
        place = self._names.place_for(compartment, team_id)
        if place is None or not place.held:
            raise NotAllowed("restricted_closed" if compartment == "restricted" else "not_allowed", needs=compartment)
        return place

    def _restricted(self, ids: Iterable[UUID]) -> set[UUID]:
        """Those of some records that lie in a restricted collection and in no other."""
        asked = list(ids)
        closed = [place.idx for place in self._names.places.values() if place.kind == "restricted"]
        found = self._hidden.intersection(asked)
        if asked and closed:
            ids_here, places = ",".join("?" * len(asked)), ",".join(map(str, closed))
            there = f"id IN ({ids_here}) AND life <> {_AWAY}"
            sql = f"SELECT id FROM sync_record WHERE {there} GROUP BY id HAVING min(coll IN ({places})) = 1"
            rows = self._connection.exec_driver_sql(sql, tuple(id.bytes for id in asked))
            found |= {UUID(bytes=id) for (id,) in rows}
        return found

    def _stays_open(self, row: Any, wanted: Fields, values: Mapping[str, Any]) -> None:
        """A record that is not restricted takes no value that only a restricted one may have."""
        if self._names.places[row.coll].kind == "restricted":
            return
        if wanted.lives_in() == "restricted":
            raise Invalid(**dict.fromkeys(values, "other_compartment"))
        named = named_ids(values)
        hidden = self._restricted(named)
        if hidden:
            raise Invalid(**{named[id]: "other_compartment" for id in hidden})

    def _row(self, kind: type[Fields], id: UUID, *, deleted_too: bool = False, coll: int | None = None) -> Row | None:
        values = {"id": id, _COLLS: self._names.held() if coll is None else [coll]}
        found: Row | None = self._session.scalars(_by_id(kind.kind, deleted_too), values).first()
        return found

    def _rows(self, kind: type[Fields], id: UUID) -> list[Any]:
        """A record in each collection that it lies in, the one that is shown first. Nearly all lie in one; what is about two
        people (a separation) lies with either's team, and is changed in both. Raises record_missing."""
        found = list(self._session.scalars(_by_id(kind.kind, True), {"id": id, _COLLS: self._names.held()}))
        if not found:
            raise KnownError("record_missing", kind=kind.kind)
        return found

    def _settleable(self, kind: type[Fields], id: UUID) -> list[Any]:
        """A record that may be written: live, not settled (rule 18); in each of its collections where it is so."""
        first, *others = self._rows(kind, id)
        if first.meta_status == "new":
            raise KnownError("record_missing", kind=kind.kind)
        if first.meta_life != Life.LIVE:
            raise KnownError("record_settled", kind=kind.kind)
        return [first, *(row for row in others if row.meta_life == Life.LIVE and row.meta_status != "new")]

    def _bring_back(self, row: Any, kind: type[Fields], record: Fields) -> None:
        """A derived id that exists: live changes nothing; deleted comes back with the new values."""
        if row.meta_life == Life.DELETED and not self._is_destroyed(row):
            self._set(row, kind, record, dict.fromkeys(CODECS[kind.kind]))
            self._set_life(row, Life.LIVE, LIVE)

    def _set(self, row: Any, kind: type[Fields], record: Fields, names: dict[str, Any]) -> None:
        for name in names:
            value = getattr(record, name)
            if to_wire(value) != to_wire(getattr(row, name)):
                setattr(row, name, value)

    def _set_life(self, row: Any, life: Life, value: bytes) -> None:
        self._capture_now(row).writes[LIFE] = value
        row.meta_life, row.meta_shown = life.value, int(life in (Life.LIVE, Life.SIGNED))
        row.meta_status = "live" if life is Life.LIVE else "settled"
        if life is not Life.SIGNED:
            row.meta_signed_id = None

    def _stored(self, kind: type[F], row: Any) -> Stored[F]:
        place = self._names.places[row.coll]
        return materialise.stored(kind, row, place, self._member)

    def _member(self, device: int) -> UUID:
        if device not in self._members:
            found = self._connection.exec_driver_sql("SELECT member_id FROM device WHERE idx=?", (device,)).scalar()
            self._members[device] = UUID(bytes=found) if found else UUID(int=0)
        return self._members[device]

    # --- capture --------------------------------------------------------------------------------------------------------

    def _before_flush(self, session: Session, context: Any, instances: Any) -> None:
        if session.deleted:
            raise BugError("rows_are_never_deleted")
        for row in (*session.new, *session.dirty):
            if not session.is_modified(row) and row not in session.new:
                continue
            self._capture(row, new=row in session.new)

    def _capture(self, row: Any, *, new: bool) -> None:
        kind = _KIND_OF_ROW[type(row)]
        touched = self._capture_now(row)
        history = inspect(row).attrs
        changed = [name for name in CODECS[kind] if new or history[name].history.has_changes()]
        for name in changed:
            touched.writes[name] = canon.pack(to_wire(getattr(row, name)))
        if new:
            touched.writes.setdefault(LIFE, LIVE)
            row.meta_created, row.meta_created_dev = state.signed64(self.stamp.hlc), self._device
            row.meta_changed, row.meta_changed_dev = row.meta_created, self._device
        elif changed or LIFE in touched.writes:
            row.meta_changed, row.meta_changed_dev = state.signed64(self.stamp.hlc), self._device
        materialise.sort_columns(kind, row)

    def _capture_now(self, row: Any) -> Touched:
        key = (row.coll, row.id)
        if key not in self._touched:
            fresh = key in self._fresh
            before = None if fresh else state.load(self._connection, self._names, row.coll, [row.id]).get(row.id)
            self._touched[key] = Touched(_KIND_OF_ROW[type(row)], before)
        self._touched[key].row = row
        return self._touched[key]

    def _touched_of(self, kind: str, coll: int, id: UUID, held: state.Held | None, row: Any) -> Touched:
        """What this unit of work writes of one record in one collection, by its row or, where it has none, by its state."""
        if row is not None:
            return self._capture_now(row)
        return self._touched.setdefault((coll, id), Touched(kind, held))

    @staticmethod
    def _new_row(record: Fields, id: UUID, coll: int) -> Row:
        return _new_row(record, id, coll)

    def _any_record(self, kind: str, id: UUID) -> tuple[state.Key, Touched]:
        """A record by kind and id, also one that this version cannot show."""
        model = RECORD_KINDS.get(kind)
        row: Any = self._row(model, id, deleted_too=True) if model else None
        if row is not None:
            return (row.coll, row.id), self._capture_now(row)
        for coll in self._names.held():
            before = state.load(self._connection, self._names, coll, [id]).get(id)
            if before is not None and before.state.kind == kind:
                return (coll, id), self._touched.get((coll, id)) or Touched(kind, before)
        raise KnownError("record_missing", kind=kind)

    # --- merge state ----------------------------------------------------------------------------------------------------

    def _now_held(self, touched: Touched) -> RecordState:
        """The state as this unit of work has made it so far (rule 4: a write replaces exactly the heads held)."""
        before = touched.before.state if touched.before else RecordState(touched.kind)
        heads = dict(before.heads)
        for name, value in touched.writes.items():
            if self._writes_it(before, touched, name, value):
                beside = touched.beside.get(name, ())
                heads[name] = tuple(sorted((*beside, Head(self.stamp, value)), key=lambda head: head.stamp))
        covers = before.covers
        if heads.get(LIFE) != before.heads.get(LIFE):
            kept = {head.stamp for head in touched.beside.get(LIFE, ())}
            covers = {stamp: body for stamp, body in before.covers.items() if stamp in kept}
            if touched.writes[LIFE] != LIVE:
                covers[self.stamp] = state.held_stamps(heads)
        return RecordState(before.kind, heads, before.waiting, covers, _since(before, covers))

    def _writes_it(self, before: RecordState, touched: Touched, name: str, value: bytes) -> bool:
        held = before.heads.get(name, ())
        return name in touched.picked or {head.value for head in held} != {value}

    def _writes(self, id: UUID, touched: Touched) -> tuple[list[Write], RecordState]:
        after = self._now_held(touched)
        before = touched.before.state if touched.before else _NOTHING
        written = [name for name, heads in after.heads.items() if any(head.stamp == self.stamp for head in heads)]
        writes = []
        for name in sorted(written, key=lambda name: (name == LIFE, name)):
            value = next(head.value for head in after.heads[name] if head.stamp == self.stamp)
            covers = after.covers.get(self.stamp, ()) if name == LIFE else ()
            beside = {head.stamp for head in touched.beside.get(name, ())}
            replaces = tuple(stamp for stamp in before.stamps(name) if stamp not in beside)
            writes.append(Write(touched.kind, id, name, value, replaces, covers))
        return writes, after

    def _keep(self, coll: int, id: UUID, touched: Touched, after: RecordState) -> Mapping[str, Any]:
        """Keeps the state, and the row where no session holds it. Returns the values shown."""
        after = moving.marked(after)
        shape = state.shape(after, self._defaults)
        before_flags = touched.before.flags if touched.before else 0
        row: Any = touched.row
        if row is None and shape.values is not None:
            materialise.write_row(self._connection, self._names, coll, id, after, shape.values, self._now_ms)
        state.save(
            self._connection,
            self._names,
            coll,
            id,
            after,
            before_flags=before_flags,
            materialised=shape.values is not None,
            extra=shape.extra,
        )
        if row is not None and moving.is_away(after):
            values = _values(touched.kind, row)
            self._away.setdefault((coll, touched.kind), []).append(id)
            return values
        if row is not None:
            name, shown = state.status(after, self._now_ms), int(state.is_shown(after, self._now_ms))
            if (row.meta_status, row.meta_shown) != (name, shown):
                row.meta_status, row.meta_shown = name, shown
            return _values(touched.kind, row)
        return shape.values or {}

    def _parts(
        self, kind: type[Fields], id: UUID, children: Sequence[tuple[type[Fields], UUID]]
    ) -> tuple[signing.Part, list[signing.Part]]:
        self._session.flush()
        return self._part(kind, id), [self._part(child, child_id) for child, child_id in children]

    def _part(self, kind: type[Fields], id: UUID) -> signing.Part:
        row: Any = self._row(kind, id, deleted_too=True)
        if row is None:
            raise KnownError("record_missing", kind=kind.kind)
        touched = self._touched.get((row.coll, id))
        if touched is None:
            touched = Touched(kind.kind, state.load(self._connection, self._names, row.coll, [id])[id])
        return signing.Part(kind.kind, id, self._now_held(touched))

    def _noted(self, kind: str, id: UUID, about: UUID | None, coll: int) -> None:
        """One line in the audit log for each subject that was changed; another for what of it is restricted."""
        subject = ("participant", about) if about else (kind, id)
        facts: dict[str, str | int] = {"restricted": coll} if self._names.places[coll].kind == "restricted" else {}
        if (*subject, bool(facts)) not in self._said:
            self._said.add((*subject, bool(facts)))
            self._entries.append(audit.Entry("changed", *subject, facts, placed=True))

    def _to_outbox(self, sets: dict[int, list[Write]]) -> None:
        if not sets:
            return
        hlc = state.signed64(self.stamp.hlc)
        self._connection.exec_driver_sql("INSERT OR REPLACE INTO own_clock(one, hlc, dev) VALUES (1, ?, ?)", (hlc, self._device))
        for coll, writes in sets.items():
            change_set = ChangeSet(self._names.places[coll].id, self.stamp, tuple(writes))
            self._connection.exec_driver_sql(
                "INSERT INTO outbox(coll, hlc, origin, body) VALUES (?, ?, NULL, ?)",
                (coll, hlc, state.pack_change_set(change_set)),
            )


def _since(before: RecordState, covers: Any) -> dict[tuple[str, Stamp], int]:
    named = {(name, stamp) for body in covers.values() for name, stamps in body for stamp in stamps}
    waits = {(name, stamp) for name, stamps in before.waiting.items() for stamp in stamps}
    return {key: began for key, began in before.since.items() if key in waits or key in named}


def _new_row(record: Fields, id: UUID, coll: int) -> Row:
    model: Any = ROWS[record.kind]
    row = model(id=id, coll=coll, **{name: getattr(record, name) for name in CODECS[record.kind]})
    row.meta_life, row.meta_status, row.meta_shown = Life.LIVE.value, "live", 1
    made: Row = row
    return made


def _fields(record: Fields) -> dict[str, Any]:
    return {name: getattr(record, name) for name in type(record).model_fields}


def _values(kind: str, row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in CODECS[kind]}


def _no_bulk(execution: ORMExecuteState) -> None:
    if execution.is_update or execution.is_delete or execution.is_insert:
        raise BugError("bulk_write_escapes_capture")


class Commit:
    """What `Store.work` gives: the unit of work, and the one call that keeps it."""

    def __init__(self, unit: UnitOfWork) -> None:
        self.work = unit
        self.called = False
        self.changed = Changed(frozenset(), frozenset())

    def __call__(self) -> Changed:
        """Writes all that belongs to it; it is durable once the `with` block has been left."""
        if self.called:
            raise BugError("committed_twice")
        self.changed = self.work.finish()
        self.called = True
        return self.changed
