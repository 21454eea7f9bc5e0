"""That bundles leave again is said once, whoever has cause to: a fence had cut them off and the right came back (rule 32), or
their author goes on as another device (rule 35).

It stands behind what leaves again, so that it counts only if that does. Two copies of one laptop have the same cause, and one
copy may have it twice; then it would stand twice. So what anybody has said of a bundle is asked first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from cmpp_desktop.changes import Write
from cmpp_desktop.sync import adopting
from cmpp_desktop.sync.replica import OnShelf, Replica
from cmpp_protocol.stamps import Stamp

_UNDECIDED = ("", "open")


def said_now(
    store: Replica, place: UUID, lost: Iterable[OnShelf], why: str = "", mapped: Callable[[Stamp], Stamp] | None = None
) -> tuple[Write, ...]:
    """The writes that say so of those of the bundles of which nobody has decided anything. `why` they were held; `mapped` gives
    the stamp that one has from now on which the records here name."""
    rows = {adopting.bundle_id(place, one.hash): one for one in lost}
    known = store.states(place, rows)
    told = {write.id for one in store.outbox(place) for write in one.writes} - known.keys()  # on its way, and not made again yet
    if mapped is not None:
        known = {id: adopting.restamped_state(state, mapped) for id, state in known.items()}
    return tuple(
        write
        for id, one in rows.items()
        if id not in told and adopting.said_of(known.get(id), "how") in _UNDECIDED
        for write in adopting.settling(place, one.hash, one.device, one.number, "sent_again", why, known.get(id))
    )
