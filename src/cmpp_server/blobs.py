"""Contents of documents, as sealed chunks: put, taken, asked about and let go, beside the exchange and never in its way.

A request is signed like an exchange, by an active device of the roster: reading takes read access to the collection, putting and
letting go take write access. A chunk is on the disk before its row says so; a row whose chunk is not there, or is not what was
put, is dropped, and whoever holds the document sends the chunk again. Sizes count towards the quota, of
which documents may fill nine tenths. Nothing here can be read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select, update

from cmpp_protocol import api, blobs, rights, roster
from cmpp_protocol.blobs import BlobKept, BlobName, ChunkName
from cmpp_server import arrivals, auth, tables
from cmpp_server import roster as rosters
from cmpp_server.chunks import Chunks, Place
from cmpp_server.database import Database, upsert
from cmpp_server.problems import Refused
from cmpp_server.quota import used_bytes
from cmpp_server.settings import Settings

DAY = 24 * 3600 * 1000


class Blobs:
    """The contents of one database. `chunks` None: this server keeps none. `now` gives milliseconds since the epoch."""

    def __init__(self, database: Database, chunks: Chunks | None, settings: Settings, now: Callable[[], int]) -> None:
        self._database, self._chunks, self._settings, self._now = database, chunks, settings, now
        self._rosters = rosters.Rosters()
        self._pace = arrivals.Pace(settings.chunks_per_minute, max(settings.chunks_per_minute, 1))

    def put(self, header: str, path: str, body: bytes) -> auth.Caller:
        """Keep a chunk. Raises Refused: malformed, not_allowed, blob_differs, over_quota and those of `auth`; Busy."""
        chunk, chunks = _chunk(path), self._kept()
        caller, state = self._caller(header, blobs.chunk_path(chunk), body)
        if not rights.may_write(state, caller.device, chunk.collection):
            raise Refused("not_allowed")
        whole = chunk.n < chunk.chunks - 1
        if not blobs.TAG < len(body) <= blobs.SEALED_LIMIT or (whole and len(body) != blobs.SEALED_LIMIT):
            raise Refused("malformed", "length")
        hashed = hashlib.sha256(body).digest()
        with self._database.read() as conn:
            if not _known(conn, caller.org, chunk, hashed):
                _within_quota(conn, caller.org, len(body))
        place = Place(caller.org, chunk.collection, chunk.id, chunk.n, hashed)
        try:
            chunks.put(place, body)
        except OSError as error:
            raise Refused("busy", "disk") from error
        self._database.write(lambda conn: _keep(conn, caller.org, chunk, hashed, len(body)))
        return caller

    def get(self, header: str, path: str) -> tuple[auth.Caller, bytes]:
        """A chunk. Raises Refused: malformed, not_found and those of `auth`; Busy."""
        chunk, chunks = _chunk(path), self._kept()
        caller, state = self._caller(header, blobs.chunk_path(chunk), b"")
        if not rights.may_read(state, caller.device, chunk.collection):
            raise Refused("not_found")
        with self._database.read() as conn:
            hashed = _hash_of(conn, caller.org, chunk)
        if hashed is None:
            raise Refused("not_found")
        data = chunks.get(Place(caller.org, chunk.collection, chunk.id, chunk.n, hashed))
        if data is None:  # it is gone from the disk, or rotted there: whoever holds the document sends it again
            self._database.write(lambda conn: _drop(conn, caller.org, chunk, hashed))
            raise Refused("not_found", "damaged")
        return caller, data

    def ask(self, header: str, body: bytes) -> tuple[auth.Caller, blobs.BlobAnswer]:
        """Let go what no document names any more, and say what is kept. Raises Refused: malformed, update, too_big, not_allowed
        and those of `auth`; Busy."""
        chunks = self._kept()
        caller, state = self._caller(header, blobs.PATH, body)
        try:
            request = blobs.decode_request(body)
        except api.ApiError as error:
            raise Refused(error.code, str(error)) from error
        if any(not rights.may_write(state, caller.device, one.collection) for one in request.gone):
            raise Refused("not_allowed")
        for place in self._database.write(lambda conn: _let_go(conn, caller.org, request.gone)) if request.gone else ():
            chunks.remove(place)
        with self._database.read() as conn:
            kept = tuple(
                _asked(conn, caller.org, one)
                if rights.may_read(state, caller.device, one.collection)
                else BlobKept(*one, 0, ())
                for one in request.asks
            )
        return caller, blobs.BlobAnswer(self._now(), kept)

    def _kept(self) -> Chunks:
        if self._chunks is None:
            raise Refused("blobs_off")
        return self._chunks

    def _caller(self, header: str, path: str, body: bytes) -> tuple[auth.Caller, roster.RosterState]:
        try:
            authorisation = api.decode_authorisation(header)
        except api.ApiError as error:
            raise Refused(error.code, str(error)) from error
        with self._database.read() as conn:
            state = self._rosters.current(conn, authorisation.org)
        if state is None:
            raise Refused("device_unknown")
        caller = auth.check_member(authorisation, state, path, body, self._settings.server_names, self._now())
        self._database.note(lambda conn: arrivals.count_chunk(conn, caller, self._now(), self._pace))
        return caller, state


def _chunk(path: str) -> ChunkName:
    try:
        return blobs.read_chunk_path(path)
    except api.ApiError as error:
        raise Refused(error.code, str(error)) from error


def _within_quota(conn: Connection, org: bytes, size: int) -> None:
    """Documents leave a tenth of the quota to records: a scan never keeps a record out."""
    quota = conn.execute(select(tables.org.c.quota_bytes).where(tables.org.c.org_id == org)).scalar()
    if quota and used_bytes(conn, org) + size > quota - quota // 10:
        raise Refused("over_quota")


# Rows -----------------------------------------------------------------------------------------------------------------


def _of(table: Table, org: bytes, place: UUID, blob: bytes) -> tuple[ColumnElement[bool], ...]:
    return (table.c.org_id == org, table.c.collection_id == place.bytes, table.c.blob_id == blob)


def _hash_of(conn: Connection, org: bytes, chunk: ChunkName) -> bytes | None:
    """The hash of a chunk that is kept, if the blob has as many chunks as the caller says."""
    counts = select(tables.blob.c.chunks).where(*_of(tables.blob, org, chunk.collection, chunk.id))
    if conn.execute(counts).scalar() != chunk.chunks:
        return None
    table = tables.blob_chunk
    query = select(table.c.hash).where(*_of(table, org, chunk.collection, chunk.id), table.c.n == chunk.n)
    found: bytes | None = conn.execute(query).scalar()
    return found


def _known(conn: Connection, org: bytes, chunk: ChunkName, hashed: bytes) -> bool:
    """Whether the chunk is kept already. Raises Refused("blob_differs") when another is, or another number of chunks."""
    counts = select(tables.blob.c.chunks).where(*_of(tables.blob, org, chunk.collection, chunk.id))
    count = conn.execute(counts).scalar()
    if count is not None and count != chunk.chunks:
        raise Refused("blob_differs", "count")
    kept = _hash_of(conn, org, chunk)
    if kept is not None and kept != hashed:
        raise Refused("blob_differs", "chunk")
    return kept is not None


def _keep(conn: Connection, org: bytes, chunk: ChunkName, hashed: bytes, size: int) -> None:
    """The row of a chunk that is on the disk, counted, under the lock of its collection for a moment."""
    _count(conn, org, chunk.collection, 0)  # the lock, taken first by everybody
    if _known(conn, org, chunk, hashed):
        return
    key = {"org_id": org, "collection_id": chunk.collection.bytes, "blob_id": chunk.id}
    conn.execute(upsert(conn, tables.blob).values(**key, chunks=chunk.chunks).on_conflict_do_nothing())
    conn.execute(insert(tables.blob_chunk).values(**key, n=chunk.n, hash=hashed, size=size))
    _count(conn, org, chunk.collection, size)


def _drop(conn: Connection, org: bytes, chunk: ChunkName, hashed: bytes) -> None:
    _count(conn, org, chunk.collection, 0)
    table = tables.blob_chunk
    here = (*_of(table, org, chunk.collection, chunk.id), table.c.n == chunk.n, table.c.hash == hashed)
    size = conn.execute(select(table.c.size).where(*here)).scalar()
    if size is not None:
        conn.execute(delete(table).where(*here))
        _count(conn, org, chunk.collection, -size)


def _let_go(conn: Connection, org: bytes, names: Sequence[BlobName]) -> list[Place]:
    """The rows of these blobs go; the places of their chunks."""
    found: list[Place] = []
    for place in sorted({one.collection for one in names}):
        _count(conn, org, place, 0)
        for one in (name for name in names if name.collection == place):
            table = tables.blob_chunk
            rows = conn.execute(select(table.c.n, table.c.hash, table.c.size).where(*_of(table, org, *one))).all()
            found += [Place(org, place, one.id, row.n, row.hash) for row in rows]
            for each in (tables.blob_chunk, tables.blob):
                conn.execute(delete(each).where(*_of(each, org, *one)))
            _count(conn, org, place, -sum(row.size for row in rows))
    return found


def _asked(conn: Connection, org: bytes, name: BlobName) -> BlobKept:
    counts = select(tables.blob.c.chunks).where(*_of(tables.blob, org, *name))
    count = conn.execute(counts).scalar()
    table = tables.blob_chunk
    numbers = conn.execute(select(table.c.n).where(*_of(table, org, *name)).order_by(table.c.n)).scalars()
    return BlobKept(*name, count or 0, tuple(numbers) if count else ())


def _count(conn: Connection, org: bytes, place: UUID, size: int) -> None:
    """Count bytes towards a collection, whose lock is held from here on to the end of the transaction."""
    table = tables.collection
    where = (table.c.org_id == org, table.c.collection_id == place.bytes)
    if not conn.execute(update(table).where(*where).values(used_bytes=table.c.used_bytes + size)).rowcount:
        raise Refused("not_allowed", "collection")


# What an administrator's commands need ------------------------------------------------------------------------------------


def check(database: Database, chunks: Chunks, org: bytes) -> list[str]:
    """Look at every chunk of an organisation. One that is not there, or is not what was put, loses its row, so that whoever
    holds the document sends it again. What was found, as an administrator reads it."""
    wrong: dict[UUID, int] = {}
    for place, size in places(database, org):
        data = chunks.get(place)
        if data is not None and len(data) == size:
            continue
        chunk = ChunkName(place.collection, place.blob, place.n, 0)
        database.write(lambda conn, chunk=chunk, hashed=place.hash: _drop(conn, org, chunk, hashed))  # type: ignore[misc]  # bound now
        wrong[place.collection] = wrong.get(place.collection, 0) + 1
    return [
        f"collection {place.hex}: {number} chunks of documents are lost or damaged; asked for from the laptops"
        for place, number in sorted(wrong.items())
    ]


def places(database: Database, org: bytes | None = None) -> list[tuple[Place, int]]:
    """Every chunk that should be there, with its size; of one organisation or of all."""
    table = tables.blob_chunk
    query = select(table.c.org_id, table.c.collection_id, table.c.blob_id, table.c.n, table.c.hash, table.c.size)
    if org is not None:
        query = query.where(table.c.org_id == org)
    with database.read() as conn:
        rows = conn.execute(query.order_by(table.c.org_id, table.c.collection_id, table.c.blob_id, table.c.n)).all()
    return [(Place(row[0], UUID(bytes=row[1]), row[2], row[3], row[4]), row[5]) for row in rows]


def sweep(database: Database, chunks: Chunks, now: int) -> int:
    """Take away files that no row names, a day after they were written; how many."""
    named = {(one.org, one.collection.bytes, one.blob, one.n, one.hash[:16]) for one, _ in places(database)}
    return chunks.sweep(named, DAY, now)


def counted(conn: Connection, org: bytes, place: UUID) -> int:
    """Bytes of chunks in a collection."""
    table = tables.blob_chunk
    query = select(func.coalesce(func.sum(table.c.size), 0))
    return int(conn.execute(query.where(table.c.org_id == org, table.c.collection_id == place.bytes)).scalar_one())
