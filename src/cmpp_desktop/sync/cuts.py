"""Fences as they lie over the bundles that are held here: which branch a cut names, and whether something counts beyond it.

Rules 28 and 29: of a device that a fence cuts, a bundle of before counts up to the cut, and only on the chain that leads down
from it. What is held decides how far that chain is known.
"""

from __future__ import annotations

from uuid import UUID

from cmpp_desktop.sync.replica import GONE, Replica
from cmpp_protocol import envelope
from cmpp_protocol.roster import RosterState

_STANDS = ("counts", "void")


def cut_chain(store: Replica, state: RosterState, place: UUID, device: bytes) -> dict[int, bytes]:
    """By number, the hashes on the chains that lead down from the cuts of a device, as far as their bundles are held."""
    found: dict[int, bytes] = {}
    for fence in state.fences:
        number, hashed = fence.cut
        if (fence.device, fence.collection) != (device, place):
            continue
        while number > 0 and found.get(number) != hashed:
            found[number] = hashed
            row = store.envelope(place, device, number, hashed)
            if row is None or row.body == GONE:
                break
            number, hashed = number - 1, envelope.decode_header(row.body).previous
    return found


def is_overrun(store: Replica, state: RosterState, place: UUID, own: bytes) -> bool:
    """Whether something counts here that a fence has cut off: it came before the fence did (by a folder, or from a log that was
    restored since), so that records have to be made again. This laptop's own bundles are left to `fenced`."""
    chains = store.chains(place)
    if any(chain.number and device not in state.devices for device, chain in chains.items()):
        return True  # it came in on a branch of the roster that was given up (rule 39)
    for fence in state.fences:
        if fence.collection != place or fence.device == own or fence.device not in chains:
            continue
        number, hashed = fence.cut
        standing = [one for one in store.shelf(place, fence.device) if one.state in _STANDS]
        at_the_cut = {one.hash for one in standing if one.number == number}
        if at_the_cut and hashed not in at_the_cut:
            return True
        for one in standing:
            row = store.envelope(place, one.device, one.number, one.hash) if one.number > number else None
            if row is not None and row.body != GONE and envelope.decode_header(row.body).roster_no < fence.no:
                return True
    return False
