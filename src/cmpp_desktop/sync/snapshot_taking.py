"""One snapshot taken into the store: in small transactions, the last of which moves chain and cursor (rules 33, 41, 48)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from typing import NamedTuple
from uuid import UUID

from cmpp_desktop.changes import Columns, Created, RecordState, columns_of, in_records
from cmpp_desktop.store.bulk import uncollected
from cmpp_desktop.sync import confirmed, copies, erased, merge, snapshot_books, snapshot_parts
from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.column_reading import NotOpened
from cmpp_desktop.sync.parted import Compared, has_parted
from cmpp_desktop.sync.replica import IDENTITY, NO_CHAIN, Chain, ChainRow, Replica, StoredEnvelope
from cmpp_desktop.sync.snapshot_begun import begun, put_begun
from cmpp_desktop.sync.snapshot_beyond import Beyond, beyond, judged
from cmpp_desktop.sync.snapshot_books import Base, Offered
from cmpp_desktop.sync.snapshot_fold import Fold
from cmpp_desktop.sync.snapshot_parts import Read
from cmpp_desktop.sync.taken import Item, Taken
from cmpp_protocol import canon

RECORDS_A_STEP = 10_000  # in one transaction: nothing of the collection can be shown before the last of them
KEPT_READ = 50_000  # records


class _Step(NamedTuple):
    """What is written in one transaction: records as they came into being, and others."""

    columns: Sequence[Columns]
    states: Mapping[UUID, RecordState]

    @property
    def many(self) -> int:
        return sum(len(columns.ids) for columns in self.columns) + len(self.states)


class Taking:
    """`signed_holds`: whether what a part holds as signed was signed."""

    def __init__(
        self, store: Replica, books: Books, one: Offered, squeezed: Sequence[bytes], signed_holds: Callable[[Read], bool]
    ) -> None:
        self._store, self._books, self._one, self._squeezed = store, books, one, squeezed
        self._signed_holds = signed_holds
        self._place = one.head.collection
        self._chain: dict[bytes, ChainRow] = {}
        self._base: dict[bytes, Chain] = {}
        self._parts: dict[int, Read] = {}
        self._fold: Fold | None = None
        self._beyond = Beyond([], [], [], [])
        self._parted: Compared | None = None
        self.how_far = (0, max(1, one.head.records))

    def is_whole(self) -> bool:
        """Whether all parts are well-formed, and are together what the head says. Not at the store: it takes its time."""
        spans: list[tuple[bytes, bytes]] = []
        records = 0
        try:
            with uncollected():
                for number in range(len(self._squeezed)):
                    part = self._read(number)
                    if not self._signed_holds(part):
                        return False
                    every = part.ids
                    records += len(every)
                    spans += [(every[0], every[-1])] if every else []
                    if number == 0:
                        self._base = part.chain
                    if records <= KEPT_READ:
                        self._parts[number] = part
        except NotOpened:
            return False
        return records == self._one.head.records and all(a[1] < b[0] for a, b in pairwise(spans))

    def fits(self) -> bool:
        """Whether it may be taken here: nothing in it void, its chain not behind what is here. At the store."""
        found = beyond(self._store, self._place, self._books.device_id, self._base)
        if found is None or snapshot_books.is_void(self._books.view(), self._one.head, self._base):
            return False
        self._chain = dict(self._base)
        self._beyond = found
        if has_parted(self._store, self._place, self._books.device_id, self._base):
            self._parted = Compared(self._store, self._books.keys, self._place, self._books.device_id)
        return True

    @property
    def is_of_a_copy(self) -> bool:
        """Whether it holds what another copy of this laptop wrote under its identity (rule 35); known once it fits."""
        return self._parted is not None

    def steps(self) -> Iterator[Callable[[], Taken]]:
        """What has to be done at the store, one after another."""
        for step in self._records():
            yield lambda step=step: self._write(step)  # type: ignore[misc]  # bound now
            done = min(self.how_far[0] + step.many, self.how_far[1])
            self.how_far = (done, self.how_far[1])
        yield self._finish

    def _read(self, number: int) -> Read:
        kept = self._parts.pop(number, None)  # read once as a rule, and never all of a large one in memory
        if kept is not None:
            return kept
        return snapshot_parts.read(snapshot_parts.inflate(self._squeezed[number]), number == 0)

    def _records(self) -> Iterator[_Step]:
        state = self._books.view()
        if not self._beyond.rows and not self._beyond.behind:
            for number in range(len(self._squeezed)):
                part = self._read(number)
                columns = [erased.columns_without(state, one) for one in part.columns]
                yield from _steps(columns, erased.records_without(state, part.states))
            return
        fold = Fold(state, self._books.keys, self._place)
        for number in range(len(self._squeezed)):
            fold.begin(self._read(number))
        fold.take([Item(row.body) for row in self._beyond.rows])
        self._chain, self._fold = dict(fold.now), fold
        created = {id: what for id, what in fold.records.items() if isinstance(what, Created)}
        states = {id: what for id, what in fold.records.items() if not isinstance(what, Created)}
        yield from _steps(columns_of(created), states)

    def _write(self, step: _Step) -> Taken:
        store, place, taken = self._store, self._place, Taken()
        if self._parted is not None:
            every: dict[UUID, Created | RecordState] = {**in_records(step.columns), **step.states}
            for id, what in every.items():
                self._parted.look(id, what)
        here = store.known_ids(place, [id for columns in step.columns for id in columns.ids])
        known_rows = [{row for row, id in enumerate(columns.ids) if id in here} for columns in step.columns]
        fresh = [one for columns, rows in zip(step.columns, known_rows, strict=True) if (one := columns.without(rows)).ids]
        others = dict(step.states)
        for columns, rows in zip(step.columns, known_rows, strict=True):
            others |= {UUID(bytes=columns.ids[row]): columns.created(row).state() for row in rows}
        known = store.states(place, others)
        now = {id: self._awaiting(state, known.get(id)) for id, state in others.items()}
        after = {id: state for id, state in now.items() if known.get(id) != state}
        with uncollected(), store.transaction():
            put_begun(store, {*begun(store), place})
            if fresh:
                taken.touched |= store.save_created(place, fresh)
            if after:
                taken.touched |= store.save_states(place, {id: known[id] for id in after if id in known}, after)
        taken.kinds = {columns.kind for columns in fresh} | {state.kind for state in after.values()}
        return taken

    def _awaiting(self, state: RecordState, before: RecordState | None) -> RecordState:
        """The state with the beginnings of its waits, which are this laptop's own (rule 8)."""
        if not state.waiting and not state.covers:
            return state
        now, known = self._books.now_ms(), before.since if before else {}
        waits = ((name, at) for name, stamps in merge.awaited(state, self._seen).items() for at in stamps)
        return replace(state, since={wait: known.get(wait, now) for wait in waits})

    @property
    def _seen(self) -> merge.Seen:
        own, chain = self._books.device_id, self._chain
        return lambda stamp: stamp.device == own or stamp.hlc <= chain.get(stamp.device, NO_CHAIN).last_hlc

    def _finish(self) -> Taken:
        """What this laptop wrote comes on top; chains, cursor and bundles say that the snapshot stands here."""
        store, place, head, own = self._store, self._place, self._one.head, self._books.device_id
        taken = Taken()
        with store.transaction():
            if self._fold is not None:
                self._let_go(self._fold, taken)
            known = store.chains(place)
            if self._parted is not None:  # rule 35: another copy of this laptop wrote it
                self._parted.keep()
                taken.own_unknown = True
                store.put_secret(IDENTITY, canon.pack("taken"))
            for device in known.keys() | self._chain.keys():
                chain, before = self._chain.get(device, NO_CHAIN), known.get(device, NO_CHAIN)
                if chain.hash == before.hash or (device == own and self._parted is None and chain.number < before.number):
                    continue  # what was sealed here is not sealed again
                store.put_chain(place, device, Chain(chain.number, chain.hash, chain.last_hlc, chain.roster_no))
            touched, kinds = self._own_on_top()
            taken.touched |= touched
            taken.kinds |= kinds
            self._acknowledge(self._base)
            copies.forget(store, place)
            store.put_cursor(place, head.seq, head.log_hash)
            put_begun(store, begun(store) - {place})
            since, by = self._books.now_ms() if self._one.confirmed else 0, self._one.by
            snapshot_books.put_base(store, Base(place, head.seq, head.log_hash, head.maker, True, bool(by), since, by))
            if by:
                confirmed.note(store, confirmed.Confirmed(place, head.seq, head.roster_no, since))
        return taken

    def _let_go(self, fold: Fold, taken: Taken) -> None:
        """Bundles that counted here and do not any longer are held, and records that nothing else made are gone (rule 33)."""
        store, place = self._store, self._place
        judged(store, self._books.view(), place, self._beyond, fold, self._books.now_ms())
        own = {write.id for one in store.outbox(place) for write in one.writes}
        gone = [id for id in store.record_ids(place) if id not in fold.records and id not in own]
        if gone:
            taken.touched |= store.forget_states(place, gone)

    def _own_on_top(self) -> tuple[set[UUID], set[str]]:
        """Own changes that wait in the outbox, and that the snapshot does not hold."""
        store, place = self._store, self._place
        if self._parted is None:
            waiting = store.outbox(place, self._chain.get(self._books.device_id, NO_CHAIN).last_hlc)
        else:
            waiting = [one for one in store.outbox(place) if one.stamp.hlc not in self._parted.there]
        ids = {write.id for one in waiting for write in one.writes}
        before = store.states(place, ids)
        after = dict(before)
        for one in waiting:
            merge.apply_change_set(after, one, self._seen, self._books.now_ms())
        changed = {id: state for id, state in after.items() if before.get(id) != state}
        if not changed:
            return set(), set()
        touched = store.save_states(place, {id: before[id] for id in changed if id in before}, changed)
        return set(touched), {state.kind for state in changed.values()}

    def _acknowledge(self, chain: Mapping[bytes, ChainRow]) -> None:
        """Bundles without a place that the snapshot covers have theirs below it (0): they need not be offered, and one's own are
        acknowledged, if the snapshot goes on from the very bundle that was sealed here."""
        store, place, own = self._store, self._place, self._books.device_id
        mine = chain.get(own, NO_CHAIN)
        sealed = store.envelope(place, own, mine.number, mine.hash)
        for row in (*store.envelopes(place, logged=False), *store.envelopes(place, state="waits", logged=True)):
            covered = row.number <= chain.get(row.device, NO_CHAIN).number
            if not covered or row.state == "held" or (row.mine and (sealed is None or not sealed.mine)):
                continue
            state = "counts" if row.state == "waits" else row.state
            at = (place, row.device, row.number, row.hash, row.epoch)
            store.put_envelope(StoredEnvelope(*at, row.seq or 0, row.mine, state, row.last_hlc, row.body))
        if sealed is not None and sealed.mine:
            store.trim_outbox(place, mine.last_hlc)


def _steps(columns: Sequence[Columns], states: Mapping[UUID, RecordState]) -> Iterator[_Step]:
    """So many records at a time as may be written in one transaction."""
    some: list[Columns] = []
    room = RECORDS_A_STEP
    for one in columns:
        at = 0
        while at < len(one.ids):
            some.append(one.between(at, at + room))
            at += len(some[-1].ids)
            room -= len(some[-1].ids)
            if not room:
                yield _Step(some, {})
                some, room = [], RECORDS_A_STEP
    if some:
        yield _Step(some, {})
    left = iter(states.items())
    while part := dict(islice(left, RECORDS_A_STEP)):
        yield _Step((), part)
