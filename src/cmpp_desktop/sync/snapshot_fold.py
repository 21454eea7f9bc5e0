"""A collection made again in memory from a snapshot and the bundles behind it, as everybody would make it (rule 47).

It is the replica that an inbox writes into: the same judging and merging as for everything that arrives, with nobody as oneself.
What came into being and was never changed stays as it travelled, so that a large collection has room. None of it is ever on disk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from typing import Any, cast
from uuid import UUID

from cmpp_desktop.changes import ChangeSet, Columns, Created, RecordState, in_records
from cmpp_desktop.sync import erased, merge, snapshot_parts
from cmpp_desktop.sync.inbox import Inbox
from cmpp_desktop.sync.keys import Keys
from cmpp_desktop.sync.replica import ChainRow, EnvelopeState, Replica, SetAside, StoredEnvelope
from cmpp_desktop.sync.snapshot_parts import What
from cmpp_desktop.sync.taken import Item
from cmpp_protocol import envelope
from cmpp_protocol.roster import RosterState

NOBODY = b""


class Fold:
    """Of one collection, under one state of the roster."""

    def __init__(self, state: RosterState, held: Keys, place: UUID) -> None:
        self.records: dict[UUID, What] = {}
        self.now: dict[bytes, ChainRow] = {}
        self.left_out: dict[tuple[bytes, int, bytes], str] = {}  # device, number, hash of what is held -> why
        self.seq, self.log_hash = 0, envelope.log_start(state.org_id, place)
        self._state, self._keys, self._place = state, held, place
        self._waits: dict[tuple[bytes, int, bytes], StoredEnvelope] = {}
        self._secrets: dict[str, bytes | None] = {}
        self._failed, self._why = False, ""

    # Doing ------------------------------------------------------------------------------------------------------------

    def begin(self, part: snapshot_parts.Read) -> None:
        """Takes a part of the snapshot in that it goes on from; the first one brings the chain."""
        for records in (part.created, part.states):
            self.records.update(erased.records_without(self._state, records))
        self.now.update(part.chain)

    def stands_at(self, seq: int, log_hash: bytes) -> None:
        """The snapshot has been taken in: its place in the log."""
        self.seq, self.log_hash = seq, log_hash

    def take(self, items: Sequence[Item]) -> None:
        """Takes bundles in, in the order of the log, or without a place in it."""
        inbox = Inbox(cast(Replica, self), self._state, self._keys, NOBODY, 0)
        taken = inbox.take(self._place, items)
        self._failed |= bool(taken.damaged or taken.astray or taken.unread or taken.needs_update)

    def write(self, change_set: ChangeSet) -> None:
        """Applies what this laptop wrote and nobody has yet: it had seen all that it names."""
        ids = {one.id for one in change_set.writes}
        states = self.states(self._place, ids)
        last = {device: chain.last_hlc for device, chain in self.now.items()}
        own = change_set.stamp.device
        seen: merge.Seen = lambda stamp: stamp.device == own or stamp.hlc <= last.get(stamp.device, -1)  # noqa: E731  # one line
        merge.apply_change_set(states, change_set, seen)
        self.records.update(states)

    @property
    def whole(self) -> bool:
        """Whether everything that was taken in has come to its end: nothing waits, nothing was damaged."""
        return not self._failed and not self._waits

    def packed(self) -> Iterator[bytes]:
        """The packed parts. Raises KnownError too_big."""
        return snapshot_parts.pack(((id, self.records[id]) for id in sorted(self.records)), self.now)

    # What the inbox asks of it ------------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Nothing here outlives a failure."""
        yield

    def secret(self, name: str) -> bytes | None:
        return self._secrets.get(name)

    def put_secret(self, name: str, value: bytes | None) -> None:
        self._secrets[name] = value

    def chains(self, collection: UUID) -> Mapping[bytes, ChainRow]:
        return self.now

    def put_chain(self, collection: UUID, device: bytes, chain: ChainRow) -> None:
        self.now[device] = chain

    def cursor(self, collection: UUID) -> tuple[int, bytes] | None:
        return self.seq, self.log_hash

    def put_cursor(self, collection: UUID, seq: int, log_hash: bytes) -> None:
        self.seq, self.log_hash = seq, log_hash

    def states(self, collection: UUID, ids: Iterable[UUID]) -> dict[UUID, RecordState]:
        found = {id: self.records[id] for id in ids if id in self.records}
        return {id: what.state() if isinstance(what, Created) else what for id, what in found.items()}

    def save_states(self, collection: UUID, before: Any, after: Mapping[UUID, RecordState]) -> frozenset[UUID]:
        self.records.update(after)
        return frozenset()

    def known_ids(self, collection: UUID, ids: Collection[bytes]) -> Set[bytes]:
        return {id for id in ids if UUID(bytes=id) in self.records}

    def save_created(self, collection: UUID, created: Sequence[Columns]) -> frozenset[UUID]:
        self.records.update(in_records(created))
        return frozenset()

    def put_envelope(self, one: StoredEnvelope) -> None:
        key = (one.device, one.number, one.hash)
        if one.state == "held":
            self.left_out[key] = self._why
        if one.state == "waits":
            self._waits[key] = one
        else:
            self._waits.pop(key, None)

    def envelope(self, collection: UUID, device: bytes, number: int, hash: bytes) -> StoredEnvelope | None:
        return self._waits.get((device, number, hash))

    def envelopes(
        self, collection: UUID, *, state: EnvelopeState | None = None, logged: bool | None = None, mine: bool | None = None
    ) -> Sequence[StoredEnvelope]:
        return [self._waits[key] for key in sorted(self._waits)]

    def shelf(self, collection: UUID, device: bytes | None = None) -> Sequence[Any]:
        return ()

    def set_aside(self, item: SetAside) -> None:
        """What does not count leaves nothing in a snapshot, but why it does not is said of what is held."""
        self._why = item.reason

    def release(self, collection: UUID, device: bytes, number: int, hash: bytes) -> None:
        """Nothing is kept aside."""


