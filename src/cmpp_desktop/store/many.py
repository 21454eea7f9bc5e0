"""Thousands of records in one unit of work (import_writing.BulkWork): written in columns, deleted, and looked at together.

What is written is the same as the unit of work writes one by one: the record's row, its merge state, its change set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import zip_longest
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection

from cmpp_desktop.changes import LIFE, LIVE, Covers, Created, Head, RecordState, Write, columns_of, life_value
from cmpp_desktop.domain.records import Fields, Life, to_wire
from cmpp_desktop.errors import BugError
from cmpp_desktop.store import bulk, materialise, state
from cmpp_desktop.store.names import Names
from cmpp_desktop.store.tables import CODECS, RECORD_KINDS
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
    some = list(bulk.groups(columns_of(records), coll, names, defaults))
    for group in some:
        if group.others:
            raise BugError("not_plain_in_bulk", kind=group.kind)
        bulk.insert(connection, materialise.upsert_sql(group.kind), group.columns)
        added.kinds.add(group.kind)
        for id, about in zip_longest(group.ids, group.about):
            if about is None:
                added.others.add(UUID(bytes=id))
            else:
                added.about.setdefault(UUID(bytes=about), set()).add(group.kind)
    bulk.insert_clocks(connection, some)
    added.writes = [write for id, made in records.items() for write in made.writes(id)]
    return added


def delete(
    connection: Connection, names: Names, coll: int, kind: str, ids: Sequence[UUID], stamp: Stamp, reason: str
) -> tuple[list[Write], list[UUID]]:
    """Deletes plain live records of one kind, as `UnitOfWork.delete` does: the writes, and those that are not plain, to which
    nothing was done. Records that came into being together have the same clock, and what a deletion makes of that is worked out
    once for all of them."""
    value, number, hlc = life_value("deleted", reason), names.devices.number(stamp.device), state.signed64(stamp.hlc)
    writes: list[Write] = []
    done: set[UUID] = set()
    covers: list[tuple[Any, ...]] = []
    for (clock, extra), alike in _by_clock(connection, coll, ids).items():
        settled = _settled(kind, clock, extra, names, stamp, value)
        # Everything of the row but its key and the record's: one statement for all that are alike.
        sql = f"UPDATE sync_record SET clock=?, life=?, flags=?, extra=? WHERE coll=? AND id IN ({_marks(alike)})"
        connection.exec_driver_sql(sql, (*settled.row, coll, *alike))
        covers += [(coll, raw, hlc, number, settled.packed) for raw in alike]
        for raw in alike:
            id = UUID(bytes=raw)
            done.add(id)
            writes.append(Write(kind, id, LIFE, value, settled.replaces, settled.covers))
    if covers:
        bulk.insert(connection, "INSERT INTO covers VALUES (?,?,?,?,?)", list(zip(*covers, strict=True)))
        connection.exec_driver_sql(
            f'UPDATE "r_{kind}" SET meta_life=?, meta_status=\'settled\', meta_shown=0, meta_signed_id=NULL, meta_changed=?, '
            f"meta_changed_dev=? WHERE coll=? AND id IN ({_marks(covers)})",
            (Life.DELETED.value, hlc, number, coll, *(row[1] for row in covers)),
        )
    return writes, [id for id in ids if id not in done]


@dataclass(frozen=True, slots=True)
class _Settled:
    """What a deletion makes of all records with one clock. `row`: clock, life, flags and extra of their `sync_record`."""

    row: tuple[Any, ...]
    replaces: tuple[Stamp, ...]
    covers: Covers
    packed: bytes


def _by_clock(connection: Connection, coll: int, ids: Sequence[UUID]) -> dict[tuple[bytes, bytes | None], list[bytes]]:
    """The plain ones of some records, by clock and what has no column."""
    found: dict[tuple[bytes, bytes | None], list[bytes]] = {}
    for part in _parts(ids):
        sql = f"SELECT id, clock, extra FROM sync_record WHERE coll=? AND flags=0 AND id IN ({_marks(part)})"
        for id, clock, extra in connection.exec_driver_sql(sql, (coll, *(one.bytes for one in part))):
            found.setdefault((clock, extra), []).append(id)
    return found


def _settled(kind: str, clock: bytes, extra: bytes | None, names: Names, stamp: Stamp, value: bytes) -> _Settled:
    # Neither the clock nor what is covered says a word of the values, so that none has to be read: they stand here empty.
    heads = {name: (Head(told, b""),) for name, told in state.read_clock(clock, names).items() if told is not None}
    replaces, body = RecordState(kind, heads).stamps(LIFE), state.held_stamps(heads)
    after = RecordState(kind, {**heads, LIFE: (Head(stamp, value),)}, covers={stamp: body})
    kept = {**(canon.unpack(extra) if extra else {}), LIFE: value}
    row = state.record_row(0, UUID(int=0), after, names, kept, True)
    return _Settled(row[3:], replaces, body, canon.pack(state.pack_covers(body)))


def there(connection: Connection, kind: str, ids: Iterable[UUID], colls: Sequence[int]) -> dict[int, dict[UUID, UUID | None]]:
    """Those of some records that are live, by collection, with the participant whom each is about."""
    about = RECORD_KINDS[kind].about
    found: dict[int, dict[UUID, UUID | None]] = {}
    for part in _parts(ids):
        rows = connection.exec_driver_sql(
            f'SELECT coll, id, {_column(about)} FROM "r_{kind}" WHERE id IN ({_marks(part)}) AND coll + 0 IN ({_marks(colls)}) '
            "AND meta_life = ?",
            (*(id.bytes for id in part), *colls, Life.LIVE.value),
        )
        for coll, raw, whom in rows:
            found.setdefault(coll, {})[UUID(bytes=raw)] = UUID(bytes=whom) if whom else None
    return found


def _column(about: str) -> str:
    return f'"{about}"' if about else "NULL"


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
