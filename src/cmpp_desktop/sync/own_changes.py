"""What sync itself writes in this laptop's name: its records and its place in the outbox, in the caller's transaction."""

from __future__ import annotations

from uuid import UUID

from cmpp_desktop.changes import ChangeSet
from cmpp_desktop.sync import erased, merge
from cmpp_desktop.sync.replica import Replica
from cmpp_protocol.roster import RosterState


def write(store: Replica, state: RosterState, change_set: ChangeSet, now_ms: int) -> tuple[frozenset[UUID], frozenset[str]]:
    """One change set of this laptop's own, made under this state of the roster; the ids and kinds of what it changed."""
    place, own = UUID(bytes=change_set.collection), change_set.stamp.device
    change_set = erased.without(state, change_set)
    before = store.states(place, {one.id for one in change_set.writes})
    after = dict(before)
    last = {device: chain.last_hlc for device, chain in store.chains(place).items()}
    seen: merge.Seen = lambda stamp: stamp.device == own or stamp.hlc <= last.get(stamp.device, -1)  # noqa: E731  # one line
    merge.apply_change_set(after, change_set, seen, now_ms)
    changed = {id: item for id, item in after.items() if before.get(id) != item}
    touched = store.save_states(place, {id: before[id] for id in changed if id in before}, changed)
    store.put_own(change_set)
    return frozenset(touched), frozenset(one.kind for one in change_set.writes)
