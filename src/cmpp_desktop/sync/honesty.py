"""What a server's answers of one exchange have to agree with: each trick that shows in them has a name (P19).

A server can keep silent about what it was sent, for ever and to one laptop alone; nobody can see that from its answers alone.
What it cannot do unseen is to contradict itself or what others signed. Promise: nothing here changes what is applied; a
contradiction stops the exchange, with its name as the reason of `another_history`, and work goes on.

    roster_withheld  a bundle in the log, or the server itself, names roster entries that it does not hand out
    gap              the log has a bundle and not the one before it in its chain, which no log may have taken
    log_shorter      it knows a cursor and says that its log ends before it
    log_withheld     it says that its log goes on and gives nothing of it
    unlogged         it said that it stored a bundle, and its log, read to the end, has none
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync import copies
from cmpp_desktop.sync.replica import NO_CHAIN, Replica
from cmpp_protocol import api, envelope
from cmpp_protocol.api import Offer
from cmpp_protocol.roster import RosterState

_PLACED = frozenset({api.Verdict.STORED, api.Verdict.HAD_IT})


class Witness:
    """Of one exchange."""

    def __init__(self) -> None:
        self._placed: set[Offer] = set()

    def hear(self, request: api.SyncRequest, answer: api.SyncAnswer) -> None:
        """Remembers what an answer promises. Raises another_history for one that contradicts itself."""
        at = {one.collection: one.seq for one in request.cursors}
        for one in answer.logs:
            if one.known and one.seq < at.get(one.collection, 0):
                raise KnownError("another_history", reason="log_shorter")
            if one.known and not one.items and one.seq > at.get(one.collection, one.seq) and not answer.more:
                raise KnownError("another_history", reason="log_withheld")
        for data, told in zip(request.bundles, answer.verdicts, strict=False):
            if told.verdict in _PLACED:
                parsed = envelope.decode(data)
                header = parsed.header
                self._placed.add(Offer(header.collection, header.device, header.number, parsed.hash))

    def at_end(self, store: Replica, state: RosterState, readable: Iterable[UUID]) -> None:
        """Raises another_history when the log, read to its end, contradicts what was said of it."""
        places = list(readable)
        damaged = {one.collection for one in copies.bad_copies(store)}
        for place in places:
            waiting: dict[bytes, list[int]] = {}
            for row in store.envelopes(place, state="waits", logged=True):
                if envelope.decode_header(row.body).roster_no > state.no:
                    raise KnownError("another_history", reason="roster_withheld")
                waiting.setdefault(row.device, []).append(row.number)
            chains = store.chains(place)
            for device, numbers in waiting.items():
                if place not in damaged and min(numbers) > chains.get(device, NO_CHAIN).number + 1:
                    raise KnownError("another_history", reason="gap")
        for offer in self._placed:
            kept = store.envelope(*offer)
            if offer.collection in places and offer.collection not in damaged and (kept is None or kept.seq is None):
                raise KnownError("another_history", reason="unlogged")


def check_roster(answer: api.SyncAnswer, state: RosterState) -> None:
    """Compares the roster here, after an answer was taken in, with what the answer says it is. Raises roster_fork and
    another_history for an answer that says one thing and gives another."""
    if not answer.roster_known or answer.more:
        return
    if answer.roster_no != state.no:
        raise KnownError("another_history", reason="roster_withheld")
    if answer.roster_hash != state.hash:
        raise KnownError("roster_fork")
