"""The rows of a unit of work: found by id or by their fields in the collections that are held here, and their place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from cmpp_desktop.domain.records import Compartment, F, Fields, Life, named_ids
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.errors import Invalid, KnownError, NotAllowed
from cmpp_desktop.store import materialise, state
from cmpp_desktop.store.names import Names, Place
from cmpp_desktop.store.tables import CODECS, ROWS, TABLES, Row

_AWAY = state.LIVES.index("moved")
COLLS = "meta_colls"  # a parameter that no field is called


@lru_cache(maxsize=256)
def _by_id(kind: str, deleted_too: bool) -> Select[Any]:
    """Every save needs it several times, and putting it together takes longer than carrying it out."""
    model: Any = ROWS[kind]
    query = select(model).where(model.id == bindparam("id"), model.coll.in_(bindparam(COLLS, expanding=True)))
    if not deleted_too:
        query = query.where(model.meta_shown == 1)
    return query.order_by(model.meta_shown.desc(), model.coll)


@lru_cache(maxsize=128)
def reading(kind: str) -> Select[Any]:
    """The columns of a record that is shown, for who only looks at it: no row of the session is made."""
    columns = TABLES[kind].c
    held = columns.coll.in_(bindparam(COLLS, expanding=True))
    return select(TABLES[kind]).where(columns.id == bindparam("id"), held, columns.meta_shown == 1).order_by(columns.coll)


@lru_cache(maxsize=256)
def finding(kind: str, named: frozenset[str], empty: frozenset[str]) -> Select[Any]:
    """Records that are shown, by the fields that are `named` and those that are empty, oldest first; columns, too."""
    columns = TABLES[kind].c
    wanted = [
        columns[name].in_(bindparam(name, expanding=True)) if name == "participant_id" else columns[name] == bindparam(name)
        for name in sorted(named)
    ]
    wanted += [columns[name].is_(None) for name in sorted(empty)]
    held = columns.coll.in_(bindparam(COLLS, expanding=True))
    return select(TABLES[kind]).where(columns.meta_shown == 1, held, *wanted).order_by(columns.meta_created, columns.id)


class Rows:
    """Of one transaction. `session` holds what is written in it."""

    def __init__(self, connection: Connection, names: Names) -> None:
        names.use(connection)
        self._connection, self._names = connection, names
        self._session = Session(bind=connection, expire_on_commit=False)
        self._members: dict[int, UUID] = {}  # number of a device → whose it is
        self._hidden: set[UUID] = set()  # ids of restricted records made here, before sync_record has them

    def _place(self, compartment: Compartment, team_id: UUID | None) -> Place:
        place = self._names.place_for(compartment, team_id)
        if place is None or not place.held:
            raise NotAllowed("restricted_closed" if compartment == "restricted" else "not_allowed", needs=compartment)
        return place

    def _restricted(self, ids: Iterable[UUID]) -> set[UUID]:
        """Those of some records that lie in a restricted collection and in no other."""
        asked = list(ids)
        closed = [place.idx for place in self._names.places.values() if place.kind == "restricted"]
        found = self._hidden.intersection(asked)
        if asked and closed:
            ids_here, places = ",".join("?" * len(asked)), ",".join(map(str, closed))
            there = f"id IN ({ids_here}) AND life <> {_AWAY}"
            sql = f"SELECT id FROM sync_record WHERE {there} GROUP BY id HAVING min(coll IN ({places})) = 1"
            rows = self._connection.exec_driver_sql(sql, tuple(id.bytes for id in asked))
            found |= {UUID(bytes=id) for (id,) in rows}
        return found

    def _stays_open(self, row: Any, wanted: Fields, values: Mapping[str, Any]) -> None:
        """A record that is not restricted takes no value that only a restricted one may have."""
        if self._names.places[row.coll].kind == "restricted":
            return
        if wanted.lives_in() == "restricted":
            raise Invalid(**dict.fromkeys(values, "other_compartment"))
        named = named_ids(values)
        hidden = self._restricted(named)
        if hidden:
            raise Invalid(**{named[id]: "other_compartment" for id in hidden})

    def _row(self, kind: type[Fields], id: UUID, *, deleted_too: bool = False, coll: int | None = None) -> Row | None:
        values = {"id": id, COLLS: self._names.held() if coll is None else [coll]}
        found: Row | None = self._session.scalars(_by_id(kind.kind, deleted_too), values).first()
        return found

    def _rows(self, kind: type[Fields], id: UUID) -> list[Any]:
        """A record in each collection that it lies in, the one that is shown first. Nearly all lie in one; what is about two
        people (a separation) lies with either's team, and is changed in both. Raises record_missing."""
        found = list(self._session.scalars(_by_id(kind.kind, True), {"id": id, COLLS: self._names.held()}))
        if not found:
            raise KnownError("record_missing", kind=kind.kind)
        return found

    def _settleable(self, kind: type[Fields], id: UUID) -> list[Any]:
        """A record that may be written: live, not settled (rule 18); in each of its collections where it is so."""
        first, *others = self._rows(kind, id)
        if first.meta_status == "new":
            raise KnownError("record_missing", kind=kind.kind)
        if first.meta_life != Life.LIVE:
            raise KnownError("record_settled", kind=kind.kind)
        return [first, *(row for row in others if row.meta_life == Life.LIVE and row.meta_status != "new")]

    def _stored(self, kind: type[F], row: Any) -> Stored[F]:
        place = self._names.places[row.coll]
        return materialise.stored(kind, row, place, self._member)

    def _member(self, device: int) -> UUID:
        if device not in self._members:
            found = self._connection.exec_driver_sql("SELECT member_id FROM device WHERE idx=?", (device,)).scalar()
            self._members[device] = UUID(bytes=found) if found else UUID(int=0)
        return self._members[device]


def new_row(record: Fields, id: UUID, coll: int) -> Row:
    model: Any = ROWS[record.kind]
    row = model(id=id, coll=coll, **{name: getattr(record, name) for name in CODECS[record.kind]})
    row.meta_life, row.meta_status, row.meta_shown = Life.LIVE.value, "live", 1
    made: Row = row
    return made


def fields_of(record: Fields) -> dict[str, Any]:
    return {name: getattr(record, name) for name in type(record).model_fields}


def values_of(kind: str, row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in CODECS[kind]}
