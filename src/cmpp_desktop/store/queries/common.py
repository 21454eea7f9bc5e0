"""What all queries share: who asks, records of a kind, names of people, merge states."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any, cast
from uuid import UUID

import msgpack
from sqlalchemy import Select, bindparam, select
from sqlalchemy.engine import Connection, Row
from sqlalchemy.schema import Table

from cmpp_desktop.domain.merges import overlay
from cmpp_desktop.domain.participants import ParticipantFields, called_by
from cmpp_desktop.domain.records import F, Fields
from cmpp_desktop.domain.staff import OrganisationFields
from cmpp_desktop.domain.work import Actor, Stored
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store import identity, materialise, signing, state
from cmpp_desktop.store.columns import Packed
from cmpp_desktop.store.names import Names
from cmpp_desktop.store.tables import CODECS, INDEXES, OWN_CLOCK, TABLES

MIDNIGHT = 86_400_000
# Of a participant, what lists show.
LISTED = (
    "legal_name",
    "preferred_name",
    "native_name",
    "aliases",
    "birth_date",
    "languages",
    "interpreter_needed",
    "a_number",
    "flags",
)


class Asked:
    """One moment of the store, and who asks."""

    def __init__(self, connection: Connection, names: Names, asker: Actor) -> None:
        self.connection, self.names, self.asker = connection, names, asker
        self.held = names.held()
        self._members: dict[int, UUID] = {}

    def select(self, kind: type[Fields], *where: Any, shown: bool = True) -> Select[Any]:
        """The records of a kind that may be seen."""
        table = TABLES[kind.kind]
        # The sums leave SQLite the indexes of what is asked for: one that begins with `meta_shown` would read everybody's.
        query = select(table).where((table.c.coll + 0).in_(self.held), *where)
        return query.where((table.c.meta_shown + 0) == 1) if shown else query

    def all(self, kind: type[F], *where: Any, order: Sequence[Any] = ()) -> list[Stored[F]]:
        """Them, oldest first or in the order asked for."""
        table = TABLES[kind.kind]
        query = self.select(kind, *where).order_by(*(order or (table.c.meta_created, table.c.id)))
        return [self.stored(kind, row) for row in self.connection.execute(query)]

    def about(self, kind: type[F], ids: Sequence[UUID]) -> list[Stored[F]]:
        """The records of a kind about a participant (all ids of one: `same`), oldest first. The statement is made once for a
        kind: a page asks for thirty kinds."""
        found = self.connection.execute(_about(kind.kind), {"held": self.held, "ids": list(ids)})
        return [self.stored(kind, row) for row in found]

    def kinds_about(self, ids: Sequence[UUID]) -> frozenset[str]:
        """Which kinds there are any records of about a participant, in whatever collection and life: a look at indexes."""
        marks = ",".join(f"?{at + 1}" for at in range(len(ids)))
        each = (
            f"SELECT '{kind}' WHERE EXISTS (SELECT 1 FROM \"r_{kind}\" WHERE participant_id IN ({marks}))" for kind in _NAMING
        )
        return frozenset(self.connection.exec_driver_sql(" UNION ALL ".join(each), tuple(id.bytes for id in ids)).scalars())

    def one(self, kind: type[F], id: UUID, *, shown: bool = True) -> Stored[F]:
        """One of them. Raises record_missing."""
        query = self.select(kind, TABLES[kind.kind].c.id == id, shown=shown)
        row = self.connection.execute(query.order_by(TABLES[kind.kind].c.meta_shown.desc())).first()
        if row is None:
            raise KnownError("record_missing", kind=kind.kind)
        return self.stored(kind, row)

    def stored(self, kind: type[F], row: Row[Any]) -> Stored[F]:
        """A row as the domain sees it."""
        return materialise.stored(kind, row, self.names.places[row.coll], self.member)

    def member(self, device: int) -> UUID:
        """Whose device it is; the zero id when nobody has said so yet."""
        if device not in self._members:
            sql = "SELECT member_id FROM device WHERE idx=?"
            found = self.connection.exec_driver_sql(sql, (device,)).scalar()
            self._members[device] = UUID(bytes=found) if found else UUID(int=0)
        return self._members[device]

    @cached_property
    def zone(self) -> str:
        """The IANA name of the organisation's time zone; the usual one before its record has come."""
        found = self.all(OrganisationFields)
        return found[0].fields.zone if found else str(OrganisationFields.model_fields["zone"].default)

    @cached_property
    def staff(self) -> Mapping[UUID, str]:
        """Names of staff by id."""
        table = TABLES["staff_member"]
        rows = self.connection.execute(select(table.c.id, table.c.name).where(table.c.coll.in_(self.held)))
        return {row.id: row.name for row in rows}

    @cached_property
    def latest_ms(self) -> int:
        """The newest time (ms) that this store has seen, of its own work and of what was heard: what waits are judged by."""
        own = self.connection.execute(select(OWN_CLOCK.c.hlc)).scalar() or 0
        waits = self.connection.exec_driver_sql("SELECT max(since) FROM waiting").scalar() or 0
        heard = self.connection.exec_driver_sql("SELECT max(at_ms) FROM arrival").scalar() or 0
        return max(state.unsigned64(own) >> 16, waits, heard)

    def who(self, member: UUID | None) -> str:
        """The name of somebody of the staff, or ""."""
        return self.staff.get(member, "") if member else ""

    @cached_property
    def groups(self) -> Mapping[UUID, tuple[UUID, ...]]:
        """Everybody who was merged with others: id → all ids of the person, the one they are shown by first."""
        found = identity.groups(self.connection, self.held)
        listed = [tuple(UUID(bytes=id) for id in group) for group in found.values()]
        return {id: group for group in listed for id in group}

    def same(self, id: UUID) -> tuple[UUID, ...]:
        """All ids under which somebody's records may lie, the one they are shown by first (rule 27)."""
        return self.groups.get(id, (id,))

    def apart(self, id: UUID) -> frozenset[UUID]:
        """From whom somebody is kept apart now, under each of their ids: these are in no answer about that person."""
        own = [one.bytes for one in self.same(id)]
        sql = (
            "SELECT participant_id, from_id FROM r_separation WHERE meta_shown=1 AND until IS NULL "
            f"AND (participant_id IN ({marks(own)}) OR from_id IN ({marks(own)}))"
        )
        found = {one for pair in self.connection.exec_driver_sql(sql, (*own, *own)) for one in pair} - set(own)
        return frozenset(same for other in found for same in self.same(UUID(bytes=other)))

    def is_there(self, id: UUID) -> bool:
        """Whether somebody is shown at all, whichever of their ids is given."""
        columns = TABLES["participant"].c
        query = self.select(ParticipantFields, columns.id.in_(self.same(id))).with_only_columns(columns.id)
        return self.connection.execute(query.limit(1)).first() is not None

    def person(self, id: UUID) -> Stored[ParticipantFields]:
        """Somebody as shown, whichever of their ids is given. Raises record_missing."""
        group = self.same(id)
        first = self.one(ParticipantFields, group[0])
        if len(group) == 1:
            return first
        others = self.all(ParticipantFields, TABLES["participant"].c.id.in_(group[1:]))
        sides = [(first.id, first.fields), *sorted(((item.id, item.fields) for item in others), key=lambda side: side[0])]
        return replace(first, fields=overlay(sides, identity.picks(self.connection, [id.bytes for id in group])))

    def called(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        """What participants are called, by id."""
        return {id: facts.called for id, facts in self.people(ids).items()}

    def named(self, ids: Iterable[UUID]) -> dict[UUID, tuple[str, bool]]:
        """What participants are called and whether they need an interpreter: as `people`, several times as quick, for days with
        hundreds of them."""
        wanted = list(dict.fromkeys(ids))
        merged = [id for id in wanted if id in self.groups]
        found = {id: (facts.called, facts.interpreter_needed) for id, facts in self.people(merged).items()}
        by_raw = {id.bytes: id for id in wanted if id not in self.groups}
        raw = list(by_raw)
        for start in range(0, len(raw), 500):
            part = raw[start : start + 500]
            rows = self.connection.exec_driver_sql(
                f"SELECT id, legal_name, preferred_name, interpreter_needed FROM r_participant WHERE id IN ({marks(part)}) "
                f"AND coll + 0 IN ({marks(self.held)}) AND meta_shown + 0 = 1",
                (*part, *self.held),
            )
            for id, packed, preferred, interpreter in rows.all():
                name = unpacked(packed)
                called = called_by(preferred, name.get("given", ""), name.get("family", ""))
                found[by_raw[id]] = called, bool(interpreter)
        return found

    def people(self, ids: Iterable[UUID]) -> dict[UUID, ParticipantFields]:
        """What lists show of these participants: the fields of LISTED; the others are as nobody had written them. Whoever was
        merged is shown as that person."""
        columns = TABLES["participant"].c
        listed = [columns[name] for name in LISTED]
        wanted = list(dict.fromkeys(ids))
        found: dict[UUID, ParticipantFields] = {}
        for id in [id for id in wanted if id in self.groups]:
            wanted.remove(id)
            try:
                found[id] = self.person(id).fields
            except KnownError:  # all of them were deleted: like anybody who was
                continue
        for start in range(0, len(wanted), 500):
            query = select(columns.id, *listed).where(
                columns.id.in_(wanted[start : start + 500]), (columns.coll + 0).in_(self.held), (columns.meta_shown + 0) == 1
            )
            for id, *values in self.connection.execute(query):
                found[id] = ParticipantFields.model_construct(None, **dict(zip(LISTED, values, strict=True)))
        return found

    def states(self, coll: int, ids: Sequence[UUID]) -> dict[UUID, state.Held]:
        """Merge states."""
        return state.load(self.connection, self.names, coll, ids)

    def coll_of(self, kind: type[Fields], id: UUID) -> int:
        """In which collection a record lies."""
        table = TABLES[kind.kind]
        query = select(table.c.coll).where(table.c.id == id, table.c.coll.in_(self.held)).order_by(table.c.meta_shown.desc())
        found: int = self.connection.execute(query).scalar() or 0
        return found

    def content_hash(self, kind: type[Fields], id: UUID, children: Sequence[tuple[type[Fields], UUID]]) -> str:
        """The hash that the unit of work computes of the same document."""
        return signing.content_hash(self._part(kind, id), [self._part(child, child_id) for child, child_id in children])

    def _part(self, kind: type[Fields], id: UUID) -> signing.Part:
        return signing.Part(kind.kind, id, self.states(self.coll_of(kind, id), [id])[id].state)


# Kinds whose index begins with the participant whom a record is about.
_NAMING = tuple(kind for kind, indexes in INDEXES.items() if any(names[0] == "participant_id" for names in indexes))


@lru_cache(maxsize=128)
def _about(kind: str) -> Select[Any]:
    """The statement of `Asked.about`."""
    columns = TABLES[kind].c
    return (
        select(TABLES[kind])
        .where(
            columns.participant_id.in_(bindparam("ids", expanding=True)),
            (columns.coll + 0).in_(bindparam("held", expanding=True)),
            (columns.meta_shown + 0) == 1,
        )
        .order_by(columns.meta_created, columns.id)
    )


def listed_name(given: str, family: str) -> str:
    """ "Rahimi, Farid": the name as lists are ordered by it."""
    return f"{family}, {given}" if family and given else family or given


def marks(values: Sequence[Any]) -> str:
    """ "?,?,?": a place for each value of a statement's own text."""
    return ",".join("?" * len(values))


def unpacked(value: bytes) -> Any:
    """A list or a composite as it lies in its column, as it is on the wire."""
    return msgpack.unpackb(value, raw=False)


def reader(kind: type[Fields], name: str) -> Callable[[bytes], Any]:
    """Makes the value of a composite field from what lies in its column, for statements that do not go through the tables."""
    read = cast(Packed, CODECS[kind.kind][name].sql).read
    return lambda raw: read(unpacked(raw))


def table(kind: type[Fields]) -> Table:
    """The table of a kind."""
    return TABLES[kind.kind]
