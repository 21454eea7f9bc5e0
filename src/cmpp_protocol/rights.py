"""What a roster allows: who may write, sign and open, and whether a bundle counts (rules 29, 31, 45).

Pure functions of a roster state and, for bundles, of what came before in the same chain. The server asks them before it
gives a bundle a place in the log; each laptop asks them again before it applies it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from cmpp_protocol import keys
from cmpp_protocol.entries import DROP_READERS
from cmpp_protocol.envelope import FIRST, SHARED, TO_A_KEY, Header
from cmpp_protocol.roster import Collection, Invitation, Kind, Rights, Role, RosterState, at
from cmpp_protocol.roster_state import CONFIRM_RESTRICTED, KEYRING_ONLY, POLICY_DEFAULTS, asks_to_confirm, rights_at

__all__ = [
    "CONFIRM_RESTRICTED",
    "KEYRING_ONLY",
    "POLICY_DEFAULTS",
    "ChainHead",
    "Judgement",
    "NO_CHAIN",
    "Recipient",
    "Standing",
    "counts",
    "entitled",
    "may_read",
    "may_sign",
    "may_write",
    "rights_at",
    "role_at",
    "rotation_due",
    "stale_invitations",
]

_SIGNERS = frozenset({Role.CASEWORKER, Role.SUPERVISOR, Role.ADMINISTRATOR})


class ChainHead(NamedTuple):
    """The last counting bundle of a device in a collection, with the roster number that it named."""

    number: int
    hash: bytes
    roster_no: int


NO_CHAIN = ChainHead(0, FIRST, 0)


class Standing(StrEnum):
    """What becomes of a bundle."""

    COUNTS = "counts"
    HELD = "held"
    WAITS = "roster?"


class Judgement(NamedTuple):
    """A standing and, for what is held, why: order | fork | device | roster_back | rights | epoch | sealing |
    fence."""

    standing: Standing
    why: str = ""


class Recipient(NamedTuple):
    """Somebody to whom collection keys are sealed. `kind`: device | invitation | recovery; `id` = `keys.id`."""

    kind: str
    id: bytes
    keys: keys.PublicKeys


def may_read(state: RosterState, device_id: bytes, collection: UUID, no: int | None = None) -> bool:
    """Whether a device may read a collection, at a roster number or now."""
    return rights_at(state, device_id, collection, state.no if no is None else no) is not None


def may_write(state: RosterState, device_id: bytes, collection: UUID, no: int | None = None) -> bool:
    """Whether a device may write bundles to a collection, at a roster number or now. Board readers never do; all others may
    in a drop, whether they can open it or not."""
    no = state.no if no is None else no
    place = state.collections.get(collection)
    if place is not None and place.is_drop:
        device = state.devices.get(device_id)
        works = device is not None and device.active(no) and no >= place.created
        return works and role_at(state, device_id, no) is not Role.BOARD
    if rights_at(state, device_id, collection, no) is not Rights.WRITE:
        return False
    return role_at(state, device_id, no) is not Role.BOARD


def may_sign(state: RosterState, device_id: bytes, no: int | None = None) -> bool:
    """Whether the member of a device may make `Signed` records, at a roster number or now (rule 21)."""
    no = state.no if no is None else no
    device = state.devices.get(device_id)
    return device is not None and device.active(no) and role_at(state, device_id, no) in _SIGNERS


def role_at(state: RosterState, device_id: bytes, no: int) -> Role | None:
    """The role of a device's member at a roster number."""
    device = state.devices.get(device_id)
    if device is None:
        return None
    role: Role | None = at(state.members[device.member].roles, no)
    return role


def entitled(state: RosterState, collection: UUID) -> tuple[Recipient, ...]:
    """Everybody to whom the key of a collection is sealed now: devices, open invitations, recovery (rule 45)."""
    place = state.collections.get(collection)
    if place is None:
        return ()
    devices = [
        Recipient("device", device.id, device.keys)
        for device in state.devices.values()
        if may_read(state, device.id, collection)
    ]
    guarded = place.kind is Kind.RESTRICTED and asks_to_confirm(state, state.no)
    invited = [
        Recipient("invitation", one.keys.id, one.keys)
        for one in state.invitations.values()
        if one.closed is None and _is_invited_to(state, one, place, state.no) and not guarded
    ]
    recovery = Recipient("recovery", state.recovery.pair.id, state.recovery.pair)
    return (*devices, *invited, recovery)


def _is_invited_to(state: RosterState, one: Invitation, place: Collection, no: int) -> bool:
    """Whether who uses an invitation may read a collection: of a drop, by the member's role; else it is listed, with access."""
    if place.is_drop:
        return place.created <= no and at(state.members[one.member].roles, no) in DROP_READERS[place.kind]
    return place.id in one.collections and at(state.access.get((one.member, place.id), ()), no) is not None


def rotation_due(state: RosterState) -> tuple[UUID, ...]:
    """Collections whose key somebody holds who may not read any more (rule 44), lowest id first. Until such a key is rotated,
    nothing is sealed there."""
    return tuple(
        place.id for _, place in sorted(state.collections.items()) if _last_loss(state, place.id) > place.epochs[-1].no
    )


def _last_loss(state: RosterState, collection: UUID) -> int:
    """The last roster number at which somebody ceased to be entitled to a collection's key; -1: never."""
    lost, here = [-1], state.collections[collection]
    for device in state.devices.values():
        if device.ended is not None and rights_at(state, device.id, collection, device.ended - 1) is not None:
            lost.append(device.ended)
    for (_, place), history in state.access.items():
        lost += [since.no for since in history if place == collection and since.value is None]
    for one in state.invitations.values():
        if one.closed is None or one.device is not None:
            continue
        if _is_invited_to(state, one, here, one.closed - 1) if here.is_drop else collection in one.collections:
            lost.append(one.closed)
    if here.is_drop:  # whoever read there, and has another role since
        readers = DROP_READERS[here.kind]
        steps = (step for member in state.members.values() for step in pairwise(member.roles))
        lost += [new.no for old, new in steps if old.value in readers and new.value not in readers and new.no > here.created]
    lost += [since.no for since in state.recoveries[1:]]
    lost += [one.no for one in state.choices if one.no > here.created]  # who held a key of the branch that was given up
    if here.kind is Kind.RESTRICTED:  # tightened: laptops whose digits nobody compared are out
        lost += [
            since.no
            for before, since in pairwise(state.policies)
            if asks_to_confirm(state, since.no) and not asks_to_confirm(state, since.no - 1)
        ]
    return max(lost)


def stale_invitations(state: RosterState, now_ms: int) -> tuple[UUID, ...]:
    """Open invitations whose time is over: any client writes the entry that closes them (rule 45)."""
    return tuple(sorted(one.id for one in state.invitations.values() if one.closed is None and one.expires < now_ms))


def counts(
    state: RosterState,
    header: Header,
    envelope_hash: bytes,
    before: ChainHead = NO_CHAIN,
    cut_chain: Mapping[int, bytes] | None = None,
) -> Judgement:
    """Whether a bundle counts, its signature having been verified (rule 29).

    `before` is the last counting bundle of the same device and collection (NO_CHAIN: none). `cut_chain` maps numbers to the
    hashes on the chain that leads down from a fence's cut, as far as they are known: another bundle of such a number
    does not count, though its number is below the cut.
    """
    if header.roster_no > state.no:
        return Judgement(Standing.WAITS)
    if header.org != state.org_id or header.device not in state.devices:
        return Judgement(Standing.HELD, "device")
    if header.number > before.number + 1:
        return Judgement(Standing.HELD, "order")
    if header.number <= before.number or header.previous != before.hash:
        return Judgement(Standing.HELD, "fork")
    if header.roster_no < before.roster_no:
        return Judgement(Standing.HELD, "roster_back")
    if not may_write(state, header.device, header.collection, header.roster_no):
        return Judgement(Standing.HELD, "rights")
    place = state.collections[header.collection]
    if header.epoch != place.epoch_at(header.roster_no):
        return Judgement(Standing.HELD, "epoch")
    if header.version != (TO_A_KEY if place.is_drop else SHARED):
        return Judgement(Standing.HELD, "sealing")
    if _fenced(state, header, envelope_hash, cut_chain or {}):
        return Judgement(Standing.HELD, "fence")
    return Judgement(Standing.COUNTS)


def _fenced(state: RosterState, header: Header, envelope_hash: bytes, cut_chain: Mapping[int, bytes]) -> bool:
    for fence in state.fences:
        if (fence.device, fence.collection) != (header.device, header.collection) or header.roster_no >= fence.no:
            continue
        known = {**cut_chain, fence.cut.number: fence.cut.hash}
        if header.number > fence.cut.number or known.get(header.number, envelope_hash) != envelope_hash:
            return True
    return False
