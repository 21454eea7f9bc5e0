"""Stores for the stories, copied from one that was migrated once: the migrations take longer than most stories."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from cmpp_desktop.store import FILE, Store, migrate


def new_store(folder: Path, key: bytes) -> Store:
    """What `Store.create` makes: the newest tables with nothing in them, in a folder without a store."""
    with (folder / FILE).open("xb") as file:
        file.write(_migrated(key))
    return Store(folder, key)


@cache
def _migrated(key: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        migrate.create(path, key)
        return path.read_bytes()
