"""Change sets as columns, and columns as change sets again: what a bundle holds before it is compressed and sealed.

Columns of format 1, a map with exactly these keys. Rows are records, in the order of the change sets; a shape is
what many rows have in common, and holds their values field by field:

    v         1
    ms, count stamps of the change sets: milliseconds (the first, then differences) and counters
    rows      how many rows each change set has
    devices   32-byte ids that stamps below name; number 0 is the author and is not listed
    shapes    [kind, [field names ascending], says what it replaces (bool), covers (bool)]
    shape     the shape of each row
    ids       16 bytes a row
    values    for each shape, for each field, its rows' canonical values one after the other
    replaces  for each shape, nothing or for each field, for each row, named stamps
    covers    for each shape, nothing or for each row a map: field → named stamps (of the row's `life`)
    notes     nothing, or a map for each change set: annotations that merging does not read

Named stamps are one flat list: device number, milliseconds before those of the change set, counter, and so on.

Reading is strict: every count and order. What `pack` would not write is void for everybody; a newer format waits for an
update (rule 42).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

from cmpp_desktop.changes import LIFE, LIVE, SIGNED, ChangeSet, Columns, Covers, Created, Told, Write
from cmpp_desktop.errors import BugError, KnownError
from cmpp_desktop.sync.column_reading import Values, body_of, is_name, need
from cmpp_protocol import canon
from cmpp_protocol.column import Column
from cmpp_protocol.envelope import CHANGE_SET_LIMIT
from cmpp_protocol.stamps import COUNTER_BITS, HLC_MAX, Stamp

FORMAT = 1

_KEYS = {"v", "ms", "count", "rows", "devices", "shapes", "shape", "ids", "values", "replaces", "covers", "notes"}


class Part(NamedTuple):
    """One change set as it was opened. `rows`: each record once, either as it came into being or as writes of its fields."""

    collection: bytes
    stamp: Stamp
    rows: tuple[tuple[UUID, Created | tuple[Write, ...]], ...]

    def change_set(self) -> ChangeSet:
        """The same as writes."""
        writes = (write for id, what in self.rows for write in (what.writes(id) if isinstance(what, Created) else what))
        return ChangeSet(self.collection, self.stamp, tuple(writes))


class Opened:
    """A bundle as it was opened. `stamps`: of its change sets; `ids`: of all rows, one after the other."""

    def __init__(
        self,
        collection: bytes,
        stamps: Sequence[Stamp],
        rows: Sequence[int],
        ids: Sequence[bytes],
        columns: Sequence[tuple[Columns, Sequence[int]]],
        told: Mapping[int, Created | tuple[Write, ...]],
    ) -> None:
        """`rows`: how many each change set has; `columns`: what came into being, with its rows; `told`: all other rows."""
        self.stamps, self.ids = stamps, ids
        self._collection, self._rows, self._columns, self._told = collection, rows, columns, told

    def split(self, known: Set[bytes]) -> tuple[list[Columns], list[tuple[int, Part]]]:
        """What came into being in columns, and all else record by record: change sets with their number in the bundle, in order.

        Record by record go those of `known` ids, those of which the bundle speaks more than once, and what shares a change set
        with something signed, for that may void all of it (rule 30)."""
        apart = self._apart(known)
        fresh: list[Columns] = []
        rows = dict(self._told)
        for columns, at in self._columns:
            taken = {place for place, row in enumerate(at) if row in apart} if apart else set()
            for place in taken:
                rows[at[place]] = columns.created(place)
            if len(taken) < len(at):
                fresh.append(columns.without(taken))
        return fresh, self._parts(rows) if rows else []

    def _apart(self, known: Set[bytes]) -> set[int]:
        apart: set[int] = set()
        if any(map(_is_signed, self._told.values())):
            for _, rows in self._sets():
                if any(_is_signed(self._told.get(row)) for row in rows):
                    apart.update(rows)
        seen = Counter(self.ids) if len(set(self.ids)) < len(self.ids) else {}
        several = {id for id, count in seen.items() if count > 1} | known
        if several and not several.isdisjoint(self.ids):
            apart.update(row for row, id in enumerate(self.ids) if id in several)
        return apart

    def _sets(self) -> Iterator[tuple[int, range]]:
        at = 0
        for number, count in enumerate(self._rows):
            yield number, range(at, at + count)
            at += count

    def _parts(self, rows: Mapping[int, Created | tuple[Write, ...]]) -> list[tuple[int, Part]]:
        found = []
        for number, of in self._sets():
            listed = tuple((UUID(bytes=self.ids[row]), rows[row]) for row in of if row in rows)
            if listed:
                found.append((number, Part(self._collection, self.stamps[number], listed)))
        return found


def _is_signed(what: Created | tuple[Write, ...] | None) -> bool:
    return what is not None and not isinstance(what, Created) and what[0].kind == SIGNED


class _Shape:
    def __init__(self, kind: str, fields: tuple[str, ...], replaces: bool, covers: bool) -> None:
        self.head = [kind, list(fields), replaces, covers]
        self.values: list[tuple[bytes, ...]] = []
        self.replaces: list[list[list[int]]] = [[] for _ in fields] if replaces else []
        self.covers: list[dict[str, list[int]]] = []


def pack(change_sets: Sequence[ChangeSet]) -> bytes:
    """The columns of change sets of one device and collection. Raises KnownError too_big."""
    if not change_sets or any(a.stamp >= b.stamp for a, b in pairwise(change_sets)):
        raise BugError("bundle_order")
    author = change_sets[0].stamp.device
    devices: dict[bytes, int] = {author: 0}
    shapes: dict[tuple[str, tuple[str, ...], bool, bool], int] = {}
    made: list[_Shape] = []
    rows: list[int] = []
    row_shapes: list[int] = []
    ids: list[bytes] = []
    for change_set in change_sets:
        told = change_set.told
        rows.append(len(told))
        for one in told:
            kind, id, names, values, replaces, covers = one
            key = (kind, names, bool(replaces), bool(covers))
            number = shapes.setdefault(key, len(shapes))
            if number == len(made):
                made.append(_Shape(*key))
            row_shapes.append(number)
            ids.append(id)
            made[number].values.append(values)
            if replaces or covers:
                _add_stamps(made[number], one, change_set.stamp, devices)
    times = [change_set.stamp.ms for change_set in change_sets]
    packed = canon.pack(
        {
            "v": FORMAT,
            "ms": [times[0], *(b - a for a, b in pairwise(times))],
            "count": [change_set.stamp.hlc & ((1 << COUNTER_BITS) - 1) for change_set in change_sets],
            "rows": rows,
            "devices": [device for device in devices if device != author],
            "shapes": [shape.head for shape in made],
            "shape": row_shapes,
            "ids": b"".join(ids),
            "values": [[b"".join(column) for column in zip(*shape.values, strict=True)] for shape in made],
            "replaces": [shape.replaces for shape in made],
            "covers": [shape.covers for shape in made],
            "notes": [],
        }
    )
    if len(packed) > CHANGE_SET_LIMIT:
        raise KnownError("too_big", bytes=len(packed))
    return packed


def _add_stamps(shape: _Shape, told: Told, own: Stamp, devices: dict[bytes, int]) -> None:
    for column, stamps in zip(shape.replaces, told.replaces, strict=False):
        column.append(_named(stamps, own, devices))
    if told.covers:
        shape.covers.append({name: _named(stamps, own, devices) for name, stamps in told.covers})


def _named(stamps: Iterable[Stamp], own: Stamp, devices: dict[bytes, int]) -> list[int]:
    flat: list[int] = []
    for stamp in stamps:
        number = devices.setdefault(stamp.device, len(devices))
        flat += (number, own.ms - stamp.ms, stamp.hlc & ((1 << COUNTER_BITS) - 1))
    return flat


def unpack(packed: bytes, collection: UUID, author: bytes) -> tuple[ChangeSet, ...]:
    """The change sets that `pack` wrote. Raises NotOpened (update or void)."""
    return tuple(part.change_set() for part in unpack_parts(packed, collection, author))


def unpack_parts(packed: bytes, collection: UUID, author: bytes) -> tuple[Part, ...]:
    """The same, as they travelled."""
    opened = unpack_columns(packed, collection, author)
    return tuple(part for _, part in opened.split(frozenset(opened.ids))[1])


def unpack_columns(packed: bytes, collection: UUID, author: bytes) -> Opened:
    """The same, with what came into being still in columns. Raises NotOpened (update or void)."""
    return _Reader(body_of(packed, _KEYS, FORMAT), collection.bytes, author).opened()


class _Reader:
    """Reads the columns of one bundle; every method raises NotOpened for what `pack` would not write."""

    def __init__(self, body: Mapping[str, Any], collection: bytes, author: bytes) -> None:
        self.collection = collection
        self.stamps = self._stamps(body["ms"], body["count"], author)
        self.devices = self._devices(body["devices"], author)
        self.rows = self._whole(body["rows"], least=1)
        self.row_shapes = self._whole(body["shape"])
        self.shapes = self._shapes(body["shapes"])
        need(len(self.rows) == len(self.stamps) and sum(self.rows) == len(self.row_shapes), "rows")
        need(isinstance(body["ids"], bytes) and len(body["ids"]) == 16 * len(self.row_shapes), "ids")
        need(all(number < len(self.shapes) for number in self.row_shapes), "shapes")
        self.ids = body["ids"]
        self.values = self._values(body["values"])
        self.replaces = self._replaces(body["replaces"])
        self.covers = self._covers(body["covers"])
        notes = body["notes"]
        need(isinstance(notes, list) and len(notes) in (0, len(self.stamps)), "notes")
        need(all(isinstance(note, dict) for note in notes), "notes")

    def opened(self) -> Opened:
        ids = [self.ids[at : at + 16] for at in range(0, len(self.ids), 16)]
        self._each_once(ids)
        stamps = [stamp for stamp, count in zip(self.stamps, self.rows, strict=True) for _ in range(count)]
        members: list[list[int]] = [[] for _ in self.shapes]
        for row, number in enumerate(self.row_shapes):
            members[number].append(row)
        columns: list[tuple[Columns, list[int]]] = []
        told: dict[int, Created | tuple[Write, ...]] = {}
        for number, (rows, (kind, names, replaces, covers), values) in enumerate(
            zip(members, self.shapes, self.values, strict=True)
        ):
            at = [stamps[row] for row in rows]
            life = values[names.index(LIFE)] if LIFE in names else None
            if not replaces and not covers and kind != SIGNED and (life is None or life.count(LIVE) == len(life)):
                columns.append((Columns(kind, names, [ids[row] for row in rows], values, at), rows))
                continue
            plain = not replaces and not covers and kind != SIGNED
            for place, (row, said) in enumerate(zip(rows, zip(*values, strict=True), strict=True)):
                if plain and said[names.index(LIFE)] == LIVE:
                    told[row] = Created(kind, names, said, at[place])
                else:
                    told[row] = self._writes(UUID(bytes=ids[row]), number, said, place, at[place])
        return Opened(self.collection, self.stamps, self.rows, ids, columns, told)

    def _each_once(self, ids: Sequence[bytes]) -> None:
        """No change set speaks of a record twice."""
        if len(set(ids)) == len(ids):
            return
        at = 0
        for count in self.rows:
            need(len(set(ids[at : at + count])) == count, "record_twice")
            at += count

    def _writes(self, id: UUID, number: int, values: tuple[bytes, ...], place: int, own: Stamp) -> tuple[Write, ...]:
        kind, names, replaces, covers = self.shapes[number]
        writes = []
        for at, (name, value) in enumerate(zip(names, values, strict=True)):
            named = self._stamps_of(self.replaces[number][at][place], own, before=True) if replaces else ()
            covered: Covers = ()
            if covers and name == LIFE:
                need(value != LIVE, "covers")
                covered = self._covered(self.covers[number][place], own)
            writes.append(Write(kind, id, name, value, named, covered))
        return tuple(writes)

    def _covered(self, row: Mapping[str, Any], own: Stamp) -> Covers:
        return tuple((name, self._stamps_of(flat, own, before=False)) for name, flat in sorted(row.items()))

    def _stamps_of(self, flat: Any, own: Stamp, *, before: bool) -> tuple[Stamp, ...]:
        need(isinstance(flat, list) and len(flat) % 3 == 0 and all(type(one) is int for one in flat), "stamps")
        stamps = []
        for at in range(0, len(flat), 3):
            device, ms, count = flat[at], own.ms - flat[at + 1], flat[at + 2]
            need(0 <= device < len(self.devices) and 0 <= ms < 1 << 48 and 0 <= count < 1 << COUNTER_BITS, "stamps")
            stamp = Stamp(ms << COUNTER_BITS | count, self.devices[device])
            own_past = stamp.hlc < own.hlc if before else stamp.hlc <= own.hlc
            need(device != 0 or own_past, "stamps")
            stamps.append(stamp)
        need(len(set(stamps)) == len(stamps), "stamps")
        return tuple(stamps)

    def _stamps(self, ms: Any, count: Any, author: bytes) -> list[Stamp]:
        times, counts = self._whole(ms), self._whole(count)
        need(len(times) == len(counts) > 0 and all(one < 1 << COUNTER_BITS for one in counts), "stamps")
        stamps, now = [], 0
        for difference, counter in zip(times, counts, strict=True):
            now += difference
            stamps.append(Stamp(now << COUNTER_BITS | counter, author))
        need(stamps[-1].hlc <= HLC_MAX and all(a < b for a, b in pairwise(stamps)), "stamps")
        return stamps

    def _devices(self, listed: Any, author: bytes) -> list[bytes]:
        need(isinstance(listed, list) and all(isinstance(one, bytes) and len(one) == 32 for one in listed), "devices")
        need(len({author, *listed}) == len(listed) + 1, "devices")
        return [author, *listed]

    def _shapes(self, listed: Any) -> list[tuple[str, tuple[str, ...], bool, bool]]:
        need(isinstance(listed, list), "shapes")
        shapes = []
        for shape in listed:
            need(isinstance(shape, list) and len(shape) == 4 and is_name(shape[0]) and isinstance(shape[1], list), "shapes")
            kind, names, replaces, covers = shape
            need(bool(names) and all(is_name(name) for name in names), "shapes")
            need(all(a < b for a, b in pairwise(names)) and isinstance(replaces, bool) and isinstance(covers, bool), "shapes")
            need(not covers or LIFE in names, "shapes")
            shapes.append((kind, tuple(names), replaces, covers))
        return shapes

    def _values(self, columns: Any) -> list[list[Column]]:
        need(isinstance(columns, list) and len(columns) == len(self.shapes), "values")
        counts = [0] * len(self.shapes)
        for number in self.row_shapes:
            counts[number] += 1
        found = []
        values = Values()
        for shape, count, fields in zip(self.shapes, counts, columns, strict=True):
            need(isinstance(fields, list) and len(fields) == len(shape[1]) and count > 0, "values")
            found.append([values.split(column, count) for column in fields])
        values.check()
        self.counts = counts
        return found

    def _replaces(self, columns: Any) -> list[Any]:
        need(isinstance(columns, list) and len(columns) == len(self.shapes), "replaces")
        for shape, count, fields in zip(self.shapes, self.counts, columns, strict=True):
            need(isinstance(fields, list) and len(fields) == (len(shape[1]) if shape[2] else 0), "replaces")
            need(all(isinstance(rows, list) and len(rows) == count for rows in fields), "replaces")
        found: list[Any] = columns
        return found

    def _covers(self, columns: Any) -> list[Any]:
        need(isinstance(columns, list) and len(columns) == len(self.shapes), "covers")
        for shape, count, rows in zip(self.shapes, self.counts, columns, strict=True):
            need(isinstance(rows, list) and len(rows) == (count if shape[3] else 0), "covers")
            need(all(isinstance(row, dict) and LIFE not in row for row in rows), "covers")
        found: list[Any] = columns
        return found

    def _whole(self, listed: Any, least: int = 0) -> list[int]:
        need(isinstance(listed, list) and all(type(one) is int and one >= least for one in listed), "numbers")
        found: list[int] = listed
        return found
