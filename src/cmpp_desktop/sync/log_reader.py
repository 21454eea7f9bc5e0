"""The logs of an answer, taken in page by page: what is damaged is asked for again, a log with another history begun anew."""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import copies
from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.post import AtStore
from cmpp_desktop.sync.replica import Replica
from cmpp_desktop.sync.taken import Item, Taken
from cmpp_protocol import api, envelope

log = logging.getLogger(__name__)

BUNDLES_A_JOB = 32


class LogReader:
    """Of one open store. `publish` is told what was taken in; `made_again` judges a collection anew."""

    def __init__(
        self,
        at_store: AtStore,
        books: Books,
        store: Replica,
        publish: Callable[[Taken], None],
        made_again: Callable[[UUID], Taken],
    ) -> None:
        self._job, self._books, self._store, self._publish, self._made_again = at_store, books, store, publish, made_again
        self.begin()

    def begin(self) -> None:
        """Another exchange."""
        self._reread: set[UUID] = set()  # collections whose log was begun again in this exchange
        self._astray: set[UUID] = set()  # collections whose log did not chain in this exchange: said at its end (P19)
        self._unread: set[UUID] = set()  # collections in which an envelope stopped the cursor

    @property
    def astray(self) -> bool:
        """Whether a log did not chain in this exchange."""
        return bool(self._astray)

    @property
    def stopped(self) -> bool:
        """Whether an envelope stopped a cursor in this exchange."""
        return bool(self._unread)

    def take(self, one: api.Slice) -> bool:
        """A page of a log; whether another round has something to do because of it. Raises another_history."""
        if not one.known:
            self._job(lambda: self._read_again(one.collection))
            return True
        more = False
        for at in range(0, len(one.items), BUNDLES_A_JOB):
            items = [Item(item.envelope, item.seq, item.log_hash) for item in one.items[at : at + BUNDLES_A_JOB]]
            taken = self._job(lambda items=items: self._books.inbox().take(one.collection, items))  # type: ignore[misc]  # bound now
            self._publish(taken)
            if taken.forked:
                log.warning("the log of %s has another bundle of a number than what came before it", one.collection)
                self._publish(self._job(lambda: self._made_again(one.collection)))
                more = True  # who began from a snapshot takes it once more
            # Once more with a complaint: the server looks at its copy, and sends it again, or asks for it, or sets its log right.
            more |= taken.damaged > 0
            for stopped, places in ((taken.astray, self._astray), (taken.unread, self._unread)):
                if stopped and one.collection not in places:
                    places.add(one.collection)
                    more = True
            if taken.needs_update or taken.astray:
                break
        return more

    def take_again(self, one: api.PlaceAgain) -> bool:
        """A place whose copy was damaged, once more; whether anything came of it."""
        bad = self._job(lambda: [each for each in copies.bad_copies(self._store) if each[:2] == one[:2]])
        if bad and one.log_hash == bad[0].after:
            taken: Taken = self._job(lambda: self._books.inbox().mend(one.collection, one.envelope))
            self._publish(taken)
            return taken.mended > 0
        if not bad or one.collection in self._reread:
            return False
        self._reread.add(one.collection)  # the log hash that it was given then was wrong as well
        self._job(lambda: self._go_back(one.collection, one.seq - 1, bad[0].before))
        return True

    def cursor(self, place: UUID) -> api.Cursor:
        """How far a log was read here."""
        seq, log_hash = self._store.cursor(place) or (0, envelope.log_start(self._books.org, place))
        return api.Cursor(place, seq, log_hash)

    def complaints(self) -> tuple[api.Place, ...]:
        """Places whose copy did not verify here, and those at which a log does not go on (rule 42)."""
        bad = [api.Place(one.collection, one.seq) for one in copies.bad_copies(self._store)]
        stopped = sorted(self._astray | self._unread)
        return (*(api.Place(place, self.cursor(place).seq + 1) for place in stopped), *bad)

    def _go_back(self, place: UUID, seq: int, log_hash: bytes) -> None:
        with self._store.transaction():
            copies.forget(self._store, place, seq + 1)
            self._store.put_cursor(place, seq, log_hash)

    def _read_again(self, place: UUID) -> None:
        """Rule 37: the server's log has another history. Read from its start; what it does not list is offered again."""
        if place in self._reread:  # it does not know the beginning either: leave it, rather than ask for ever
            raise KnownError("another_history", reason="cursor")
        self._reread.add(place)
        log.warning("the log of %s has another history", place)
        with self._store.transaction():
            self._store.forget_log(place)
            copies.forget(self._store, place)
            self._store.put_cursor(place, 0, envelope.log_start(self._books.org, place))
