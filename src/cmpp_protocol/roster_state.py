"""What a roster adds up to: members, devices, collections, access, as values that remember when each right began and ended.

So a bundle can be judged at the roster number that it names (rule 29; see `rights`). `roster` makes these values from entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from cmpp_protocol import canon, keys
from cmpp_protocol.entries import DROP_READERS, Cut, Head, Kind, Rights, Role

CONFIRM_RESTRICTED = "confirm_restricted"  # policy: restricted collections only for devices confirmed by code
KEYRING_ONLY = "keyring_only"  # policy: half of a laptop's key lies in its system's keyring, never in a file
POLICY_DEFAULTS: Mapping[str, bool] = MappingProxyType({CONFIRM_RESTRICTED: True, KEYRING_ONLY: False})


class Since(NamedTuple):
    """A value that holds from one roster number on, until the next one in its history."""

    no: int
    value: Any


History = tuple[Since, ...]


def at(history: History, no: int) -> Any:
    """The value of a history at a roster number; None before it began."""
    found = None
    for since in history:
        if since.no > no:
            break
        found = since.value
    return found


@dataclass(frozen=True, slots=True)
class Member:
    """A person, by an opaque id; `roles` is the history of their Role."""

    id: UUID
    roles: History

    @property
    def role(self) -> Role:
        """The role now."""
        role: Role = self.roles[-1].value
        return role


@dataclass(frozen=True, slots=True)
class Device:
    """One laptop. Numbers are roster numbers: when it was enrolled, confirmed by code, and ended (None: not). `why` it ended:
    revoked | retired | replaced. `successor`: the identity that the same laptop has now (rule 35)."""

    id: bytes
    member: UUID
    keys: keys.PublicKeys
    enrolled: int
    invitation: UUID | None = None
    confirmed: int | None = None
    ended: int | None = None
    why: str = ""
    successor: bytes | None = None
    recovered: bool = False  # let in by the recovery kit

    def active(self, no: int) -> bool:
        """Whether it belonged to the organisation at a roster number."""
        return self.enrolled <= no and (self.ended is None or no < self.ended)


@dataclass(frozen=True, slots=True)
class EpochKey:
    """One epoch of a collection's key: since which roster number, its commitment, the key before sealed under it; of a drop,
    the public key to which everybody seals."""

    epoch: int
    no: int
    commit: bytes
    previous: bytes | None
    seal: bytes | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """What is shared together; `epochs` begins with epoch 1."""

    id: UUID
    kind: Kind
    created: int
    epochs: tuple[EpochKey, ...]

    @property
    def epoch(self) -> int:
        """The epoch now."""
        return self.epochs[-1].epoch

    @property
    def is_drop(self) -> bool:
        """Whether everybody seals to its public key, and only certain roles open."""
        return self.kind in DROP_READERS

    def epoch_at(self, no: int) -> int:
        """The epoch at a roster number (0 before the collection was created)."""
        return max((key.epoch for key in self.epochs if key.no <= no), default=0)

    def commit(self, epoch: int) -> bytes | None:
        """The commitment to the key of an epoch, or None if there is no such epoch."""
        return self.epochs[epoch - 1].commit if 1 <= epoch <= len(self.epochs) else None


@dataclass(frozen=True, slots=True)
class Invitation:
    """A way in for one device. Open while `closed` is None; `device` is the one that used it."""

    id: UUID
    member: UUID
    keys: keys.PublicKeys
    collections: frozenset[UUID]
    expires: int
    by: bytes
    opened: int
    closed: int | None = None
    device: bytes | None = None


@dataclass(frozen=True, slots=True)
class Fence:
    """How far the chain of a device counts in a collection, since an entry that took a right away (rule 28)."""

    no: int
    device: bytes
    collection: UUID
    cut: Cut


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry by which the recovery key settled a fork: its number, where the two rosters parted, and the hash of the first
    entry of the one that was given up (rule 39)."""

    no: int
    fork: int
    dropped: bytes


@dataclass(frozen=True, slots=True)
class RosterState:
    """Everything that the entries up to `no` say."""

    org_id: bytes
    no: int
    hash: bytes
    recoveries: History  # of keys.RecoveryPublic
    members: Mapping[UUID, Member]
    devices: Mapping[bytes, Device]
    collections: Mapping[UUID, Collection]
    access: Mapping[tuple[UUID, UUID], History]
    invitations: Mapping[UUID, Invitation]
    policies: History
    fences: tuple[Fence, ...] = ()
    holds: Mapping[UUID, frozenset[bytes]] = field(default_factory=lambda: MappingProxyType({}))
    erased: Mapping[bytes, int] = field(default_factory=lambda: MappingProxyType({}))  # erased_id -> roster number
    choices: tuple[Choice, ...] = ()

    @property
    def head(self) -> Head:
        """What the next entry must name."""
        return Head(self.no, self.hash)

    @property
    def recovery(self) -> keys.RecoveryPublic:
        """The recovery key now."""
        found: keys.RecoveryPublic = self.recoveries[-1].value
        return found

    @property
    def policy(self) -> Mapping[str, canon.Value]:
        """The policy now."""
        policy: Mapping[str, canon.Value] = self.policies[-1].value
        return policy

    def reached(self, device: bytes) -> frozenset[UUID]:
        """Every collection that the member of a device ever had access to, and every drop: its chain may have begun there."""
        member = self.devices[device].member
        drops = (one.id for one in self.collections.values() if one.is_drop)
        return frozenset((*(collection for who, collection in self.access if who == member), *drops))

    def with_successors(self, device: bytes) -> tuple[bytes, ...]:
        """A device and the identities that came after it (rule 35), first to last."""
        found = [device]
        while (after := self.devices[found[-1]].successor) is not None:
            found.append(after)
        return tuple(found)


def asks_to_confirm(state: RosterState, no: int) -> bool:
    """Whether restricted collections are only for devices whose digits were compared, at a roster number."""
    policy = at(state.policies, no) or {}
    return policy.get(CONFIRM_RESTRICTED, POLICY_DEFAULTS[CONFIRM_RESTRICTED]) is not False


def rights_at(state: RosterState, device_id: bytes, collection: UUID, no: int) -> Rights | None:
    """What a device may do in a collection at a roster number: write, read, or nothing (None)."""
    device, place = state.devices.get(device_id), state.collections.get(collection)
    if device is None or place is None or not device.active(no) or no < place.created:
        return None
    if place.is_drop:
        return Rights.READ if at(state.members[device.member].roles, no) in DROP_READERS[place.kind] else None
    compared = device.confirmed is not None and device.confirmed <= no
    if place.kind is Kind.RESTRICTED and not compared and asks_to_confirm(state, no):
        return None
    found: Rights | None = at(state.access.get((device.member, collection), ()), no)
    return found
