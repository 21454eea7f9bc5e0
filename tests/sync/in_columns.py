"""What came into being, for a replica in memory, which keeps a state of each record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from uuid import UUID

from cmpp_desktop.changes import Columns, RecordState, in_records


class InColumns:
    """See the Protocol `Replica`."""

    def states(self, collection: UUID, ids: Iterable[UUID]) -> dict[UUID, RecordState]:
        raise NotImplementedError

    def save_states(
        self, collection: UUID, before: Mapping[UUID, RecordState], after: Mapping[UUID, RecordState]
    ) -> frozenset[UUID]:
        raise NotImplementedError

    def known_ids(self, collection: UUID, ids: Collection[bytes]) -> Set[bytes]:
        return {id.bytes for id in self.states(collection, [UUID(bytes=id) for id in ids])}

    def save_created(self, collection: UUID, created: Sequence[Columns]) -> frozenset[UUID]:
        return self.save_states(collection, {}, {id: made.state() for id, made in in_records(created).items()})
