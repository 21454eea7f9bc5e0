"""From merge state to the rows that people see, and from rows to `Stored` values.

`write_row` puts what a state shows into the table of its kind; `stored` gives a row to the domain. What this version cannot
show is not here at all: it stays in the merge state (state.py) and travels on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

import msgpack
from pydantic import ValidationError
from sqlalchemy.engine import Connection

from cmpp_desktop.changes import LIFE, LIVE, RecordState
from cmpp_desktop.domain.records import F, Life, When
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.store import state as merge_state
from cmpp_desktop.store.columns import from_ms, to_ms
from cmpp_desktop.store.moving import origin_of
from cmpp_desktop.store.names import Names, Place
from cmpp_desktop.store.tables import CODECS, EXTRA_COLUMNS

Defaults: TypeAlias = Mapping[str, Mapping[str, Any]]
_ZONE: str = When.model_fields["zone"].default
META = (
    "meta_life",
    "meta_status",
    "meta_shown",
    "meta_signed_id",
    "meta_created",
    "meta_created_dev",
    "meta_changed",
    "meta_changed_dev",
)


def columns_of(kind: str) -> tuple[str, ...]:
    """The columns of a record table, in the order in which `row_of` gives their values."""
    return ("id", "coll", *CODECS[kind], *META, *(name for name, _ in EXTRA_COLUMNS.get(kind, ())))


def row_of(
    names: Names,
    coll: int,
    id: UUID,
    state: RecordState,
    values: Mapping[str, Any],
    now_ms: int,
    created: tuple[int, int] | None = None,
) -> tuple[Any, ...]:
    """The raw row of a record. `created`: the earliest (hlc, device number) known so far, or None."""
    life, signed_id = life_of(state)
    stamps = set(merge_state.stamps_of(state))
    last, first = max(stamps), min(stamps)
    plain_live = life == Life.LIVE and merge_state.is_plain(state)
    status = "live" if plain_live else merge_state.status(state, now_ms)
    shown = 1 if plain_live else int(merge_state.is_shown(state, now_ms))
    first = origin_of(state) or first
    made = (merge_state.signed64(first.hlc), names.devices.number(first.device))
    if created is not None and created[0] <= made[0]:
        made = created
    meta = (
        life,
        status,
        shown,
        signed_id,
        *made,
        merge_state.signed64(last.hlc),
        names.devices.number(last.device),
    )
    return (id.bytes, coll, *values.values(), *meta, *sorting(state.kind, values))


def upsert_sql(kind: str) -> str:
    """The statement that takes what `row_of` gives."""
    columns = columns_of(kind)
    listed = ",".join(f'"{name}"' for name in columns)
    return f'INSERT OR REPLACE INTO "r_{kind}"({listed}) VALUES ({",".join("?" * len(columns))})'


def write_row(
    connection: Connection, names: Names, coll: int, id: UUID, state: RecordState, values: Mapping[str, Any], now_ms: int
) -> None:
    """Writes the row of one record."""
    before = connection.exec_driver_sql(
        f'SELECT meta_created, meta_created_dev FROM "r_{state.kind}" WHERE id=? AND coll=?', (id.bytes, coll)
    ).first()
    row = row_of(names, coll, id, state, values, now_ms, (before[0], before[1]) if before else None)
    connection.exec_driver_sql(upsert_sql(state.kind), row)


def life_of(state: RecordState) -> tuple[str, bytes | None]:
    """The life that is shown, as a word of `Life` ("moved" for what a newer version made), and the signed id."""
    value = state.shown(LIFE)
    if value == LIVE:
        return Life.LIVE.value, None
    parts = msgpack.unpackb(value, raw=False) if value is not None else []
    name = parts[0] if isinstance(parts, list) and parts else "moved"
    if name not in {life.value for life in Life}:
        return Life.MOVED.value, None
    named = parts[1] if name == "signed" and len(parts) > 1 else None
    return name, named if isinstance(named, bytes) and len(named) == 16 else None


def sorting(kind: str, values: Mapping[str, Any]) -> tuple[Any, ...]:
    """The values of the columns that queries sort by. Raises ValueError or OverflowError for a time that cannot be."""
    if kind not in EXTRA_COLUMNS:
        return ()
    said = msgpack.unpackb(values["when"], raw=False)
    day, at, zone = date.fromisoformat(said["day"]), said.get("at"), said.get("zone", _ZONE)
    # As `When.instant`, without a model: a new laptop does this for every session and obligation there is.
    moment = datetime.combine(day, time.fromisoformat(at) if at else time(0), ZoneInfo(zone)).astimezone(UTC)
    return to_ms(moment), day.isoformat()


def sort_columns(kind: str, row: Any) -> None:
    """The same columns, of a row that the unit of work holds."""
    if kind in EXTRA_COLUMNS:
        row.meta_starts, row.meta_day = to_ms(row.when.instant), row.when.day.isoformat()


def stored(kind: type[F], row: Any, place: Place, member: Callable[[int], UUID]) -> Stored[F]:
    """A record as the domain sees it. `row` has the columns as attributes, decoded; `member`: who owns a device number."""
    values = {name: getattr(row, name) for name in CODECS[kind.kind]}
    try:
        fields = kind.model_validate(values)
    except ValidationError:  # written by another version with other limits: it is shown as it is
        fields = kind.model_construct(None, **values)
    return Stored(
        id=row.id,
        fields=fields,
        life=Life(row.meta_life),
        compartment=place.kind,  # type: ignore[arg-type]  # the collection table holds these three words only
        team_id=place.team_id,
        created_at=from_ms(merge_state.unsigned64(row.meta_created) >> 16),
        created_by=member(row.meta_created_dev),
        changed_at=from_ms(merge_state.unsigned64(row.meta_changed) >> 16),
        changed_by=member(row.meta_changed_dev),
        signed_id=row.meta_signed_id,
    )
