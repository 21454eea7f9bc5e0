"""The only way to write: one unit of work is one transaction, with everything that belongs to it, or nothing.

It carries out `domain.work.Work` for the handlers. What they did is captured when rows are flushed, and on `commit` goes
into the same transaction as: the merge state of each record (local writes name exactly the heads held, rule 4), one change
set per collection under one stamp (rules 1, 14), the search index, and the audit log. Leaving without `commit` rolls back.
A unit of work on thousands of records is made of parts, each with a stamp and change sets of its own (rule 40).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from cmpp_desktop.changes import HERE, LIFE, LIVE, Changed, Created, Write, life_value
from cmpp_desktop.domain.records import Compartment, F, Fields, Life, from_wire, named_ids, validated
from cmpp_desktop.domain.work import Actor, Stored
from cmpp_desktop.errors import BugError, KnownError
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
from cmpp_desktop.store.capture import DESTROYED, Capture, Touched
from cmpp_desktop.store.names import Names, resolve_teams
from cmpp_desktop.store.orders import ORDERS, Order, packed_orders, read_orders
from cmpp_desktop.store.rows import COLLS, fields_of, finding, new_row, reading, values_of
from cmpp_desktop.store.settings import read_value, write_value
from cmpp_desktop.store.tables import (
    CODECS,
    LOCAL_SECRET,
    RECORD_KINDS,
    SignedFields,
    participant_of,
)
from cmpp_protocol import canon
from cmpp_protocol.ids import uuid7
from cmpp_protocol.stamps import Stamp, next_hlc


class UnitOfWork(Capture):
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
        super().__init__(connection, names, defaults, actor=actor, now_ms=now_ms)
        self._today = today or datetime.fromtimestamp(now_ms / 1000, UTC).date()
        self._sign, self._randomness, self._roster_no = sign, randomness, roster_no
        self._entries: list[audit.Entry] = []
        self._added: dict[int, dict[UUID, Created]] = {}  # collection → new records of this part that are written in bulk
        self._written: dict[int, list[Write]] = {}  # collection → what of this part was written in bulk already
        self._told: dict[str, set[UUID]] = {}  # kind → records whose words are found
        self._destroyed: set[UUID] = set()
        self._orders: list[Order] = []
        self._kinds: set[str] = set()
        self._ids: set[UUID] = set()
        self._people: set[UUID] = set()  # whose lines of People, and of whom the index too, are made again
        self._named: set[UUID] = set()
        self._said: set[tuple[str, UUID, bool]] = set()  # of whom the audit log has a line already, open or restricted
        self._same: dict[UUID, tuple[UUID, ...]] = {}

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
        if record.lives_in() == "restricted" or self._restricted(named_ids(fields_of(record))):
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
        self._session.add(new_row(record, record_id, place.idx))
        return record_id

    def get(self, kind: type[F], id: UUID) -> Stored[F]:
        self._session.flush()
        row = self._connection.execute(reading(kind.kind), {"id": id, COLLS: self._names.held()}).first()
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
        query = finding(kind.kind, frozenset(values), frozenset(equals.keys() - values.keys()))
        self._session.flush()  # what this unit of work wrote is found, too
        found = self._connection.execute(query, {**values, COLLS: self._names.held()})
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
            self._set_life(one, Life.DELETED, DESTROYED)
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

    def move(
        self, kind: type[F], id: UUID, *, team_id: UUID | None, compartment: Compartment, transfer_id: UUID | None = None
    ) -> None:
        carrying.move(self, kind, id, self._place(compartment, team_id), transfer_id)

    def keep_in_one(self, kind: type[F], id: UUID, *, team_id: UUID | None, compartment: Compartment) -> None:
        carrying.keep_in_one(self, kind, id, self._place(compartment, team_id))

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
            problem_free = validated(RECORD_KINDS[kind], **{**values_of(kind, touched.row), field: shown})
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

    def _noted(self, kind: str, id: UUID, about: UUID | None, coll: int) -> None:
        """One line in the audit log for each subject that was changed; another for what of it is restricted."""
        subject = ("participant", about) if about else (kind, id)
        facts: dict[str, str | int] = {"restricted": coll} if self._names.places[coll].kind == "restricted" else {}
        if (*subject, bool(facts)) not in self._said:
            self._said.add((*subject, bool(facts)))
            self._entries.append(audit.Entry("changed", *subject, facts, placed=True))


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
