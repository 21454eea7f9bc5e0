"""Own bundles that a fence has cut off, when this laptop may write there again (rules 32, 33).

A right that was taken and given back leaves bundles behind that were sealed before and never got a place. They do not count
for anybody; their change sets are still in the outbox. Without this, everything written later would link to them and be held
for ever. Promise: the chain goes on from the last own bundle in the log, the change sets leave in new bundles with
their old stamps, and a number is sealed again only where the fence has made the older bundle of that number worthless. It is
written down that they leave again: whoever knows the new bundles only from a snapshot cannot see that from the old ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from cmpp_desktop.changes import ChangeSet
from cmpp_desktop.sync import leaving_again, own_changes
from cmpp_desktop.sync.counted import chain_at, opened
from cmpp_desktop.sync.keys import Keys
from cmpp_desktop.sync.replica import NO_CHAIN, EnvelopeRow, Replica, StoredEnvelope
from cmpp_protocol import envelope, rights
from cmpp_protocol.roster import RosterState
from cmpp_protocol.roster_state import Fence
from cmpp_protocol.stamps import Stamp, next_hlc


def take_back(replica: Replica, state: RosterState, device: bytes, place: UUID, held: Keys) -> bool:
    """Takes back what was cut off; whether this device may seal there now: not before it has read the log up to the cut. `held`:
    the keys here, for what had been read in a log that knew nothing of the fence."""
    fences = [one for one in state.fences if (one.device, one.collection) == (device, place)]
    if not fences:
        return True
    cut = fences[-1]
    bad = _worthless((one for one in replica.envelopes(place, mine=True) if one.number > cut.cut.number), cut)
    if any(one.seq is not None and one.state == "counts" for one in bad):
        with replica.transaction():
            take_out(replica, state, device, cut, held)
    mine = replica.envelopes(place, mine=True)
    logged = [one for one in mine if one.seq is not None and one.state != "held"]
    last = max(logged, key=lambda one: one.number, default=None)
    if cut.cut.number > (last.number if last else 0):
        return False
    left = [one for one in mine if one.seq is None and one.number > (last.number if last else 0)]
    chain = replica.chains(place).get(device, NO_CHAIN)
    if chain.number <= (last.number if last else 0):
        return True
    bad = _worthless(left, cut)
    if chain.hash in {one.hash for one in bad}:  # else it goes on from the cut already
        _go_back(replica, state, place, device, last, bad)
    return True


def _worthless(rows: Iterable[EnvelopeRow], cut: Fence) -> list[EnvelopeRow]:
    """Of bundles behind a cut, in their order, those that it cuts off and those that link to such a one."""
    bad: list[EnvelopeRow] = []
    for one in rows:
        header = envelope.decode_header(one.body)
        if header.roster_no < cut.no or header.previous in {each.hash for each in bad}:
            bad.append(one)
    return bad


def take_out(replica: Replica, state: RosterState, device: bytes, cut: Fence, held: Keys) -> None:
    """A server that had lost the fence gave bundles a place that it cuts off (rule 37), or they were read in a log that is no
    more (rule 39). They count for nobody: what they say is in the outbox again. Inside a transaction."""
    place = cut.collection
    bad = _worthless((one for one in replica.envelopes(place, mine=True) if one.number > cut.cut.number), cut)
    if not bad:
        return
    said = {each.stamp.hlc: each for one in bad for each in opened(replica, held, place, one)}
    said |= {each.stamp.hlc: each for each in replica.outbox(place)}
    good = [one for one in replica.envelopes(place, mine=True) if one.state == "counts" and one not in bad]
    last = max(good, key=lambda one: one.number, default=None)
    for one in bad:
        at = (place, one.device, one.number, one.hash)
        replica.put_envelope(StoredEnvelope(*at, one.epoch, one.seq, True, "held", one.last_hlc, one.body))
        replica.release(*at)
    replica.renew_outbox(place, [said[hlc] for hlc in sorted(said)])
    replica.put_chain(place, device, chain_at(last))
    _say_it_leaves_again(replica, state, place, device, bad)


def _go_back(
    replica: Replica, state: RosterState, place: UUID, device: bytes, last: EnvelopeRow | None, left: list[EnvelopeRow]
) -> None:
    with replica.transaction():
        for one in left:
            at = (place, one.device, one.number, one.hash)
            replica.put_envelope(StoredEnvelope(*at, one.epoch, None, True, "held", one.last_hlc, one.body))
            replica.release(*at)  # nothing is set aside any more: its changes are on their way
        replica.put_chain(place, device, chain_at(last))
        _say_it_leaves_again(replica, state, place, device, left)


def _say_it_leaves_again(replica: Replica, state: RosterState, place: UUID, device: bytes, rows: Sequence[EnvelopeRow]) -> None:
    if not rights.may_write(state, device, place):
        return
    said = leaving_again.said_now(replica, place, rows, "fence")
    if said:
        stamp = Stamp(next_hlc(0, replica.own_clock()), device)
        own_changes.write(replica, state, ChangeSet(place.bytes, stamp, said), stamp.ms)
