"""This laptop's records looked at: against its own copy of the log, and against the digest that another laptop has signed.

Two things are compared, collection by collection. The bundles that are here, up to the place of a snapshot of somebody else's and
under its roster, must give the digest in its head (rule 47): then both laptops hold the same history. And the records as they
stand in the store must be what those bundles give, with what came since and what waits to be sent on top. What is found is said;
`mend` then writes the records that differ as the bundles have them. Nothing that waits to be sent is touched by that: the outbox
stays as it is, and is on top of what is written. Nothing here is sent to anybody.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

from cmpp_desktop.changes import Created, RecordState
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import snapshot_books
from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.replica import GONE, Replica
from cmpp_desktop.sync.snapshot_books import Base, Offered
from cmpp_desktop.sync.snapshot_fold import Fold
from cmpp_desktop.sync.snapshots import Snapshots
from cmpp_desktop.sync.taken import Item, Taken
from cmpp_protocol import envelope

log = logging.getLogger(__name__)

Others = Literal["same", "different", "nobody"]
Progress = Callable[[int, int], None]
IDS_A_JOB = 500


@dataclass(frozen=True, slots=True)
class Checked:
    """One collection. `records`: how many were looked at, None when its history is not all here and nothing could be said;
    `differ`: those that do not stand as the bundles have them. `others`: what the comparison with the snapshot of `maker` at
    place `seq` of the log said; nobody: there is none to compare with. `by`: who confirmed that one, empty for nobody."""

    collection: UUID
    kind: str
    records: int | None
    differ: int
    others: Others
    maker: bytes = b""
    by: bytes = b""
    seq: int = 0
    mended: int = 0


class Checking:
    """Of one open store. `progress(done, of)` counts bundles and records; it may raise to stop: what was mended until then stays
    mended, and nothing is half written. No exchange runs meanwhile: the caller sees to it. People go on writing."""

    def __init__(
        self,
        snapshots: Snapshots,
        job: Callable[[Callable[[], Any]], Any],
        books: Books,
        store: Replica,
        publish: Callable[[Taken], None],
    ) -> None:
        self._snapshots, self._job, self._books, self._store, self._publish = snapshots, job, books, store, publish

    def bases(self) -> tuple[Base, ...]:
        """The newest snapshot that is known of each collection."""
        found: tuple[Base, ...] = self._job(lambda: tuple(snapshot_books.bases(self._store).values()))
        return found

    def run(self, progress: Progress | None = None, *, mend: bool = False) -> tuple[Checked, ...]:
        """Looks at every collection that is read here. `mend`: writes what differs anew, and takes a snapshot in the next
        exchange where the history itself is another than that of a confirmed one."""
        places = self._job(self._books.readable)
        self._done, self._of = 0, self._job(lambda: sum(self._work(place) for place in places))
        self._progress = progress
        return tuple(self._one(place, mend) for place in places)

    def _work(self, place: UUID) -> int:
        return 2 * len(self._store.listed(place)) + len(self._store.record_ids(place))

    def _step(self, some: int) -> None:
        self._done += some
        if self._progress is not None:
            self._progress(self._done, max(self._done, self._of))

    def _one(self, place: UUID, mend: bool) -> Checked:
        kind = self._job(lambda: str(self._books.view().collections[place].kind))
        shown = self._shown(place)
        others, against = self._compared(place, shown)
        found = Checked(place, kind, None, 0, others)
        if against is not None:
            found = replace(found, maker=against.head.maker, by=against.by, seq=against.head.seq)
        if others == "different" and mend and against is not None and against.confirmed:
            self._snapshots.take_again(place)
        fold = self._now(place, shown)
        if fold is None:
            return found
        looking = _Looking(self._store, self._books, place, fold)
        records = differ = mended = 0
        for ids in self._job(looking.begin):
            seen, taken = self._job(lambda ids=ids: looking.at(ids, mend))  # type: ignore[misc]  # bound now
            records, differ, mended = records + len(ids), differ + seen, mended + (seen if mend else 0)
            self._publish(taken)
            self._step(len(ids))
        if differ:
            log.warning("%d of %d records in %s do not stand as the log has them; mended: %s", differ, records, place, mend)
        return replace(found, records=records, differ=differ, mended=mended)

    def _shown(self, place: UUID) -> list[Offered]:
        """Snapshots of others at the server; none without a network, or where there is no server."""
        if not self._job(self._books.server)[0]:
            return []
        try:
            return self._snapshots.offered(place)
        except KnownError as error:
            log.info("nobody to compare %s with: %s", place, error.code)
            return []

    def _compared(self, place: UUID, shown: Sequence[Offered]) -> tuple[Others, Offered | None]:
        """The first of somebody else's, confirmed or not, whose state can be made here."""
        for one in shown:
            head = one.head
            if head.maker == self._books.device_id and not one.confirmed:
                continue
            rest = [each for each in shown if each != one]
            fold = self._snapshots.made(place, head.seq, head.log_hash, head.roster_no, rest, self._step)
            if fold is not None:
                return ("same" if self._snapshots.digest(head, fold) == head.digest else "different"), one
        return "nobody", None

    def _now(self, place: UUID, shown: Sequence[Offered]) -> Fold | None:
        """The collection as the log has it up to where it was read here; None if that is not all here."""
        state = self._books.view()
        read = self._job(lambda: self._store.cursor(place))
        seq, log_hash = read or (0, envelope.log_start(self._books.org, place))
        return self._snapshots.fold(place, seq, log_hash, state.no, shown, self._step)


class _Looking:
    """The records of one collection beside those of a fold. At the store."""

    def __init__(self, store: Replica, books: Books, place: UUID, fold: Fold) -> None:
        self._store, self._place, self._fold, self._now = store, place, fold, books.now_ms
        self._last = -1  # the last own change set that the fold has

    def begin(self) -> list[list[UUID]]:
        """What counts here without a place in the log comes on top; then the ids to look at, in portions."""
        loose = self._store.envelopes(self._place, state="counts", logged=False)
        self._fold.take([Item(one.body) for one in loose if not one.mine and one.body != GONE])
        self._catch_up()
        every = sorted({*self._store.record_ids(self._place), *self._fold.records})
        return [every[at : at + IDS_A_JOB] for at in range(0, len(every), IDS_A_JOB)]

    def at(self, ids: Sequence[UUID], mend: bool) -> tuple[int, Taken]:
        """How many of these differ; written anew, in one transaction, if that is wanted."""
        self._catch_up()
        known = self._store.states(self._place, ids)
        right = dict(self._right(ids))
        wrong = {id: state for id, state in right.items() if known.get(id) != state}
        extra = [id for id in ids if id in known and id not in right]
        taken = Taken()
        if mend and (wrong or extra):
            with self._store.transaction():
                after = {id: self._since(state, known.get(id)) for id, state in wrong.items()}
                taken.touched |= self._store.save_states(self._place, {id: known[id] for id in wrong if id in known}, after)
                taken.touched |= self._store.forget_states(self._place, extra) if extra else frozenset()
            taken.kinds = {state.kind for state in wrong.values()} | {known[id].kind for id in extra}
        return len(wrong) + len(extra), taken

    def _right(self, ids: Sequence[UUID]) -> Iterator[tuple[UUID, RecordState]]:
        for id in ids:
            what = self._fold.records.get(id)
            if what is not None:
                yield id, what.state() if isinstance(what, Created) else what

    def _since(self, state: RecordState, before: RecordState | None) -> RecordState:
        """The state with the beginnings of its waits, which are this laptop's own (rule 8)."""
        known, now = (before.since if before else {}), self._now()
        return replace(state, since={wait: known.get(wait, now) for wait in state.since})

    def _catch_up(self) -> None:
        """What waits to be sent, and what was written since the last look."""
        for one in self._store.outbox(self._place, self._last):
            self._fold.write(one)
            self._last = one.stamp.hlc
