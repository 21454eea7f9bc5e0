"""Roster entries as bytes: how each is written, signed, hashed and read. What they *do* is in `roster`.

    entry = canonical msgpack {"body": bin, "signatures": {name: 64 bytes}}
    body  = canonical msgpack {"v", "no", "prev", "at", "by", "type", and the fields of that type}
    hash  = SHA-256(label, body); signatures are Ed25519 over (label of that signature, hash)

Reading is strict. A version, type, field, signature or word that this program does not know raises RosterError("update"):
it was made by a newer program, so nobody guesses what it means.

A *proposal* is what a laptop asks the one that keeps the roster to append, where no server orders it (`keeping`). It is an
entry without a place: instead of `no` and `prev` its body names the `org`, so it stays good whatever came first, and its hash
has a label of its own. The keeper appends it inside an entry `carried`. Only what can be taken once may be proposed.

Whatever takes a right away from devices carries a fence (rule 28): [[device, collection, number, hash]], how far the chain of
each of them counts in each collection that it ever reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cmpp_protocol import canon, keys, labels, reading, versions
from cmpp_protocol.entry_words import DROP_READERS as DROP_READERS
from cmpp_protocol.entry_words import NO_CUT as NO_CUT
from cmpp_protocol.entry_words import Cut as Cut
from cmpp_protocol.entry_words import Cuts as Cuts
from cmpp_protocol.entry_words import Head as Head
from cmpp_protocol.entry_words import Kind as Kind
from cmpp_protocol.entry_words import Rights as Rights
from cmpp_protocol.entry_words import Role as Role
from cmpp_protocol.entry_words import RosterError as RosterError
from cmpp_protocol.entry_words import Unplaced as Unplaced
from cmpp_protocol.entry_words import collection_kind, seal_public
from cmpp_protocol.reading import ascending, octets, record, uuid, whole, word

ENTRY_LIMIT = 1024 * 1024
PROPOSAL_LIMIT = ENTRY_LIMIT - 4096  # so that it fits into an entry
NO_LIMIT = 1 << 31
TIME_LIMIT = 1 << 48
FIRST_PREV = bytes(32)


@dataclass(frozen=True, slots=True)
class Removals:
    """What one branch of a roster took away and another did not: devices, roles that are lower there, access (member,
    collection), and invitations that are open no longer."""

    devices: frozenset[bytes] = frozenset()
    roles: Mapping[UUID, Role] = field(default_factory=dict)
    access: frozenset[tuple[UUID, UUID]] = frozenset()
    invitations: frozenset[UUID] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.devices or self.roles or self.access or self.invitations)


@dataclass(frozen=True, slots=True)
class Entry:
    """A parsed entry: well-formed, not yet allowed. `fields` holds UUIDs, enums and key objects, not raw bytes."""

    no: int
    prev: bytes
    at: int
    by: bytes
    type: str
    fields: Mapping[str, Any]
    signatures: Mapping[str, bytes]
    hash: bytes
    data: bytes
    org: bytes = b""  # of a proposal; an entry is of the organisation whose entries come before it

    def signed_by(self, name: str, sign_public: bytes) -> bool:
        """Whether the signature `name` (author, introduction, recovery, successor, dropped) was made by this public key."""
        return keys.verify(sign_public, self.signatures[name], _SIGNATURE_LABELS[name], self.hash)


_SIGNATURE_LABELS = {
    "author": labels.ROSTER_AUTHOR,
    "introduction": labels.ROSTER_INTRODUCTION,
    "recovery": labels.ROSTER_RECOVERY,
    "successor": labels.ROSTER_SUCCESSOR,
    "dropped": labels.ROSTER_DROPPED,
}


# Reading ------------------------------------------------------------------------------------------------------------


def decode(data: bytes) -> Entry:
    """The entry that these bytes are. Raises RosterError: too_big, malformed or update."""
    if len(data) > ENTRY_LIMIT:
        raise RosterError("too_big")
    return _guarded(lambda: _decode(data))


_ITEMS_LIMIT = 200_000  # more than rows of ids fill an entry with


def said(entry: Entry) -> Entry:
    """What an entry says: of one that is `carried` the proposal, under the number of the entry; any other itself. Raises
    RosterError like `decode`."""
    return _guarded(lambda: _parsed(entry.fields["proposal"], entry)) if entry.type == "carried" else entry


def decode_proposal(data: bytes) -> Entry:
    """The proposal that these bytes are, under the number 0. Raises RosterError: too_big, malformed or update."""
    if len(data) > PROPOSAL_LIMIT:
        raise RosterError("too_big")
    return _guarded(lambda: _parsed(data, None))


def _guarded(read: Callable[[], Entry]) -> Entry:
    try:
        return read()
    except reading.Malformed as error:
        raise RosterError("malformed", str(error)) from error
    except reading.Newer as error:
        raise RosterError("update", str(error)) from error


def _decode(data: bytes) -> Entry:
    found = _parsed(data, None, placed=True)
    if found.type == "carried":
        _parsed(found.fields["proposal"], found)
    return found


def _parsed(data: bytes, at: Entry | None, *, placed: bool = False) -> Entry:
    """An entry that is `placed`; else a proposal, read as if it stood where the entry `at` does."""
    outer = reading.unpack(data, _ITEMS_LIMIT)
    body_bytes, signatures = octets()(outer.get("body")), reading.mapping(outer.get("signatures"))
    body = reading.unpack(body_bytes, _ITEMS_LIMIT)
    kind = reading.text(body.get("type"))
    if whole(NO_LIMIT)(body.get("v")) > versions.ROSTER:
        raise reading.Newer("version")
    if kind not in (_FIELDS if placed else PROPOSED):
        raise reading.Newer("type")
    reading.only(outer, {"body", "signatures"})
    read = record({**_COMMON, **(_PLACE if placed else {"org": _ID}), **_FIELDS[kind]})(body)
    names = {"author", *_EXTRA_SIGNATURES.get(kind, ())}
    return Entry(
        no=read["no"] if placed else at.no if at else 0,
        prev=read["prev"] if placed else at.prev if at else FIRST_PREV,
        at=read["at"],
        by=read["by"],
        type=kind,
        fields={name: read[name] for name in _FIELDS[kind]},
        signatures=record(dict.fromkeys(names, octets(keys.SIGNATURE_BYTES)))(signatures),
        hash=labels.digest(labels.ROSTER_HASH if placed else labels.ROSTER_PROPOSAL, body_bytes),
        data=data,
        org=read.get("org", b""),
    )


def _pair(value: Any) -> keys.PublicKeys:
    return _public_keys(record({"sign": octets(keys.SIGN_BYTES), "seal": octets(keys.SEAL_BYTES)})(value))


def _public_keys(read: Mapping[str, bytes]) -> keys.PublicKeys:
    if not keys.seal_public_is_valid(read["seal"]):
        raise reading.Malformed("seal key")
    return keys.PublicKeys(read["sign"], read["seal"])


def _recovery(value: Any) -> keys.RecoveryPublic:
    pair = {"sign": octets(keys.SIGN_BYTES), "seal": octets(keys.SEAL_BYTES)}
    read = record({**pair, "slot": octets(32)})(value)
    return keys.RecoveryPublic(_public_keys(read), read["slot"])


_ID, _HASH, _EPOCH = octets(keys.ID_BYTES), octets(32), whole(NO_LIMIT, 1)
_FENCE = ascending(_ID, uuid, whole(1 << 63), _HASH, by=2)
_COMMON: dict[str, reading.Reader] = {
    "v": whole(NO_LIMIT, 1),
    "type": reading.text,
    "at": whole(TIME_LIMIT),
    "by": _ID,
}
_PLACE: dict[str, reading.Reader] = {"no": whole(NO_LIMIT), "prev": _HASH}
_ROTATED: dict[str, reading.Reader] = {
    "collection": uuid,
    "epoch": _EPOCH,
    "commit": _HASH,
    "previous": octets(keys.PREVIOUS_KEY_BYTES),
}
_FIELDS: dict[str, dict[str, reading.Reader]] = {
    "genesis": {"member": uuid, "device": _pair, "recovery": _recovery, "policy": reading.mapping},
    "member_added": {"member": uuid, "role": word(Role)},
    "member_changed": {"member": uuid, "role": word(Role)},
    "collection_created": {
        "collection": uuid,
        "kind": collection_kind(drop=False),
        "commit": _HASH,
        "access": ascending(uuid, word(Rights)),
    },
    "drop_created": {"collection": uuid, "kind": collection_kind(drop=True), "commit": _HASH, "seal": seal_public},
    "access_granted": {"member": uuid, "collection": uuid, "rights": word(Rights)},
    "invitation_opened": {
        "invitation": uuid,
        "member": uuid,
        "role": word(Role),
        "collections": ascending(uuid),
        "introduction": _pair,
        "expires": whole(TIME_LIMIT),
    },
    "invitation_closed": {"invitation": uuid},
    "device_enrolled": {"invitation": uuid, "device": _pair},
    "device_confirmed": {"device": _ID},
    "device_replaced": {"device": _pair, "fence": _FENCE},
    "device_retired": {"fence": _FENCE},
    "device_revoked": {"device": _ID, "fence": _FENCE},
    "device_recovered": {"member": uuid, "device": _pair},
    "member_demoted": {"member": uuid, "role": word(Role), "fence": _FENCE},
    "access_withdrawn": {"member": uuid, "collection": uuid, "fence": _FENCE},
    "recovery_replaced": {"recovery": _recovery},
    "hold_placed": {"hold": uuid, "records": ascending(_HASH)},
    "hold_lifted": {"hold": uuid},
    "erasure": {"records": ascending(_HASH), "certificate": _HASH},
    "key_rotated": _ROTATED,
    "drop_rotated": {**_ROTATED, "seal": seal_public},
    "policy_set": {"policy": reading.mapping},
    "carried": {"proposal": octets()},
    "branch_chosen": {
        "fork": whole(NO_LIMIT, 1),
        "dropped": _HASH,
        "until": whole(NO_LIMIT, 1),
        "devices": ascending(_ID),
        "roles": ascending(uuid, word(Role)),
        "access": ascending(uuid, uuid, by=2),
        "invitations": ascending(uuid),
        "fence": _FENCE,
    },
}
_EXTRA_SIGNATURES = {
    "genesis": ("recovery",),
    "device_enrolled": ("introduction",),
    "device_replaced": ("successor",),
    "device_recovered": ("recovery",),
    "recovery_replaced": ("recovery",),
    "branch_chosen": ("recovery", "dropped"),
}
TYPES = frozenset(_FIELDS)
# What can be taken once: a proposal may lie on a stick for months, and come back to whoever has taken it.
PROPOSED = frozenset({"device_enrolled", "device_replaced", "device_retired", "hold_placed", "hold_lifted", "erasure"})
NEW_KEY = frozenset({"collection_created", "key_rotated", "drop_created", "drop_rotated"})  # with envelopes for all entitled


# Writing ------------------------------------------------------------------------------------------------------------


def genesis(
    *,
    at: int,
    device: keys.KeyPair,
    member: UUID,
    recovery: keys.RecoveryKeys,
    policy: Mapping[str, canon.Value] | None = None,
) -> bytes:
    """The first entry: the first administrator, their device, the recovery keys. Its hash is the organisation id."""
    fields = {
        "member": member.bytes,
        "device": _public_map(device.public),
        "recovery": _recovery_map(recovery.public),
        "policy": dict(policy or {}),
    }
    return _write(Head(-1, FIRST_PREV), at, device.id, "genesis", fields, {"author": device, "recovery": recovery.pair})


def member_added(head: Head, author: keys.KeyPair, *, at: int, member: UUID, role: Role) -> bytes:
    """A new member. `at` is milliseconds since the epoch, here and below."""
    return by_author(head, author, at, "member_added", {"member": member.bytes, "role": str(role)})


def member_changed(head: Head, author: keys.KeyPair, *, at: int, member: UUID, role: Role) -> bytes:
    """A higher role (a lower one takes rights away: `member_demoted`)."""
    return by_author(head, author, at, "member_changed", {"member": member.bytes, "role": str(role)})


def collection_created(
    head: Head,
    author: keys.KeyPair,
    *,
    at: int,
    collection: UUID,
    kind: Kind,
    commit: bytes,
    access: Mapping[UUID, Rights],
) -> bytes:
    """A new collection at epoch 1; `commit` is `keys.key_commit` of its first key, `access` maps members to rights."""
    rows = sorted([member.bytes, str(rights)] for member, rights in access.items())
    fields = {"collection": collection.bytes, "kind": str(kind), "commit": commit, "access": rows}
    return by_author(head, author, at, "collection_created", fields)


def access_granted(
    head: Head, author: keys.KeyPair, *, at: int, member: UUID, collection: UUID, rights: Rights
) -> bytes:
    """A member may read, or read and write, a collection."""
    fields = {"member": member.bytes, "collection": collection.bytes, "rights": str(rights)}
    return by_author(head, author, at, "access_granted", fields)


def invitation_opened(
    head: Head,
    author: keys.KeyPair,
    *,
    at: int,
    invitation: UUID,
    member: UUID,
    role: Role,
    collections: Sequence[UUID],
    introduction: keys.PublicKeys,
    expires: int,
) -> bytes:
    """An invitation for one device of a member; `introduction` are the public keys of its secret, `expires` in ms."""
    fields = {
        "invitation": invitation.bytes,
        "member": member.bytes,
        "role": str(role),
        "collections": sorted([collection.bytes] for collection in set(collections)),
        "introduction": _public_map(introduction),
        "expires": expires,
    }
    return by_author(head, author, at, "invitation_opened", fields)


def invitation_closed(head: Head, author: keys.KeyPair, *, at: int, invitation: UUID) -> bytes:
    """An unused invitation ends: by an administrator at any time, by anybody once it has expired."""
    return by_author(head, author, at, "invitation_closed", {"invitation": invitation.bytes})


def device_enrolled(
    head: Head | Unplaced, device: keys.KeyPair, *, at: int, invitation: UUID, introduction: keys.KeyPair
) -> bytes:
    """A new device uses an invitation; signed by the introduction key and by the new device's own."""
    fields = {"invitation": invitation.bytes, "device": _public_map(device.public)}
    signers = {"author": device, "introduction": introduction}
    return _write(head, at, device.id, "device_enrolled", fields, signers)


def device_confirmed(head: Head, author: keys.KeyPair, *, at: int, device: bytes) -> bytes:
    """An administrator has compared the six-digit code of a device."""
    return by_author(head, author, at, "device_confirmed", {"device": device})


def device_replaced(head: Head | Unplaced, device: keys.KeyPair, successor: keys.KeyPair, *, at: int, fence: Cuts) -> bytes:
    """A laptop takes a new identity, because another copy writes under the old one (rule 35); signed by both keys."""
    fields = {"device": _public_map(successor.public), "fence": _fence(fence)}
    return _write(head, at, device.id, "device_replaced", fields, {"author": device, "successor": successor})


def device_retired(head: Head | Unplaced, device: keys.KeyPair, *, at: int, fence: Cuts) -> bytes:
    """A leaver's device ends itself, having sent everything: it signs its own cut (rule 34)."""
    return by_author(head, device, at, "device_retired", {"fence": _fence(fence)})


def device_revoked(head: Head, author: keys.KeyPair, *, at: int, device: bytes, fence: Cuts) -> bytes:
    """A device and its successors lose all rights; the invitations that they wrote are closed (rule 34)."""
    return by_author(head, author, at, "device_revoked", {"device": device, "fence": _fence(fence)})


def device_recovered(
    head: Head, device: keys.KeyPair, recovery: keys.RecoveryKeys, *, at: int, member: UUID
) -> bytes:
    """An administrator's new device, let in by the recovery kit when no other administrator can."""
    fields = {"member": member.bytes, "device": _public_map(device.public)}
    return _write(head, at, device.id, "device_recovered", fields, {"author": device, "recovery": recovery.pair})


def member_demoted(
    head: Head, author: keys.KeyPair, *, at: int, member: UUID, role: Role, fence: Cuts
) -> bytes:
    """A lower role, with the cuts of all the member's devices."""
    fields = {"member": member.bytes, "role": str(role), "fence": _fence(fence)}
    return by_author(head, author, at, "member_demoted", fields)


def access_withdrawn(
    head: Head, author: keys.KeyPair, *, at: int, member: UUID, collection: UUID, fence: Cuts
) -> bytes:
    """A member may no longer read a collection; the cuts of all their devices there."""
    fields = {"member": member.bytes, "collection": collection.bytes, "fence": _fence(fence)}
    return by_author(head, author, at, "access_withdrawn", fields)


def recovery_replaced(head: Head, author: keys.KeyPair, recovery: keys.RecoveryKeys, *, at: int) -> bytes:
    """A new recovery kit; the old one opens nothing that is sealed from the next rotation on."""
    fields = {"recovery": _recovery_map(recovery.public)}
    return _write(head, at, author.id, "recovery_replaced", fields, {"author": author, "recovery": recovery.pair})


def hold_placed(head: Head | Unplaced, author: keys.KeyPair, *, at: int, hold: UUID, records: Iterable[bytes]) -> bytes:
    """Records that nobody may erase; `records` are `erased_id`s."""
    return by_author(head, author, at, "hold_placed", {"hold": hold.bytes, "records": _set(records)})


def hold_lifted(head: Head | Unplaced, author: keys.KeyPair, *, at: int, hold: UUID) -> bytes:
    """A hold ends."""
    return by_author(head, author, at, "hold_lifted", {"hold": hold.bytes})


def erasure(
    head: Head | Unplaced, author: keys.KeyPair, *, at: int, records: Iterable[bytes], certificate: bytes
) -> bytes:
    """Records that are gone for good (rule 19): their `erased_id`s, and the hash of the certificate (32 bytes)."""
    return by_author(head, author, at, "erasure", {"records": _set(records), "certificate": certificate})


def erased_id(org: bytes, record: UUID) -> bytes:
    """How a record is named in a hold or an erasure: a hash with the organisation's id, which tells nobody else anything."""
    return labels.digest(labels.ERASED_ID, org, record.bytes)


def key_rotated(
    head: Head, author: keys.KeyPair, *, at: int, collection: UUID, epoch: int, commit: bytes, previous: bytes
) -> bytes:
    """The collection's key of a new epoch: its commitment, and `keys.seal_previous_key` of the one before."""
    fields = {"collection": collection.bytes, "epoch": epoch, "commit": commit, "previous": previous}
    return by_author(head, author, at, "key_rotated", fields)


def policy_set(head: Head, author: keys.KeyPair, *, at: int, policy: Mapping[str, canon.Value]) -> bytes:
    """The organisation's whole policy, replacing the one before."""
    return by_author(head, author, at, "policy_set", {"policy": dict(policy)})


def carried(head: Head, author: keys.KeyPair, *, at: int, proposal: bytes) -> bytes:
    """A proposal takes its place in the roster; by an administrator, where nobody else may append: by the keeper."""
    return by_author(head, author, at, "carried", {"proposal": proposal})


def branch_chosen(
    head: Head,
    author: keys.KeyPair,
    kits: tuple[keys.RecoveryKeys, keys.RecoveryKeys],
    *,
    at: int,
    fork: int,
    dropped: bytes,
    until: int,
    removals: Removals,
    fence: Cuts,
) -> bytes:
    """Of two rosters that part at number `fork` this one stays. `dropped`: the hash of the other's entry of that number;
    `until`: the number of its last one that is known; `kits`: the recovery keys of this one and of the other, as they are now."""
    fields = {
        "fork": fork,
        "dropped": dropped,
        "until": until,
        "devices": _set(removals.devices),
        "roles": [[member.bytes, str(role)] for member, role in sorted(removals.roles.items())],
        "access": [[one.bytes for one in pair] for pair in sorted(removals.access)],
        "invitations": [[one.bytes] for one in sorted(removals.invitations)],
        "fence": _fence(fence),
    }
    by = {"author": author, "recovery": kits[0].pair, "dropped": kits[1].pair}
    return _write(head, at, author.id, "branch_chosen", fields, by)


def by_author(head: Head | Unplaced, author: keys.KeyPair, at: int, kind: str, fields: Mapping[str, canon.Value]) -> bytes:
    return _write(head, at, author.id, kind, fields, {"author": author})


def _write(
    head: Head | Unplaced,
    at: int,
    by: bytes,
    kind: str,
    fields: Mapping[str, canon.Value],
    signers: Mapping[str, keys.KeyPair],
) -> bytes:
    placed = isinstance(head, Head)
    place: dict[str, canon.Value] = {"no": head.no + 1, "prev": head.hash} if isinstance(head, Head) else {"org": head.org}
    body = canon.pack({"v": versions.ROSTER, "at": at, "by": by, "type": kind, **place, **fields})
    entry_hash = labels.digest(labels.ROSTER_HASH if placed else labels.ROSTER_PROPOSAL, body)
    signatures = {name: pair.sign(_SIGNATURE_LABELS[name], entry_hash) for name, pair in signers.items()}
    return canon.pack({"body": body, "signatures": signatures})


def _public_map(pair: keys.PublicKeys) -> dict[str, bytes]:
    return {"sign": pair.sign, "seal": pair.seal}


def _recovery_map(public: keys.RecoveryPublic) -> dict[str, bytes]:
    return {**_public_map(public.pair), "slot": public.slot}


def _fence(fence: Cuts) -> list[canon.Value]:
    return [[*at, *cut] for at, cut in sorted(((device, place.bytes), cut) for (device, place), cut in fence.items())]


def _set(records: Iterable[bytes]) -> list[canon.Value]:
    return [[one] for one in sorted(set(records))]
