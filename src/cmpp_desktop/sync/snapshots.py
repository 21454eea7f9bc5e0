"""Snapshots at a laptop: made when the server wants one, confirmed when another made one, taken instead of a long log (47, 48).

Promises: the network is never waited for at the store; what is taken was authenticated part by part and its digest compared
before a record of it is written; it comes in small transactions, and until the last of them nothing of that log is read; what
this laptop holds beyond a snapshot, and what it wrote, is on top of it afterwards. A snapshot that cannot be used costs
nothing but its bytes: the log is read instead, as long as the server has it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from cmpp_desktop.errors import KnownError
from cmpp_desktop.store.bulk import uncollected
from cmpp_desktop.sync import confirmed, copies, snapshot_books, snapshot_parts
from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.column_reading import NotOpened
from cmpp_desktop.sync.replica import EnvelopeRow, Replica
from cmpp_desktop.sync.snapshot_books import Listed, Offered
from cmpp_desktop.sync.snapshot_fold import Fold
from cmpp_desktop.sync.snapshot_parts import Read
from cmpp_desktop.sync.snapshot_taking import Taking
from cmpp_desktop.sync.taken import Item, Taken
from cmpp_protocol import api, envelope, roster, snapshot, snapshot_api
from cmpp_protocol.roster import RosterState

log = logging.getLogger(__name__)

T = TypeVar("T")
Ask = Callable[[snapshot_api.Request], snapshot_api.Answer | None]
Job = Callable[[Callable[[], Any]], Any]
Progress = Callable[[int, int], None]
Watch = Callable[[int], object]
BODIES_A_JOB = 64
MENDS = "mends"  # a snapshot that is taken because a true copy of a bundle is not to be had
TRY_AGAIN = 1000  # bundles after which a laptop that could not make a snapshot tries again
TRIED = 3  # snapshots of one collection in one exchange


@dataclass(frozen=True, slots=True)
class Made:
    """A state as the parts of a snapshot. `contents`: the hash over them; `records`: how many."""

    squeezed: tuple[bytes, ...]
    contents: bytes
    records: int


class Snapshots:
    """Of one open store. `ask` sends a request and gives None when the server knows nothing of snapshots."""

    def __init__(
        self,
        ask: Ask,
        job: Job,
        books: Books,
        store: Replica,
        random: Callable[[int], bytes],
        publish: Callable[[Taken], None],
    ) -> None:
        self._ask, self._job, self._books, self._store = ask, job, books, store
        self._random, self._publish = random, publish
        self._done: set[tuple[UUID, str, int]] = set()  # what was asked for, as far as it was tried since the program began
        self._cannot: dict[UUID, int] = {}  # collections of which no snapshot can be made here, and up to which place
        self._over: set[UUID] = set()  # collections whose records have to be made again
        self.begin()

    def take_again(self, place: UUID) -> None:
        """In the next round a snapshot of this collection is taken, whatever is held: its records are made again (rule 33)."""
        self._over.add(place)

    def begin(self) -> None:
        """Another exchange begins."""
        self.from_log: set[UUID] = set()  # collections whose log is wanted though the server has a snapshot
        self._tried: set[tuple[UUID, str]] = set()
        self._hints: dict[tuple[UUID, str], int] = {}

    # Taking -----------------------------------------------------------------------------------------------------------

    def take(self, hints: Iterable[api.Hint], progress: Progress | None) -> bool:
        """Takes the snapshots that the server offers in place of logs, and remembers what else it wants; whether to ask again."""
        again = False
        for place in sorted(self._over):
            self._over.discard(place)
            again |= self._take_one(api.Hint(place, api.BEGINS, 0), progress)
        for hint in hints:
            if hint.word == api.CONFIRMED and self._job(partial(self._waits_in_vain, hint)):
                hint = hint._replace(word=MENDS)
            if hint.word == MENDS and (hint.collection, MENDS) in self._tried:
                continue
            if hint.word not in (api.TAKE, api.BEGINS, MENDS):
                self._hints[hint.collection, hint.word] = hint.seq
            elif (hint.collection, hint.word) not in self._tried:
                self._tried.add((hint.collection, hint.word))
                again |= self._take_one(hint, progress)
            elif hint.word == api.BEGINS:
                raise KnownError("another_history", reason="snapshot")
        return again

    def _take_one(self, hint: api.Hint, progress: Progress | None) -> bool:
        place = hint.collection
        if hint.word == api.TAKE and 2 * self._job(lambda: snapshot_books.held(self._store, place)) >= hint.seq:
            self.from_log.add(place)  # most of the log is here: to read it again costs less
            return True
        for one in self.offered(place)[:TRIED]:
            squeezed = self._fetched(one, progress)
            taking = Taking(self._store, self._books, one, squeezed, self._signed_holds) if squeezed else None
            if taking is not None and taking.is_whole() and self._job(taking.fits):
                if hint.word == api.TAKE and taking.is_of_a_copy:
                    break  # the log says which of what lies unsent here the other copy has sent (rule 35)
                for step in taking.steps():
                    self._publish(self._job(step))
                    if progress is not None:
                        progress(*taking.how_far)
                log.info("began %s from a snapshot at %d", place, one.head.seq)
                return True
        if hint.word == api.BEGINS:
            raise KnownError("another_history", reason="snapshot")
        self.from_log.add(place)
        return True

    def _waits_in_vain(self, hint: api.Hint) -> bool:
        """Whether a true copy is asked for at a place that the snapshot covers (rule 42): its bytes may be gone everywhere."""
        return any(one.collection == hint.collection and one.seq <= hint.seq for one in copies.bad_copies(self._store))

    def offered(self, place: UUID) -> list[Offered]:
        """What the server has of a collection that may be looked at, confirmed ones first. Raises KnownError of an exchange."""
        answer = self._ask(snapshot_api.Request(self._state.no, places=(place,)))
        return snapshot_books.offered(self._state, self._books.keys, answer.snapshots) if answer else []

    def _fetched(self, one: Offered, progress: Progress | None = None) -> tuple[bytes, ...]:
        """The compressed parts, each authenticated, all of them what the digest says; nothing if they are not."""
        key = self._books.keys[one.head.collection, one.head.epoch]
        contents, found = snapshot.Contents(), []
        for number in range(len(one.head.parts)):
            answer = self._ask(snapshot_api.Request(self._state.no, want=(one.key, number)))
            try:
                squeezed = snapshot.open_part(one.head, number, answer.part if answer else b"", key)
                contents.add(snapshot_parts.inflate(squeezed))
            except (snapshot.SnapshotError, NotOpened) as error:
                log.warning("part %d of the snapshot of %s at %d: %s", number, one.head.collection, one.head.seq, error)
                return ()
            found.append(squeezed)
            if progress is not None:
                progress(number + 1, 2 * len(one.head.parts))
        if snapshot.digest_of(one.head, contents.hash, key) != one.head.digest:
            log.warning("the snapshot of %s at %d is not what its digest says", one.head.collection, one.head.seq)
            return ()
        return tuple(found)

    def _signed_holds(self, part: Read) -> bool:
        return snapshot_books.signatures_hold(self._state, part)

    # Serving ----------------------------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Makes and confirms what the server asked for in this exchange."""
        for (place, word), seq in sorted(self._hints.items()):
            if place not in self._books.readable() or (place, word, seq) in self._done:
                continue
            self._done.add((place, word, seq))  # whatever came of it: it costs too much to be tried in each exchange
            if word == api.MAKE:
                self._make(place)
            elif word == api.CONFIRM:
                self._confirm(place, seq)
            elif word == api.CONFIRMED:
                self._learn(place, seq)
        self._hints = {}
        self._job(lambda: confirmed.let_go(self._store, self._books.device_id, self._books.now_ms()))

    def _make(self, place: UUID) -> None:
        state, cursor = self._state, self._job(lambda: self._store.cursor(place))
        if cursor is not None and cursor[0] < self._cannot.get(place, 0):
            return
        answer = self._ask(snapshot_api.Request(state.no, places=(place,), claim=(place,)))
        if answer is None or place not in answer.claimed or cursor is None or cursor[0] == 0:
            return
        base = snapshot_books.offered(state, self._books.keys, answer.snapshots)
        made = self.made(place, cursor[0], cursor[1], state.no, base)
        if made is None:
            self._cannot[place] = cursor[0] + TRY_AGAIN
        else:
            self._send(place, cursor, state, made)

    def _send(self, place: UUID, cursor: tuple[int, bytes], state: RosterState, made: Made) -> None:
        device, epoch = self._books.device, state.collections[place].epoch_at(state.no)
        key = self._books.keys.get((place, epoch))
        if key is None:
            return
        head = snapshot.Head(state.org_id, place, epoch, *cursor, state.no, device.id, made.records, bytes(32), ())
        sealed = [
            snapshot.seal_part(head, number, squeezed, key, self._random(envelope.SALT_BYTES))
            for number, squeezed in enumerate(made.squeezed)
        ]
        hashes = tuple(snapshot.part_hash(head, number, part) for number, part in enumerate(sealed))
        digested = snapshot.digest_of(head, made.contents, key)
        signed = snapshot.sign(snapshot.completed(head, digested, hashes), device)
        answer = self._ask(snapshot_api.Request(state.no, head=signed.encode()))
        at = snapshot_api.Key(place, cursor[0], device.id)
        for number, part in enumerate(sealed):
            if answer is None or answer.said[0][0] is snapshot_api.Said.REFUSED:
                log.warning("the snapshot of %s was refused: %s", place, answer.said if answer else "")
                return
            answer = self._ask(snapshot_api.Request(state.no, part=snapshot_api.Part(at, number, part)))
        log.info("made a snapshot of %s at %d: %d records in %d parts", place, cursor[0], made.records, len(sealed))

    def _confirm(self, place: UUID, seq: int) -> None:
        state = self._state
        every = self.offered(place)
        for one in [each for each in every if each.head.seq == seq and each.head.maker != self._books.device_id]:
            made = self.made(place, one.head.seq, one.head.log_hash, one.head.roster_no, [each for each in every if each != one])
            if made is None:
                continue
            if self.digest(one.head, made) != one.head.digest:
                log.error("the snapshot of %s at %d by %s is not what this laptop makes", place, seq, one.head.maker.hex()[:16])
                continue
            signature = snapshot.confirm(one.head, self._books.device)
            self._ask(snapshot_api.Request(state.no, confirm=snapshot_api.Confirmation(one.key, signature)))
            self._job(partial(self._note_confirmed, one._replace(by=self._books.device_id)))

    def _learn(self, place: UUID, seq: int) -> None:
        """A snapshot was confirmed, as the server says: it is remembered if that is so."""
        known = self._job(lambda: snapshot_books.bases(self._store).get(place))
        if known is not None and known.confirmed and known.seq >= seq:
            return
        found = [one for one in self.offered(place) if one.confirmed]
        if found:
            self._job(lambda: self._note_confirmed(found[0]))

    def _note_confirmed(self, one: Offered) -> None:
        head, place = one.head, one.head.collection
        known = snapshot_books.bases(self._store).get(place)
        if known is None or head.seq > known.seq or (head.seq == known.seq and not known.confirmed):
            taken = known is not None and known.taken
            now = self._books.now_ms()
            base = snapshot_books.Base(place, head.seq, head.log_hash, head.maker, taken, True, now, one.by)
            with self._store.transaction():
                snapshot_books.put_base(self._store, base)
                confirmed.note(self._store, confirmed.Confirmed(place, head.seq, head.roster_no, now))

    def digest(self, head: snapshot.Head, made: Made) -> bytes:
        """What the head of such a state has to say."""
        return snapshot.digest_of(head, made.contents, self._books.keys[head.collection, head.epoch])

    # Folding ----------------------------------------------------------------------------------------------------------

    def made(
        self, place: UUID, seq: int, log_hash: bytes, no: int, offered: Sequence[Offered], watch: Watch = lambda bundles: None
    ) -> Made | None:
        """The state after place `seq` of the log under the roster with that number, as parts; None if it cannot be made here.
        `watch` hears how many bundles were taken in, now and then, and may raise to stop it."""
        fold = self.fold(place, seq, log_hash, no, offered, watch)
        if fold is None:
            return None
        contents, squeezed = snapshot.Contents(), []
        for packed in fold.packed():
            contents.add(packed)
            squeezed.append(snapshot_parts.squeeze(packed))
        return Made(tuple(squeezed), contents.hash, len(fold.records))

    def fold(
        self, place: UUID, seq: int, log_hash: bytes, no: int, offered: Sequence[Offered], watch: Watch = lambda bundles: None
    ) -> Fold | None:
        """The same, not packed yet: from the beginning of the log if all of it is here, else from a confirmed snapshot."""
        books = self._books
        state = self._state if no == self._state.no else roster.build(books.entries[: no + 1])
        fold = Fold(state, books.keys, place)
        listed = self._job(lambda: self._store.listed(place))
        rows = snapshot_books.follow_on(listed, 0, seq)
        if rows is None:
            rows = self._from_a_snapshot(fold, listed, seq, offered)
        if rows is None:
            return None
        with uncollected():
            for items in self._bodies(place, rows, fold.log_hash):
                fold.take(items)
                watch(len(items))
        return fold if fold.whole and (fold.seq, fold.log_hash) == (seq, log_hash) else None

    def _from_a_snapshot(
        self, fold: Fold, listed: Listed, seq: int, offered: Sequence[Offered]
    ) -> Listed | None:
        for one in offered:
            rows = snapshot_books.follow_on(listed, one.head.seq, seq) if one.head.seq < seq else None
            squeezed = self._fetched(one) if one.confirmed and rows is not None else ()
            if squeezed:
                for number, part in enumerate(squeezed):
                    fold.begin(snapshot_parts.read(snapshot_parts.inflate(part), number == 0))
                fold.stands_at(one.head.seq, one.head.log_hash)
                return rows
        return None

    def _bodies(
        self, place: UUID, rows: Listed, before: bytes
    ) -> Iterator[list[Item]]:
        for at in range(0, len(rows), BODIES_A_JOB):
            some = rows[at : at + BODIES_A_JOB]
            found = self._job(partial(self._envelopes, place, some))
            items = []
            for row, kept in zip(some, found, strict=True):
                before = envelope.log_next(before, row[3])
                if kept is not None:
                    items.append(Item(kept.body, row[0], before))
            yield items

    def _envelopes(self, place: UUID, rows: Listed) -> list[EnvelopeRow | None]:
        return [self._store.envelope(place, *row[1:]) for row in rows]

    @property
    def _state(self) -> RosterState:
        return self._books.view()
