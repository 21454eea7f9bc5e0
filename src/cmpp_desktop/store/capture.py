"""What a unit of work writes, captured when rows are flushed, and the merge state that comes of it (rules 1, 4, 14).

Bulk UPDATE and DELETE raise here, because they would escape the capture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import event, inspect, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import ORMExecuteState, Session

from cmpp_desktop.changes import LIFE, LIVE, ChangeSet, Head, RecordState, Write, life_value
from cmpp_desktop.domain.records import Fields, Life, to_wire
from cmpp_desktop.domain.work import Actor
from cmpp_desktop.errors import BugError, KnownError
from cmpp_desktop.store import contents, materialise, moving, signing, state
from cmpp_desktop.store.change_sets import pack_change_set
from cmpp_desktop.store.names import Names
from cmpp_desktop.store.rows import Rows, new_row, values_of
from cmpp_desktop.store.tables import CODECS, OWN_CLOCK, RECORD_KINDS, ROWS, Row
from cmpp_protocol import canon
from cmpp_protocol.stamps import Stamp, next_hlc

DESTROYED = life_value("deleted", "destroyed")
_KIND_OF_ROW = {row: kind for kind, row in ROWS.items()}
_NOTHING = RecordState("")


@dataclass
class Touched:
    """A record that this unit of work writes: its state before, and the new canonical bytes by field."""

    kind: str
    before: state.Held | None
    writes: dict[str, bytes] = field(default_factory=dict)
    picked: set[str] = field(default_factory=set)  # fields that are written although the value shown stays
    beside: dict[str, tuple[Head, ...]] = field(default_factory=dict)  # heads that a write does not name (a move, rule 25)
    row: Row | None = None


class Capture(Rows):
    """Of one transaction; everything in a part of it is written under one `stamp`."""

    def __init__(
        self, connection: Connection, names: Names, defaults: materialise.Defaults, *, actor: Actor, now_ms: int
    ) -> None:
        super().__init__(connection, names)
        self._defaults, self._actor, self._now_ms = defaults, actor, now_ms
        self._device = names.devices.number(actor.device_id)
        mine = (actor.member_id.bytes, self._device)
        connection.exec_driver_sql("UPDATE device SET member_id=?1 WHERE idx=?2 AND member_id IS NOT ?1", mine)
        last = connection.execute(select(OWN_CLOCK.c.hlc)).scalar() or 0
        self.stamp = Stamp(next_hlc(now_ms, state.unsigned64(last)), actor.device_id)
        self._touched: dict[state.Key, Touched] = {}
        self._fresh: set[state.Key] = set()  # records that came into being in this part: nothing was held of them
        self._away: dict[tuple[int, str], list[UUID]] = {}  # (collection, kind) → records that go elsewhere
        event.listen(self._session, "before_flush", self._before_flush)
        event.listen(self._session, "do_orm_execute", _no_bulk)

    def _is_known(self, coll: int, id: UUID) -> bool:
        """Whether there is anything of a record: in the store, or written by this unit of work."""
        if (coll, id) in self._fresh or (coll, id) in self._touched:
            return True
        sql = "SELECT 1 FROM sync_record WHERE coll=? AND id=?"
        return self._connection.exec_driver_sql(sql, (coll, id.bytes)).first() is not None

    def add_to(self, coll: int, record: Fields, id: UUID) -> None:
        """Adds a record to one collection under a given id, unless it is there."""
        if not self._is_known(coll, id):
            self._fresh.add((coll, id))
        elif self._row(type(record), id, deleted_too=True, coll=coll) is not None:
            return
        self._session.add(new_row(record, id, coll))

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
        return new_row(record, id, coll)

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
            values = values_of(touched.kind, row)
            self._away.setdefault((coll, touched.kind), []).append(id)
            return values
        if row is not None:
            name, shown = state.status(after, self._now_ms), int(state.is_shown(after, self._now_ms))
            if (row.meta_status, row.meta_shown) != (name, shown):
                row.meta_status, row.meta_shown = name, shown
            return values_of(touched.kind, row)
        return shape.values or {}

    def _to_outbox(self, sets: dict[int, list[Write]]) -> None:
        if not sets:
            return
        hlc = state.signed64(self.stamp.hlc)
        self._connection.exec_driver_sql("INSERT OR REPLACE INTO own_clock(one, hlc, dev) VALUES (1, ?, ?)", (hlc, self._device))
        for coll, writes in sets.items():
            change_set = ChangeSet(self._names.places[coll].id, self.stamp, tuple(writes))
            self._connection.exec_driver_sql(
                "INSERT INTO outbox(coll, hlc, origin, body) VALUES (?, ?, NULL, ?)",
                (coll, hlc, pack_change_set(change_set)),
            )

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

    def _forget_content(self, row: Any) -> None:
        """Of an attachment that is destroyed; unless another that is not names the same content."""
        model: Any = ROWS["attachment"]
        others = self._session.scalars(select(model).where(model.content_hash == row.content_hash, model.id != row.id)).all()
        if all(self._is_destroyed(other) for other in others):
            contents.forget(self._connection, row.content_hash)

    def _is_destroyed(self, row: Any) -> bool:
        held = self._now_held(self._capture_now(row)).heads.get(LIFE, ())
        return any(head.value == DESTROYED for head in held)


def _since(before: RecordState, covers: Any) -> dict[tuple[str, Stamp], int]:
    named = {(name, stamp) for body in covers.values() for name, stamps in body for stamp in stamps}
    waits = {(name, stamp) for name, stamps in before.waiting.items() for stamp in stamps}
    return {key: began for key, began in before.since.items() if key in waits or key in named}


def _no_bulk(execution: ORMExecuteState) -> None:
    if execution.is_update or execution.is_delete or execution.is_insert:
        raise BugError("bulk_write_escapes_capture")
