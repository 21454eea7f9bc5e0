"""What a laptop keeps of snapshots, and whether one that somebody offers may be taken (rules 47, 48). At the store only.

Kept is, by collection, the snapshot that this laptop began from or knows to be confirmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias
from uuid import UUID

from cmpp_desktop.changes import SIGNED, RecordState, in_records
from cmpp_desktop.store import signing
from cmpp_desktop.sync import confirmed
from cmpp_desktop.sync.replica import SNAPSHOTS, Chain, Replica
from cmpp_desktop.sync.snapshot_parts import Read
from cmpp_protocol import canon, rights, snapshot, snapshot_api
from cmpp_protocol.roster import RosterState

Listed: TypeAlias = Sequence[tuple[int, bytes, int, bytes]]  # (seq, device, number, hash) of bundles
_LOGGED = ("counts", "void")


class Base(NamedTuple):
    """The newest snapshot that is known of a collection. `taken`: this laptop began from it or from one before it;
    `confirmed`: a second device found the same; `since`: when that was first heard here, in ms, 0 for not yet; `by`: that second
    device, empty where it was not remembered."""

    collection: UUID
    seq: int
    log_hash: bytes
    maker: bytes
    taken: bool
    confirmed: bool
    since: int
    by: bytes = b""


class Offered(NamedTuple):
    """A snapshot whose head holds under the roster, and which is whole at the server. `by`: a device whose confirmation counts,
    empty for none."""

    head: snapshot.Head
    key: snapshot_api.Key
    by: bytes

    @property
    def confirmed(self) -> bool:
        return bool(self.by)


def bases(store: Replica) -> dict[UUID, Base]:
    """By collection."""
    kept = store.secret(SNAPSHOTS)
    rows = (Base(UUID(bytes=row[0]), *row[1:]) for row in (canon.unpack(kept) if kept else ()))
    return {one.collection: one for one in rows}


def is_taken(store: Replica, place: UUID) -> bool:
    """Whether this laptop began the collection from a snapshot, or let go what one holds: what is behind it is not all here."""
    known = bases(store).get(place)
    return (known is not None and known.taken) or place in confirmed.behind(store)


def put_base(store: Replica, base: Base) -> None:
    """Inside a transaction."""
    every = {**bases(store), base.collection: base}
    store.put_secret(SNAPSHOTS, canon.pack([[one.collection.bytes, *one[1:]] for _, one in sorted(every.items())]))


def offered(state: RosterState, keys_held: Iterable[tuple[UUID, int]], shown: Iterable[snapshot_api.Shown]) -> list[Offered]:
    """Those of the shown ones that may be looked at: confirmed ones first, then the newest."""
    held, found = set(keys_held), []
    for one in shown:
        try:
            head = snapshot.decode(one.head)
        except snapshot.SnapshotError:
            continue
        if one.have != len(head.parts) or not _holds(state, held, head):
            continue
        by = next((who[0] for who in one.confirmed if _confirms(state, head, *who)), b"")
        if by or state.devices[head.maker].why != "revoked":  # who was shut out may have made it afterwards
            found.append(Offered(head, snapshot_api.Key(head.collection, head.seq, head.maker), by))
    return sorted(found, key=lambda one: (not one.confirmed, -one.head.seq, one.head.maker))


def _holds(state: RosterState, held: set[tuple[UUID, int]], head: snapshot.Head) -> bool:
    place, maker = state.collections.get(head.collection), state.devices.get(head.maker)
    if head.org != state.org_id or place is None or maker is None or head.roster_no > state.no:
        return False
    if not rights.may_write(state, maker.id, place.id, head.roster_no) or head.epoch != place.epoch_at(head.roster_no):
        return False
    return (place.id, head.epoch) in held and head.verify(maker.keys.sign)


def _confirms(state: RosterState, head: snapshot.Head, device_id: bytes, signature: bytes) -> bool:
    device = state.devices.get(device_id)
    if device is None or device_id == head.maker or device.why == "revoked":
        return False
    reads = rights.may_read(state, device_id, head.collection, max(head.roster_no, device.enrolled))
    return reads and head.confirmed_by(device.keys.sign, signature)


def is_void(state: RosterState, head: snapshot.Head, chain: Mapping[bytes, Chain]) -> bool:
    """Whether a bundle in it became void: a later fence cuts a chain before the place to which it goes."""
    for fence in state.fences:
        held = chain.get(fence.device)
        if fence.collection != head.collection or fence.no <= head.roster_no or held is None:
            continue
        if held.number > fence.cut.number or (held.number == fence.cut.number and held.hash != fence.cut.hash):
            return True
    return False


def held(store: Replica, place: UUID) -> int:
    """How many bundles of a collection are here, or stand in a snapshot that was taken."""
    known = bases(store).get(place)
    counted = sum(row.state in _LOGGED for row in store.envelopes(place))
    return counted + (known.seq if known is not None and known.taken else 0)


def follow_on(listed: Listed, after: int, upto: int) -> Listed | None:
    """Of the bundles that are here, those at the places behind `after` up to `upto`; None if one is not here."""
    found = [row for row in listed if after < row[0] <= upto]
    return found if [row[0] for row in found] == list(range(after + 1, upto + 1)) else None


def signatures_hold(state: RosterState, part: Read) -> bool:
    """Whether every Signed record of a part is what its id says and its device signed (rule 21)."""
    signed = in_records(columns for columns in part.columns if columns.kind == SIGNED)
    every = [(id, made.state()) for id, made in signed.items()]
    every += [(id, one) for id, one in part.states.items() if one.kind == SIGNED]
    return all(_was_signed(state, id, one) for id, one in every)


def _was_signed(state: RosterState, id: UUID, record: RecordState) -> bool:
    values = [record.shown(name) for name in ("content", "signature")]
    if None in values or record.waiting or any(len(heads) != 1 for heads in record.heads.values()):
        return False
    try:
        content, signature = (canon.unpack(value) for value in values if value is not None)
        said = canon.unpack(content) if isinstance(content, bytes) else None
    except canon.NotCanonical:
        return False
    device = state.devices.get(said["device"]) if isinstance(said, dict) and isinstance(said.get("device"), bytes) else None
    return device is not None and isinstance(signature, bytes) and signing.verify(id, content, signature, device.keys.sign)
