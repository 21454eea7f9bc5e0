"""Thousands of records in one unit of work (import_writing.BulkWork): written in columns, deleted, and looked at together.

What is written is the same as the unit of work writes one by one: the record's row, its merge state, its change set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection

from cmpp_desktop.changes import LIFE, LIVE, Covers, Created, Head, RecordState, Write, life_value
from cmpp_desktop.domain.records import Fields, Life, to_wire
from cmpp_desktop.errors import BugError
from cmpp_desktop.store import bulk, materialise, state
from cmpp_desktop.store.names import Names
from cmpp_desktop.store.tables import CODECS
from cmpp_protocol import canon
from cmpp_protocol.stamps import Stamp

_AT_ONCE = 500
# How records hang on others: kind → the fields that name a participant or a household.
_HANGS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "participant": (
        *((kind, "participant_id") for kind, fields in CODECS.items() if "participant_id" in fields),
        ("merge", "a"),
        ("merge", "b"),
        ("separation", "from_id"),
    ),
    "household": (("household_member", "household_id"),),
}


@dataclass
class Added:
    """What was written: rows' change sets, whose lines of People change, and the ids for `Changed`."""

    writes: list[Write] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    about: dict[UUID, set[str]] = field(default_factory=dict)  # participant → kinds
    others: set[UUID] = field(default_factory=set)  # ids of records about nobody


def created(record: Fields, stamp: Stamp) -> Created:
    """A new record as it travels."""
    if record.lives_in() == "restricted":
        raise BugError("restricted_in_bulk", kind=record.kind)
    names = _names(record.kind)
    return Created(record.kind, names, (*(_packed(getattr(record, name)) for name in names[:-1]), LIVE), stamp)


@lru_cache(maxsize=128)
def _names(kind: str) -> tuple[str, ...]:
    return (*sorted(CODECS[kind]), LIFE)


_USUAL: Mapping[Any, bytes] = {value: canon.pack(value) for value in ("", None)}


def _packed(value: Any) -> bytes:
    if value is None or value == "":
        return _USUAL[value]
    return canon.pack(to_wire(value))


def write(
    connection: Connection, records: Mapping[UUID, Created], coll: int, names: Names, defaults: materialise.Defaults
) -> Added:
    """Writes new records of one collection and their merge states."""
    added = Added()
    clocks: list[bulk.Row] = []
    for group in bulk.groups(records, coll, names, defaults):
        if group.others:
            raise BugError("not_plain_in_bulk", kind=group.kind)
        bulk.insert(connection, materialise.upsert_sql(group.kind), group.columns)
        clocks += group.clocks
        added.kinds.add(group.kind)
        for id in group.ids:
            about = group.about.get(id)
            if about is None:
                added.others.add(id)
            else:
                added.about.setdefault(about, set()).add(group.kind)
    if clocks:
        clocks.sort(key=lambda row: row[1])
        bulk.insert(connection, state.UPSERT, list(zip(*clocks, strict=True)))
    added.writes = [write for id, made in records.items() for write in made.writes(id)]
    return added


def delete(
    connection: Connection, names: Names, coll: int, kind: str, held: Mapping[UUID, state.Held], stamp: Stamp, reason: str
) -> list[Write]:
    """Deletes plain live records of one kind, as `UnitOfWork.delete` does."""
    value, number = life_value("deleted", reason), names.devices.number(stamp.device)
    hlc = state.signed64(stamp.hlc)
    packed: dict[Covers, bytes] = {}
    clocks, covers, rows, writes = [], [], [], []
    for id, one in held.items():
        before = one.state
        body = state.held_stamps(before.heads)
        heads = {**before.heads, LIFE: (Head(stamp, value),)}
        after = RecordState(before.kind, heads, before.waiting, {stamp: body})
        clocks.append(state.record_row(coll, id, after, names, {**one.extra, LIFE: value}, True))
        if body not in packed:
            packed[body] = canon.pack(state.pack_covers(body))
        covers.append((coll, id.bytes, hlc, number, packed[body]))
        rows.append((Life.DELETED.value, hlc, number, id.bytes, coll))
        writes.append(Write(kind, id, LIFE, value, before.stamps(LIFE), body))
    if clocks:
        connection.exec_driver_sql(state.UPSERT, clocks)
        connection.exec_driver_sql("INSERT INTO covers VALUES (?,?,?,?,?)", covers)
        connection.exec_driver_sql(
            f'UPDATE "r_{kind}" SET meta_life=?, meta_status=\'settled\', meta_shown=0, meta_signed_id=NULL, meta_changed=?, '
            "meta_changed_dev=? WHERE id=? AND coll=?",
            rows,
        )
    return writes


def shown(held: state.Held, kind: type[Fields]) -> Mapping[str, Any]:
    """The value of the field that says whom a record is about, as it is on the wire."""
    value = held.state.shown(kind.about) if kind.about not in ("", "id") else None
    return {} if value is None else {kind.about: canon.unpack(value)}


def there(connection: Connection, kind: str, ids: Iterable[UUID], colls: Sequence[int]) -> dict[int, list[UUID]]:
    """Those of some records that are live, by collection."""
    found: dict[int, list[UUID]] = {}
    for part in _parts(ids):
        rows = connection.exec_driver_sql(
            f'SELECT coll, id FROM "r_{kind}" WHERE id IN ({_marks(part)}) AND coll + 0 IN ({_marks(colls)}) AND meta_life = ?',
            (*(id.bytes for id in part), *colls, Life.LIVE.value),
        )
        for coll, id in rows:
            found.setdefault(coll, []).append(UUID(bytes=id))
    return found


def written_since(connection: Connection, made: Mapping[str, Sequence[UUID]], colls: Sequence[int]) -> dict[str, list[UUID]]:
    """See `BulkWork.written_since`."""
    found: dict[str, dict[UUID, None]] = {}
    held = _marks(colls)
    for kind, ids in made.items():
        sql = (
            f'SELECT id FROM "r_{kind}" WHERE id IN ({{}}) AND coll + 0 IN ({held}) AND meta_life <> ? AND '
            "(meta_life <> ? OR meta_changed <> meta_created OR meta_changed_dev <> meta_created_dev)"
        )
        values = (*colls, Life.DELETED.value, Life.LIVE.value)
        _gather(found, connection, kind, sql, ids, values, set())
    own = {kind: set(ids) for kind, ids in made.items()}
    for whole, hanging in _HANGS.items():
        for kind, name in hanging:
            sql = f'SELECT id FROM "r_{kind}" WHERE "{name}" IN ({{}}) AND coll + 0 IN ({held}) AND meta_shown + 0 = 1'
            _gather(found, connection, kind, sql, made.get(whole, ()), tuple(colls), own.get(kind, set()))
    return {kind: list(ids) for kind, ids in found.items()}


def _gather(
    found: dict[str, dict[UUID, None]],
    connection: Connection,
    kind: str,
    sql: str,
    ids: Iterable[UUID],
    values: tuple[Any, ...],
    own: set[UUID],
) -> None:
    for part in _parts(ids):
        for (raw,) in connection.exec_driver_sql(sql.format(_marks(part)), (*(id.bytes for id in part), *values)):
            id = UUID(bytes=raw)
            if id not in own:
                found.setdefault(kind, {})[id] = None


def _parts(ids: Iterable[UUID]) -> Iterable[list[UUID]]:
    listed = list(ids)
    for start in range(0, len(listed), _AT_ONCE):
        yield listed[start : start + _AT_ONCE]


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))
