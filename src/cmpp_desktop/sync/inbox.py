"""What arrives: judged, verified, opened, merged, and kept in one local transaction with chain, cursor and envelope (41).

A bundle has one of these ends, and never stops the others (rule 42):
    counts   its changes are merged, its chain goes on; a change set that breaks a rule of its own is set aside
    void     it does not open or breaks the format, for everybody: set aside whole, the chain goes on
    waits    for the roster, a key, an update, or what comes before it in its chain: kept, tried again
    held     it is signed but does not count: kept and set aside, the chain does not move
    refused  the bytes are not the author's: set aside, the place is remembered (`copies`), the chain waits for a true copy

The cursor goes past a damaged copy, with the log hash that the log gives there: a true copy has to fit it. A log that lists
sound bundles and does not chain is not damaged but false: nothing of it is taken from there on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from cmpp_desktop.changes import ChangeSet, Created, RecordState, Write, columns_of
from cmpp_desktop.errors import KnownError
from cmpp_desktop.store.bulk import uncollected
from cmpp_desktop.sync import copies, cuts, erased, merge, seal, signed_rule, snapshot_begun
from cmpp_desktop.sync.copies import BadCopy
from cmpp_desktop.sync.counted import chain_at
from cmpp_desktop.sync.fresh import Fresh
from cmpp_desktop.sync.keys import Keys
from cmpp_desktop.sync.parted import has_parted
from cmpp_desktop.sync.replica import (
    IDENTITY,
    NO_CHAIN,
    Chain,
    ChainRow,
    EnvelopeRow,
    EnvelopeState,
    Replica,
    SetAside,
    StoredEnvelope,
)
from cmpp_desktop.sync.snapshot_behind import Behind
from cmpp_desktop.sync.taken import Item, Taken
from cmpp_protocol import canon, envelope, rights
from cmpp_protocol.roster import RosterState
from cmpp_protocol.stamps import Stamp

End = Literal["counts", "void", "waits", "held", "refused"]

OWN_UNKNOWN = -2  # the part under which a bundle of one's own that one did not seal is kept as evidence
RECORDS_AT_ONCE = 500  # so that a save beside it stays quick
MANY_BUNDLES = 16  # of a laptop that was away for long, or is new: nobody works in it at this speed,
RECORDS_CATCHING_UP = 10_000  # and each transaction costs a sync of the disk


@dataclass(slots=True)
class _Opened:
    item: Item
    end: End
    parsed: envelope.Envelope
    hash: bytes
    reason: str = ""
    inside: seal.Opened | None = None


class Inbox:
    """Takes in bundles of one organisation under one state of its roster and one set of keys."""

    def __init__(
        self, replica: Replica, state: RosterState, held: Keys, own: bytes, now_ms: int, library: Replica | None = None
    ) -> None:
        """`library`: where bundles lie, if not in `replica` (which is a scratch one then)."""
        self._replica, self._state, self._keys, self._own, self._now = replica, state, held, own, now_ms
        self._library = library or replica
        self._cuts: dict[tuple[UUID, bytes], dict[int, bytes]] = {}

    def cut_chain(self, place: UUID, device: bytes) -> dict[int, bytes]:
        """The branch that the fences on a device name (rule 29)."""
        if (place, device) not in self._cuts:
            self._cuts[place, device] = cuts.cut_chain(self._library, self._state, place, device)
        return self._cuts[place, device]

    def take(self, collection: UUID, items: Sequence[Item]) -> Taken:
        """Takes items of one collection in, in order, in small transactions of its own; what comes after a place at which the
        log does not chain is left. Raises disk errors of the store, and KnownError another_history for bytes without a place
        in a log that are no bundle; what was taken before stays."""
        taken = Taken()
        if collection in snapshot_begun.begun(self._replica):
            return taken  # a snapshot is half taken in: what is here is neither old nor new
        at = 0
        most = RECORDS_AT_ONCE if len(items) < MANY_BUNDLES else RECORDS_CATCHING_UP
        while at < len(items):
            with uncollected(), self._replica.transaction():
                batch = _Batch(self, collection)
                while at < len(items) and batch.records < most and not batch.stopped:
                    batch.add(items[at])
                    at += 1
                batch.finish()
            taken.add(batch.taken)
            if batch.stopped:
                break
        taken.add(self.retry(collection))
        return taken

    def mend(self, collection: UUID, data: bytes) -> Taken:
        """Takes in a true copy for a place whose copy was damaged; anything else is left alone."""
        try:
            hashed = envelope.decode(data).hash
        except envelope.EnvelopeError:
            return Taken()
        fits = any(one.collection == collection and one.fits(hashed) for one in copies.bad_copies(self._replica))
        return self.take(collection, [Item(data)]) if fits else Taken()

    def retry(self, collection: UUID) -> Taken:
        """Tries what waits once more: the roster, a key or an earlier bundle may have come."""
        taken = Taken()
        while collection not in snapshot_begun.begun(self._replica):
            waiting = self._replica.envelopes(collection, state="waits")
            if not waiting:
                return taken
            with self._replica.transaction():
                batch = _Batch(self, collection)
                for one in waiting:
                    batch.again(Item(one.body, one.seq))
                batch.finish()
            taken.add(batch.taken)
            if not batch.moved:
                return taken
        return taken


class _Batch:
    """Some bundles of one collection, inside one transaction; `finish` writes the records."""

    def __init__(self, inbox: Inbox, collection: UUID) -> None:
        self._box, self._collection = inbox, collection
        self._replica = inbox._replica
        self._chains: dict[bytes, ChainRow] = dict(self._replica.chains(collection))
        self._before: dict[UUID, RecordState] = {}
        self._after: dict[UUID, RecordState] = {}
        self._created: dict[UUID, Created] = {}  # those not in `_after` that nothing was held of
        self._fresh = Fresh()  # and those of them that are still in columns
        self._loaded: set[UUID] = set()
        start = (0, envelope.log_start(inbox._state.org_id, collection))
        self._cursor = self._replica.cursor(collection) or start
        self._cursor_moved = False
        self._before_cursor = self._cursor[1]  # the log hash before the place at which it stands
        self._bad = {one.seq: one for one in copies.bad_copies(self._replica) if one.collection == collection}
        self._behind = Behind(self._replica, collection)
        self.taken = Taken()
        self.moved = False  # some chain went on
        self.stopped = False

    @property
    def records(self) -> int:
        return len(self._after) + len(self._created) + len(self._fresh)

    def add(self, item: Item) -> None:
        """Takes one item of the log (or of elsewhere) in."""
        try:
            parsed = envelope.decode(item.data)
        except envelope.EnvelopeError as error:
            if error.code == "update":
                # Its hash cannot be known: the cursor stays before it.
                self.taken.needs_update = self.taken.unread = self.stopped = True
            elif item.seq is None:
                raise KnownError("another_history", reason=error.code) from error
            else:
                self._follow(item, None, b"")
            return
        hashed = parsed.hash
        if item.seq is None:
            fits = next((one for one in self._bad.values() if one.fits(hashed)), None)
            item = item if fits is None else item._replace(seq=fits.seq)
        elif not self._follow(item, parsed, hashed):
            return
        if parsed.header.org != self._box._state.org_id or parsed.header.collection != self._collection:
            self._set_aside(parsed, hashed, -1, "place", item.data)
            return
        known = self._replica.envelope(self._collection, parsed.header.device, parsed.header.number, hashed)
        if known is not None and (known.mine or known.state in ("counts", "void")):
            self._acknowledge(item, known)
            return
        chain = self._chains.get(parsed.header.device, NO_CHAIN)
        mine = parsed.header.device == self._box._own
        if not mine and self._behind.holds(parsed.header, hashed, chain, logged=item.seq is not None):
            self._keep(item, parsed, hashed)
            return
        self._end(self._opened(item, parsed, hashed))

    def _keep(self, item: Item, parsed: envelope.Envelope, hashed: bytes) -> None:
        """A bundle that is behind the snapshot from which this laptop began: it is kept, and has nothing new."""
        author = self._box._state.devices.get(parsed.header.device)
        if author is None or not parsed.verify(author.keys.sign, hashed):
            self._end(self._opened(item, parsed, hashed))
            return
        self._mended(item.seq)
        header = parsed.header
        at = (self._collection, header.device, header.number, hashed, header.epoch)
        self._replica.put_envelope(StoredEnvelope(*at, item.seq, False, "counts", None, item.data))
        self._behind.note(header, hashed)

    def again(self, item: Item) -> None:
        """Tries an envelope that waits."""
        parsed = envelope.decode(item.data)
        self._end(self._opened(item, parsed, parsed.hash))

    def finish(self) -> None:
        """Writes records, chains and cursor."""
        changed = {id: state for id, state in self._after.items() if not _same(self._before.get(id), state)}
        if changed:
            before = {id: state for id, state in self._before.items() if id in changed}
            self.taken.touched |= self._replica.save_states(self._collection, before, changed)
            self.taken.kinds |= {state.kind for state in changed.values()}
        created = [*self._fresh.columns(), *columns_of(self._created)]
        if created:
            self.taken.touched |= self._replica.save_created(self._collection, created)
            self.taken.kinds |= {columns.kind for columns in created}
        if self._cursor_moved:
            self._replica.put_cursor(self._collection, *self._cursor)

    def _follow(self, item: Item, parsed: envelope.Envelope | None, hashed: bytes) -> bool:
        """Moves the cursor; whether the item is what the log names there."""
        seq, log_hash = self._cursor
        linked = parsed is not None and item.log_hash == envelope.log_next(log_hash, hashed)
        if item.seq != seq + 1 or item.log_hash is None or (not linked and self._is_signed_by_author(parsed, hashed)):
            self.taken.astray = self.stopped = True
            return False
        self._before_cursor = log_hash
        self._cursor, self._cursor_moved = (item.seq, item.log_hash), True
        if not linked:
            self._damaged(item, copies.NOBODY, item.seq, item.log_hash, "damaged")
        return linked

    def _is_signed_by_author(self, parsed: envelope.Envelope | None, hashed: bytes) -> bool:
        author = self._box._state.devices.get(parsed.header.device) if parsed else None
        return parsed is not None and author is not None and parsed.verify(author.keys.sign, hashed)

    def _damaged(self, item: Item, device: bytes, number: int, hashed: bytes, reason: str) -> None:
        """Remembers the place at the cursor, and keeps its bytes; a true copy is asked for."""
        known = copies.bad_copies(self._replica)
        if len(known) >= copies.MOST:
            raise KnownError("another_history", reason="damaged")
        bad = BadCopy(self._collection, self._cursor[0], self._before_cursor, self._cursor[1], device, number, hashed)
        self._bad[bad.seq] = bad
        copies.keep(self._replica, [*(one for one in known if (one.collection, one.seq) != bad[:2]), bad])
        self._replica.set_aside(SetAside(self._collection, device, number, hashed, -1, reason, self._box._now, item.data))
        self.taken.damaged += 1

    def _mended(self, seq: int | None) -> None:
        """A bundle stands here now whose signature holds: nothing is asked for any longer."""
        bad = self._bad.pop(seq, None) if seq is not None else None
        if bad is None:
            return
        self._replica.release(bad.collection, bad.device, bad.number, bad.hash)
        copies.keep(self._replica, (one for one in copies.bad_copies(self._replica) if one != bad))
        self.taken.mended += 1

    def _acknowledge(self, item: Item, row: EnvelopeRow) -> None:
        """A bundle that is here already was read in the log: only now is one's own acknowledged (rule 43)."""
        self._mended(item.seq)
        if item.seq is None or row.seq == item.seq:
            return
        state: EnvelopeState = "void" if row.state == "void" else "counts"
        at = (row.collection, row.device, row.number, row.hash, row.epoch)
        self._replica.put_envelope(StoredEnvelope(*at, item.seq, row.mine, state, row.last_hlc, row.body))
        if row.mine and row.last_hlc is not None:
            self._replica.release(self._collection, row.device, row.number, row.hash)
            self._replica.trim_outbox(self._collection, row.last_hlc)

    def _opened(self, item: Item, parsed: envelope.Envelope, hashed: bytes) -> _Opened:
        header, state = parsed.header, self._box._state
        author = state.devices.get(header.device)
        if author is not None and not parsed.verify(author.keys.sign, hashed):
            return _Opened(item, "refused", parsed, hashed, "signature")
        before = self._chain_before(header.device, item)
        head = rights.ChainHead(before.number, before.hash, before.roster_no)
        judged = rights.counts(state, header, hashed, head, self._box.cut_chain(self._collection, header.device))
        if judged.standing is rights.Standing.WAITS:
            return _Opened(item, "waits", parsed, hashed, "roster")
        if judged.standing is rights.Standing.HELD:
            return _Opened(item, "waits" if judged.why == "order" else "held", parsed, hashed, judged.why)
        key = self._box._keys.get((self._collection, header.epoch))
        if key is None or author is None:
            return _Opened(item, "waits", parsed, hashed, "key")
        try:
            inside = seal.open_columns(parsed, key)
        except seal.NotOpened as error:
            if error.outcome == "update":
                self.taken.needs_update = True
                return _Opened(item, "waits", parsed, hashed, "update")
            return _Opened(item, "void" if error.outcome == "void" else "refused", parsed, hashed, error.reason)
        if inside.stamps[0].hlc <= before.last_hlc:  # rule 1
            return _Opened(item, "void", parsed, hashed, "stamps")
        return _Opened(item, "counts", parsed, hashed, "", inside)

    def _end(self, opened: _Opened) -> None:
        header, item = opened.parsed.header, opened.item
        if opened.end == "refused" and item.log_hash is not None:
            self._damaged(item, header.device, header.number, opened.hash, opened.reason)
            return
        if opened.end != "refused":
            self._mended(item.seq)
        drop = self._collection in self._box._state.collections and self._box._state.collections[self._collection].is_drop
        if opened.end in ("void", "refused") or (opened.end == "held" and not drop):  # nobody adopts another's message
            self._set_aside(opened.parsed, opened.hash, -1, opened.reason, item.data)
        if opened.end == "refused":
            return
        self.taken.forked |= opened.end == "held" and opened.reason == "fork" and item.seq is not None
        before = self._chain_before(header.device, item)
        last_hlc = opened.inside.stamps[-1].hlc if opened.inside else None
        at = (self._collection, header.device, header.number, opened.hash, header.epoch)
        self._replica.put_envelope(StoredEnvelope(*at, item.seq, False, opened.end, last_hlc, item.data))
        if header.device == self._box._own:  # rule 35: another copy of this laptop wrote it, whether it counts or not
            self.taken.own_unknown = True
            self._replica.put_secret(IDENTITY, canon.pack("taken"))
        if opened.end not in ("counts", "void"):
            return
        if header.device == self._box._own:
            self._set_aside(opened.parsed, opened.hash, OWN_UNKNOWN, "own_unknown", item.data)
        if opened.end == "counts":
            if header.device != self._box._own:
                self._replica.release(self._collection, header.device, header.number, opened.hash)
            if opened.inside and not drop:  # messages: nothing to merge
                self._merge(opened, opened.inside)
        moved = Chain(header.number, opened.hash, last_hlc or before.last_hlc, header.roster_no)
        self._chains[header.device] = moved
        self._replica.put_chain(self._collection, header.device, moved)
        self.taken.bundles += 1
        self.moved = True

    def _chain_before(self, device: bytes, item: Item) -> ChainRow:
        """The chain that a bundle has to go on from. For this device's own bundles in the log: what the log has, for what
        this copy has sealed beyond it may be the fork, and the one in the log stays (rule 36)."""
        if device != self._box._own or item.seq is None or has_parted(self._replica, self._collection, device, self._chains):
            return self._chains.get(device, NO_CHAIN)
        rows = self._replica.envelopes(self._collection, logged=True)
        own = (one for one in rows if one.device == device and one.state in ("counts", "void") and one.seq != item.seq)
        return chain_at(max(own, key=lambda one: one.number, default=None))

    def _merge(self, opened: _Opened, inside: seal.Opened) -> None:
        device = opened.parsed.header.device
        fresh, parts = inside.split(self._known(inside.ids))
        for columns in fresh:
            self._fresh.add(erased.columns_without(self._box._state, columns))
        if not parts:
            return
        chains = {one: chain.last_hlc for one, chain in self._chains.items()}
        own = self._box._own
        ids = {id for _, part in parts for id, _ in part.rows}
        self._created |= self._fresh.take_out(ids)
        self._load(ids - self._created.keys())
        for number, part in parts:
            if number:
                chains[device] = inside.stamps[number - 1].hlc
            reason = signed_rule.broken(self._box._state, part, device, opened.parsed.header.roster_no)
            if reason:
                self._set_aside(opened.parsed, opened.hash, number, reason, seal.pack([part.change_set()]))
            else:
                self._apply(erased.part_without(self._box._state, part), _seen(chains, own))

    def _known(self, ids: Sequence[bytes]) -> set[bytes]:
        """Those of some records of which something is held, here or in the store."""
        found = set(self._replica.known_ids(self._collection, ids))
        if self._after or self._created:
            found |= {id.bytes for id in (*self._after, *self._created)}
        return found | self._fresh.known(ids)

    def _apply(self, part: seal.Part, seen: Callable[[Stamp], bool]) -> None:
        """Merges a change set. A record that comes into being here stays as it travelled, until something more is said of it:
        most of what a new laptop reads is that."""
        writes: list[Write] = []
        for id, what in part.rows:
            known = self._created.pop(id, None)
            if known is not None:
                self._after[id] = known.state()
            if not isinstance(what, Created):
                writes += what
            elif id in self._after:
                writes += what.writes(id)
            else:
                self._created[id] = what
        if writes:
            merge.apply_change_set(self._after, ChangeSet(part.collection, part.stamp, tuple(writes)), seen, self._box._now)

    def _load(self, ids: set[UUID]) -> None:
        missing = ids - self._loaded
        if missing:
            found = self._replica.states(self._collection, list(missing))
            self._before.update(found)
            self._after.update(found)
            self._loaded |= missing

    def _set_aside(self, parsed: envelope.Envelope, hashed: bytes, part: int, reason: str, body: bytes) -> None:
        header = parsed.header
        self._replica.set_aside(
            SetAside(self._collection, header.device, header.number, hashed, part, reason, self._box._now, body)
        )


def _seen(chains: Mapping[bytes, int], own: bytes) -> Callable[[Stamp], bool]:
    """Rule 3; of its own stamps a laptop has seen every one, sent or not."""
    return lambda stamp: stamp.device == own or stamp.hlc <= chains.get(stamp.device, -1)


def _same(before: RecordState | None, after: RecordState) -> bool:
    return before is after or (before is not None and before == after and before.since == after.since)


def in_order(items: Sequence[Item]) -> Iterator[Item]:
    """Items by device and number, for those that come without a log."""
    heads = [(envelope.decode_header(item.data), item) for item in items]
    heads.sort(key=lambda pair: (pair[0].device, pair[0].number))
    return (item for _, item in heads)
