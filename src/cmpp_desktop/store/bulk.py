"""Records that came into being elsewhere, as rows: worked out column by column, with no Python object for each field.

`groups` takes records as they travelled, by kind and set of fields, and gives the rows of their table and of `sync_record`.
What is not plain (a field without a column, a value that this version cannot show, no `life`) is named in `others`: the
slower way of `save_states` knows what to do with it.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy.engine import Connection

from cmpp_desktop.changes import LIFE, Created
from cmpp_desktop.domain.records import Life
from cmpp_desktop.store import materialise
from cmpp_desktop.store.names import Names, varint
from cmpp_desktop.store.state import LIVES, signed64
from cmpp_desktop.store.tables import CODECS, EXTRA_COLUMNS, RECORD_KINDS
from cmpp_protocol.stamps import Stamp

Column: TypeAlias = Sequence[Any]
Row: TypeAlias = tuple[Any, ...]
_CANNOT = object()  # stands for a value that cannot be shown
_NOTHING: Mapping[UUID, UUID] = {}
_ROWS = 50  # in one statement
_LIVE = LIVES.index(Life.LIVE.value)


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one kind. `clocks`: rows of sync_record; `columns`: of the kind's table, both for `ids`; `about`: the
    participant of each; `returned`: reviews that send something back; `others`: those that are not plain."""

    kind: str
    others: Sequence[UUID]
    ids: Sequence[UUID] = ()
    columns: Sequence[Column] = ()
    clocks: list[Row] = field(default_factory=list)
    about: Mapping[UUID, UUID] = field(default_factory=lambda: _NOTHING)
    returned: frozenset[UUID] = frozenset()


def groups(created: Mapping[UUID, Created], coll: int, names: Names, defaults: materialise.Defaults) -> Iterator[Group]:
    """All of them, by kind and set of fields."""
    alike: dict[tuple[str, tuple[str, ...]], list[tuple[UUID, Created]]] = {}
    for item in created.items():
        alike.setdefault(item[1][:2], []).append(item)
    for (kind, fields), items in alike.items():
        missing = [name for name in CODECS.get(kind, ()) if name not in fields and name not in defaults[kind]]
        if kind not in CODECS or LIFE not in fields or missing or not set(fields) <= {*CODECS[kind], LIFE}:
            yield Group(kind, [id for id, _ in items])
        else:
            yield _group(kind, fields, items, coll, names, defaults)


def _group(
    kind: str,
    fields: tuple[str, ...],
    items: Sequence[tuple[UUID, Created]],
    coll: int,
    names: Names,
    defaults: materialise.Defaults,
) -> Group:
    travelled = dict(zip(fields, zip(*(made.values for _, made in items), strict=True), strict=True))
    values: dict[str, Column] = {}
    bad: set[int] = set()
    for name, codec in CODECS[kind].items():
        if name in travelled:
            values[name] = _mapped(codec.load, travelled[name], bad)
        else:
            values[name] = [defaults[kind][name]] * len(items)
    sorting = _sorting(kind, values, bad)
    others: list[UUID] = []
    if bad:
        others = [items[at][0] for at in sorted(bad)]
        kept = [at for at in range(len(items)) if at not in bad]
        items = [items[at] for at in kept]
        values = {name: [column[at] for at in kept] for name, column in values.items()}
        sorting = [[column[at] for at in kept] for column in sorting]
    if not items:
        return Group(kind, others)
    ids = [id for id, _ in items]
    raw = [id.bytes for id in ids]
    hlcs, devices, packed = _clocks(names, fields, [made.stamp for _, made in items])
    many = len(ids)
    meta = ([Life.LIVE.value] * many, ["live"] * many, [1] * many, [None] * many, hlcs, devices, hlcs, devices)
    columns: tuple[Column, ...] = (raw, [coll] * many, *values.values(), *meta, *sorting)
    number = names.kinds.number(kind)
    clocks = list(zip(repeat(coll), raw, repeat(number), packed, repeat(_LIVE), repeat(0), repeat(None), strict=False))
    verdicts = values["verdict"] if kind == "review" else ()
    returned = frozenset(id for id, verdict in zip(ids, verdicts, strict=False) if verdict == "returned")
    return Group(kind, others, ids, columns, clocks, _about(kind, ids, values), returned)


def insert(connection: Connection, sql: str, columns: Sequence[Column]) -> None:
    """Carries out a statement with `VALUES (?,…)` for rows that are given column by column.

    Half of the time that SQLite takes for a row goes into binding its values one by one and into calling for each row. So
    what all rows say alike stands in the statement itself, if it is nothing, a number or an empty text, and one statement
    takes many rows."""
    said = [_said(column) for column in columns]
    head, tail = sql.split(f"({','.join('?' * len(columns))})")
    row = f"({','.join(said)})"
    varying = [column for column, how in zip(columns, said, strict=True) if how == "?"]
    rows = len(columns[0])
    values = list(chain.from_iterable(zip(*varying, strict=True)))
    whole = rows - rows % _ROWS
    step = _ROWS * len(varying)
    parts = [tuple(values[at : at + step]) for at in range(0, whole * len(varying), step)]
    if parts:
        connection.exec_driver_sql(f"{head}{','.join([row] * _ROWS)}{tail}", parts)
    if rest := tuple(values[whole * len(varying) :]):
        connection.exec_driver_sql(f"{head}{','.join([row] * (rows - whole))}{tail}", rest)


def _said(column: Column) -> str:
    """How a column stands in a statement."""
    first = column[0]
    if column.count(first) < len(column):
        return "?"
    if first is None:
        return "NULL"
    if type(first) in (int, bool):
        return str(int(first))
    return "''" if first == "" else "?"


def _about(kind: str, ids: Sequence[UUID], values: Mapping[str, Column]) -> Mapping[UUID, UUID]:
    whose = RECORD_KINDS[kind].about
    if whose == "id":
        return dict(zip(ids, ids, strict=True))
    if not whose:
        return _NOTHING
    subjects = {raw: UUID(bytes=raw) for raw in set(values[whose]) if raw is not None}
    return {id: subjects[raw] for id, raw in zip(ids, values[whose], strict=True) if raw is not None}


def _mapped(make: Callable[[Any], Any], column: Column, bad: set[int]) -> list[Any]:
    """What `make` gives for each; each different value once, for most columns hold few. The places of those for which it
    raises go to `bad`."""
    made: dict[Any, Any] = {}
    for value in set(column):
        try:
            made[value] = make(value)
        except Exception:  # rule 42: whatever a value is, it never stops merging
            made[value] = _CANNOT
    if len(made) == 1 and _CANNOT not in made.values():
        return list(made.values()) * len(column)
    found = [made[value] for value in column]
    if any(value is _CANNOT for value in made.values()):
        bad.update(at for at, value in enumerate(found) if value is _CANNOT)
    return found


def _sorting(kind: str, values: Mapping[str, Column], bad: set[int]) -> Sequence[Column]:
    """The columns that queries sort by."""
    if kind not in EXTRA_COLUMNS:
        return ()
    told = _mapped(lambda when: materialise.sorting(kind, {"when": when}), values["when"], bad)
    nothing = (None,) * len(EXTRA_COLUMNS[kind])
    return list(zip(*(nothing if each is _CANNOT else each for each in told), strict=True))


def _clocks(names: Names, fields: Sequence[str], stamps: Sequence[Stamp]) -> tuple[Column, Column, Column]:
    """The stamp numbers as SQL holds them, the devices, and the clock blobs of records with these fields (state.py)."""
    fieldset = varint(names.fieldset(fields))
    told: dict[Stamp, tuple[int, int, bytes]] = {}
    for stamp in set(stamps):
        number = names.devices.number(stamp.device)
        packed = b"\x00" + stamp.hlc.to_bytes(8, "big") + varint(number) + fieldset
        told[stamp] = (signed64(stamp.hlc), number, packed)
    hlcs, devices, clocks = zip(*map(told.__getitem__, stamps), strict=True)
    return hlcs, devices, clocks


@contextmanager
def uncollected() -> Iterator[None]:
    """Puts the cyclic garbage collector off for a bulk. It would look again and again at a hundred thousand new objects, none
    of which is in a cycle; they go as soon as nothing refers to them. For a second or so, never around something that waits."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
