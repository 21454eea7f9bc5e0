"""What another copy of this laptop wrote under its identity, as far as a snapshot tells of it (rules 35, 48)."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from cmpp_desktop.sync.replica import NO_CHAIN, ChainRow, Replica


def is_elsewhere(store: Replica, place: UUID, own: bytes, chain: Mapping[bytes, ChainRow]) -> bool:
    """Whether the chain of a snapshot goes on, for this laptop, from a bundle that is not here: all that it sealed itself is."""
    end = chain.get(own, NO_CHAIN)
    return end.number > 0 and store.envelope(place, own, end.number, end.hash) is None
