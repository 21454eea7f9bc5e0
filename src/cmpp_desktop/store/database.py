"""One SQLCipher file: opened with a raw key, durable at every commit, its errors in the words of errors.py.

WAL with synchronous=FULL (a commit that was acknowledged survives a power cut), temporary tables in memory (nothing
readable on disk), secure_delete. Readers begin with BEGIN, the writer with BEGIN IMMEDIATE. A reserve file is given up
when the disk is full, so that rolling back, deleting and checkpointing still have room, and is made again later.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as driver
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from cmpp_desktop.errors import BugError, KnownError

KEY_BYTES = 32
CACHE_KIB = 64 * 1024
RESERVE_BYTES = 1024 * 1024
BUSY_SECONDS = 5.0
BACKUPS = "backups"
# Before it binds a value that is not exactly a text or a number the driver looks for somebody who makes one of it, in three
# places, and finds nobody: ten times what binding it takes, for each id, clock and nothing. So it is told at once: these stay.
_AS_IT_IS: Mapping[type, Callable[[Any], Any]] = {bytes: bytes, bool: int, type(None): dict[None, None]().get}
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def connect(path: Path, key: bytes) -> Any:
    """A driver connection in manual transaction mode. Does not touch the file yet; a wrong key shows at the first read."""
    if len(key) != KEY_BYTES:
        raise BugError("key_length")
    for kind, as_it_is in _AS_IT_IS.items():
        driver.register_adapter(kind, as_it_is)
    connection = driver.connect(str(path), isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False)
    connection.execute("PRAGMA cipher_log_level = NONE")  # first: a wrong key would print on stderr
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    for pragma in (f"cache_size = -{CACHE_KIB}", "temp_store = MEMORY", "secure_delete = ON", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def durable(connection: Any) -> None:
    """Turns on WAL and a full sync at each commit; reads the file, so a wrong key or a damaged file shows here."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


@contextmanager
def known_errors(path: Path) -> Iterator[None]:
    """Turns what the driver raises into KnownError: disk_full, disk_error, store_damaged (with backups), profile_in_use."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, driver.Error):
            raise _known(error.orig, path) from error
        raise
    except driver.Error as error:
        raise _known(error, path) from error


def _known(error: Any, path: Path) -> Exception:
    name = str(getattr(error, "sqlite_errorname", ""))
    if name.startswith("SQLITE_FULL"):
        return KnownError("disk_full", folder=str(path.parent))
    if name.startswith("SQLITE_IOERR"):
        return KnownError("disk_error", cause=name)
    if name.startswith(_DAMAGED):
        return damaged(path, name)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return KnownError("profile_in_use")
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM")):
        return KnownError("disk_error", cause=name)
    return BugError("database", cause=name or type(error).__name__)


def damaged(path: Path, cause: str) -> KnownError:
    """store_damaged, naming the verified copies that there are, newest first."""
    copies = sorted((path.parent / BACKUPS).glob("*.db"), reverse=True)
    return KnownError("store_damaged", cause=cause, backups=tuple(copy.name for copy in copies))


class Database:
    """The open file. One thread at a time uses it (the store's worker)."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._reserve = path.parent / "reserve"

        def creator() -> Any:
            connection = connect(path, key)
            try:
                durable(connection)
            except driver.Error:
                connection.close()
                raise
            return connection

        self.engine: Engine = create_engine(
            "sqlite://", module=driver, creator=creator, poolclass=QueuePool, pool_size=2, max_overflow=2
        )
        event.listen(self.engine, "begin", _begin)
        self.keep_reserve()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read transaction: everything in it sees one moment."""
        with known_errors(self.path), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The write transaction: committed, durably, when the block ends; rolled back when it raises."""
        try:
            with known_errors(self.path), self.engine.connect() as connection:
                writer = connection.execution_options(cmpp_writer=True)
                with writer.begin():
                    yield writer
        except KnownError as error:
            if error.code == "disk_full":
                self._make_room()
            raise
        self.keep_reserve()

    def keep_reserve(self) -> None:
        """Makes the reserve file unless it is there; a disk without room for it is met when it matters."""
        if self._reserve.exists():
            return
        try:
            with open(self._reserve, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                file.write(bytes(RESERVE_BYTES))
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                self._reserve.unlink()

    def _make_room(self) -> None:
        with suppress(OSError):
            self._reserve.unlink()
        with suppress(DBAPIError, driver.Error), self.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def check(self) -> None:
        """Reads every page and checks its seal and its place. Raises store_damaged."""
        with known_errors(self.path), self.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            problems = raw.execute("PRAGMA cipher_integrity_check").fetchall() + [
                row for row in raw.execute("PRAGMA integrity_check").fetchall() if row[0] != "ok"
            ]
        if problems:
            raise damaged(self.path, "integrity_check")

    def close(self) -> None:
        """Brings the log into the file and closes every connection."""
        with suppress(DBAPIError, driver.Error), self.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self.engine.dispose()


def _begin(connection: Connection) -> None:
    writer = connection.get_execution_options().get("cmpp_writer", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")
