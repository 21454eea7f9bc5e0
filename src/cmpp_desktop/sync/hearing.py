"""What this laptop knows of the others: since when they belong, when they were last heard of, how far they know the roster.

All of it is read off what they signed: entries of the roster and the newest counting bundle of each of their chains, which names
the roster number that its author knew. So it is a lower bound: who has read and written nothing since counts as not heard of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from cmpp_desktop.sync.replica import Replica
from cmpp_protocol import entries, keys
from cmpp_protocol.roster import RosterState
from cmpp_protocol.stamps import Stamp


class Heard(NamedTuple):
    """Of one laptop, in ms: `since` it belongs, `last` it wrote or signed something that is here, `ended` (None: it has not).
    `roster_no`: an entry that it certainly knew; those before it as well; `bundles`: how many of records count here."""

    since: int
    last: int
    roster_no: int
    ended: int | None
    bundles: int = 0


def heard_of(store: Replica, state: RosterState, log: Sequence[bytes], readable: Iterable[UUID]) -> Mapping[bytes, Heard]:
    """Every device of the roster. `log`: all entries, in order; `readable`: the collections held here."""
    placed = [entries.decode(data) for data in log]
    signed = [entries.said(entry) for entry in placed]
    wrote: dict[bytes, tuple[int, int]] = {}
    bundles: Counter[bytes] = Counter()
    for entry, said in zip(placed, signed, strict=True):
        at, no = wrote.get(said.by, (0, 0))
        knew = entry.no if said is entry else 0  # a proposal says nothing of what came before it
        wrote[said.by] = (max(at, said.at), max(no, knew))
        if said is not entry:
            at, no = wrote.get(entry.by, (0, 0))
            wrote[entry.by] = (max(at, entry.at), max(no, entry.no))
    for place in readable:
        for device, chain in store.chains(place).items():
            at, no = wrote.get(device, (0, 0))
            wrote[device] = (max(at, Stamp(chain.last_hlc, device).ms), max(no, chain.roster_no))
            bundles[device] += 0 if state.collections[place].is_drop else chain.number
    found = {}
    for one in state.devices.values():
        since = signed[one.enrolled].at
        at, no = wrote.get(one.id, (since, one.enrolled))
        enrolled = one.enrolled if signed[one.enrolled] is placed[one.enrolled] else 0
        ended = None if one.ended is None else signed[one.ended].at
        found[one.id] = Heard(since, max(at, since), max(no, enrolled), ended, bundles[one.id])
    return found


def last_taken_away(state: RosterState) -> int:
    """The number of the newest entry that closed a laptop or let one go; -1 while there is none."""
    return max((device.ended for device in state.devices.values() if device.ended is not None), default=-1)


def check_code(org: bytes, roster_entries: Sequence[bytes], device: bytes) -> str:
    """The six digits of a device that has enrolled by invitation; "" for one that has not (yet), or the founder's."""
    for data in roster_entries:
        entry = entries.said(entries.decode(data))
        if entry.type == "device_enrolled" and entry.by == device:
            return keys.check_code(org, entry.hash)
    return ""
