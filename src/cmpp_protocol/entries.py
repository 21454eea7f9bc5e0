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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from cmpp_protocol import canon, keys, labels, versions

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
    outer = _map(_unpack(data))
    body_bytes, signatures = _bytes(None)(outer.get("body")), _map(outer.get("signatures"))
    body = _map(_unpack(body_bytes))
    version = _whole(NO_LIMIT)(body.get("v"))
    if version > versions.ROSTER:
        raise RosterError("update", "version")
    kind = body.get("type")
    if not isinstance(kind, str):
        raise RosterError("malformed", "type")
    if kind not in _FIELDS:
        raise RosterError("update", "type")
    _only(outer, {"body", "signatures"})
    common: dict[str, Callable[[Any], Any]] = {"v": _whole(NO_LIMIT), "type": _text, **_COMMON}
    read = _record({**common, **_FIELDS[kind]})(body)
    names = {"author", *_EXTRA_SIGNATURES.get(kind, ())}
    signed = _record(dict.fromkeys(names, _bytes(keys.SIGNATURE_BYTES)))(signatures)
    return Entry(
        no=read["no"],
        prev=read["prev"],
        at=read["at"],
        by=read["by"],
        type=kind,
        fields={name: read[name] for name in _FIELDS[kind]},
        signatures=signed,
        hash=labels.digest(labels.ROSTER_HASH, body_bytes),
        data=data,
    )


def _unpack(data: bytes) -> Any:
    try:
        return canon.unpack(data)
    except canon.NotCanonical as error:
        raise RosterError("malformed", "not canonical") from error


def _map(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RosterError("malformed", "map")
    return value


def _only(value: Mapping[str, Any], names: set[str]) -> None:
    if extra := set(value) - names:
        raise RosterError("update", f"field {sorted(extra)[0][:32]!r}")


def _bytes(length: int | None) -> Callable[[Any], bytes]:
    def read(value: Any) -> bytes:
        if not isinstance(value, bytes) or (length is not None and len(value) != length):
            raise RosterError("malformed", "bytes")
        return value

    return read


def _whole(limit: int, least: int = 0) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if type(value) is not int or not least <= value < limit:
            raise RosterError("malformed", "number")
        return value

    return read


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise RosterError("malformed", "text")
    return value


def _uuid(value: Any) -> UUID:
    return UUID(bytes=_bytes(16)(value))


Word = TypeVar("Word", bound=StrEnum)


def _word(words: type[Word]) -> Callable[[Any], Word]:
    def read(value: Any) -> Word:
        try:
            return words(_text(value))
        except ValueError as error:
            if isinstance(error, RosterError):
                raise
            raise RosterError("update", words.__name__) from error

    return read


def _record(readers: Mapping[str, Callable[[Any], Any]]) -> Callable[[Any], dict[str, Any]]:
    def read(value: Any) -> dict[str, Any]:
        found = _map(value)
        _only(found, set(readers))
        if missing := set(readers) - set(found):
            raise RosterError("malformed", f"no {sorted(missing)[0]}")
        return {name: reader(found[name]) for name, reader in readers.items()}

    return read


def _rows(*readers: Callable[[Any], Any]) -> Callable[[Any], tuple[tuple[Any, ...], ...]]:
    """A list of lists, strictly ascending by their first column, so that one set is written in one way."""

    def read(value: Any) -> tuple[tuple[Any, ...], ...]:
        if not isinstance(value, list):
            raise RosterError("malformed", "list")
        rows = []
        for row in value:
            if not isinstance(row, list) or len(row) != len(readers):
                raise RosterError("malformed", "row")
            rows.append(tuple(reader(cell) for reader, cell in zip(readers, row, strict=True)))
        firsts = [row[0] for row in value]
        if any(a >= b for a, b in pairwise(firsts)):
            raise RosterError("malformed", "order")
        return tuple(rows)

    return read


def _pair(value: Any) -> keys.PublicKeys:
    return _public_keys(_record({"sign": _bytes(keys.SIGN_BYTES), "seal": _bytes(keys.SEAL_BYTES)})(value))


def _public_keys(read: Mapping[str, bytes]) -> keys.PublicKeys:
    if not keys.seal_public_is_valid(read["seal"]):
        raise RosterError("malformed", "seal key")
    return keys.PublicKeys(read["sign"], read["seal"])


def _recovery(value: Any) -> keys.RecoveryPublic:
    pair = {"sign": _bytes(keys.SIGN_BYTES), "seal": _bytes(keys.SEAL_BYTES)}
    read = _record({**pair, "slot": _bytes(32)})(value)
    return keys.RecoveryPublic(_public_keys(read), read["slot"])


_ID, _HASH, _EPOCH = _bytes(keys.ID_BYTES), _bytes(32), _whole(NO_LIMIT, 1)
_COMMON: dict[str, Callable[[Any], Any]] = {
    "no": _whole(NO_LIMIT),
    "prev": _HASH,
    "at": _whole(TIME_LIMIT),
    "by": _ID,
}
_FIELDS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "genesis": {"member": _uuid, "device": _pair, "recovery": _recovery, "policy": _map},
    "member_added": {"member": _uuid, "role": _word(Role)},
    "member_changed": {"member": _uuid, "role": _word(Role)},
    "collection_created": {
        "collection": _uuid,
        "kind": _word(Kind),
        "commit": _HASH,
        "access": _rows(_uuid, _word(Rights)),
    },
    "access_granted": {"member": _uuid, "collection": _uuid, "rights": _word(Rights)},
    "invitation_opened": {
        "invitation": _uuid,
        "member": _uuid,
        "role": _word(Role),
        "collections": _rows(_uuid),
        "introduction": _pair,
        "expires": _whole(TIME_LIMIT),
    },
    "invitation_closed": {"invitation": _uuid},
    "device_enrolled": {"invitation": _uuid, "device": _pair},
    "device_confirmed": {"device": _ID},
    "device_revoked": {"device": _ID, "fence": _rows(_uuid, _whole(1 << 63), _HASH)},
    "key_rotated": {
        "collection": _uuid,
        "epoch": _EPOCH,
        "commit": _HASH,
        "previous": _bytes(keys.PREVIOUS_KEY_BYTES),
    },
    "policy_set": {"policy": _map},
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
