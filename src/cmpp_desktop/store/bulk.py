"""Records that came into being elsewhere, as rows: worked out column by column, with no Python object for each field.

`groups` takes records as they travelled, by kind and set of fields, and gives the rows of their table and of `sync_record`.
What is not plain (a field without a column, a value that this version cannot show, no `life`) is named in `others`: the
slower way of `save_states` knows what to do with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from cmpp_desktop.changes import LIFE, Created
from cmpp_desktop.domain.records import Life
from cmpp_desktop.store import materialise
from cmpp_desktop.store.names import Names, varint
from cmpp_desktop.store.state import LIVES, signed64
from cmpp_desktop.store.tables import CODECS, EXTRA_COLUMNS, RECORD_KINDS

Column: TypeAlias = Sequence[Any]
_CANNOT = object()  # stands for a value that cannot be shown
_NOTHING: Mapping[UUID, UUID] = {}


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one kind. `clocks`: rows of sync_record; `rows`: of the kind's table, both for `ids`; `about`: the
    participant of each; `returned`: reviews that send something back; `others`: those that are not plain."""

    kind: str
    others: Sequence[UUID]
    ids: Sequence[UUID] = ()
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    clocks: list[tuple[Any, ...]] = field(default_factory=list)
    about: Mapping[UUID, UUID] = field(default_factory=lambda: _NOTHING)
    returned: frozenset[UUID] = frozenset()


def groups(
    created: Mapping[UUID, Created], coll: int, names: Names, defaults: materialise.Defaults
) -> Iterator[Group]:
    """All of them, by kind and set of fields."""
    alike: dict[tuple[str, tuple[str, ...]], list[UUID]] = {}
    for id, made in created.items():
        alike.setdefault((made.kind, made.names), []).append(id)
    for (kind, fields), ids in alike.items():
        missing = [name for name in CODECS.get(kind, ()) if name not in fields and name not in defaults[kind]]
        if kind not in CODECS or LIFE not in fields or missing or not set(fields) <= {*CODECS[kind], LIFE}:
            yield Group(kind, ids)
        else:
            yield _group(kind, fields, ids, created, coll, names, defaults)


def _group(
    kind: str,
    fields: tuple[str, ...],
    ids: Sequence[UUID],
    created: Mapping[UUID, Created],
    coll: int,
    names: Names,
    defaults: materialise.Defaults,
) -> Group:
    travelled = dict(zip(fields, zip(*(created[id].values for id in ids), strict=True), strict=True))
    values: dict[str, Column] = {}
    for name, codec in CODECS[kind].items():
        values[name] = _mapped(codec.load, travelled[name]) if name in travelled else [defaults[kind][name]] * len(ids)
    beside = _sorted_by(kind, values)
    bad = {at for column in (*values.values(), beside) for at, value in enumerate(column) if value is _CANNOT}
    others = [ids[at] for at in sorted(bad)]
    clock = _clocks(names, fields)
    number = names.kinds.number(kind)
    rows, clocks, about = [], [], {}
    whose = RECORD_KINDS[kind].about
    subjects: Column = [id.bytes for id in ids] if whose == "id" else values[whose] if whose else ()
    life = Life.LIVE.value
    for at, (id, raw) in enumerate(zip(ids, zip(*values.values(), strict=True), strict=True)):
        if at in bad:
            continue
        hlc, device, packed = clock(created[id])
        rows.append((id.bytes, coll, *raw, life, "live", 1, None, hlc, device, hlc, device, *beside[at]))
        clocks.append((coll, id.bytes, number, packed, LIVES.index(life), 0, None))
        if whose and subjects[at] is not None:
            about[id] = id if whose == "id" else UUID(bytes=subjects[at])
    kept = [id for at, id in enumerate(ids) if at not in bad] if bad else ids
    verdicts = values.get("verdict", ()) if kind == "review" else ()
    returned = frozenset(id for id, verdict in zip(ids, verdicts, strict=False) if verdict == "returned")
    return Group(kind, others, kept, rows, clocks, about, returned)


def _mapped(make: Callable[[bytes], Any], column: Column) -> list[Any]:
    """What `make` gives for each; each different value once, for most columns hold few."""
    made: dict[Any, Any] = {}
    for value in set(column):
        try:
            made[value] = make(value)
        except Exception:  # rule 42: whatever a value is, it never stops merging
            made[value] = _CANNOT
    return [made[value] for value in column]


def _sorted_by(kind: str, values: Mapping[str, Column]) -> Column:
    """The values of the columns that queries sort by, of each record."""
    if kind not in EXTRA_COLUMNS:
        return [()] * len(next(iter(values.values())))
    return _mapped(lambda when: materialise.sorting(kind, {"when": when}), values["when"])


def _clocks(names: Names, fields: Sequence[str]) -> Callable[[Created], tuple[int, int, bytes]]:
    """Gives the stamp number as SQL holds it, the device, and the clock blob of records with these fields (state.py)."""
    known: dict[bytes, tuple[int, bytes]] = {}
    fieldset = varint(names.fieldset(fields))

    def clock(made: Created) -> tuple[int, int, bytes]:
        hlc, author = made.stamp
        device = known.get(author)
        if device is None:
            number = names.devices.number(author)
            device = known[author] = (number, varint(number) + fieldset)
        return signed64(hlc), device[0], b"\x00" + hlc.to_bytes(8, "big") + device[1]

    return clock
