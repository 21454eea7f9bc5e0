"""What attachments hold: bytes in the encrypted store, in pieces, under the SHA-256 of the whole. Never a file beside it.

One content is kept once, however many records name it. It is written in the transaction of its record; whoever may read the
record may read it: these functions ask nobody. Contents are not sent to other laptops yet: there the record says on whose it is.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import delete, func, select
from sqlalchemy.engine import Connection

from cmpp_desktop.errors import KnownError
from cmpp_desktop.store.tables import CONTENT

PIECE = 1 << 20  # bytes


def add(connection: Connection, data: bytes) -> str:
    """Keeps a content and gives its SHA-256 in hex. One that is there already is not written again."""
    digest = hashlib.sha256(data)
    if not holds(connection, digest.hexdigest()):
        pieces = [data[start : start + PIECE] for start in range(0, len(data), PIECE)] or [b""]
        rows = [{"hash": digest.digest(), "n": number, "body": piece} for number, piece in enumerate(pieces)]
        connection.execute(CONTENT.insert(), rows)
    return digest.hexdigest()


def holds(connection: Connection, digest: str) -> bool:
    """Whether a content is on this laptop."""
    query = select(func.count()).select_from(CONTENT).where(CONTENT.c.hash == bytes.fromhex(digest), CONTENT.c.n == 0)
    return bool(connection.execute(query).scalar())


def read(connection: Connection, digest: str) -> bytes | None:
    """The whole content, checked against its hash; None where it is not on this laptop. Raises store_damaged."""
    query = select(CONTENT.c.body).where(CONTENT.c.hash == bytes.fromhex(digest)).order_by(CONTENT.c.n)
    pieces = connection.execute(query).scalars().all()
    if not pieces:
        return None
    data = b"".join(pieces)
    if hashlib.sha256(data).hexdigest() != digest:
        raise KnownError("store_damaged", part="content")
    return data


def forget(connection: Connection, digest: str) -> None:
    """Takes a content out: no record names it any more."""
    connection.execute(delete(CONTENT).where(CONTENT.c.hash == bytes.fromhex(digest)))
