"""Records that came into being elsewhere, as rows: worked out column by column, with no Python object for each field.

`groups` takes records as they travelled, by kind and set of fields, and gives the rows of their table and of `sync_record`.
What is not plain (a field without a column, a value that this version cannot show, no `life`) is named in `others`: the
slower way of `save_states` knows what to do with it.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy.engine import Connection

from cmpp_desktop.changes import LIFE, Columns, Created
from cmpp_desktop.domain.records import Life
from cmpp_desktop.store import materialise
from cmpp_desktop.store.names import Names, varint
from cmpp_desktop.store.state import LIVES, UPSERT, signed64
from cmpp_desktop.store.tables import CODECS, EXTRA_COLUMNS, RECORD_KINDS
from cmpp_protocol.column import joined, plain_of
from cmpp_protocol.stamps import Stamp

Column: TypeAlias = Sequence[Any]
_CANNOT = object()  # stands for a value that cannot be shown
_ROWS = 50  # in one statement
_LIVE = LIVES.index(Life.LIVE.value)


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one kind; ids are 16 bytes. `clocks`: columns of sync_record; `columns`: of the kind's table, both for `ids`;
    `about`: the participant of each, or nothing for all; `returned`: reviews that send something back; `others`: those that are
    not plain."""

    kind: str
    others: Mapping[UUID, Created]
    ids: Sequence[bytes] = ()
    columns: Sequence[Column] = ()
    clocks: Sequence[Column] = ()
    about: Sequence[bytes | None] = ()
    stamps: tuple[Column, Column] = ((), ())  # numbers, as SQL holds them, and devices
    returned: frozenset[bytes] = frozenset()


def groups(created: Iterable[Columns], coll: int, names: Names, defaults: materialise.Defaults) -> Iterator[Group]:
    """All of them, by kind and set of fields."""
    alike: dict[tuple[str, tuple[str, ...]], list[Columns]] = {}
    for columns in created:
        alike.setdefault((columns.kind, columns.names), []).append(columns)
    for (kind, fields), some in alike.items():
        whole = _joined(some)
        missing = [name for name in CODECS.get(kind, ()) if name not in fields and name not in defaults[kind]]
        if kind not in CODECS or LIFE not in fields or missing or not set(fields) <= {*CODECS[kind], LIFE}:
            yield Group(kind, whole.records())
        else:
            yield _group(whole, coll, names, defaults)


def _joined(some: Sequence[Columns]) -> Columns:
    if len(some) == 1:
        return some[0]
    ids, stamps = (list(chain.from_iterable(part)) for part in zip(*((one.ids, one.stamps) for one in some), strict=True))
    values = [joined(column) for column in zip(*(one.values for one in some), strict=True)]
    return Columns(some[0].kind, some[0].names, ids, values, stamps)


def _group(made: Columns, coll: int, names: Names, defaults: materialise.Defaults) -> Group:
    bad: set[int] = set()
    values = _values(made, defaults, bad)
    sorting = _sorting(made.kind, values, bad)
    others: Mapping[UUID, Created] = {}
    if bad:
        others = {UUID(bytes=made.ids[at]): made.created(at) for at in sorted(bad)}
        kept = [at for at in range(len(made.ids)) if at not in bad]
        made = made.without(bad)
        values = {name: [column[at] for at in kept] for name, column in values.items()}
        sorting = [[column[at] for at in kept] for column in sorting]
    if not made.ids:
        return Group(made.kind, others)
    raw, many = made.ids, len(made.ids)
    hlcs, devices, packed = _clocks(names, made.names, made.stamps)
    meta = ([Life.LIVE.value] * many, ["live"] * many, [1] * many, [None] * many, hlcs, devices, hlcs, devices)
    columns: tuple[Column, ...] = (raw, [coll] * many, *values.values(), *meta, *sorting)
    number = names.kinds.number(made.kind)
    clocks = ([coll] * many, raw, [number] * many, packed, [_LIVE] * many, [0] * many, [None] * many)
    verdicts = values["verdict"] if made.kind == "review" else ()
    returned = frozenset(id for id, verdict in zip(raw, verdicts, strict=False) if verdict == "returned")
    return Group(made.kind, others, raw, columns, clocks, _about(made.kind, raw, values), (hlcs, devices), returned)


def _values(made: Columns, defaults: materialise.Defaults, bad: set[int]) -> dict[str, Column]:
    """The raw values of the kind's fields; the places of rows with one that cannot be shown go to `bad`."""
    travelled = dict(zip(made.names, made.values, strict=True))
    found: dict[str, Column] = {}
    for name, codec in CODECS[made.kind].items():
        if name not in travelled:
            found[name] = [defaults[made.kind][name]] * len(made.ids)
            continue
        plain = plain_of(travelled[name])
        whole = codec.whole(plain) if plain is not None else None
        found[name] = _mapped(codec.load, travelled[name], bad) if whole is None else whole
    return found


def insert_clocks(connection: Connection, some: Sequence[Group]) -> None:
    """Writes the rows of sync_record of several groups, in the order of their key: so the table is filled from one end."""
    parts = [group.clocks for group in some if group.clocks]
    if not parts:
        return
    columns = [list(chain.from_iterable(column)) for column in zip(*parts, strict=True)]
    ids = columns[1]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    insert(connection, UPSERT, [[column[at] for at in order] for column in columns])


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


def _about(kind: str, ids: Sequence[bytes], values: Mapping[str, Column]) -> Sequence[bytes | None]:
    whose = RECORD_KINDS[kind].about
    if whose == "id":
        return ids
    return values[whose] if whose else ()


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
