"""Where sealed chunks of documents lie: a folder of files, behind a small interface that another store can fill as well.

    <folder>/<organisation>/<collection>/<first two digits of the blob id>/<blob id>/<number>-<hash>

A chunk is named by what it holds, so two that are put at the same time for one place never overwrite each other; which of
them counts stands in the database. It is on the disk before its row is written, and goes after its row is gone: a crash in
between leaves a file that nothing names, which `check` takes away.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol
from uuid import UUID

_SHORT = 32  # digits of a hash in a file's name
_NAME = re.compile(r"(0|[1-9]\d{0,2})-([0-9a-f]{32})")
_PART = ".part"


class Place(NamedTuple):
    """One chunk, by what it holds. `hash` is SHA-256 of the sealed bytes."""

    org: bytes
    collection: UUID
    blob: bytes
    n: int
    hash: bytes


class Loose(NamedTuple):
    """A file as it lies there. `place` holds the beginning of the hash only; None for one that is no chunk. `age` in ms."""

    path: Path
    place: tuple[bytes, bytes, bytes, int, bytes] | None
    age: int


class Chunks(Protocol):
    """What the server needs of a store for chunks. All methods are safe to repeat."""

    def put(self, place: Place, data: bytes) -> None:
        """Durable on return. Raises OSError."""
        ...

    def get(self, place: Place) -> bytes | None:
        """The bytes, if they are there and are those; None otherwise. Raises OSError when the store cannot be asked."""
        ...

    def remove(self, place: Place) -> None: ...

    def remove_organisation(self, org: bytes) -> None: ...

    def sweep(self, named: set[tuple[bytes, bytes, bytes, int, bytes]], older_than: int, now: int) -> int:
        """Takes away what nothing names (`named`: org, collection, blob, number, first 16 bytes of the hash) and is older than
        so many ms; returns how many. What is younger may be a chunk whose row is being written."""
        ...


class FolderChunks:
    """`Chunks` in a folder of this machine, or on a disk that all processes share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, place: Place, data: bytes) -> None:
        path = self._path(place)
        if self.get(place) is not None:
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}{_PART}")
        try:
            with unfinished.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        _settle(path.parent)

    def get(self, place: Place) -> bytes | None:
        try:
            data = self._path(place).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return data if hashlib.sha256(data).digest() == place.hash else None

    def remove(self, place: Place) -> None:
        path = self._path(place)
        path.unlink(missing_ok=True)
        try:
            path.parent.rmdir()  # with the last of its chunks
        except OSError:
            return

    def remove_organisation(self, org: bytes) -> None:
        shutil.rmtree(self._folder / org.hex(), ignore_errors=True)

    def sweep(self, named: set[tuple[bytes, bytes, bytes, int, bytes]], older_than: int, now: int) -> int:
        gone = 0
        for one in self._files(now):
            if one.age > older_than and (one.place is None or one.place not in named):
                one.path.unlink(missing_ok=True)
                gone += 1
        return gone

    def _files(self, now: int) -> Iterator[Loose]:
        for path in sorted(self._folder.glob("*/*/*/*/*")):
            try:
                age = now - path.stat().st_mtime_ns // 1_000_000
            except FileNotFoundError:
                continue
            named = _NAME.fullmatch(path.name)
            org, collection, _, blob = (part for part in path.parts[-5:-1])
            try:
                ids = bytes.fromhex(org), bytes.fromhex(collection), bytes.fromhex(blob)
            except ValueError:
                continue  # no folder of ours
            yield Loose(path, (*ids, int(named[1]), bytes.fromhex(named[2])) if named else None, age)

    def _path(self, place: Place) -> Path:
        blob = place.blob.hex()
        name = f"{place.n}-{place.hash.hex()[:_SHORT]}"
        return self._folder / place.org.hex() / place.collection.hex / blob[:2] / blob / name


def _settle(folder: Path) -> None:
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
