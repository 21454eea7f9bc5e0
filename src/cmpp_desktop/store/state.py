"""What merging knows of a record, as it lies in the store: the clock blob and what stands beside it.

`load` gives the `RecordState` of records, `save` writes it; nothing else reads or writes those tables. The usual record
(every field one head) costs one row: its clock says by whom and when each field was written, and the values are the
columns of the record itself. Only fields with several heads, waits, covers, and what this version does not know cost more.

    clock = tag 0 | hlc 8 | device | fieldset                    every field of the set has this one stamp
            tag 1 | the same | (field, hlc 8, device)…           and these have another; device 0: look into `sibling`
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection

from cmpp_desktop.changes import LIFE, LIVE, Covers, Head, RecordState, life_name
from cmpp_desktop.store.moving import is_away
from cmpp_desktop.store.names import Names, read_varint, varint
from cmpp_desktop.store.tables import CODECS, RECORD_KINDS
from cmpp_protocol import canon
from cmpp_protocol.stamps import Stamp

CONFLICT, WAITS, CHANGED_SINCE, NOT_MATERIALISED, SIBLINGS, COVERED = 1, 2, 4, 8, 16, 32
PATIENCE_MS = 7 * 24 * 3600 * 1000  # rule 8
LIVES = ("", "live", "deleted", "moved", "signed", "unknown")
Key = tuple[int, UUID]  # (number of the collection, record id)
Seen = Callable[[Stamp], bool]


@dataclass(frozen=True, slots=True)
class Held:
    """A record's state with what the store keeps beside it. `flags`: CONFLICT … COVERED; `extra`: values without a column."""

    state: RecordState
    flags: int
    extra: Mapping[str, bytes]


def signed64(hlc: int) -> int:
    """A stamp number as SQL can hold it; its order is kept below 2^63 (the year 6429)."""
    return hlc - (1 << 64) if hlc >= 1 << 63 else hlc


def unsigned64(number: int) -> int:
    return number + (1 << 64) if number < 0 else number


# Reading --------------------------------------------------------------------------------------------------------------


def load(connection: Connection, names: Names, coll: int, ids: Sequence[UUID]) -> dict[UUID, Held]:
    """The states of those records of a collection that there are."""
    found: dict[UUID, Held] = {}
    for start in range(0, len(ids), 500):
        part = [id.bytes for id in ids[start : start + 500]]
        marks = ",".join("?" * len(part))
        rows = connection.exec_driver_sql(
            f"SELECT id, kind, clock, life, flags, extra FROM sync_record WHERE coll=? AND id IN ({marks})", (coll, *part)
        ).all()
        columns = _columns(connection, names, coll, rows)
        for row in rows:
            found[UUID(bytes=row[0])] = _held(connection, names, coll, row, columns.get(row[0], {}))
    return found


def _columns(connection: Connection, names: Names, coll: int, rows: Sequence[Any]) -> dict[bytes, dict[str, Any]]:
    """The raw values of the record tables: id → field → value."""
    by_kind: dict[str, list[bytes]] = {}
    for row in rows:
        if not row[4] & NOT_MATERIALISED:
            by_kind.setdefault(names.kinds.name(row[1]), []).append(row[0])
    found: dict[bytes, dict[str, Any]] = {}
    for kind, ids in by_kind.items():
        fields = list(CODECS[kind])
        listed = ",".join(f'"{name}"' for name in fields)
        marks = ",".join("?" * len(ids))
        for values in connection.exec_driver_sql(
            f'SELECT id, {listed} FROM "r_{kind}" WHERE coll=? AND id IN ({marks})', (coll, *ids)
        ):
            found[values[0]] = dict(zip(fields, values[1:], strict=True))
    return found


def _held(connection: Connection, names: Names, coll: int, row: Any, columns: Mapping[str, Any]) -> Held:
    id, kind_no, clock, life, flags, packed = row
    kind = names.kinds.name(kind_no)
    extra: dict[str, bytes] = canon.unpack(packed) if packed else {}
    heads: dict[str, tuple[Head, ...]] = {}
    for name, stamp in read_clock(clock, names).items():
        if stamp is not None:
            heads[name] = (Head(stamp, _value(kind, name, life, extra, columns)),)
    if flags & SIBLINGS:
        heads.update(_siblings(connection, names, coll, id))
    waiting, since = _waiting(connection, names, coll, id) if flags & WAITS else ({}, {})
    covers = _covers(connection, names, coll, id) if flags & COVERED else {}
    return Held(RecordState(kind, heads, waiting, covers, since), flags, extra)


def _value(kind: str, name: str, life: int, extra: Mapping[str, bytes], columns: Mapping[str, Any]) -> bytes:
    if name in extra:
        return extra[name]
    if name == LIFE:
        return LIVE
    raw = columns[name]
    return CODECS[kind][name].dump(raw)


def read_clock(clock: bytes, names: Names) -> dict[str, Stamp | None]:
    """The stamp of each field's one head; None for a field whose heads are in `sibling`."""
    hlc = int.from_bytes(clock[1:9], "big")
    device, at = read_varint(clock, 9)
    fieldset, at = read_varint(clock, at)
    base = Stamp(hlc, names.devices.name(device))
    found: dict[str, Stamp | None] = dict.fromkeys(names.members(fieldset), base)
    while at < len(clock):
        field, at = read_varint(clock, at)
        hlc = int.from_bytes(clock[at : at + 8], "big")
        device, at = read_varint(clock, at + 8)
        found[names.fields.name(field)] = Stamp(hlc, names.devices.name(device)) if device else None
    return found


def _siblings(connection: Connection, names: Names, coll: int, id: bytes) -> dict[str, tuple[Head, ...]]:
    found: dict[str, list[Head]] = {}
    for field, hlc, device, value in connection.exec_driver_sql(
        "SELECT field, hlc, dev, value FROM sibling WHERE coll=? AND id=?", (coll, id)
    ):
        found.setdefault(names.fields.name(field), []).append(Head(Stamp(unsigned64(hlc), names.devices.name(device)), value))
    return {name: tuple(sorted(heads, key=lambda head: head.stamp)) for name, heads in found.items()}


def _waiting(
    connection: Connection, names: Names, coll: int, id: bytes
) -> tuple[dict[str, frozenset[Stamp]], dict[tuple[str, Stamp], int]]:
    waiting: dict[str, set[Stamp]] = {}
    since: dict[tuple[str, Stamp], int] = {}
    for field, hlc, device, began, covered in connection.exec_driver_sql(
        "SELECT field, hlc, dev, since, covered FROM waiting WHERE coll=? AND id=?", (coll, id)
    ):
        name, stamp = names.fields.name(field), Stamp(unsigned64(hlc), names.devices.name(device))
        since[(name, stamp)] = began
        if not covered:
            waiting.setdefault(name, set()).add(stamp)
    return {name: frozenset(stamps) for name, stamps in waiting.items()}, since


def _covers(connection: Connection, names: Names, coll: int, id: bytes) -> dict[Stamp, Covers]:
    return {
        Stamp(unsigned64(hlc), names.devices.name(device)): unpack_covers(canon.unpack(body))
        for hlc, device, body in connection.exec_driver_sql("SELECT hlc, dev, body FROM covers WHERE coll=? AND id=?", (coll, id))
    }


# Writing --------------------------------------------------------------------------------------------------------------


def clock_of(state: RecordState, names: Names) -> bytes:
    """The clock blob of a state."""
    single = {name: heads[0].stamp for name, heads in state.heads.items() if len(heads) == 1}
    stamps = set(single.values())
    if len(stamps) > 1:
        counted = list(single.values())
        base = max(stamps, key=lambda stamp: (counted.count(stamp), stamp))
    else:
        base = next(iter(stamps), Stamp(0, b""))
    start = base.hlc.to_bytes(8, "big") + varint(names.devices.number(base.device)) + varint(names.fieldset(tuple(state.heads)))
    if len(stamps) == 1 and len(single) == len(state.heads):
        return b"\x00" + start
    others = b"".join(
        varint(names.fields.number(name)) + _place(single.get(name), names) for name in state.heads if single.get(name) != base
    )
    return b"\x01" + start + others


def _place(stamp: Stamp | None, names: Names) -> bytes:
    return bytes(9) if stamp is None else stamp.hlc.to_bytes(8, "big") + varint(names.devices.number(stamp.device))


def is_plain(state: RecordState) -> bool:
    """The usual record: one head for each field, nothing awaited, nothing settled."""
    if state.waiting or state.since or state.covers:
        return False
    return sum(map(len, state.heads.values())) == len(state.heads)


def facts_of(state: RecordState, materialised: bool) -> int:
    """The flags of a state."""
    if is_plain(state):
        return 0 if materialised else NOT_MATERIALISED
    differ = any(len({head.value for head in heads}) > 1 for heads in state.heads.values())
    return (
        (CONFLICT if differ else 0)
        | (WAITS if state.waiting or state.since else 0)
        | (CHANGED_SINCE if uncovered(state) else 0)
        | (0 if materialised else NOT_MATERIALISED)
        | (SIBLINGS if any(len(heads) > 1 for heads in state.heads.values()) else 0)
        | (COVERED if state.covers else 0)
    )


def record_row(
    coll: int, id: UUID, state: RecordState, names: Names, extra: Mapping[str, bytes], materialised: bool
) -> tuple[Any, ...]:
    """The row of sync_record: (coll, id, kind, clock, life, flags, extra)."""
    life = state.shown(LIFE)
    return (
        coll,
        id.bytes,
        names.kinds.number(state.kind),
        clock_of(state, names),
        LIVES.index(life_name(life)) if life is not None else 0,
        facts_of(state, materialised),
        canon.pack(dict(extra)) if extra else None,
    )


UPSERT = (
    "INSERT INTO sync_record(coll, id, kind, clock, life, flags, extra) VALUES (?,?,?,?,?,?,?) "
    "ON CONFLICT(coll, id) DO UPDATE SET kind=excluded.kind, clock=excluded.clock, life=excluded.life, "
    "flags=excluded.flags, extra=excluded.extra"
)
_BESIDE = SIBLINGS | WAITS | COVERED


def save(
    connection: Connection,
    names: Names,
    coll: int,
    id: UUID,
    state: RecordState,
    *,
    before_flags: int,
    materialised: bool,
    extra: Mapping[str, bytes],
) -> int:
    """Writes the state of one record and what stands beside it. Returns the flags."""
    row = record_row(coll, id, state, names, extra, materialised)
    connection.exec_driver_sql(UPSERT, row)
    save_beside(connection, names, coll, id, state, before_flags)
    return int(row[5])


def save_beside(connection: Connection, names: Names, coll: int, id: UUID, state: RecordState, before_flags: int) -> None:
    """Siblings, waits and covers of one record; touches nothing when there were none and are none."""
    if before_flags & _BESIDE:
        for table in ("sibling", "waiting", "covers"):
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE coll=? AND id=?", (coll, id.bytes))
    number = names.fields.number
    siblings = [
        (coll, id.bytes, number(name), signed64(head.stamp.hlc), names.devices.number(head.stamp.device), head.value)
        for name, heads in state.heads.items()
        if len(heads) > 1
        for head in heads
    ]
    waits = set(state.since) | {(name, stamp) for name, stamps in state.waiting.items() for stamp in stamps}
    waiting = [
        (
            coll,
            id.bytes,
            number(name),
            signed64(stamp.hlc),
            names.devices.number(stamp.device),
            state.since.get((name, stamp), 0),
            int(stamp not in state.waiting.get(name, ())),
        )
        for name, stamp in waits
    ]
    covers = [
        (coll, id.bytes, signed64(stamp.hlc), names.devices.number(stamp.device), canon.pack(pack_covers(body)))
        for stamp, body in state.covers.items()
    ]
    for sql, rows in (
        ("INSERT INTO sibling VALUES (?,?,?,?,?,?)", siblings),
        ("INSERT INTO waiting VALUES (?,?,?,?,?,?,?)", waiting),
        ("INSERT INTO covers VALUES (?,?,?,?,?)", covers),
    ):
        if rows:
            connection.exec_driver_sql(sql, rows)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a state is shown: `values` (raw, by field; None when it cannot be), and `extra`: what has no column."""

    values: dict[str, Any] | None
    extra: dict[str, bytes]


def shape(state: RecordState, defaults: Mapping[str, Mapping[str, Any]]) -> Shape:
    """The columns of a record from its state. A value that this version cannot show is kept as bytes and left out."""
    if state.covers and is_away(state):
        return Shape(None, all_single(state))
    codecs = CODECS.get(state.kind)
    extra = {
        name: heads[0].value for name, heads in state.heads.items() if len(heads) == 1 and (codecs is None or name not in codecs)
    }
    if extra.get(LIFE) == LIVE:
        del extra[LIFE]
    if codecs is None or not state.heads.get(LIFE):
        return Shape(None, all_single(state))
    values: dict[str, Any] = {}
    for name, codec in codecs.items():
        heads = state.heads.get(name)
        if heads:
            try:
                values[name] = codec.load(heads[-1].value)
                continue
            except (ValueError, TypeError, OverflowError):
                if len(heads) == 1:
                    extra[name] = heads[0].value
        if name not in defaults[state.kind]:
            return Shape(None, all_single(state))
        values[name] = defaults[state.kind][name]
    return Shape(values, extra)


def all_single(state: RecordState) -> dict[str, bytes]:
    """The values of all fields with one head, but life=live: what is kept as bytes of a record that cannot be shown."""
    return {
        name: heads[0].value
        for name, heads in state.heads.items()
        if len(heads) == 1 and not (name == LIFE and heads[0].value == LIVE)
    }


@cache
def column_defaults() -> dict[str, dict[str, Any]]:
    """By kind and field, the raw column value of a field that nobody wrote; required fields have none."""
    from cmpp_desktop.domain.records import to_wire

    found: dict[str, dict[str, Any]] = {}
    for kind, model in RECORD_KINDS.items():
        found[kind] = {
            name: CODECS[kind][name].load(canon.pack(to_wire(info.get_default(call_default_factory=True))))
            for name, info in model.model_fields.items()
            if not info.is_required()
        }
    return found


# What a state says (rules 8, 17) --------------------------------------------------------------------------------------


def uncovered(state: RecordState) -> dict[str, tuple[Stamp, ...]]:
    """By field, the heads that no cover of a present `life` head names; empty for a live record."""
    if not state.covers:
        return {}
    named: dict[str, tuple[Stamp, ...]] = {}  # few for each field: looking through them costs less than hashing them
    for covers in state.covers.values():
        for name, stamps in covers:
            named[name] = named.get(name, ()) + tuple(stamps)
    found = {
        name: tuple(stamp for stamp in state.stamps(name) if stamp not in named.get(name, ()))
        for name in state.heads
        if name != LIFE
    }
    return {name: stamps for name, stamps in found.items() if stamps}


def is_patient(state: RecordState, now_ms: int) -> bool:
    """Whether something has been missing for less than seven days, so that a conflict is not shown yet."""
    return any(now_ms - began < PATIENCE_MS for began in state.since.values())


def status(state: RecordState, now_ms: int) -> str:
    """Rule 17: new, live, settled, conflict or changed_since."""
    value = state.shown(LIFE)
    if value is None:
        return "new"
    patient = is_patient(state, now_ms)
    if len({head.value for head in state.heads[LIFE]}) > 1 and not patient:
        return "conflict"
    if value == LIVE:
        return "live"
    return "changed_since" if not patient and uncovered(state) else "settled"


def is_shown(state: RecordState, now_ms: int) -> bool:
    """Whether people see the record: live or signed, or deleted or moved in a way that somebody has to settle."""
    name = status(state, now_ms)
    if name in ("live", "conflict", "changed_since"):
        return True
    value = state.shown(LIFE)
    return name == "settled" and value is not None and life_name(value) == "signed"


def open_fields(state: RecordState) -> list[str]:
    """The fields with several different heads."""
    return sorted(name for name, heads in state.heads.items() if len({head.value for head in heads}) > 1)


def held_stamps(heads: Mapping[str, tuple[Head, ...]]) -> Covers:
    """What a settling write covers: the stamps of all heads of all fields but `life` (rule 16)."""
    return tuple((name, tuple(head.stamp for head in heads[name])) for name in sorted(heads) if name != LIFE)


# Covers as canonical values -------------------------------------------------------------------------------------------


def pack_covers(covers: Covers) -> list[Any]:
    return [[name, [[stamp.hlc, stamp.device] for stamp in stamps]] for name, stamps in covers]


def unpack_covers(value: Any) -> Covers:
    return tuple((name, tuple(Stamp(hlc, device) for hlc, device in stamps)) for name, stamps in value)


def stamps_of(state: RecordState) -> Iterable[Stamp]:
    """The stamps of all heads."""
    return (head.stamp for heads in state.heads.values() for head in heads)
