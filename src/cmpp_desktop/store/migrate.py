"""Brings a store to the schema of this program: checked copy first, one transaction, back to what it was when it fails.

Runs Alembic in process on a connection of our own, in manual transaction mode, foreign keys off before BEGIN. A
revision that this program does not know means a newer program made the store: nothing is touched. The profile's lock is
the caller's.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlcipher3.dbapi2 as driver
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import StaticPool

from cmpp_desktop import resources
from cmpp_desktop.errors import BugError, KnownError
from cmpp_desktop.store import backup
from cmpp_desktop.store.database import connect, damaged, durable, known_errors

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

_REVISION = re.compile(r"""^(revision|down_revision)\b[^=\n]*=\s*["'](\w+)["']\s*$""", re.MULTILINE)


def scripts(folder: Path | None = None) -> ScriptDirectory:
    """The migrations that ship with the program (or those of a folder)."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(folder or resources.migrations("desktop")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def newest(folder: Path) -> str | None:
    """The newest revision, read from the first lines of the scripts: every start asks for it, and Alembic takes long to
    import. None where they are not one plain line of revisions: then Alembic is asked."""
    found: set[str] = set()
    before: set[str] = set()
    for script in (folder / "versions").glob("*.py"):
        for name, value in _REVISION.findall(script.read_text(encoding="utf-8")):
            (found if name == "revision" else before).add(value)
    ends = found - before
    return ends.pop() if len(ends) == 1 else None


def create(path: Path, key: bytes, folder: Path | None = None) -> None:
    """Makes an empty store at the newest revision; the file appears whole or not at all."""
    if path.exists():
        raise BugError("store_exists")
    fresh = path.with_suffix(".new")
    for name in (fresh, *(Path(f"{fresh}{end}") for end in ("-wal", "-shm"))):
        name.unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
    with known_errors(path):
        connection = connect(fresh, key)
        try:
            _run(connection, scripts(folder), None)
        finally:
            connection.close()
    backup.fsync(fresh)
    os.replace(fresh, path)
    backup.fsync(path.parent)


def revision(path: Path, key: bytes) -> str:
    """The revision of a store. Raises store_damaged when the file cannot be read or says none."""
    with known_errors(path):
        connection = connect(path, key)
        try:
            connection.execute("PRAGMA query_only = ON")
            found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        except driver.OperationalError as error:
            if "no such table" in str(error):
                raise damaged(path, "no_revision") from error
            raise
        finally:
            connection.close()
    if len(found) != 1:
        raise damaged(path, "no_revision")
    return str(found[0][0])


def upgrade(path: Path, key: bytes, folder: Path | None = None) -> str | None:
    """Brings the store up to date. Returns the name of the copy that was made first, or None when nothing was to be done.

    Raises store_newer (nothing touched), disk_full, migration_failed (nothing changed; facts name the copy), store_damaged.
    """
    current = revision(path, key)
    if current == newest(folder or resources.migrations("desktop")):
        return None
    from alembic.util.exc import CommandError

    directory = scripts(folder)
    head = directory.get_current_head()
    if current == head:
        return None
    try:
        directory.get_revision(current)
    except CommandError:
        raise KnownError("store_newer", revision=current) from None
    copy = backup.make(path, key, reason=f"before-{head}")
    with known_errors(path):
        connection = connect(path, key)
        try:
            durable(connection)
            _run(connection, directory, current)
        except Exception as error:
            if isinstance(error, driver.Error) and getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
                raise
            raise KnownError("migration_failed", backup=copy.name, cause=type(error).__name__) from error
        finally:
            with suppress(driver.Error):
                connection.close()
    return copy.name


def _run(connection: Any, directory: ScriptDirectory, current: str | None) -> None:
    """One transaction: every step, then the checks; or nothing of it."""
    connection.execute("PRAGMA foreign_keys = OFF")  # before BEGIN: batch mode on a parent table would empty its children
    counts = _counts(connection)
    engine = create_engine("sqlite://", module=driver, creator=lambda: connection, poolclass=StaticPool)
    event.listen(engine, "begin", lambda begun: begun.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.connect() as bound, bound.begin():
        _steps(bound, directory)
        lost = [name for name, count in counts.items() if _counts(connection).get(name, 0) < count]
        if lost and not _dropped_on_purpose(directory, current, lost):
            raise BugError("rows_lost", tables=lost)
        if connection.execute("PRAGMA foreign_key_check").fetchall():
            raise BugError("foreign_keys")


def _steps(bound: Connection, directory: ScriptDirectory) -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext

    def steps(revision: Any, context: Any) -> Any:
        return directory._upgrade_revs("head", revision)  # the call that alembic's own `upgrade` makes

    # Alembic's own commands read a configuration file and print: only its environment is used here.
    environment = EnvironmentContext(Config(), directory, fn=steps)
    with environment:
        environment.configure(connection=bound, transactional_ddl=True, transaction_per_migration=False, fn=steps)
        environment.run_migrations()


def _counts(connection: Any) -> dict[str, int]:
    tables = [
        row[0]
        for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table' AND sql NOT LIKE 'CREATE VIRTUAL%'")
        if not row[0].startswith(("sqlite_", "person_words", "person_pieces", "alembic_version"))
    ]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}


def _dropped_on_purpose(directory: ScriptDirectory, current: str | None, lost: list[str]) -> bool:
    """A step that means to leave rows behind says which tables, in its variable `may_lose`."""
    allowed: set[str] = set()
    for step in directory.iterate_revisions("head", current):
        allowed |= set(getattr(step.module, "may_lose", ()))
    return set(lost) <= allowed
