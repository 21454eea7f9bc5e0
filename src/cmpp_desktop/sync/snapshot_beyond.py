"""What is here and a snapshot lacks, and what of it has lost its number to a bundle of the log (rules 33, 36, 48). At the store.

A bundle that came without a place in the log may be one of another branch: a copy of its author's laptop wrote it under the same
number. Who holds the whole log makes the records again without it. Who began from a snapshot takes that once more: then what is
beyond it is judged anew, with what the log has first, and what has lost is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from cmpp_desktop.sync.parted import has_parted
from cmpp_desktop.sync.replica import GONE, NO_CHAIN, Chain, EnvelopeRow, Replica, SetAside, StoredEnvelope
from cmpp_desktop.sync.snapshot_fold import Fold
from cmpp_protocol import envelope
from cmpp_protocol.roster import RosterState

_LOGGED = ("counts", "void")


class Beyond(NamedTuple):
    """`rows`: what goes on top, in the order in which it is judged; `behind`: bundles of others that counted here without a
    place in the log, and beyond which the snapshot goes: they stand in it or, if they are in `lost`, on another branch;
    `instead`: those that the log has in place of these."""

    rows: list[EnvelopeRow]
    behind: list[EnvelopeRow]
    lost: list[EnvelopeRow]
    instead: list[EnvelopeRow]


def beyond(store: Replica, place: UUID, own: bytes, chain: Mapping[bytes, Chain]) -> Beyond | None:
    """What is here beyond a snapshot with this chain, but for bundles of one's own that wait in the outbox. None: it cannot be
    taken, for what it lacks is not here, or its chain is another. One's own may be another: a copy of this laptop wrote it, and
    what was sealed here leaves again under a new identity (rule 35)."""
    waiting = {one.stamp.hlc for one in store.outbox(place)}
    parted = has_parted(store, place, own, chain)
    every = [row for row in store.envelopes(place) if not (parted and row.mine and row.seq is None)]
    behind, lost, instead = _behind(every, own, chain)
    gone = {row.hash for row in lost}
    counted: dict[bytes, list[int]] = {}
    rows: list[EnvelopeRow] = []
    for row in every:
        known = chain.get(row.device)
        if row.state not in _LOGGED:
            rival = row.state == "held" and row.seq and row.device != own and row.body != GONE
            rows += [row] if rival and row.number > (known.number if known else 0) else []
            continue
        if known is not None and row.number == known.number and row.hash not in (known.hash, *gone):
            return None
        if (known is None or row.number > known.number) and not (row.mine and row.last_hlc in waiting):
            if row.body == GONE:
                return None
            rows.append(row)
            counted.setdefault(row.device, []).append(row.number)
    for device, held in store.chains(place).items():
        at = chain[device].number if device in chain else 0
        other = device in chain and held.number == at and held.hash not in (chain[device].hash, *gone)
        if other and not (parted and device == own):
            return None
        if device != own and held.number > at and counted.get(device) != list(range(at + 1, held.number + 1)):
            return None
    rows.sort(key=lambda row: (row.seq is None, row.device, row.number))
    return Beyond(rows, behind, lost, instead)


def _behind(
    rows: Iterable[EnvelopeRow], own: bytes, chain: Mapping[bytes, Chain]
) -> tuple[list[EnvelopeRow], list[EnvelopeRow], list[EnvelopeRow]]:
    """See `Beyond`. What has lost is known by the end of the chain, by a bundle that the log has under its number, or by what it
    goes on from."""
    covered = [row for row in rows if row.device != own and row.device in chain and row.number <= chain[row.device].number]
    logged = {(row.device, row.number): row for row in covered if row.seq and row.state == "held" and row.body != GONE}
    behind = [row for row in covered if row.seq is None and row.state in _LOGGED and not row.mine]
    lost: dict[bytes, list[EnvelopeRow]] = {}
    for row in behind:
        end, others = chain[row.device], lost.get(row.device, [])
        follows = row.body != GONE and envelope.decode_header(row.body).previous in {each.hash for each in others}
        if (row.number == end.number and row.hash != end.hash) or (row.device, row.number) in logged or follows:
            lost.setdefault(row.device, []).append(row)
    instead = [row for (device, number), row in logged.items() if device in lost and number >= lost[device][0].number]
    return behind, [row for every in lost.values() for row in every], instead


def judged(store: Replica, state: RosterState, place: UUID, found: Beyond, fold: Fold, now_ms: int) -> None:
    """What counted here and does not any longer is held and shown; what the log has in its place counts. Inside a transaction."""
    for row in found.rows:
        key = (row.device, row.number, row.hash)
        stands = key not in fold.left_out and row.number <= fold.now.get(row.device, NO_CHAIN).number
        if stands and row.state == "held":
            _let_stand(store, place, row)
        elif not stands and row.state != "held" and not row.mine:
            _hold(store, place, row, fold.left_out.get(key, "fence"), now_ms)
    for row in found.lost:
        _hold(store, place, row, "fork", now_ms)
    for row in found.instead:
        if not _is_cut_off(state, place, row):
            _let_stand(store, place, row)


def _is_cut_off(state: RosterState, place: UUID, row: EnvelopeRow) -> bool:
    fences = [one for one in state.fences if (one.device, one.collection) == (row.device, place) and row.number > one.cut.number]
    return any(envelope.decode_header(row.body).roster_no < one.no for one in fences)


def _hold(store: Replica, place: UUID, row: EnvelopeRow, why: str, now_ms: int) -> None:
    at = (place, row.device, row.number, row.hash)
    store.put_envelope(StoredEnvelope(*at, row.epoch, row.seq, False, "held", row.last_hlc, row.body))
    store.set_aside(SetAside(*at, -1, why, now_ms, row.body))


def _let_stand(store: Replica, place: UUID, row: EnvelopeRow) -> None:
    at = (place, row.device, row.number, row.hash)
    store.put_envelope(StoredEnvelope(*at, row.epoch, row.seq, False, "counts", row.last_hlc, row.body))
    store.release(*at)
