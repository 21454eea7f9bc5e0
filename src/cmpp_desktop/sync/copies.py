"""Places of a log whose copy did not verify here, remembered until a true one comes (rule 42).

Promises: a place is remembered in the transaction that moved the cursor past it, and forgotten in the one that took a true
copy in; what fits is decided by the log's own hashes and by nothing that somebody says. The bytes themselves are set aside.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from cmpp_desktop.sync.replica import DAMAGED, Replica
from cmpp_protocol import canon, envelope

MOST = 1000  # a log with more of them is not damaged but another one
NOBODY = bytes(32)  # in place of the author, where the bytes do not say who it is


class BadCopy(NamedTuple):
    """A place and the log's hashes before and after it; and under what its bytes were set aside."""

    collection: UUID
    seq: int
    before: bytes
    after: bytes
    device: bytes
    number: int
    hash: bytes

    def fits(self, hashed: bytes) -> bool:
        """Whether the bundle of this hash is the one that the log names here."""
        return envelope.log_next(self.before, hashed) == self.after


def bad_copies(replica: Replica) -> tuple[BadCopy, ...]:
    """All of them, in the order in which they were met."""
    kept = replica.secret(DAMAGED)
    return tuple(BadCopy(UUID(bytes=row[0]), *row[1:]) for row in (canon.unpack(kept) if kept else ()))


def keep(replica: Replica, copies: Iterable[BadCopy]) -> None:
    """Remembers these and no others; inside a transaction."""
    rows = [[one.collection.bytes, *one[1:]] for one in copies]
    replica.put_secret(DAMAGED, canon.pack(rows) if rows else None)


def forget(replica: Replica, collection: UUID, from_seq: int = 0) -> None:
    """The log is read again from there: what is still damaged will be met again; inside a transaction."""
    left = []
    for one in bad_copies(replica):
        if one.collection == collection and one.seq >= from_seq:
            replica.release(one.collection, one.device, one.number, one.hash)
        else:
            left.append(one)
    keep(replica, left)
