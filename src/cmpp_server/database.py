"""The one way to the database, the same for PostgreSQL and SQLite.

`write` runs a function in one transaction and commits it; if the database asks to try again (deadlock, serialisation, a busy
SQLite) it is run again, so it must be safe to repeat. `read` gives a snapshot that does not change while it is used. On
SQLite a writer takes its lock at BEGIN, and the log is durable (WAL, synchronous=FULL) before anything is acknowledged.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

T = TypeVar("T")

ATTEMPTS = 5
_AGAIN = frozenset({"40001", "40P01"})  # serialisation failure, deadlock
_MIGRATION_LOCK = 0x434D5050  # any constant: replicas that start together migrate one after the other


class Busy(Exception):
    """The database is not reachable or stays busy; the request may be sent again."""


class Database:
    """An engine and its two ways of use. Nothing connects before the first use."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._engine = _sqlite(url) if self.is_sqlite else create_engine(url, pool_pre_ping=True, pool_size=10)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction and commit. Raises Busy; any other error rolls back and is raised."""
        for attempt in range(ATTEMPTS):
            try:
                with self._engine.connect().execution_options(cmpp_write=True) as conn, conn.begin():
                    return work(conn)
            except DBAPIError as error:
                if not _try_again(error) or attempt == ATTEMPTS - 1:
                    raise _named(error) from error
            except PoolTimeout as error:
                raise Busy("no free connection") from error
        raise AssertionError("unreachable")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection on one unchanging snapshot; nothing is written. Raises Busy."""
        try:
            with self._engine.connect() as plain:
                conn = plain if self.is_sqlite else plain.execution_options(isolation_level="REPEATABLE READ")
                with conn.begin():
                    yield conn
        except DBAPIError as error:
            raise _named(error) from error
        except PoolTimeout as error:
            raise Busy("no free connection") from error

    def migrate(self) -> None:
        """Bring the schema to this program's revision, in one transaction. Raises Busy or alembic's CommandError."""

        def upgrade(conn: Connection) -> None:
            if not self.is_sqlite:
                conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            config = _alembic()
            config.attributes["connection"] = conn
            command.upgrade(config, "head")

        self.write(upgrade)

    def revision(self) -> str | None:
        """The schema's revision, None before the first migration. Raises Busy."""
        from alembic.migration import MigrationContext

        with self.read() as conn:
            return MigrationContext.configure(conn).get_current_revision()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def newest_revision() -> str:
    """The revision that this program's migrations lead to."""
    head = ScriptDirectory.from_config(_alembic()).get_current_head()
    if head is None:
        raise AssertionError("no migrations")
    return head


def migrations_folder() -> Path:
    """Where the server's Alembic scripts lie: beside `src` in a checkout."""
    return Path(__file__).resolve().parents[2] / "migrations" / "server"


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    return config


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, pool_size=10, connect_args={"timeout": 30.0, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def settle(raw: Any, _record: Any) -> None:
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        # The driver's own BEGIN is deferred: two writers could both read first and then refuse each other.
        conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.get_execution_options().get("cmpp_write") else "BEGIN")

    return engine


def _try_again(error: DBAPIError) -> bool:
    raw = error.orig
    if isinstance(raw, sqlite3.OperationalError):
        return getattr(raw, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return getattr(raw, "sqlstate", None) in _AGAIN


def _named(error: DBAPIError) -> Exception:
    """Busy for what passes (no connection, locked, full); the error itself for what is our fault."""
    return Busy(type(error.orig).__name__) if isinstance(error, OperationalError) else error
