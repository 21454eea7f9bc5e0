"""A collection judged anew: its bundles, and the records that those made which stand otherwise than before (rule 33).

Promise: afterwards everything here is as on a laptop that received the same bundles under the roster of now, and then wrote what
waits in the outbox. All of it happens in the caller's transaction. Records that no changed bundle touches are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from cmpp_desktop.changes import ChangeSet, RecordState
from cmpp_desktop.sync import confirmed, merge
from cmpp_desktop.sync.counted import opened
from cmpp_desktop.sync.inbox import Inbox
from cmpp_desktop.sync.keys import Keys
from cmpp_desktop.sync.replica import NO_CHAIN, OnShelf, Replica, StoredEnvelope
from cmpp_desktop.sync.scratch import Scratch
from cmpp_desktop.sync.taken import Item, Taken
from cmpp_protocol.roster import RosterState

AT_ONCE = 64  # bundles whose bytes are in memory together
_STANDS = ("counts", "void")


class Rebuilding:
    """Of one collection, under one state of the roster; `own`: this laptop's device, whose unread bundles are represented by
    the outbox. Used inside a transaction of `store`."""

    def __init__(self, store: Replica, state: RosterState, held: Keys, own: bytes, place: UUID, now_ms: int) -> None:
        self._store, self._state, self._keys, self._own = store, state, held, own
        self._place, self._now = place, now_ms
        self._shelf = [one for one in store.shelf(place) if not (one.mine and one.seq is None)]

    def run(self, also: Iterable[UUID] = ()) -> Taken:
        """Judges all bundles again and makes the records again that this changes, and those that are named in `also`."""
        judged = self._replayed(frozenset())
        changed = [one for one in self._shelf if self._stands_otherwise(one, judged)]
        ids = {id for one in changed for id in self._touched_by(one)} | set(also)
        again = self._replayed(frozenset(ids))
        for change_set in self._store.outbox(self._place):
            self._apply_own(again, change_set, ids)
        taken = self._write_records(again, ids)
        self._write_bundles(again)
        taken.bundles = len(changed)
        return taken

    def _stands_otherwise(self, one: OnShelf, judged: Scratch) -> bool:
        return (one.state in _STANDS) != (judged.standing.get((one.device, one.number, one.hash)) in _STANDS)

    def _replayed(self, wanted: frozenset[UUID]) -> Scratch:
        """All of the shelf taken in once more. Nobody is oneself in it: own bundles are read as others read them."""
        scratch = Scratch(wanted)
        inbox = Inbox(scratch.as_replica(), self._state, self._keys, b"", self._now, library=self._store)
        for at in range(0, len(self._shelf), AT_ONCE):
            rows = [self._row(one) for one in self._shelf[at : at + AT_ONCE]]
            inbox.take(self._place, [Item(row.body) for row in rows if row is not None])
        return scratch

    def _row(self, one: OnShelf) -> StoredEnvelope | None:
        found = self._store.envelope(self._place, one.device, one.number, one.hash)
        return None if found is None else StoredEnvelope(
            self._place, one.device, one.number, one.hash, found.epoch, one.seq, one.mine, found.state, found.last_hlc, found.body
        )  # fmt: skip

    def _touched_by(self, one: OnShelf) -> Iterable[UUID]:
        change_sets = opened(self._store, self._keys, self._place, one)
        return {write.id for change_set in change_sets for write in change_set.writes}

    def _apply_own(self, scratch: Scratch, change_set: ChangeSet, ids: set[UUID]) -> None:
        """What this laptop wrote comes last: it had seen what it names."""
        last = {device: chain.last_hlc for device, chain in scratch.chains_now.items()}
        merge.apply_change_set(
            scratch.kept,
            change_set.with_writes(write for write in change_set.writes if write.id in ids),
            lambda stamp: stamp.device == self._own or stamp.hlc <= last.get(stamp.device, -1),
            self._now,
        )

    def _write_records(self, scratch: Scratch, ids: set[UUID]) -> Taken:
        taken = Taken()
        before = self._store.states(self._place, ids)
        after = {id: _as_long(state, before.get(id)) for id, state in scratch.kept.items() if id in ids}
        changed = {id: state for id, state in after.items() if before.get(id) != state}
        gone = before.keys() - after.keys()
        if changed:
            held = {id: before[id] for id in changed if id in before}
            taken.touched |= self._store.save_states(self._place, held, changed)
        if gone:
            taken.touched |= self._store.forget_states(self._place, sorted(gone))
        taken.kinds |= {state.kind for state in changed.values()} | {before[id].kind for id in gone}
        return taken

    def _write_bundles(self, scratch: Scratch) -> None:
        """How each bundle stands now, what is set aside of it, and how far each chain has come; but for what this laptop sealed,
        whose chain goes on from what it has sealed."""
        for one in self._shelf:
            key = (one.device, one.number, one.hash)
            standing = scratch.standing.get(key)
            row = self._row(one) if standing not in (None, one.state) else None
            if row is None or standing is None:
                continue
            self._store.put_envelope(replace(row, state=standing))
            if standing != "held":
                self._store.release(self._place, *key)
            for item in scratch.aside.get(key, ()):
                self._store.set_aside(item)
        known = self._store.chains(self._place)
        for device in known.keys() | scratch.chains_now.keys():
            chain = scratch.chains_now.get(device, NO_CHAIN)
            if device != self._own and known.get(device) != chain:
                self._store.put_chain(self._place, device, chain)


def is_whole(store: Replica, place: UUID) -> bool:
    """Whether every bundle of the chains of a collection is here, so that its records can be made from them."""
    if place in confirmed.behind(store):
        return False
    here: dict[bytes, set[int]] = {}
    for one in store.shelf(place):
        if one.state in _STANDS:
            here.setdefault(one.device, set()).add(one.number)
    return all(len(here.get(device, ())) >= chain.number for device, chain in store.chains(place).items())


def outbox_ids(change_sets: Sequence[ChangeSet]) -> set[UUID]:
    """The records that change sets write."""
    return {write.id for one in change_sets for write in one.writes}


def _as_long(state: RecordState, before: RecordState | None) -> RecordState:
    """The state with the beginnings of waits as they were (rule 8 counts from then)."""
    if before is None or not state.since:
        return state
    return replace(state, since={key: before.since.get(key, since) for key, since in state.since.items()})
