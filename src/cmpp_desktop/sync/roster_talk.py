"""The roster's part of an exchange: entries and keys that came, entries that are due, what a new roster asks of this laptop."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import cuts, duties, erasing, honesty, identity, snapshot_books
from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.post import AtStore
from cmpp_desktop.sync.rebuild import Rebuilding, is_whole
from cmpp_desktop.sync.replica import Replica
from cmpp_desktop.sync.taken import Taken
from cmpp_protocol import api, entries
from cmpp_protocol.roster import RosterState

log = logging.getLogger(__name__)

PROPOSALS = 5


@dataclass(frozen=True, slots=True)
class Says:
    """What a request says of the roster. `lost`: the server has lost what comes after `no`, and gets it again."""

    no: int
    hash: bytes
    entries: tuple[api.NewEntry, ...]
    envelopes: tuple[api.KeyEnvelope, ...]
    lost: bool


class RosterTalk:
    """Of one open store. `publish` is told what was taken in, `take_again` has a collection's snapshot taken once more;
    `makes_drops`: an administrator's laptop adds the organisation's drop collections."""

    def __init__(
        self,
        at_store: AtStore,
        books: Books,
        store: Replica,
        random: Callable[[int], bytes],
        publish: Callable[[Taken], None],
        take_again: Callable[[UUID], None],
        makes_drops: bool = False,
    ) -> None:
        self._job, self._books, self._store, self._random = at_store, books, store, random
        self._publish, self._take_again = publish, take_again
        self._makes_drops = makes_drops
        self._duties = PROPOSALS  # how often entries that the roster calls for are tried in an exchange
        self._helped = False  # who lacks a key was asked in this exchange
        self._help: tuple[api.KeyEnvelope, ...] = ()
        self._fences = 0  # of the roster, up to which nothing counts here beyond them
        self._lost_after: int | None = None  # the server has lost the roster entries above this number

    def begin(self) -> None:
        """Another exchange."""
        self._duties, self._helped = PROPOSALS, False

    @property
    def may_help(self) -> bool:
        """Whether the server may still be asked, in this exchange, who lacks a key."""
        return not self._helped

    def went_over(self) -> None:
        """This laptop holds another branch of the roster now (rule 39)."""
        self._lost_after, self._fences = None, 0
        self.follow()

    def says(self, state: RosterState) -> Says:
        """For the next request of a member; at the store. Makes the entries that are due."""
        books, lost = self._books, self._lost_after
        if lost is None:
            return Says(state.no, state.hash, self._called_for(), self._help, lost=False)
        again = tuple(books.envelopes_of(one) for one in books.entries[lost + 1 :])
        return Says(lost, roster_hash(books.entries, lost), again, self._help, lost=True)

    def follow(self) -> None:
        """What the roster asks of this laptop: to go on under its new identity, and to take back what a fence has cut off."""
        self._publish(self._job(lambda: identity.follow(self._books, self._store)))
        self._publish(self._job(lambda: erasing.follow(self._books, self._store)))
        state = self._job(lambda: self._books.state)
        if state is None or len(state.fences) == self._fences:
            return
        for place in self._books.readable():
            self._publish(self._job(lambda place=place: self._mended(place)))  # type: ignore[misc]  # bound now
        self._fences = len(state.fences)

    def _mended(self, place: UUID) -> Taken:
        """Rule 33: makes a collection's records again when something counts here that a late fence has cut off."""
        books, state = self._books, self._books.view()
        if not cuts.is_overrun(self._store, state, place, books.device_id):
            return Taken()
        log.warning("a fence came late in %s: its records are made again", place)
        return self.made_again(place)

    def made_again(self, place: UUID) -> Taken:
        """A collection judged anew; from a snapshot where all that it is made from is not here."""
        books, state = self._books, self._books.view()
        if snapshot_books.is_taken(self._store, place):
            self._take_again(place)
            return Taken()
        if not is_whole(self._store, place):
            return Taken()
        with self._store.transaction():
            return Rebuilding(self._store, state, books.keys, books.device_id, place, books.now_ms()).run()

    def take(self, answer: api.SyncAnswer) -> bool:
        """Roster entries and keys; whether another round has something to do because of them."""
        if not answer.roster_known:
            more: bool = self._job(lambda: self._roster_lost(answer))
            return more
        founding = self._books.state is None
        why = [f"{verdict} {reason}".strip() for verdict, reason in answer.entry_verdicts if verdict is api.EntryVerdict.REFUSED]
        grown = self._job(lambda: self._grow(answer))
        if why and (founding or self._lost_after is not None):
            raise KnownError("roster_rejected", reason=why[0])
        if self._lost_after is not None and any(verdict is api.EntryVerdict.STALE for verdict, _ in answer.entry_verdicts):
            raise KnownError("roster_fork")  # it did not only lose them: another entry has their number now (rule 39)
        if any(why):
            log.warning("roster entries were refused: %s", why)
        if self._lost_after is None and self._books.state is not None:
            honesty.check_roster(answer, self._books.state)
        self._lost_after = None
        if grown:
            self.follow()
        self._help += self._job(lambda: self._seal_for(answer))
        new_keys = self._job(lambda: self._books.take_keys(answer.envelopes))
        if grown or new_keys:
            for place in self._books.readable():
                self._publish(self._job(lambda place=place: self._books.inbox().retry(place)))  # type: ignore[misc]  # bound now
        return grown or new_keys or bool(self._help)

    def _seal_for(self, answer: api.SyncAnswer) -> tuple[api.KeyEnvelope, ...]:
        """Envelopes for those who lack one; once an exchange, and not for those sealed for already."""
        self._helped = True
        have = {one[:3] for one in self._help}
        lacking = [one for one in answer.lacking if one not in have]
        return duties.seal_for_lacking(self._books.state, lacking, self._books.keys) if self._books.state else ()

    def _grow(self, answer: api.SyncAnswer) -> bool:
        known = self._books.state.no if self._books.state else -1
        fresh = answer.entries if self._lost_after is None else ()
        self._help = self._books.grow(fresh)
        return self._books.view().no > known if self._books.state else False

    def _roster_lost(self, answer: api.SyncAnswer) -> bool:
        """The server's roster is not ours: shorter (it was restored: it gets the rest again), or another (a fork)."""
        state = self._books.state
        known = state is not None and answer.roster_no < state.no
        if not known or self._lost_after is not None or roster_hash(self._books.entries, answer.roster_no) != answer.roster_hash:
            raise KnownError("roster_fork")
        self._lost_after = answer.roster_no
        return True

    def from_the_first(self) -> bool:
        """The server has lost the entry that let this laptop in, so it cannot say how much it lost: the whole roster is
        brought along, once, and lets this laptop in anew if its first entry, or the invitation, is what the server holds."""
        again = self._lost_after is None and self._books.is_member()
        self._lost_after = -1 if again else None
        return again

    def as_it_is(self, error: KnownError) -> KnownError:
        """What a refusal means: a server that has lost the entry which let this laptop in, and whose roster closed the invitation
        since, is on another branch, on which this laptop never came in (rule 39)."""
        if self._lost_after == -1 and error.code.startswith("invitation_"):
            return KnownError("roster_fork", reason="not_there")
        return error

    def _called_for(self) -> tuple[api.NewEntry, ...]:
        """What the roster calls for and this laptop may do: nothing is sealed in a collection before its new key (rule 44)."""
        books = self._books
        if self._duties == 0 or books.state is None:
            return ()
        made = duties.due(books.state, books.device, books.keys, books.now_ms(), self._random) or erasing.due(books, self._store)
        if not made and self._makes_drops:
            made = duties.missing_drops(books.state, books.device, books.now_ms(), self._random)
        self._duties -= bool(made)
        return made


def roster_hash(all_entries: Sequence[bytes], no: int) -> bytes:
    """The hash of entry `no`; zeros before the first."""
    return entries.decode(all_entries[no]).hash if 0 <= no < len(all_entries) else bytes(32)
