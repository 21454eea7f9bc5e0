"""What is still to be done about contents of documents whose records are no longer here.

Of a record that went to another collection before its content was sent this may be the only laptop that has it: it is kept, and
sent to the place where the record was, from which whoever moved it takes it along. One that cannot travel stays, sealed. Of a
record that was erased the server has to be told that its content may go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.engine import Connection

from cmpp_desktop.store.names import Names
from cmpp_desktop.store.settings import read_value, write_value
from cmpp_desktop.store.tables import SETTING
from cmpp_protocol import canon

_OWED, _ERASED = "documents_owed", "documents_erased"  # settings
_KEPT = 1  # of blob_state: the server has all of it


class Owed(NamedTuple):
    """As a `Document`: `collection` is where the record was, `key` b"" for one that does not travel."""

    id: UUID
    collection: UUID
    key: bytes
    size: int
    hash: str


def all_of(connection: Connection) -> list[Owed]:
    """What this laptop owes."""
    return _read(connection, _OWED)


def erased(connection: Connection) -> list[Owed]:
    """Contents of erased documents that the server may still have."""
    return _read(connection, _ERASED)


def note(connection: Connection, names: Names, coll: int, ids: Sequence[bytes]) -> None:
    """To be called before the rows go: those whose whole content is here, and that the server is not known to have. Where the
    record is held in its new place, too, its content is sent from there."""
    new: list[Owed] = []
    marks = ",".join("?" * len(ids))
    held = ",".join(str(number) for number in names.held()) or "-1"
    sql = (
        f"SELECT a.id, a.blob_key, a.size, a.content_hash FROM r_attachment a WHERE a.coll = ? AND a.id IN ({marks}) AND "
        "EXISTS (SELECT 1 FROM content c WHERE c.hash = unhex(a.content_hash) AND c.n = 0) AND NOT EXISTS "
        f"(SELECT 1 FROM blob_state s WHERE s.coll = a.coll AND s.id = a.id AND s.state = {_KEPT}) AND NOT EXISTS "
        f"(SELECT 1 FROM r_attachment b WHERE b.id = a.id AND b.coll <> a.coll AND b.coll IN ({held}))"
    )
    place = UUID(bytes=names.places[coll].id)
    for id, key, size, digest in connection.exec_driver_sql(sql, (coll, *ids)).all():
        try:
            new.append(Owed(UUID(bytes=id), place, bytes.fromhex(key), size, digest))
        except ValueError:
            new.append(Owed(UUID(bytes=id), place, b"", size, digest))
    if new:
        _write(connection, _OWED, [*all_of(connection), *new])


def note_erased(connection: Connection, coll: int, ids: Sequence[bytes]) -> None:
    """To be called before rows are erased: of those with a key that no other document in the same place has."""
    marks = ",".join("?" * len(ids))
    sql = (
        "SELECT a.id, a.blob_key, a.size, a.content_hash, c.collection_id FROM r_attachment a JOIN collection c "
        "ON c.idx = a.coll "
        f"WHERE a.coll = ? AND a.id IN ({marks}) AND a.blob_key <> '' AND NOT EXISTS (SELECT 1 FROM r_attachment b "
        f"WHERE b.coll = a.coll AND b.content_hash = a.content_hash AND b.blob_key = a.blob_key AND b.id NOT IN ({marks}))"
    )
    new: list[Owed] = []
    for id, key, size, digest, place in connection.exec_driver_sql(sql, (coll, *ids, *ids)).all():
        try:
            new.append(Owed(UUID(bytes=id), UUID(bytes=place), bytes.fromhex(key), size, bytes.fromhex(digest).hex()))
        except ValueError:
            continue  # of no form that was ever sent
    if new:
        _write(connection, _ERASED, [*erased(connection), *new])


def told(connection: Connection, ids: frozenset[tuple[UUID, UUID]]) -> None:
    """The server knows of these, by id and collection."""
    _without(connection, _ERASED, ids)


def paid(connection: Connection, ids: frozenset[tuple[UUID, UUID]]) -> None:
    """The server has these, by id and collection."""
    _without(connection, _OWED, ids)


def _without(connection: Connection, name: str, ids: frozenset[tuple[UUID, UUID]]) -> None:
    before = _read(connection, name)
    left = [one for one in before if (one.id, one.collection) not in ids]
    if len(left) < len(before):
        _write(connection, name, left)


def _read(connection: Connection, name: str) -> list[Owed]:
    found = read_value(connection, SETTING, name)
    rows = canon.unpack(found) if found else []
    return [Owed(UUID(bytes=id), UUID(bytes=place), key, size, digest) for id, place, key, size, digest in rows]


def _write(connection: Connection, name: str, rows: Sequence[Owed]) -> None:
    value = [[one.id.bytes, one.collection.bytes, one.key, one.size, one.hash] for one in rows]
    write_value(connection, SETTING, name, canon.pack(value) if value else None)
