"""Roster entries as bytes: how each is written, signed, hashed and read. What they *do* is in `roster`.

    entry = canonical msgpack {"body": bin, "signatures": {name: 64 bytes}}
    body  = canonical msgpack {"v", "no", "prev", "at", "by", "type", and the fields of that type}
    hash  = SHA-256(label, body); signatures are Ed25519 over (label of that signature, hash)

Reading is strict. A version, type, field, signature or word that this program does not know raises RosterError("update"):
it was made by a newer program, so nobody guesses what it means. Types that a later version will add, so that
nobody gives these names another meaning: member_demoted, access_withdrawn, device_replaced, device_retired, erasure,
hold_placed, hold_lifted, recovery_replaced, branch_chosen; and the collection kind `drop`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from cmpp_protocol import canon, keys, labels, reading, versions
from cmpp_protocol.reading import ascending, octets, record, uuid, whole, word

ENTRY_LIMIT = 1024 * 1024
NO_LIMIT = 1 << 31
TIME_LIMIT = 1 << 48
FIRST_PREV = bytes(32)


class RosterError(ValueError):
    """An entry that breaks a rule. `code` is stable; `update` means made by a newer program."""

    def __init__(self, code: str, what: str = "") -> None:
        super().__init__(f"{code} {what}".strip())
        self.code = code


class Role(StrEnum):
    """What a member is, from the fewest rights to the most (the order is the order of definition)."""

    BOARD = "board"
    CASEWORKER = "caseworker"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


class Kind(StrEnum):
    """What a collection is for."""

    ORGANISATION = "organisation"
    CASELOAD = "caseload"
    RESTRICTED = "restricted"


class Rights(StrEnum):
    """What access to a collection allows."""

    READ = "read"
    WRITE = "write"


class Head(NamedTuple):
    """The number and hash of the last entry of a roster."""

    no: int
    hash: bytes


class Cut(NamedTuple):
    """Where a chain stands: the number and hash of a bundle (0 and zeros: none)."""

    number: int
    hash: bytes


NO_CUT = Cut(0, bytes(32))


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

    def signed_by(self, name: str, sign_public: bytes) -> bool:
        """Whether the signature `name` (author, introduction, recovery) was made by this public key."""
        return keys.verify(sign_public, self.signatures[name], _SIGNATURE_LABELS[name], self.hash)


_SIGNATURE_LABELS = {
    "author": labels.ROSTER_AUTHOR,
    "introduction": labels.ROSTER_INTRODUCTION,
    "recovery": labels.ROSTER_RECOVERY,
}


# Reading ------------------------------------------------------------------------------------------------------------


def decode(data: bytes) -> Entry:
    """The entry that these bytes are. Raises RosterError: too_big, malformed or update."""
    if len(data) > ENTRY_LIMIT:
        raise RosterError("too_big")
    try:
        return _decode(data)
    except reading.Malformed as error:
        raise RosterError("malformed", str(error)) from error
    except reading.Newer as error:
        raise RosterError("update", str(error)) from error


def _decode(data: bytes) -> Entry:
    outer = reading.unpack(data)
    body_bytes, signatures = octets()(outer.get("body")), reading.mapping(outer.get("signatures"))
    body = reading.unpack(body_bytes)
    kind = reading.text(body.get("type"))
    if whole(NO_LIMIT)(body.get("v")) > versions.ROSTER:
        raise reading.Newer("version")
    if kind not in _FIELDS:
        raise reading.Newer("type")
    reading.only(outer, {"body", "signatures"})
    read = record({**_COMMON, **_FIELDS[kind]})(body)
    names = {"author", *_EXTRA_SIGNATURES.get(kind, ())}
    return Entry(
        no=read["no"],
        prev=read["prev"],
        at=read["at"],
        by=read["by"],
        type=kind,
        fields={name: read[name] for name in _FIELDS[kind]},
        signatures=record(dict.fromkeys(names, octets(keys.SIGNATURE_BYTES)))(signatures),
        hash=labels.digest(labels.ROSTER_HASH, body_bytes),
        data=data,
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
_COMMON: dict[str, reading.Reader] = {
    "v": whole(NO_LIMIT, 1),
    "type": reading.text,
    "no": whole(NO_LIMIT),
    "prev": _HASH,
    "at": whole(TIME_LIMIT),
    "by": _ID,
}
_FIELDS: dict[str, dict[str, reading.Reader]] = {
    "genesis": {"member": uuid, "device": _pair, "recovery": _recovery, "policy": reading.mapping},
    "member_added": {"member": uuid, "role": word(Role)},
    "member_changed": {"member": uuid, "role": word(Role)},
    "collection_created": {
        "collection": uuid,
        "kind": word(Kind),
        "commit": _HASH,
        "access": ascending(uuid, word(Rights)),
    },
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
    "device_revoked": {"device": _ID, "fence": ascending(uuid, whole(1 << 63), _HASH)},
    "key_rotated": {
        "collection": uuid,
        "epoch": _EPOCH,
        "commit": _HASH,
        "previous": octets(keys.PREVIOUS_KEY_BYTES),
    },
    "policy_set": {"policy": reading.mapping},
}
_EXTRA_SIGNATURES = {"genesis": ("recovery",), "device_enrolled": ("introduction",)}
TYPES = frozenset(_FIELDS)


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
    public = recovery.public
    fields = {
        "member": member.bytes,
        "device": _public_map(device.public),
        "recovery": {**_public_map(public.pair), "slot": public.slot},
        "policy": dict(policy or {}),
    }
    return _write(Head(-1, FIRST_PREV), at, device.id, "genesis", fields, {"author": device, "recovery": recovery.pair})


def member_added(head: Head, author: keys.KeyPair, *, at: int, member: UUID, role: Role) -> bytes:
    """A new member. `at` is milliseconds since the epoch, here and below."""
    return _by(head, author, at, "member_added", {"member": member.bytes, "role": str(role)})


def member_changed(head: Head, author: keys.KeyPair, *, at: int, member: UUID, role: Role) -> bytes:
    """A higher role (a lower one takes rights away and will be `member_demoted`, with fences)."""
    return _by(head, author, at, "member_changed", {"member": member.bytes, "role": str(role)})


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
    return _by(head, author, at, "collection_created", fields)


def access_granted(
    head: Head, author: keys.KeyPair, *, at: int, member: UUID, collection: UUID, rights: Rights
) -> bytes:
    """A member may read, or read and write, a collection."""
    fields = {"member": member.bytes, "collection": collection.bytes, "rights": str(rights)}
    return _by(head, author, at, "access_granted", fields)


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
    return _by(head, author, at, "invitation_opened", fields)


def invitation_closed(head: Head, author: keys.KeyPair, *, at: int, invitation: UUID) -> bytes:
    """An unused invitation ends: by an administrator at any time, by anybody once it has expired."""
    return _by(head, author, at, "invitation_closed", {"invitation": invitation.bytes})


def device_enrolled(
    head: Head, device: keys.KeyPair, *, at: int, invitation: UUID, introduction: keys.KeyPair
) -> bytes:
    """A new device uses an invitation; signed by the introduction key and by the new device's own."""
    fields = {"invitation": invitation.bytes, "device": _public_map(device.public)}
    signers = {"author": device, "introduction": introduction}
    return _write(head, at, device.id, "device_enrolled", fields, signers)


def device_confirmed(head: Head, author: keys.KeyPair, *, at: int, device: bytes) -> bytes:
    """An administrator has compared the six-digit code of a device."""
    return _by(head, author, at, "device_confirmed", {"device": device})


def device_revoked(
    head: Head, author: keys.KeyPair, *, at: int, device: bytes, fence: Mapping[UUID, tuple[int, bytes]]
) -> bytes:
    """A device loses all rights; `fence` says, for each collection it could write, how far its chain counts."""
    rows = sorted([collection.bytes, number, cut] for collection, (number, cut) in fence.items())
    return _by(head, author, at, "device_revoked", {"device": device, "fence": rows})


def key_rotated(
    head: Head, author: keys.KeyPair, *, at: int, collection: UUID, epoch: int, commit: bytes, previous: bytes
) -> bytes:
    """The collection's key of a new epoch: its commitment, and `keys.seal_previous_key` of the one before."""
    fields = {"collection": collection.bytes, "epoch": epoch, "commit": commit, "previous": previous}
    return _by(head, author, at, "key_rotated", fields)


def policy_set(head: Head, author: keys.KeyPair, *, at: int, policy: Mapping[str, canon.Value]) -> bytes:
    """The organisation's whole policy, replacing the one before."""
    return _by(head, author, at, "policy_set", {"policy": dict(policy)})


def _by(head: Head, author: keys.KeyPair, at: int, kind: str, fields: Mapping[str, canon.Value]) -> bytes:
    return _write(head, at, author.id, kind, fields, {"author": author})


def _write(
    head: Head,
    at: int,
    by: bytes,
    kind: str,
    fields: Mapping[str, canon.Value],
    signers: Mapping[str, keys.KeyPair],
) -> bytes:
    common = {"v": versions.ROSTER, "no": head.no + 1, "prev": head.hash, "at": at, "by": by, "type": kind}
    body = canon.pack({**common, **fields})
    entry_hash = labels.digest(labels.ROSTER_HASH, body)
    signatures = {name: pair.sign(_SIGNATURE_LABELS[name], entry_hash) for name, pair in signers.items()}
    return canon.pack({"body": body, "signatures": signatures})


def _public_map(pair: keys.PublicKeys) -> dict[str, bytes]:
    return {"sign": pair.sign, "seal": pair.seal}
