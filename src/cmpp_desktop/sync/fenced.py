"""Own bundles that a fence has cut off, when this laptop may write there again (rules 32, 33).

A right that was taken and given back leaves bundles behind that were sealed before and never got a place. They do not count
for anybody; their change sets are still in the outbox. Without this, everything written later would link to them and be held
for ever. Promise: the chain goes on from the last own bundle in the log, the change sets leave in new bundles with
their old stamps, and a number is sealed again only where the fence has made the older bundle of that number worthless.
"""

from __future__ import annotations

from uuid import UUID

from cmpp_desktop.sync.replica import NO_CHAIN, Chain, EnvelopeRow, Replica, StoredEnvelope
from cmpp_protocol import envelope
from cmpp_protocol.roster import RosterState


def take_back(replica: Replica, state: RosterState, device: bytes, place: UUID) -> bool:
    """Takes back what was cut off; whether this device may seal there now: not before it has read the log up to the cut."""
    fences = [one for one in state.fences if (one.device, one.collection) == (device, place)]
    if not fences:
        return True
    cut = fences[-1]
    mine = replica.envelopes(place, mine=True)
    logged = [one for one in mine if one.seq is not None]
    last = max(logged, key=lambda one: one.number, default=None)
    if cut.cut.number > (last.number if last else 0):
        return False
    left = [one for one in mine if one.seq is None and one.number > (last.number if last else 0)]
    if replica.chains(place).get(device, NO_CHAIN).number <= (last.number if last else 0):
        return True
    if any(envelope.decode_header(one.body).roster_no < cut.no for one in left):
        _go_back(replica, place, device, last, left)
    return True


def _go_back(replica: Replica, place: UUID, device: bytes, last: EnvelopeRow | None, left: list[EnvelopeRow]) -> None:
    with replica.transaction():
        for one in left:  # those that link to a cut one are as worthless as it is
            at = (place, one.device, one.number, one.hash)
            replica.put_envelope(StoredEnvelope(*at, one.epoch, None, True, "held", one.last_hlc, one.body))
            replica.release(*at)  # nothing is set aside any more: its changes are on their way
        begin = Chain(0, bytes(32), 0, 0)
        if last is not None:
            begin = Chain(last.number, last.hash, last.last_hlc or 0, envelope.decode_header(last.body).roster_no)
        replica.put_chain(place, device, begin)
