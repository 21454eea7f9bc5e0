"""Small numbers for what repeats: devices, kinds, fields, sets of fields, collections (rules: Tables).

Read once when the store opens and added to inside write transactions; after a rollback they are read again, because a
number that was given out in it is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy.engine import Connection

from cmpp_desktop.changes import collection_id
from cmpp_protocol import canon

T = TypeVar("T", str, bytes)


def varint(number: int) -> bytes:
    """LEB128 of a number that is not negative."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at a place, and the place after it."""
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return number, at
        shift += 7


class Numbers(Generic[T]):
    """One table of numbered things."""

    def __init__(self, connection: Connection, table: str, column: str) -> None:
        self._table, self._column = table, column
        self._connection = connection
        rows = connection.exec_driver_sql(f"SELECT idx, {column} FROM {table}").all()
        self._names: dict[int, T] = {row[0]: row[1] for row in rows}
        self._numbers: dict[T, int] = {row[1]: row[0] for row in rows}

    def use(self, connection: Connection) -> None:
        """The write transaction into which new numbers go."""
        self._connection = connection

    def name(self, number: int) -> T:
        return self._names[number]

    def known(self, name: T) -> int | None:
        """Its number, or None."""
        return self._numbers.get(name)

    def number(self, name: T) -> int:
        """Its number; a new one, from 1 on, the first time."""
        found = self._numbers.get(name)
        if found is None:
            found = max(self._names, default=0) + 1
            self._connection.exec_driver_sql(f"INSERT INTO {self._table}(idx, {self._column}) VALUES (?, ?)", (found, name))
            self._names[found], self._numbers[name] = name, found
        return found


@dataclass(frozen=True, slots=True)
class Place:
    """A collection as this laptop knows it. `held`: it may be shown and written here."""

    idx: int
    id: bytes
    kind: str
    team_id: UUID | None
    held: bool


class Names:
    """All of them."""

    def __init__(self, connection: Connection) -> None:
        self.read(connection)

    def read(self, connection: Connection) -> None:
        """Reads them again."""
        self.devices: Numbers[bytes] = Numbers(connection, "device", "device_id")
        self.kinds: Numbers[str] = Numbers(connection, "kind", "name")
        self.fields: Numbers[str] = Numbers(connection, "field", "name")
        self._fieldsets: Numbers[bytes] = Numbers(connection, "fieldset", "members")
        self._members: dict[int, tuple[str, ...]] = {}
        self._sets: dict[tuple[str, ...], int] = {}
        self.read_places(connection)

    def read_places(self, connection: Connection) -> None:
        """Reads the collections again."""
        self.places: dict[int, Place] = {}
        for row in connection.exec_driver_sql("SELECT idx, collection_id, kind, team_id, held FROM collection"):
            team = UUID(bytes=row[3]) if row[3] else None
            self.places[row[0]] = Place(row[0], row[1], row[2], team, bool(row[4]))

    def use(self, connection: Connection) -> None:
        """The write transaction into which new numbers go."""
        self.devices.use(connection)
        self.kinds.use(connection)
        self.fields.use(connection)
        self._fieldsets.use(connection)

    def fieldset(self, fields: Sequence[str]) -> int:
        """The number of a set of fields."""
        key = tuple(fields)
        found = self._sets.get(key)
        if found is None:
            found = self._fieldsets.number(canon.pack(sorted(self.fields.number(name) for name in key)))
            self._sets[key] = found
        return found

    def members(self, fieldset: int) -> tuple[str, ...]:
        """The names of the fields of a set."""
        if fieldset not in self._members:
            numbers = canon.unpack(self._fieldsets.name(fieldset))
            self._members[fieldset] = tuple(self.fields.name(number) for number in numbers)
        return self._members[fieldset]

    def place(self, collection_id: bytes) -> Place | None:
        """The collection of a 16-byte id."""
        return next((place for place in self.places.values() if place.id == collection_id), None)

    def place_for(self, kind: str, team_id: UUID | None) -> Place | None:
        """Where records of a compartment and a team go."""
        wanted = None if kind == "organisation" else team_id
        return next((place for place in self.places.values() if place.kind == kind and place.team_id == wanted), None)

    def held(self) -> list[int]:
        """The numbers of the collections that may be shown here."""
        return [place.idx for place in self.places.values() if place.held]


def resolve_teams(connection: Connection, names: Names) -> None:
    """Finds the team of each team's collection whose team was not known when it was put down, and reads all of them again."""
    open_places = connection.exec_driver_sql(
        "SELECT idx, collection_id, kind FROM collection WHERE kind <> 'organisation' AND team_id IS NULL"
    ).all()
    teams = [UUID(bytes=row[0]) for row in connection.exec_driver_sql("SELECT id FROM r_team")] if open_places else []
    for idx, collection, kind in open_places:
        for team in teams:
            if collection_id(kind, team).bytes == collection:
                connection.exec_driver_sql("UPDATE collection SET team_id=? WHERE idx=?", (team.bytes, idx))
    names.read_places(connection)
