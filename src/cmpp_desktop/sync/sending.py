"""Own bundles on their way: which go into a request, what the server wants handed over, and what it would not take."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cmpp_desktop.sync.books import Books
from cmpp_desktop.sync.drops import Drops, waits_for_head
from cmpp_desktop.sync.outbox import BYTES_AT_ONCE, Outbox
from cmpp_desktop.sync.replica import Replica, SetAside, StoredEnvelope
from cmpp_protocol import api, envelope


class Sending:
    """Of one open store; all methods run at it. `random(n)` gives n random bytes."""

    def __init__(self, books: Books, store: Replica, random: Callable[[int], bytes], drops: Drops) -> None:
        self._books, self._store, self._random, self._drops = books, store, random, drops
        self._wanted: tuple[api.Offer, ...] = ()
        self._given: set[bytes] = set()  # hashes that were handed over on demand in this exchange

    def begin(self) -> None:
        """Another exchange."""
        self._given = set()

    def to_send(self) -> tuple[Sequence[bytes], tuple[api.Offer, ...], bool]:
        """Bundles for the next request, what is offered beside them, and whether more are left."""
        books = self._books
        outbox = Outbox(self._store, books.view(), books.keys, books.device, self._random)
        asked = self._asked_for(outbox)
        bundles, unsent = (asked, True) if asked else outbox.to_send()
        return bundles, outbox.offers(), unsent

    def want(self, wanted: Sequence[api.Offer]) -> bool:
        """What the server wants handed over; whether any of it is here."""
        self._wanted = self._held_of(wanted)
        return bool(self._wanted)

    def note_verdicts(self, request: api.SyncRequest, answer: api.SyncAnswer) -> None:
        """Own bundles that get no place are set aside where their author sees them, and offered by hash from now on."""
        bad = (api.Verdict.HELD, api.Verdict.TOO_BIG, api.Verdict.REFUSED)
        for data, verdict in zip(request.bundles, answer.verdicts, strict=False):
            if verdict.verdict not in bad:
                continue
            parsed = envelope.decode(data)
            header, hashed = parsed.header, parsed.hash
            if waits_for_head(self._drops.closed, header.collection, verdict.why):
                continue
            row = self._store.envelope(header.collection, header.device, header.number, hashed)
            if row is None or not row.mine or row.state == "held":
                continue
            at = (header.collection, header.device, header.number, hashed)
            with self._store.transaction():
                self._store.put_envelope(StoredEnvelope(*at, row.epoch, row.seq, True, "held", row.last_hlc, row.body))
                self._store.set_aside(SetAside(*at, -1, f"server_{verdict.verdict}", self._books.now_ms(), data))

    def _held_of(self, wanted: Sequence[api.Offer]) -> tuple[api.Offer, ...]:
        """Those of them that are here and were not handed over yet. What is damaged at the server is wanted of everybody."""
        fresh = (offer for offer in wanted if offer.hash not in self._given)
        return tuple(offer for offer in fresh if self._store.envelope(*offer) is not None)

    def _asked_for(self, outbox: Outbox) -> list[bytes]:
        """Bundles that the server lacks and wants, as many as go into one request; each is handed over once an exchange."""
        found: list[bytes] = []
        room = BYTES_AT_ONCE
        for offer in self._wanted:
            if room <= 0:
                break
            self._given.add(offer.hash)
            body = outbox.wanted(offer)
            if body is not None:
                found.append(body)
                room -= len(body)
        return found
