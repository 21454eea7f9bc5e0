"""Settings and secrets of this laptop alone: small named values inside the encrypted store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import delete
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection
from sqlalchemy.schema import Table

from cmpp_desktop.store.database import Database
from cmpp_desktop.store.tables import SETTING
from cmpp_protocol import canon


def read_value(connection: Connection, table: Table, name: str) -> bytes | None:
    """The bytes of a name, or None."""
    found: bytes | None = connection.exec_driver_sql(f"SELECT value FROM {table.name} WHERE name=?", (name,)).scalar()
    return found


def write_value(connection: Connection, table: Table, name: str, value: bytes | None) -> None:
    """Keeps the bytes under a name; None removes it."""
    if value is None:
        connection.execute(delete(table).where(table.c.name == name))
        return
    query = insert(table).values(name=name, value=value)
    connection.execute(query.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


class Settings:
    """Values that canonical msgpack can hold, by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str, default: canon.Value = None) -> canon.Value:
        """The value, or the default."""
        with self._database.reading() as connection:
            found = read_value(connection, SETTING, name)
        return default if found is None else canon.unpack(found)

    def put(self, name: str, value: canon.Value) -> None:
        """Keeps it, durably; None removes it."""
        with self._writing() as connection:
            write_value(connection, SETTING, name, None if value is None else canon.pack(value))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._database.writing() as connection:
            yield connection
