"""The one way to the database, the same for PostgreSQL and SQLite.

`write` runs a function in one transaction and commits it; if the database asks to try again (deadlock, serialisation, a busy
SQLite) it is run again, so it must be safe to repeat. `read` gives a snapshot that does not change while it is used; `glance`
is one read that needs none. On SQLite a writer takes its lock at BEGIN, and the log is durable (WAL, synchronous=FULL) before
anything is acknowledged. PostgreSQL has connections of their own for each way of use: one whose isolation is changed back and
forth, or which begins and ends a transaction around one statement, costs more than the statement.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Dialect, Engine, QueuePool, Table, create_engine, event, insert, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

T = TypeVar("T")

ATTEMPTS = 5
POOL_SIZE, POOL_OVERFLOW = 8, 4  # connections of each pool, and more when all are in use; see `AT_ONCE`
AT_ONCE = 8  # requests that are worked on at the same time: more would only wait for each other
PING_AFTER = 2.0  # seconds without use
WAIT_MS, NOTE_WAIT_MS = 30_000, 20  # for SQLite's one writer
_AGAIN = frozenset({"40001", "40P01"})  # serialisation failure, deadlock
_MIGRATION_LOCK = 0x434D5050  # any constant: replicas that start together migrate one after the other


class Busy(Exception):
    """The database is not reachable or stays busy; the request may be sent again."""


class Database:
    """An engine and its two ways of use. Nothing connects before the first use."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._engine = _sqlite(url) if self.is_sqlite else _postgresql(url, "READ COMMITTED")
        self._reader = self._engine if self.is_sqlite else _postgresql(url, "REPEATABLE READ")
        self._single = self._engine if self.is_sqlite else _postgresql(url, "AUTOCOMMIT", relaxed=True)

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

    def note(self, work: Callable[[Connection], None]) -> None:
        """Run `work`, or not at all when the database is busy this moment: for what is not worth waiting for, nor has to survive
        a crash. On SQLite there is one writer, and a reader must not queue behind it. On PostgreSQL each statement stands for
        itself, and nobody waits for the disk."""
        try:
            with self._single.connect().execution_options(cmpp_write=True, cmpp_wait_ms=NOTE_WAIT_MS) as conn, conn.begin():
                work(conn)
        except DBAPIError as error:
            if not _try_again(error):
                raise _named(error) from error
        except PoolTimeout as error:
            raise Busy("no free connection") from error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection on one unchanging snapshot; nothing is written. Raises Busy."""
        try:
            with self._reader.connect() as conn, conn.begin():
                yield conn
        except DBAPIError as error:
            raise _named(error) from error
        except PoolTimeout as error:
            raise Busy("no free connection") from error

    def glance(self, work: Callable[[Connection], T]) -> T:
        """What one statement of `work` reads. Raises Busy."""
        if self.is_sqlite:
            with self.read() as conn:
                return work(conn)
        try:
            with self._single.connect() as conn, conn.begin():
                return work(conn)
        except DBAPIError as error:
            raise _named(error) from error
        except PoolTimeout as error:
            raise Busy("no free connection") from error

    def migrate(self, revision: str = "head") -> None:
        """Bring the schema to this program's revision (or to an earlier one, for a dump of that time), in one transaction.
        Raises Busy or alembic's CommandError."""

        def upgrade(conn: Connection) -> None:
            if not self.is_sqlite:
                conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            config = _alembic()
            config.attributes["connection"] = conn
            command.upgrade(config, revision)

        self.write(upgrade)

    def revision(self) -> str | None:
        """The schema's revision, None before the first migration. Raises Busy."""
        from alembic.migration import MigrationContext

        with self.read() as conn:
            return MigrationContext.configure(conn).get_current_revision()

    def connections(self) -> tuple[int, int]:
        """How many connections are in use, and how many there may be."""
        pools = [one.pool for one in self._engines() if isinstance(one.pool, QueuePool)]
        return sum(one.checkedout() for one in pools), sum(one.size() + POOL_OVERFLOW for one in pools)

    def close(self) -> None:
        """Close all connections."""
        for one in self._engines():
            one.dispose()

    def _engines(self) -> list[Engine]:
        return [self._engine] if self.is_sqlite else [self._engine, self._reader, self._single]


def newest_revision() -> str:
    """The revision that this program's migrations lead to."""
    head = ScriptDirectory.from_config(_alembic()).get_current_head()
    if head is None:
        raise AssertionError("no migrations")
    return head


def revisions() -> frozenset[str]:
    """All revisions that this program knows."""
    return frozenset(one.revision for one in ScriptDirectory.from_config(_alembic()).walk_revisions())


def migrations_folder() -> Path:
    """Where the server's Alembic scripts lie: beside `src` in a checkout."""
    return Path(__file__).resolve().parents[2] / "migrations" / "server"


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    return config


def upsert(conn: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that knows what to do when the row exists: both databases say it alike, SQLAlchemy has it for each."""
    return upserting(conn.dialect.name, table)


def upserting(kind: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """The same for a kind of database, "postgresql" or "sqlite": a statement that is put together once."""
    return postgresql.insert(table) if kind == "postgresql" else sqlite.insert(table)


class _Binary(psycopg.Cursor[Any]):
    """Sealed bytes come as they are: in PostgreSQL's text they are twice as many, written and read digit by digit. What its
    catalogues hold comes as text: not all of that can be read otherwise."""

    def execute(self, query: Any, params: Any = None, *, prepare: bool | None = None, binary: bool | None = None) -> Self:
        return super().execute(query, params, prepare=prepare, binary="pg_catalog." not in str(query))


def insert_all(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert these rows, which all have the same columns. PostgreSQL is asked once for all of them, not row by row."""
    if conn.dialect.name == "postgresql":
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        conn.exec_driver_sql(_columnwise(table, tuple(columns)), columns)
    else:
        conn.execute(insert(table), rows)


_POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so


@cache
def _columnwise(table: Table, names: tuple[str, ...]) -> str:
    # "%(…)b": arrays of bytes as they are. In text, each is searched for what has to be escaped.
    arrays = ", ".join(f"%({name})b::{table.c[name].type.compile(_POSTGRESQL)}[]" for name in names)
    return f"INSERT INTO {table.name} ({', '.join(names)}) SELECT * FROM unnest({arrays})"


def _postgresql(url: str, isolation: Any, relaxed: bool = False) -> Engine:
    """`relaxed`: a commit does not wait for the disk."""
    engine = create_engine(
        url,
        isolation_level=isolation,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        connect_args={"cursor_factory": _Binary} if isolation == "REPEATABLE READ" else {},
    )

    @event.listens_for(engine, "connect")
    def settle(raw: Any, _record: Any) -> None:
        if relaxed:
            raw.execute("SET synchronous_commit = off")
            raw.commit()

    @event.listens_for(engine, "checkin")
    def leave(_raw: Any, record: Any) -> None:
        record.info["left"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def take(raw: Any, record: Any, _proxy: Any) -> None:
        # A connection that was used a moment ago is there still; asking each time would be a quarter of all round trips.
        if time.monotonic() - record.info.get("left", math.inf) > PING_AFTER:
            try:
                engine.dialect.do_ping(raw)
            except psycopg.OperationalError as error:
                raise DisconnectionError from error  # the pool makes another

    return engine


def _sqlite(url: str) -> Engine:
    pool = {"pool_size": POOL_SIZE, "max_overflow": POOL_OVERFLOW}
    engine = create_engine(url, **pool, connect_args={"isolation_level": None})

    @event.listens_for(engine, "connect")
    def settle(raw: Any, _record: Any) -> None:
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        # The driver's own BEGIN is deferred: two writers could both read first and then refuse each other.
        options = conn.get_execution_options()
        conn.exec_driver_sql(f"PRAGMA busy_timeout = {options.get('cmpp_wait_ms', WAIT_MS)}")
        conn.exec_driver_sql("BEGIN IMMEDIATE" if options.get("cmpp_write") else "BEGIN")

    return engine


def _try_again(error: DBAPIError) -> bool:
    raw = error.orig
    if isinstance(raw, sqlite3.OperationalError):
        return getattr(raw, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return getattr(raw, "sqlstate", None) in _AGAIN


def _named(error: DBAPIError) -> Exception:
    """Busy for what passes (no connection, locked, full); the error itself for what is our fault."""
    return Busy(type(error.orig).__name__) if isinstance(error, OperationalError) else error
