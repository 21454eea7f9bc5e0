"""A copy of everything that the server keeps, as files: made while it serves, restored into PostgreSQL or SQLite alike.

    manifest.json    what was copied: format, revision of the schema, and of each file its rows, its bytes and its SHA-256
    chunks.rows      the sealed chunks of documents, as rows of organisation, collection, blob, number, bytes
    <table>.rows     length (4 bytes) | canonical msgpack, again and again: the names of the columns, then one row after another

All of it is read from one unchanging snapshot; chunks after it, without those that went meanwhile. The manifest is written last
and seals itself: without it, or with one byte changed anywhere, nothing is restored. A dump holds sealed bundles and chunks and
opaque ids, as the server does; it is for the server's user alone all the same.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import Connection, MetaData, Table, func, insert, inspect, select

from cmpp_protocol import canon
from cmpp_server import blobs, tables
from cmpp_server.chunks import Chunks, Place
from cmpp_server.database import Database, newest_revision, revisions

FORMAT = 1
MANIFEST, CHUNKS = "manifest.json", "chunks.rows"
ROW_LIMIT = 64 * 1024 * 1024  # no row is near this: a length beyond it is not one of ours
_ROWS_AT_ONCE, _BYTES_AT_ONCE = 500, 8 * 1024 * 1024


class DumpError(ValueError):
    """A dump that cannot be made or restored. The message is for the administrator."""


@dataclass(frozen=True, slots=True)
class Dump:
    """What a manifest says: revision of the schema, when it was made, and the rows of each table."""

    revision: str
    made_at: str
    rows: dict[str, int]
    size: int
    chunks: int = 0


def write(database: Database, folder: Path, now: int, chunks: Chunks | None = None) -> Dump:
    """Copy the database, and what lies in `chunks`, into a folder that is new or empty. `now` in milliseconds. Raises DumpError,
    OSError, Busy."""
    if folder.exists() and any(folder.iterdir()):
        raise DumpError(f"{folder} is not empty")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = {}
    with database.read() as conn:
        for table in tables.metadata.sorted_tables:
            files[table.name] = _write_table(conn, table, folder / f"{table.name}.rows")
    made_at = datetime.fromtimestamp(now / 1000, UTC).isoformat(timespec="seconds")
    said = {"format": FORMAT, "made_at": made_at, "revision": newest_revision(), "tables": files}
    if chunks is not None:
        said["chunks"] = _write_chunks(database, chunks, folder / CHUNKS)
    unfinished = folder / f"{MANIFEST}.part"
    with unfinished.open("wb") as file:
        file.write(json.dumps({**said, "sha256": _seal(said)}, indent=1).encode())
        _settle(file)
    unfinished.rename(folder / MANIFEST)
    _settle_folder(folder)
    return verify(folder)


def verify(folder: Path) -> Dump:
    """Read a dump to its end and compare it with its manifest. Raises DumpError."""
    said = _manifest(folder)
    for name, expected in said["tables"].items():
        found = _measured(folder / f"{name}.rows")
        if found != expected:
            raise DumpError(f"{name}.rows is damaged or cut off: it is not the file that was written")
    beside = said.get("chunks")
    if beside is not None and _measured(folder / CHUNKS) != beside:
        raise DumpError(f"{CHUNKS} is damaged or cut off: it is not the file that was written")
    rows = {name: int(one["rows"]) for name, one in said["tables"].items()}
    size = sum(int(one["bytes"]) for one in (*said["tables"].values(), *([beside] if beside else [])))
    return Dump(said["revision"], said["made_at"], rows, size, int(beside["rows"]) if beside else 0)


def restore(database: Database, folder: Path, chunks: Chunks | None = None) -> Dump:
    """Fill an empty database from a dump, all or nothing, and bring it to this program's revision. The contents of documents go
    to `chunks` first: without their rows they are nothing. Raises DumpError, OSError, Busy."""
    dump = verify(folder)
    if dump.chunks and chunks is None:
        raise DumpError("the dump holds contents of documents: give a folder for them (documents = …)")
    if dump.revision not in revisions():
        raise DumpError(f"the dump was made by a newer version (revision {dump.revision}); update this program first")
    found = database.revision()
    if found is not None and found != dump.revision:
        raise DumpError(f"the database has tables of revision {found}, the dump of {dump.revision}: give a new, empty database")
    database.migrate(dump.revision)
    with database.read() as conn:
        _must_be_empty(conn)
    if dump.chunks and chunks is not None:
        _load_chunks(chunks, folder / CHUNKS)

    def load(conn: Connection) -> None:
        _must_be_empty(conn)
        for name, expected in dump.rows.items():
            _load(conn, name, folder / f"{name}.rows", expected)

    database.write(load)
    database.migrate()
    return dump


# Writing --------------------------------------------------------------------------------------------------------------


def _write_table(conn: Connection, table: Table, path: Path) -> dict[str, Any]:
    names = [column.name for column in table.columns]
    streaming = conn.execution_options(stream_results=True, yield_per=16)
    with path.open("xb") as file:
        _write_row(file, names)
        for row in streaming.execute(select(table).order_by(*table.primary_key.columns)):
            _write_row(file, list(row))
        _settle(file)
    return _measured(path)


def _write_chunks(database: Database, chunks: Chunks, path: Path) -> dict[str, Any]:
    with path.open("xb") as file:
        _write_row(file, ["org_id", "collection_id", "blob_id", "n", "body"])
        for place, _ in blobs.places(database):
            body = chunks.get(place)
            if body is not None:  # one that went meanwhile, or is damaged: `check` after a restore says so
                _write_row(file, [place.org, place.collection.bytes, place.blob, place.n, body])
        _settle(file)
    return _measured(path)


def _load_chunks(chunks: Chunks, path: Path) -> None:
    records = _rows(path)
    next(records)  # the names
    for data in records:
        org, collection, blob, n, body = canon.unpack(data)
        chunks.put(Place(org, UUID(bytes=collection), blob, n, hashlib.sha256(body).digest()), body)


def _write_row(file: BinaryIO, values: list[Any]) -> None:
    data = canon.pack(values)
    file.write(len(data).to_bytes(4, "big") + data)


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _settle_folder(folder: Path) -> None:
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


# Reading --------------------------------------------------------------------------------------------------------------


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        said = json.loads((folder / MANIFEST).read_bytes())
        seal = said.pop("sha256")
        version = int(said["format"])
    except FileNotFoundError as error:
        raise DumpError(f"{folder} holds no finished dump: there is no {MANIFEST}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DumpError(f"{MANIFEST} cannot be read") from error
    if version > FORMAT:
        raise DumpError(f"the dump was made by a newer version (format {version}); update this program first")
    if seal != _seal(said):
        raise DumpError(f"{MANIFEST} is damaged: it is not the file that was written")
    return dict(said)


def _seal(said: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _measured(path: Path) -> dict[str, Any]:
    """Rows, bytes and SHA-256 of a file of rows. Raises DumpError."""
    digest, size, rows = hashlib.sha256(), 0, -1  # the names of the columns are no row
    for data in _rows(path):
        digest.update(len(data).to_bytes(4, "big"))
        digest.update(data)
        size, rows = size + 4 + len(data), rows + 1
    return {"rows": rows, "bytes": size, "sha256": digest.hexdigest()}


def _rows(path: Path) -> Iterator[bytes]:
    """The records of a file, one after another, never more of it in memory than one."""
    try:
        with path.open("rb") as file:
            while prefix := file.read(4):
                length = int.from_bytes(prefix, "big")
                data = file.read(length) if len(prefix) == 4 and length <= ROW_LIMIT else b""
                if not data or len(data) != length:
                    raise DumpError(f"{path.name} is damaged or cut off: it is not the file that was written")
                yield data
    except OSError as error:
        raise DumpError(f"{path.name} cannot be read: {error.strerror}") from error


def _must_be_empty(conn: Connection) -> None:
    for name in inspect(conn).get_table_names():
        if name != "alembic_version" and conn.execute(select(func.count()).select_from(_reflected(conn, name))).scalar_one():
            raise DumpError(f"the database is not empty (table {name}): a dump is restored into a new one")


def _load(conn: Connection, name: str, path: Path, expected: int) -> None:
    table, waiting, size, count = _reflected(conn, name), [], 0, 0
    records = _rows(path)
    names = canon.unpack(next(records))
    for data in records:
        waiting.append(dict(zip(names, canon.unpack(data), strict=True)))
        size, count = size + len(data), count + 1
        if len(waiting) >= _ROWS_AT_ONCE or size >= _BYTES_AT_ONCE:
            conn.execute(insert(table), waiting)
            waiting, size = [], 0
    if waiting:
        conn.execute(insert(table), waiting)
    if count != expected:
        raise DumpError(f"{path.name} changed while it was read")


def _reflected(conn: Connection, name: str) -> Table:
    """The table as it is in the database, which may be of an earlier revision than `tables`."""
    return Table(name, MetaData(), autoload_with=conn)
