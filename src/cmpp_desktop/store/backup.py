"""A verified, encrypted copy of the store: written whole, opened again and checked before it counts."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from cmpp_desktop.store.database import BACKUPS, connect, damaged, durable, known_errors

KEEP = 3


def make(path: Path, key: bytes, *, reason: str) -> Path:
    """Copies the store into `backups/`, under the same key, checks the copy, and keeps the newest three.

    `reason` becomes part of the name (letters, digits, dashes). Raises disk_full, disk_error or store_damaged; then there
    is no new copy and the old ones are still there.
    """
    folder = path.parent / BACKUPS
    folder.mkdir(mode=0o700, exist_ok=True)
    numbers = [int(copy.name[:6]) for copy in folder.glob("*.db") if copy.name[:6].isdigit()]
    final = folder / f"{max(numbers, default=0) + 1:06}-{reason}.db"
    partial = final.with_suffix(".part")
    with suppress(FileNotFoundError):
        partial.unlink()
    try:
        with known_errors(path):
            _copy(path, partial, key)
            _verify(path, partial, key)
        os.chmod(partial, 0o600)
        fsync(partial)
        os.replace(partial, final)
        fsync(folder)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    for old in sorted(folder.glob("*.db"))[:-KEEP]:
        old.unlink()
    return final


def _copy(path: Path, partial: Path, key: bytes) -> None:
    connection = connect(path, key)
    try:
        durable(connection)
        connection.execute("VACUUM INTO ?", (str(partial),))  # SQLCipher gives the copy the key of the store
    finally:
        connection.close()


def _verify(path: Path, partial: Path, key: bytes) -> None:
    """Opens the copy with the key, reads every page, and compares the number of rows of every table."""
    source, copy = connect(path, key), connect(partial, key)
    try:
        if (
            copy.execute("PRAGMA cipher_integrity_check").fetchall()
            or copy.execute("PRAGMA integrity_check").fetchone()[0] != "ok"
        ):
            raise damaged(path, "copy")
        for (table,) in source.execute(
            "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall():
            count = f'SELECT count(*) FROM "{table}"'
            if source.execute(count).fetchone() != copy.execute(count).fetchone():
                raise damaged(path, "copy")
    finally:
        source.close()
        copy.close()


def fsync(path: Path) -> None:
    """Flushes a file or folder to the disk (a folder cannot be flushed on Windows: replacing is durable there)."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
