"""Who may do what: an append-only, hash-chained, signed log, and the state that it adds up to.

`validate_and_apply` is run by the server and by every laptop on the same bytes, so both come to the same verdict. A state is a
value: applying gives a new one. It remembers when each right began and ended, so that a bundle can be judged at the
roster number that it names (rule 29; see `rights`). The organisation id is the hash of the genesis entry: whoever has it
pinned cannot be shown another organisation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from cmpp_protocol import canon, entries, keys
from cmpp_protocol.entries import NO_CUT, Cut, Entry, Head, Kind, Rights, Role, RosterError

__all__ = [
    "Collection",
    "Cut",
    "Device",
    "EpochKey",
    "Fence",
    "Head",
    "Invitation",
    "Kind",
    "Member",
    "NO_CUT",
    "Rights",
    "Role",
    "RosterError",
    "RosterState",
    "build",
    "org_id",
    "validate_and_apply",
]

T = TypeVar("T")


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
    """One laptop. Numbers are roster numbers: when it was enrolled, confirmed by code, and revoked (None: not)."""

    id: bytes
    member: UUID
    keys: keys.PublicKeys
    enrolled: int
    invitation: UUID | None = None
    confirmed: int | None = None
    revoked: int | None = None

    def active(self, no: int) -> bool:
        """Whether it belonged to the organisation at a roster number."""
        return self.enrolled <= no and (self.revoked is None or no < self.revoked)


@dataclass(frozen=True, slots=True)
class EpochKey:
    """One epoch of a collection's key: since which roster number, its commitment, the key before sealed under it."""

    epoch: int
    no: int
    commit: bytes
    previous: bytes | None


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
class RosterState:
    """Everything that the entries up to `no` say."""

    org_id: bytes
    no: int
    hash: bytes
    recovery: keys.RecoveryPublic
    members: Mapping[UUID, Member]
    devices: Mapping[bytes, Device]
    collections: Mapping[UUID, Collection]
    access: Mapping[tuple[UUID, UUID], History]
    invitations: Mapping[UUID, Invitation]
    policies: History
    fences: tuple[Fence, ...] = ()

    @property
    def head(self) -> Head:
        """What the next entry must name."""
        return Head(self.no, self.hash)

    @property
    def policy(self) -> Mapping[str, canon.Value]:
        """The policy now."""
        policy: Mapping[str, canon.Value] = self.policies[-1].value
        return policy


def org_id(genesis: bytes) -> bytes:
    """The organisation id of a genesis entry (32 bytes). Raises RosterError."""
    return validate_and_apply(None, genesis).org_id


def build(data: Iterable[bytes], state: RosterState | None = None) -> RosterState:
    """The state after applying entries in order. Raises RosterError at the first that breaks a rule."""
    for entry in data:
        state = validate_and_apply(state, entry)
    if state is None:
        raise RosterError("empty")
    return state


def validate_and_apply(state: RosterState | None, data: bytes) -> RosterState:
    """The state after one more entry; `None` before genesis. Raises RosterError, and nothing has changed then."""
    entry = entries.decode(data)
    if state is None:
        return _genesis(entry)
    if entry.type == "genesis":
        raise RosterError("out_of_order", "second genesis")
    if entry.no != state.no + 1 or entry.prev != state.hash:
        raise RosterError("out_of_order")
    author = _enrol_author(state, entry) if entry.type == "device_enrolled" else _known_author(state, entry)
    if not entry.signed_by("author", author.keys.sign):
        raise RosterError("signature", "author")
    changed = _RULES[entry.type](state, entry, author)
    return replace(changed, no=entry.no, hash=entry.hash)


def _genesis(entry: Entry) -> RosterState:
    fields = entry.fields
    if entry.type != "genesis" or entry.no != 0 or entry.prev != entries.FIRST_PREV:
        raise RosterError("out_of_order", "no genesis")
    device_keys, recovery = fields["device"], fields["recovery"]
    if entry.by != device_keys.id:
        raise RosterError("device_id")
    if not entry.signed_by("author", device_keys.sign) or not entry.signed_by("recovery", recovery.pair.sign):
        raise RosterError("signature")
    member = Member(fields["member"], (Since(0, Role.ADMINISTRATOR),))
    device = Device(entry.by, member.id, device_keys, enrolled=0, confirmed=0)
    return RosterState(
        org_id=entry.hash,
        no=0,
        hash=entry.hash,
        recovery=recovery,
        members=MappingProxyType({member.id: member}),
        devices=MappingProxyType({device.id: device}),
        collections=MappingProxyType({}),
        access=MappingProxyType({}),
        invitations=MappingProxyType({}),
        policies=(Since(0, MappingProxyType(fields["policy"])),),
    )


def _known_author(state: RosterState, entry: Entry) -> Device:
    author = state.devices.get(entry.by)
    if author is None:
        raise RosterError("device_unknown")
    if not author.active(state.no):
        raise RosterError("device_revoked")
    return author


def _enrol_author(state: RosterState, entry: Entry) -> Device:
    device_keys = entry.fields["device"]
    invitation = _known(state.invitations, entry.fields["invitation"], "invitation_unknown")
    if entry.by != device_keys.id:
        raise RosterError("device_id")
    if entry.by in state.devices:
        raise RosterError("device_exists")
    if not entry.signed_by("introduction", invitation.keys.sign):
        raise RosterError("signature", "introduction")
    if invitation.device is not None:
        raise RosterError("invitation_used")
    if invitation.closed is not None:
        raise RosterError("invitation_closed")
    if entry.at > invitation.expires:
        raise RosterError("invitation_expired")
    return Device(entry.by, invitation.member, device_keys, enrolled=entry.no, invitation=invitation.id)


# One rule for each type: what it needs, and what it changes --------------------------------------------------------


def _member_added(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    _new(state.members, entry.fields["member"], "member_exists")
    member = Member(entry.fields["member"], (Since(entry.no, entry.fields["role"]),))
    return replace(state, members=_with(state.members, member.id, member))


def _member_changed(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    member = _known(state.members, entry.fields["member"], "member_unknown")
    order = list(Role)
    if order.index(entry.fields["role"]) <= order.index(member.role):
        raise RosterError("takes_away", "role")
    changed = replace(member, roles=(*member.roles, Since(entry.no, entry.fields["role"])))
    return replace(state, members=_with(state.members, member.id, changed))


def _collection_created(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    fields = entry.fields
    _new(state.collections, fields["collection"], "collection_exists")
    rows = dict(fields["access"])
    for member in rows:
        _known(state.members, member, "member_unknown")
    if rows.get(author.member) != Rights.WRITE:
        raise RosterError("author_without_access")  # somebody must hold the key, or nobody could ever hand it on
    collection = Collection(
        fields["collection"], fields["kind"], entry.no, (EpochKey(1, entry.no, fields["commit"], None),)
    )
    granted = {(member, collection.id): (Since(entry.no, rights),) for member, rights in rows.items()}
    access = MappingProxyType({**state.access, **granted})
    return replace(state, collections=_with(state.collections, collection.id, collection), access=access)


def _access_granted(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    fields = entry.fields
    member = _known(state.members, fields["member"], "member_unknown")
    collection = _known(state.collections, fields["collection"], "collection_unknown")
    history = state.access.get((member.id, collection.id), ())
    now = at(history, state.no)
    if now == Rights.WRITE or now == fields["rights"]:
        raise RosterError("takes_away", "access")
    history = (*history, Since(entry.no, fields["rights"]))
    return replace(state, access=_with(state.access, (member.id, collection.id), history))


def _invitation_opened(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    fields = entry.fields
    _new(state.invitations, fields["invitation"], "invitation_exists")
    member = _known(state.members, fields["member"], "member_unknown")
    if fields["role"] != member.role:
        raise RosterError("role")
    collections = frozenset(row[0] for row in fields["collections"])
    for collection in collections:
        _known(state.collections, collection, "collection_unknown")
        if at(state.access.get((member.id, collection), ()), state.no) is None:
            raise RosterError("no_access")
    introduction = fields["introduction"]
    if any(introduction.sign == other.keys.sign for other in state.invitations.values()):
        raise RosterError("invitation_exists")
    invitation = Invitation(
        fields["invitation"], member.id, introduction, collections, fields["expires"], author.id, entry.no
    )
    return replace(state, invitations=_with(state.invitations, invitation.id, invitation))


def _invitation_closed(state: RosterState, entry: Entry, author: Device) -> RosterState:
    invitation = _known(state.invitations, entry.fields["invitation"], "invitation_unknown")
    if invitation.closed is not None:
        raise RosterError("invitation_closed")
    if entry.at <= invitation.expires:
        _administrator(state, author)
    return replace(
        state, invitations=_with(state.invitations, invitation.id, replace(invitation, closed=entry.no))
    )


def _device_enrolled(state: RosterState, entry: Entry, author: Device) -> RosterState:
    invitation = state.invitations[entry.fields["invitation"]]
    used = replace(invitation, closed=entry.no, device=author.id)
    return replace(
        state,
        devices=_with(state.devices, author.id, author),
        invitations=_with(state.invitations, used.id, used),
    )


def _device_confirmed(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    device = _known(state.devices, entry.fields["device"], "device_unknown")
    if device.id == author.id:
        raise RosterError("not_allowed", "own device")
    if device.confirmed is not None or not device.active(state.no):
        raise RosterError("nothing_changes")
    return replace(state, devices=_with(state.devices, device.id, replace(device, confirmed=entry.no)))


def _device_revoked(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    device = _known(state.devices, entry.fields["device"], "device_unknown")
    if device.id == author.id:
        raise RosterError("not_allowed", "own device")
    if not device.active(state.no):
        raise RosterError("nothing_changes")
    rows = entry.fields["fence"]
    # Every collection that the member ever reached: a chain may have begun there and must be cut.
    reached = {collection for member, collection in state.access if member == device.member}
    if {row[0] for row in rows} != reached:
        raise RosterError("fence_incomplete")
    if any((number == 0) != (cut == NO_CUT.hash) for _, number, cut in rows):
        raise RosterError("malformed", "fence")
    fences = tuple(Fence(entry.no, device.id, collection, Cut(number, cut)) for collection, number, cut in rows)
    invitations = {  # its open invitations go with it (rule 34): whoever stole it could have written them
        key: replace(one, closed=entry.no) if one.by == device.id and one.closed is None else one
        for key, one in state.invitations.items()
    }
    return replace(
        state,
        devices=_with(state.devices, device.id, replace(device, revoked=entry.no)),
        invitations=MappingProxyType(invitations),
        fences=(*state.fences, *fences),
    )


def _key_rotated(state: RosterState, entry: Entry, author: Device) -> RosterState:
    fields = entry.fields
    collection = _known(state.collections, fields["collection"], "collection_unknown")
    if at(state.access.get((author.member, collection.id), ()), state.no) is None:
        raise RosterError("no_access")
    if fields["epoch"] != collection.epoch + 1:
        raise RosterError("epoch")
    key = EpochKey(fields["epoch"], entry.no, fields["commit"], fields["previous"])
    changed = replace(collection, epochs=(*collection.epochs, key))
    return replace(state, collections=_with(state.collections, collection.id, changed))


def _policy_set(state: RosterState, entry: Entry, author: Device) -> RosterState:
    _administrator(state, author)
    policy = MappingProxyType(entry.fields["policy"])
    return replace(state, policies=(*state.policies, Since(entry.no, policy)))


_RULES: Mapping[str, Callable[[RosterState, Entry, Device], RosterState]] = MappingProxyType(
    {
        "member_added": _member_added,
        "member_changed": _member_changed,
        "collection_created": _collection_created,
        "access_granted": _access_granted,
        "invitation_opened": _invitation_opened,
        "invitation_closed": _invitation_closed,
        "device_enrolled": _device_enrolled,
        "device_confirmed": _device_confirmed,
        "device_revoked": _device_revoked,
        "key_rotated": _key_rotated,
        "policy_set": _policy_set,
    }
)


def _administrator(state: RosterState, author: Device) -> None:
    if state.members[author.member].role is not Role.ADMINISTRATOR:
        raise RosterError("not_allowed")


def _known(table: Mapping[Any, T], key: Any, code: str) -> T:
    found = table.get(key)
    if found is None:
        raise RosterError(code)
    return found


def _new(table: Mapping[Any, Any], key: Any, code: str) -> None:
    if key in table:
        raise RosterError(code)


def _with(table: Mapping[Any, T], key: Any, value: T) -> Mapping[Any, T]:
    return MappingProxyType({**table, key: value})
