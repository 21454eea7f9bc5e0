"""A server's SQLite file with the newest tables and nothing in them: migrated once a process, and copied for each story."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from cmpp_server.database import Database

SQLITE = "sqlite:///"


def lay(url: str) -> str:
    """Puts the file where an SQLite database is to be, unless there is one; no other database is touched. Returns the URL."""
    if url.startswith(SQLITE) and not (path := Path(url.removeprefix(SQLITE))).exists():
        path.write_bytes(_migrated())
    return url


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "server.db"
        database = Database(f"{SQLITE}{path}")
        database.migrate()
        database.close()
        return path.read_bytes()
