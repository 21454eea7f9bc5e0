"""A server's database with the newest tables: an SQLite file is copied from one that was migrated once a process."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from cmpp_server.database import Database

SQLITE = "sqlite:///"


def lay(url: str) -> str:
    """Puts an SQLite file where there is none, its tables empty; migrates another kind of database. Returns the URL."""
    if not url.startswith(SQLITE):
        _migrate(url)
    elif not (path := Path(url.removeprefix(SQLITE))).exists():
        path.write_bytes(_migrated())
    return url


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "server.db"
        _migrate(f"{SQLITE}{path}")
        return path.read_bytes()


def _migrate(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.close()
