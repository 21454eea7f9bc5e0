"""The audit log of every laptop, into the drop that administrators open: sent in batches as it grows, checked when it comes.

A batch is one message `audit_batch` with one value, a canonical map:

    v         1
    first     number of its first entry, from 1 on
    previous  hash of the entry before (zeros before the first)
    rows      in order: the body of an entry; or, of one about a restricted record, [hash, at, member, action]: what it says of
              that record stays on the laptop, and the chain can be followed all the same
    end       number of the laptop's last entry when the batch was made

A laptop remembers the number and hash up to which it sent. Where its log no longer has that entry, it sends all of its log once
more, so that whoever receives it can name the first entry that differs. Receivers keep
what they heard first, beside what differs.

Promise: nothing here holds up records; a batch that cannot be read says so under the name of its laptop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from cmpp_desktop.changes import SYNC, Bus, Changed, collection_id
from cmpp_desktop.store import audit
from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.drops import Drops
from cmpp_desktop.sync.post import AtStore
from cmpp_desktop.sync.replica import AUDIT_READ, AUDIT_SENT, OnShelf, Replica
from cmpp_protocol import canon

DROP, BATCH = "audit", "audit_batch"
ROWS_AT_ONCE, BYTES_AT_ONCE, BATCHES_AT_ONCE = 500, 128 * 1024, 8


class HeardRow(NamedTuple):
    """An entry of another laptop's log. `closed`: of a restricted record, so that nothing of that is known here."""

    number: int
    at_ms: int
    member: bytes | None
    action: str
    kind: str
    subject: bytes | None
    closed: bool
    hash: bytes


class Trouble(NamedTuple):
    """What is wrong with a laptop's log. `code`: gap | changed | cut | unreadable; `number`: of the first entry concerned."""

    number: int
    code: str


class AuditBook(Replica, Protocol):
    """What the store keeps of audit logs: its own, and those that came."""

    def audit_last(self) -> int:
        """The number of the last own entry; 0: none."""
        ...

    def audit_hash(self, number: int) -> bytes | None:
        """The hash of an own entry."""
        ...

    def audit_after(self, number: int, most: int) -> Sequence[audit.Own]:
        """Own entries behind a number, in order."""
        ...

    def audit_unread(self, place: UUID, after_seq: int) -> Sequence[OnShelf]:
        """Bundles of the drop that count and were not read yet, in the log's order; those without a place last."""
        ...

    def audit_chain(self, device: bytes) -> tuple[int, bytes]:
        """How far the log of a laptop was heard: number and hash of the last entry."""
        ...

    def audit_has(self, hash: bytes) -> bool:
        """Whether an entry with this hash was heard."""
        ...

    def audit_keep(self, device: bytes, heard_ms: int, followed: Followed) -> None:
        """Keeps what a batch brought."""
        ...

    def audit_is_read(self, bundle: bytes) -> None:
        """A bundle was read."""
        ...

    def audit_forget(self) -> None:
        """Forgets everything that came."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """As it travelled, checked for its form."""

    first: int
    previous: bytes
    rows: tuple[Any, ...]
    end: int


@dataclass(frozen=True, slots=True)
class Followed:
    """What a batch brought: rows that are new, how far the log goes now, what is wrong with it."""

    rows: tuple[HeardRow, ...]
    number: int
    hash: bytes
    troubles: tuple[Trouble, ...]


class AuditTalk:
    """The audit log's part of an exchange; nothing where there is no `book`. `at_store` runs a job at the store."""

    def __init__(self, at_store: AtStore, books: Books, book: AuditBook | None, drops: Drops, bus: Bus | None) -> None:
        self._job, self._books, self._book, self._drops, self._bus = at_store, books, book, drops, bus

    def send(self) -> None:
        """What the audit log of this laptop grew by is put into the outbox."""
        book = self._book
        if book is not None:
            self._job(lambda: send_grown(self._books, book, self._drops))

    def read(self) -> None:
        """What came of other laptops' audit logs is checked and kept."""
        book = self._book
        if book is not None and self._job(lambda: take_in(self._books, book, self._drops)) and self._bus is not None:
            self._bus.publish(Changed(frozenset({BATCH}), frozenset(), SYNC))


# Sending --------------------------------------------------------------------------------------------------------------


def send_grown(books: Books, store: AuditBook, drops: Drops) -> None:
    """Puts what the own log grew by into the outbox; some of it, when it is much: the rest goes at the next exchange."""
    if books.state is None or not drops.can_write(DROP):
        return
    for _ in range(BATCHES_AT_ONCE):
        kept = store.secret(AUDIT_SENT)
        number, hashed = canon.unpack(kept) if kept else (0, audit.FIRST)
        last = store.audit_last()
        linked = number == 0 or store.audit_hash(number) == hashed
        if linked and last == number:
            return
        if not linked:
            number, hashed = 0, audit.FIRST  # it is not the log that was sent: whoever reads it shall see where
        rows = _within(store.audit_after(number, ROWS_AT_ONCE))
        value = {"v": 1, "first": number + 1, "previous": hashed, "rows": [_row(one) for one in rows], "end": last}
        sent = [rows[-1].number, rows[-1].hash] if rows else [0, audit.FIRST]
        with store.transaction():
            drops.put(DROP, BATCH, {"batch": value})
            store.put_secret(AUDIT_SENT, canon.pack(sent))


def _within(rows: Sequence[audit.Own]) -> list[audit.Own]:
    found: list[audit.Own] = []
    size = 0
    for one in rows:
        size += len(one.body)
        if found and size > BYTES_AT_ONCE:
            break
        found.append(one)
    return found


def _row(one: audit.Own) -> canon.Value:
    return [one.hash, one.at_ms, one.member, one.action] if one.closed else one.body


# Receiving ------------------------------------------------------------------------------------------------------------


def take_in(books: Books, store: AuditBook, drops: Drops) -> bool:
    """Reads what came into the drop since; whether anything did. After a change of fences all of it is read anew: what counted
    may not any more."""
    kept = store.secret(AUDIT_READ)
    if books.state is None or not drops.can_read(DROP):
        if kept:  # no administrator's laptop any more: it keeps no list of what others did
            with store.transaction():
                store.audit_forget()
                store.put_secret(AUDIT_READ, None)
        return False
    place = collection_id(DROP)
    seq, fences = canon.unpack(kept) if kept else (0, len(books.state.fences))
    if fences != len(books.state.fences):
        with store.transaction():
            store.audit_forget()
        seq, fences = 0, len(books.state.fences)
    rows = store.audit_unread(place, seq)
    for row in rows:
        with store.transaction():
            for _, message in drops.messages(DROP, [row]):
                if message.kind == BATCH:
                    followed = follow(message.values.get("batch"), *store.audit_chain(message.device), store.audit_has)
                    store.audit_keep(message.device, message.ms, followed)
            store.audit_is_read(row.hash)
    mark = canon.pack([(store.cursor(place) or (0, b""))[0], fences])
    if mark != kept:
        with store.transaction():
            store.put_secret(AUDIT_READ, mark)
    return bool(rows)


def follow(value: Any, number: int, hashed: bytes, has: Callable[[bytes], bool]) -> Followed:
    """Goes on with a laptop's log, whose last entry heard has this number and hash (0 and zeros: none)."""
    batch = _read(value)
    if batch is None:
        return Followed((), number, hashed, (Trouble(number + 1, "unreadable"),))
    at, link = batch.first - 1, batch.previous
    troubles: list[Trouble] = []
    if at > number:
        troubles.append(Trouble(number + 1, "gap"))
    elif link != (hashed if at == number else audit.FIRST if at == 0 else link):
        troubles.append(Trouble(at, "changed"))
    new: list[HeardRow] = []
    for one in _heard(batch):
        at, link = one.number, one.hash
        if has(link):
            continue
        if at <= number and not troubles:
            troubles.append(Trouble(at, "changed"))  # another entry had this number when it was first heard
        new.append(one)
    if batch.end < number and at == batch.end and not troubles:
        troubles.append(Trouble(batch.end + 1, "cut"))
    if at >= number or at == batch.end:
        number, hashed = at, link  # from here on it is this log that is followed
    return Followed(tuple(new), number, hashed, tuple(troubles))


def _heard(batch: Batch) -> Iterator[HeardRow]:
    number, link = batch.first - 1, batch.previous
    for row in batch.rows:
        number += 1
        if isinstance(row, list):
            link, at_ms, member, action = row
            yield HeardRow(number, at_ms, member, action, "", None, True, link)
            continue
        link = audit.chain_hash(link, row)
        said = canon.unpack(row)
        yield HeardRow(number, said["at"], said["member"], said["action"], said["kind"], said["id"], False, link)


def _read(value: Any) -> Batch | None:
    """A batch whose form is right; None for any other."""
    try:
        batch = Batch(value["first"], value["previous"], tuple(value["rows"]), value["end"])
        numbers = isinstance(batch.first, int) and isinstance(batch.end, int) and 0 < batch.first < 1 << 48
        if value["v"] != 1 or not numbers or not _is_hash(batch.previous):
            return None
        for number, row in enumerate(batch.rows, batch.first):
            if not (_is_closed(row) if isinstance(row, list) else _is_open(canon.unpack(row), number)):
                return None
    except (KeyError, TypeError, ValueError, canon.NotCanonical):
        return None
    return batch


def _is_open(said: Any, number: int) -> bool:
    words = all(isinstance(said[name], str) and len(said[name]) <= 100 for name in ("action", "kind"))
    return words and said["n"] == number and _is_time(said["at"]) and _is_id(said["member"]) and _is_id(said["id"])


def _is_closed(row: list[Any]) -> bool:
    hashed, at_ms, member, action = row
    return _is_hash(hashed) and _is_time(at_ms) and _is_id(member) and isinstance(action, str) and len(action) <= 100


def _is_hash(value: Any) -> bool:
    return isinstance(value, bytes) and len(value) == 32


def _is_time(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value < 1 << 48


def _is_id(value: Any) -> bool:
    return value is None or (isinstance(value, bytes) and len(value) == 16)
