"""What attachments hold: bytes in the encrypted store, in pieces, under the SHA-256 of the whole. Never a file beside it.

One content is kept once, however many records name it. Its first piece is written last, in the transaction of its record or when
the rest of it has come: without it the others are not a content, only what a large one has brought so far. So neither a document
of 100 MB nor one that comes over a poor line needs more memory than a piece. Whoever may read the record may read it: these
functions ask nobody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection

from cmpp_desktop.errors import KnownError
from cmpp_desktop.store.tables import CONTENT

PIECE = 1 << 20  # bytes


def add(connection: Connection, data: bytes) -> str:
    """Keeps a whole content and gives its SHA-256 in hex. One that is there already is not written again."""
    digest = hashlib.sha256(data).hexdigest()
    if not holds(connection, digest):
        for number, start in enumerate(range(0, max(len(data), 1), PIECE)):
            add_piece(connection, digest, number, data[start : start + PIECE])
    return digest


def add_piece(connection: Connection, digest: str, number: int, body: bytes) -> None:
    """Keeps one piece; the one that is there already stays. Piece 0 makes the content whole: it comes last."""
    row = {"hash": bytes.fromhex(digest), "n": number, "body": body}
    connection.execute(insert(CONTENT).values(**row).on_conflict_do_nothing())


def holds(connection: Connection, digest: str) -> bool:
    """Whether a content is on this laptop, whole."""
    query = select(func.count()).select_from(CONTENT).where(CONTENT.c.hash == bytes.fromhex(digest), CONTENT.c.n == 0)
    return bool(connection.execute(query).scalar())


def numbers(connection: Connection, digest: str) -> frozenset[int]:
    """Which pieces are here."""
    return frozenset(connection.execute(select(CONTENT.c.n).where(CONTENT.c.hash == bytes.fromhex(digest))).scalars())


def piece(connection: Connection, digest: str, number: int) -> bytes | None:
    """One piece, unchecked; None where it is not here."""
    query = select(CONTENT.c.body).where(CONTENT.c.hash == bytes.fromhex(digest), CONTENT.c.n == number)
    found: bytes | None = connection.execute(query).scalar()
    return found


def read(connection: Connection, digest: str) -> bytes | None:
    """The whole content, checked against its hash; None where it is not on this laptop. Raises store_damaged."""
    if not holds(connection, digest):
        return None
    query = select(CONTENT.c.body).where(CONTENT.c.hash == bytes.fromhex(digest)).order_by(CONTENT.c.n)
    data = b"".join(connection.execute(query).scalars())
    if hashlib.sha256(data).hexdigest() != digest:
        raise KnownError("store_damaged", part="content")
    return data


def forget(connection: Connection, digest: str) -> None:
    """Takes a content out, whole or not: no record names it any more."""
    connection.execute(delete(CONTENT).where(CONTENT.c.hash == bytes.fromhex(digest)))


def unnamed(connection: Connection) -> Iterator[str]:
    """The hashes of contents that no record names: what a crash, or an erasure, left."""
    rows = connection.exec_driver_sql(
        "SELECT DISTINCT lower(hex(hash)) FROM content WHERE NOT EXISTS "
        "(SELECT 1 FROM r_attachment a WHERE a.content_hash = lower(hex(content.hash)))"
    )
    yield from rows.scalars()
