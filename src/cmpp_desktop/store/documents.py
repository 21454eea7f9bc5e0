"""Contents of documents as they travel: which wait to be sent, which the server may let go, and their pieces, one at a time.

What has to be done follows from the records that are here; beside them only stands what the server is known to have, and of which
destroyed documents it has been told. Every call is a short transaction: nothing waits for a large document.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.engine import Connection

from cmpp_desktop.changes import LIFE, life_value
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store import contents, owed, state
from cmpp_desktop.store.database import Database
from cmpp_desktop.store.names import Names

DAY = 24 * 3600 * 1000
KEPT, LET_GO = 1, 2  # of blob_state: the server has all of it; the server was told that it may go
SENT_AT_ONCE, BROUGHT_AT_ONCE = 200, 20  # documents that are asked about together; that are taken along together
_DESTROYED = life_value("deleted", "destroyed")
_AWAY = state.LIVES.index("moved")
_CAME = f"EXISTS (SELECT 1 FROM sync_record m WHERE m.id = a.id AND m.coll <> a.coll AND m.life = {_AWAY})"
_HASH = re.compile("[0-9a-f]{64}")  # what came from elsewhere may be anything
_COLUMNS = "a.id, a.coll, a.blob_key, a.size, a.content_hash"


class Document(NamedTuple):
    """A document and where its record lies. `key` b"": it does not travel. `hash` in hex, `size` in bytes."""

    id: UUID
    collection: UUID
    key: bytes
    size: int
    hash: str


class Documents:
    """Of one open store."""

    def __init__(self, database: Database, names: Names) -> None:
        self._database, self._names = database, names
        self._coming: set[str] = set()  # hashes that are being read from a file: no record names them yet

    # What there is to do --------------------------------------------------------------------------------------------------

    def to_send(self, now_ms: int) -> Sequence[Document]:
        """Documents whose content is here and that the server is not known to have; of the others, those about which it was
        not asked for a day: it may have lost them. Those that were never sent come first, the smallest of them first."""
        sql = (
            f"SELECT {_COLUMNS} FROM r_attachment a LEFT JOIN blob_state s ON s.coll = a.coll AND s.id = a.id "
            "WHERE a.blob_key <> '' AND a.meta_life IN ('live', 'signed') AND (s.state IS NULL OR s.asked_ms < ?) AND "
            "EXISTS (SELECT 1 FROM content c WHERE c.hash = unhex(a.content_hash) AND c.n = 0) "
            "ORDER BY s.state IS NOT NULL, a.size, a.id LIMIT ?"
        )
        with self._database.reading() as connection:
            found = self._documents(connection.exec_driver_sql(sql, (now_ms - DAY, SENT_AT_ONCE)))
            return [*found, *(Document(*one) for one in owed.all_of(connection) if one.key)]

    def to_bring(self) -> Sequence[Document]:
        """Documents that came from another collection without their content, of which the server is not known to have any in the
        new place: whoever holds both takes it along."""
        sql = (
            f"SELECT {_COLUMNS} FROM r_attachment a WHERE a.blob_key <> '' AND a.meta_life IN ('live', 'signed') AND {_CAME} "
            "AND NOT EXISTS (SELECT 1 FROM content c WHERE c.hash = unhex(a.content_hash) AND c.n = 0) AND NOT EXISTS "
            f"(SELECT 1 FROM blob_state s WHERE s.coll = a.coll AND s.id = a.id AND s.state = {KEPT}) ORDER BY a.id LIMIT ?"
        )
        with self._database.reading() as connection:
            return self._documents(connection.exec_driver_sql(sql, (BROUGHT_AT_ONCE,)))

    def without_key(self) -> Sequence[Document]:
        """Documents of an older program whose content is here: they can be let travel."""
        sql = (
            f"SELECT {_COLUMNS} FROM r_attachment a WHERE a.blob_key = '' AND a.meta_life = 'live' AND a.meta_status = 'live' "
            "AND EXISTS (SELECT 1 FROM content c WHERE c.hash = unhex(a.content_hash) AND c.n = 0) ORDER BY a.id LIMIT ?"
        )
        with self._database.reading() as connection:
            return self._documents(connection.exec_driver_sql(sql, (SENT_AT_ONCE,)))

    def forget_destroyed(self) -> Sequence[Document]:
        """Forgets what only destroyed documents hold, here or elsewhere destroyed, and what none names. Gives those of which the
        server has to be told; `let_go` notes that it was."""
        sql = (
            f"SELECT {_COLUMNS} FROM r_attachment a WHERE a.meta_life = 'deleted' AND NOT EXISTS "
            f"(SELECT 1 FROM blob_state s WHERE s.coll = a.coll AND s.id = a.id AND s.state = {LET_GO})"
        )
        with self._database.reading() as connection:  # nearly always there is nothing, and nobody's writing is kept waiting
            loose = set(contents.unnamed(connection)) - self._coming - {one.hash for one in owed.all_of(connection)}
            gone = [one for one in self._documents(connection.exec_driver_sql(sql)) if self._is_destroyed(connection, one)]
            told = [*self._left_behind(connection), *(Document(*one) for one in owed.erased(connection))]
        if loose or gone:
            with self._database.writing() as connection:
                for digest in loose:
                    contents.forget(connection, digest)
                for one in gone:
                    told += self._forget(connection, one)
        return told

    def document(self, id: UUID) -> Document | None:
        """The document of a record that is shown; None where there is none, or it is not of a form that can be fetched."""
        sql = f"SELECT {_COLUMNS} FROM r_attachment a WHERE a.id = ? AND a.meta_shown = 1"
        with self._database.reading() as connection:
            found = self._documents(connection.exec_driver_sql(sql, (id.bytes,)))
        return found[0] if found else None

    def travelling(self) -> Sequence[tuple[Document, bool, bool]]:
        """Every document that can travel, whether its content is here, whole, and whether the server is known to have it."""
        sql = (
            f"SELECT {_COLUMNS}, EXISTS (SELECT 1 FROM content c WHERE c.hash = unhex(a.content_hash) AND c.n = 0), EXISTS "
            f"(SELECT 1 FROM blob_state s WHERE s.coll = a.coll AND s.id = a.id AND s.state = {KEPT}) FROM r_attachment a "
            "WHERE a.blob_key <> '' AND a.meta_life IN ('live', 'signed') ORDER BY a.size, a.id"
        )
        with self._database.reading() as connection:
            rows = connection.exec_driver_sql(sql).all()
        return [(one, bool(row[5]), bool(row[6])) for row in rows for one in self._documents([row[:5]])]

    # What became of it ----------------------------------------------------------------------------------------------------

    def kept(self, documents: Iterable[Document], now_ms: int) -> None:
        """The server has all of these."""
        ours = list(documents)
        with self._database.writing() as connection:
            self._write(connection, ours, KEPT, now_ms)
            owed.paid(connection, frozenset((one.id, one.collection) for one in ours))

    def let_go(self, documents: Iterable[Document]) -> None:
        """The server was told that these may go."""
        gone = list(documents)
        with self._database.writing() as connection:
            self._write(connection, gone, LET_GO, 0)
            owed.told(connection, frozenset((one.id, one.collection) for one in gone))

    # Pieces -----------------------------------------------------------------------------------------------------------------

    def holds(self, digest: str) -> bool:
        with self._database.reading() as connection:
            return contents.holds(connection, digest)

    def here(self, digests: Iterable[str]) -> dict[str, tuple[bool, int]]:
        """Of each content whether it is here, whole, and how many of its pieces are."""
        with self._database.reading() as connection:
            found = {digest: contents.numbers(connection, digest) if _HASH.fullmatch(digest) else () for digest in digests}
        return {digest: (0 in numbers, len(numbers)) for digest, numbers in found.items()}

    def numbers(self, digest: str) -> frozenset[int]:
        with self._database.reading() as connection:
            return contents.numbers(connection, digest)

    def piece(self, digest: str, number: int) -> bytes:
        """Raises KnownError store_damaged where it is not here."""
        with self._database.reading() as connection:
            found = contents.piece(connection, digest, number)
        if found is None:
            raise KnownError("store_damaged", part="content")
        return found

    def put_piece(self, digest: str, number: int, body: bytes) -> None:
        with self._database.writing() as connection:
            contents.add_piece(connection, digest, number, body)

    def forget_content(self, digest: str) -> None:
        """Of what did not come as its record says."""
        with self._database.writing() as connection:
            contents.forget(connection, digest)

    def coming(self, digest: str, yes: bool) -> None:
        """A content is being read from a file, or is no longer."""
        (self._coming.add if yes else self._coming.discard)(digest)

    # Inside -----------------------------------------------------------------------------------------------------------------

    def _documents(self, rows: Iterable[Any]) -> list[Document]:
        """What came from elsewhere may be anything: a key or a hash that is none makes a document that does not travel."""
        found: list[Document] = []
        for id, coll, key, size, digest in rows:
            place = self._names.places.get(coll)
            if place is None or not place.held:
                continue
            try:
                plain, hashed = bytes.fromhex(key), bytes.fromhex(digest)
            except ValueError:
                continue
            if len(hashed) == hashlib.sha256().digest_size and digest == hashed.hex():
                found.append(Document(UUID(bytes=id), UUID(bytes=place.id), plain, size, digest))
        return found

    def _coll(self, one: Document) -> int:
        place = self._names.place(one.collection.bytes)
        return place.idx if place is not None else 0

    def _is_destroyed(self, connection: Connection, one: Document) -> bool:
        held = state.load(connection, self._names, self._coll(one), [one.id]).get(one.id)
        return held is not None and any(head.value == _DESTROYED for head in held.state.heads.get(LIFE, ()))

    def _forget(self, connection: Connection, one: Document) -> list[Document]:
        sql = f"SELECT {_COLUMNS} FROM r_attachment a WHERE a.content_hash = ? AND NOT (a.id = ? AND a.coll = ?)"
        coll = self._coll(one)
        others = self._documents(connection.exec_driver_sql(sql, (one.hash, one.id.bytes, coll)))
        left = [other for other in others if not self._is_destroyed(connection, other)]
        if not left:
            contents.forget(connection, one.hash)
        if one.key and not any((other.collection, other.key) == (one.collection, one.key) for other in left):
            return [one]
        self._write(connection, [one], LET_GO, 0)
        return []

    def _left_behind(self, connection: Connection) -> list[Document]:
        """Where documents were before they moved, once the server has them in their new place."""
        sql = (
            f"SELECT a.id, m.coll, a.blob_key, a.size, a.content_hash FROM r_attachment a JOIN blob_state s ON s.coll = a.coll "
            f"AND s.id = a.id AND s.state = {KEPT} JOIN sync_record m ON m.id = a.id AND m.coll <> a.coll AND m.life = {_AWAY} "
            f"WHERE a.blob_key <> '' AND a.meta_life IN ('live', 'signed') AND NOT EXISTS "
            f"(SELECT 1 FROM blob_state t WHERE t.coll = m.coll AND t.id = a.id AND t.state = {LET_GO})"
        )
        return self._documents(connection.exec_driver_sql(sql))

    def _write(self, connection: Connection, documents: Iterable[Document], what: int, now_ms: int) -> None:
        rows = [(self._coll(one), one.id.bytes, what, now_ms) for one in documents]
        if rows:
            connection.exec_driver_sql("INSERT OR REPLACE INTO blob_state(coll, id, state, asked_ms) VALUES (?, ?, ?, ?)", rows)
