"""What changed: the bus that screens listen to, and the change sets that travel between laptops.

A local edit and one that arrived end in the same `Changed`, so that a screen has one way to refresh. `ChangeSet` is the
unit of sync (rules 1, 4, 14, 40): all writes that one committed unit of work made in one collection, under one stamp.
`RecordState` is what merging keeps of one record (rules 4-6, 15-17): the store writes and reads it, `sync.merge` alone
decides what is in it. Values are canonical msgpack (cmpp_protocol.canon), so equal values are equal bytes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import groupby, repeat
from operator import attrgetter
from typing import Literal, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from cmpp_desktop.errors import BugError
from cmpp_protocol import canon, ids, labels
from cmpp_protocol.stamps import Stamp

T = TypeVar("T")

HERE = "here"
SYNC = "sync"

LIFE = "life"  # the field that every record has (rule 15)

LifeName = Literal["live", "deleted", "moved", "signed", "unknown"]
Covers: TypeAlias = tuple[tuple[str, tuple[Stamp, ...]], ...]  # (field, stamps) sorted by field, stamps ascending

# The kind of a Signed record (rules 20, 21). It has exactly the fields life (live), content and signature, and its id is
# `signed_id(content)`. `content` is a canonical map with at least: "device" (32 bytes, who signed), "signer" (the member's
# 16 bytes), "roster" (number), "subject" (16 bytes), "kind", "fields" {name: [value bytes, [[hlc, device], …]]}. Both
# are stored as canonical bytes strings; `signature` is Ed25519 by that device over SIGNED_SIGNATURE and `signed_hash(content)`.
SIGNED = "signed"
SIGNED_FIELDS = frozenset({LIFE, "content", "signature"})

LIVE = canon.pack(["live"])  # the bytes of life=live; the others: ["deleted", reason], ["moved", to, transfer], ["signed", id]


@dataclass(frozen=True, slots=True)
class Changed:
    """Something was committed. `kinds`: record kinds; `ids`: records touched (and the participants that they concern);
    `origin`: HERE, SYNC, or a token of the screen that caused it, which ignores its own echo."""

    kinds: frozenset[str]
    ids: frozenset[UUID]
    origin: str = HERE


class Bus:
    """Publishes `Changed` to subscribers. They run on the publishing thread: they hand over and return."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Changed], None]] = []

    def subscribe(self, listener: Callable[[Changed], None]) -> Callable[[], None]:
        """Adds a listener; the returned function removes it again (calling it twice is harmless)."""
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    def publish(self, changed: Changed) -> None:
        """Tells every listener, in the order in which they subscribed."""
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(changed)


@dataclass(frozen=True, slots=True)
class Head:
    """One current value of a field: who wrote it when, and its canonical bytes."""

    stamp: Stamp
    value: bytes


class Write(NamedTuple):
    """One field of one record. `replaces` names exactly the heads that the author held for it (none at creation).

    A write to `life` whose value is not live carries `covers`: for each field, the stamps of the heads held (rule 16).
    """

    kind: str
    id: UUID
    field: str
    value: bytes
    replaces: tuple[Stamp, ...] = ()
    covers: tuple[tuple[str, tuple[Stamp, ...]], ...] = ()


class Told(NamedTuple):
    """What a change set says of one record; names ascend. `replaces`: of each field, or nothing; `covers`: of `life`."""

    kind: str
    id: bytes
    names: tuple[str, ...]
    values: tuple[bytes, ...]
    replaces: tuple[tuple[Stamp, ...], ...] = ()
    covers: Covers = ()

    def writes(self) -> tuple[Write, ...]:
        """The same field by field."""
        id, replaces = UUID(bytes=self.id), self.replaces or repeat(())
        return tuple(
            Write(self.kind, id, name, value, named, self.covers if name == LIFE else ())
            for name, value, named in zip(self.names, self.values, replaces, strict=False)
        )


class ChangeSet:
    """All writes of one unit of work in one collection (its 16-byte id), under one stamp. Never split, never folded.

    It is made of writes, or of what it tells of each record; either is worked out from the other when it is asked for."""

    __slots__ = ("_told", "_writes", "collection", "stamp")

    def __init__(
        self,
        collection: bytes,
        stamp: Stamp,
        writes: tuple[Write, ...] = (),
        *,
        told: tuple[Told, ...] | None = None,
    ) -> None:
        self.collection, self.stamp, self._told = collection, stamp, told
        self._writes = writes if told is None else None

    @property
    def writes(self) -> tuple[Write, ...]:
        """Field by field."""
        if self._writes is None:
            self._writes = tuple(write for record in self._told or () for write in record.writes())
        return self._writes

    @property
    def told(self) -> tuple[Told, ...]:
        """Record by record, each once. Raises BugError for what is no change set: a field twice, two kinds of one record, covers
        without `life`."""
        if self._told is None:
            self._told = _by_record(self._writes or ())
        return self._told

    def with_writes(self, writes: Iterable[Write]) -> ChangeSet:
        """Under the same stamp, other writes."""
        return ChangeSet(self.collection, self.stamp, tuple(writes))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ChangeSet):
            return NotImplemented
        return (self.collection, self.stamp, self.writes) == (other.collection, other.stamp, other.writes)

    def __hash__(self) -> int:
        return hash((self.collection, self.stamp))

    def __repr__(self) -> str:
        return f"ChangeSet({self.collection!r}, {self.stamp!r}, {self.writes!r})"


def _by_record(writes: Iterable[Write]) -> tuple[Told, ...]:
    records: dict[UUID, list[Write]] = {}
    for id, some in groupby(writes, attrgetter("id")):  # those of a record mostly stand together
        records.setdefault(id, []).extend(some)
    return tuple(_told_of(id, sorted(some, key=attrgetter("field"))) for id, some in records.items())


def _told_of(id: UUID, writes: Sequence[Write]) -> Told:
    kinds, _, names, values, replaces, covers = zip(*writes, strict=True)
    if len(set(names)) != len(names) or len(set(kinds)) != 1:
        raise BugError("change_set_shape")
    if not any(covers):
        return Told(kinds[0], id.bytes, names, values, replaces if any(replaces) else ())
    if any(body for name, body in zip(names, covers, strict=True) if name != LIFE):
        raise BugError("covers_without_life")
    return Told(kinds[0], id.bytes, names, values, replaces if any(replaces) else (), covers[names.index(LIFE)])


@dataclass(frozen=True, slots=True)
class RecordState:
    """Everything that merging knows of one record; its key is (collection, id).

    `heads`: by field, in ascending order of stamps, so the last one is shown (rule 7). `waiting`: stamps that somebody
    replaced and that have not come yet (rule 5); the change that brings one is dropped. `covers`: by the stamp of each
    `life` head that is not live, what its author held (rule 16). `since`: for each (field, stamp) that is in `waiting`,
    or in a cover and not seen yet, the local time in ms at which the wait began; local, not part of equality or digests.
    """

    kind: str
    heads: Mapping[str, tuple[Head, ...]] = field(default_factory=dict)
    waiting: Mapping[str, frozenset[Stamp]] = field(default_factory=dict)
    covers: Mapping[Stamp, Covers] = field(default_factory=dict)
    since: Mapping[tuple[str, Stamp], int] = field(default_factory=dict, compare=False)

    def shown(self, name: str) -> bytes | None:
        """The canonical bytes of the value to show: that of the head with the highest stamp; None when there is none."""
        heads = self.heads.get(name)
        return heads[-1].value if heads else None

    def stamps(self, name: str) -> tuple[Stamp, ...]:
        """The stamps of the heads of a field: what the next write to it names in `replaces`."""
        return tuple(head.stamp for head in self.heads.get(name, ()))


class Created(NamedTuple):
    """A record that came into being in one change set, as it travelled: each field one value, all under one stamp, nothing
    replaced, `life` live if it is among the names. What merging makes of it is `state`, where nothing is held of the record."""

    kind: str
    names: tuple[str, ...]
    values: tuple[bytes, ...]
    stamp: Stamp

    def state(self) -> RecordState:
        """The merge state."""
        return RecordState(
            self.kind, {name: (Head(self.stamp, value),) for name, value in zip(self.names, self.values, strict=True)}
        )

    def writes(self, id: UUID) -> tuple[Write, ...]:
        """The writes that it stands for."""
        return tuple(Write(self.kind, id, name, value) for name, value in zip(self.names, self.values, strict=True))


class Columns(NamedTuple):
    """Records of one kind that came into being with the same fields, as `Created`, column by column. `ids`: 16 bytes each;
    `values`: for each field, those of all records; `stamps`: of each record."""

    kind: str
    names: tuple[str, ...]
    ids: Sequence[bytes]
    values: Sequence[Sequence[bytes]]
    stamps: Sequence[Stamp]

    def created(self, row: int) -> Created:
        """One of them."""
        return Created(self.kind, self.names, tuple(column[row] for column in self.values), self.stamps[row])

    def records(self) -> dict[UUID, Created]:
        """All of them."""
        rows = zip(*self.values, strict=True)
        return {
            UUID(bytes=id): Created(self.kind, self.names, values, stamp)
            for id, values, stamp in zip(self.ids, rows, self.stamps, strict=True)
        }

    def between(self, first: int, end: int) -> Columns:
        """Those of these rows."""
        if first == 0 and end >= len(self.ids):
            return self
        ids, stamps = self.ids[first:end], self.stamps[first:end]
        return self._replace(ids=ids, values=[column[first:end] for column in self.values], stamps=stamps)

    def without(self, gone: Set[int]) -> Columns:
        """Those whose rows are not among these."""
        if not gone:
            return self
        kept = [row for row in range(len(self.ids)) if row not in gone]

        def of(column: Sequence[T]) -> list[T]:
            return [column[row] for row in kept]

        return self._replace(ids=of(self.ids), values=[of(column) for column in self.values], stamps=of(self.stamps))


def columns_of(created: Mapping[UUID, Created]) -> list[Columns]:
    """The same records in columns."""
    alike: dict[tuple[str, tuple[str, ...]], list[tuple[UUID, Created]]] = {}
    for item in created.items():
        alike.setdefault(item[1][:2], []).append(item)
    return [
        Columns(
            kind,
            names,
            [id.bytes for id, _ in items],
            list(zip(*(made.values for _, made in items), strict=True)),
            [made.stamp for _, made in items],
        )
        for (kind, names), items in alike.items()
    ]


def in_records(columns: Iterable[Columns]) -> dict[UUID, Created]:
    """The records of several columns."""
    return {id: made for one in columns for id, made in one.records().items()}


def life_value(name: LifeName, *details: str | bytes) -> bytes:
    """The canonical bytes of a value of `life`: ("deleted", reason), ("moved", to, transfer), ("signed", id), ("live",)."""
    return canon.pack([name, *details])


def life_name(value: bytes) -> LifeName:
    """Which life a value of the field says; "unknown" for one that a newer version made (it is treated as not live)."""
    if value == LIVE:
        return "live"
    try:
        parts = canon.unpack(value)
    except canon.NotCanonical:
        return "unknown"
    name = parts[0] if isinstance(parts, list) and parts else None
    if name == "deleted":
        return "deleted"
    if name == "moved":
        return "moved"
    return "signed" if name == "signed" else "unknown"


_MARK = b"\xc1"  # no value begins with it: msgpack has no such type


def mark_of(value: bytes) -> bytes:
    """What is kept of a value that went to another collection with its record: 33 bytes that only equal values share."""
    return value if is_mark(value) else _MARK + labels.digest(labels.MOVED_VALUE, value)


def is_mark(value: bytes) -> bool:
    """Whether this is a mark, of which nobody can read the value."""
    return value[:1] == _MARK


def signed_hash(content: bytes) -> bytes:
    """The 32-byte content hash of a Signed record; `content` is the canonical map itself, not yet packed as a value."""
    return labels.digest(labels.SIGNED_ID, content)


def signed_id(content: bytes) -> UUID:
    """The id of the Signed record of this content: a UUIDv8 of its hash, so that the same content is one record."""
    return ids.derived_id(SIGNED, UUID(int=0), signed_hash(content).hex())


def collection_id(kind: str, team_id: UUID | None = None) -> UUID:
    """The id of the one `organisation` collection, or of a team's `caseload` or `restricted` one: derived, so that the team
    that a collection belongs to can be told from its id, and a team is never given two."""
    return ids.derived_id("collection", team_id or UUID(int=0), kind)
