"""A replica in memory in which bundles are taken in once more, as a laptop would that has nothing yet.

It keeps the chains, how each bundle stands, what was set aside, and the merge states of the records that are asked for; of all
others nothing, so that a collection of any size can be judged anew. It carries out the part of `Replica` that the inbox uses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from typing import cast
from uuid import UUID

from cmpp_desktop.changes import Columns, RecordState, in_records
from cmpp_desktop.sync.replica import ChainRow, EnvelopeState, Replica, SetAside, StoredEnvelope

Key = tuple[bytes, int, bytes]  # device, number, hash of a bundle


class Scratch:
    """Of one collection. `wanted`: the records whose states are kept."""

    def __init__(self, wanted: frozenset[UUID]) -> None:
        self._wanted = wanted
        self.kept: dict[UUID, RecordState] = {}
        self.chains_now: dict[bytes, ChainRow] = {}
        self.standing: dict[Key, EnvelopeState] = {}
        self.aside: dict[Key, list[SetAside]] = {}
        self._rows: dict[Key, StoredEnvelope] = {}

    def as_replica(self) -> Replica:
        """Itself, for the inbox, which asks for nothing that is not here."""
        return cast(Replica, self)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Nothing here is durable, so nothing has to be kept together."""
        yield

    def secret(self, name: str) -> bytes | None:
        return None

    def chains(self, collection: UUID) -> Mapping[bytes, ChainRow]:
        return self.chains_now

    def put_chain(self, collection: UUID, device: bytes, chain: ChainRow) -> None:
        self.chains_now[device] = chain

    def cursor(self, collection: UUID) -> tuple[int, bytes] | None:
        return None

    def states(self, collection: UUID, ids: Iterable[UUID]) -> dict[UUID, RecordState]:
        return {id: self.kept[id] for id in ids if id in self.kept}

    def save_states(
        self, collection: UUID, before: Mapping[UUID, RecordState], after: Mapping[UUID, RecordState]
    ) -> frozenset[UUID]:
        self.kept |= {id: state for id, state in after.items() if id in self._wanted}
        return frozenset()

    def known_ids(self, collection: UUID, ids: Collection[bytes]) -> Set[bytes]:
        return {id for id in ids if UUID(bytes=id) in self.kept}

    def save_created(self, collection: UUID, created: Sequence[Columns]) -> frozenset[UUID]:
        self.kept |= {id: made.state() for id, made in in_records(created).items() if id in self._wanted}
        return frozenset()

    def put_envelope(self, envelope: StoredEnvelope) -> None:
        key = (envelope.device, envelope.number, envelope.hash)
        self.standing[key] = envelope.state
        if envelope.state == "waits":
            self._rows[key] = envelope
        else:
            self._rows.pop(key, None)

    def envelope(self, collection: UUID, device: bytes, number: int, hash: bytes) -> StoredEnvelope | None:
        return self._rows.get((device, number, hash))

    def envelopes(
        self, collection: UUID, *, state: EnvelopeState | None = None, logged: bool | None = None, mine: bool | None = None
    ) -> Sequence[StoredEnvelope]:
        """Those that wait, which are all that is kept here with its bytes."""
        return [self._rows[key] for key in sorted(self._rows)]

    def set_aside(self, item: SetAside) -> None:
        self.aside.setdefault((item.device, item.number, item.hash), []).append(item)

    def release(self, collection: UUID, device: bytes, number: int, hash: bytes) -> None:
        self.aside.pop((device, number, hash), None)
