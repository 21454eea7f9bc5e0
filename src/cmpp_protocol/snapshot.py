"""A snapshot of one collection as bytes: a head that everybody may see, parts that nobody on the way can read.

    head      = fixed layout (174) | hashes of the parts (32 each) | Ed25519 signature of the maker (64)
    part      = salt (32) | AES-256-GCM(key, zero nonce, padded plaintext, aad = place)
    place     = version | org | collection | epoch | seq | maker | number of the part: 98 bytes
    key       = HKDF-SHA256(collection key, salt, label | place): used for this part only
    contents  = SHA-256(label, for each part: length (8) | packed bytes)
    digest    = HMAC-SHA256(collection key, label | org | collection | epoch | seq | log hash | roster number | contents)

The digest says what is in it without saying it: two devices that folded the same bundles under the same roster get the same one,
and whoever lacks the key can compare it with nothing. A second device signs the hash of the head to confirm it (rule 47).
All integers are big-endian. Parsing is strict; a newer version raises SnapshotError("update").
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cmpp_protocol import envelope, keys, labels, versions

_LAYOUT = struct.Struct(">H32s16sIQ32sI32sQ32sI")
FIXED_BYTES = _LAYOUT.size  # 174
_PLACE = struct.Struct(">H32s16sIQ32sI")
_SAID = struct.Struct(">32s16sIQ32sI")
HASH_BYTES = 32
PARTS_LIMIT = 4096
HEAD_LIMIT = FIXED_BYTES + HASH_BYTES * PARTS_LIMIT + keys.SIGNATURE_BYTES
PACKED_LIMIT = envelope.CHANGE_SET_LIMIT  # of one part, before compression
PART_LIMIT = envelope.SALT_BYTES + envelope.BODY_LIMIT
LEAST_PART = envelope.SALT_BYTES + envelope.TAG_BYTES + 1


class SnapshotError(ValueError):
    """Not a head, or not a part of it. `code`: truncated | trailing | header | update | padding | does_not_open | part."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Head:
    """What everybody may see. It holds the state of a collection after place `seq` of its log, whose hash there is `log_hash`,
    judged under the roster with the number `roster_no`; `epoch` is the collection's there. `records`: how many. `parts`: the
    hashes of the sealed parts. `signature` has not been verified (see `verify`); empty before it is made."""

    org: bytes
    collection: UUID
    epoch: int
    seq: int
    log_hash: bytes
    roster_no: int
    maker: bytes
    records: int
    digest: bytes
    parts: tuple[bytes, ...]
    signature: bytes = b""
    version: int = versions.SNAPSHOT

    def signed(self) -> bytes:
        """The bytes without the signature. Raises SnapshotError("header") for a value out of range."""
        _check(self)
        fixed = _LAYOUT.pack(
            self.version,
            self.org,
            self.collection.bytes,
            self.epoch,
            self.seq,
            self.log_hash,
            self.roster_no,
            self.maker,
            self.records,
            self.digest,
            len(self.parts),
        )
        return fixed + b"".join(self.parts)

    @property
    def hash(self) -> bytes:
        """The hash (32 bytes) that the maker and those who confirm sign."""
        return labels.digest(labels.SNAPSHOT_HEAD, self.signed())

    def encode(self) -> bytes:
        """The bytes as they travel and are stored."""
        return self.signed() + self.signature

    def verify(self, sign_public: bytes) -> bool:
        """Whether the device whose Ed25519 public key this is made it."""
        return keys.verify(sign_public, self.signature, labels.SNAPSHOT_SIGNATURE, self.hash)

    def confirmed_by(self, sign_public: bytes, signature: bytes) -> bool:
        """Whether the device whose Ed25519 public key this is confirmed it."""
        return keys.verify(sign_public, signature, labels.SNAPSHOT_CONFIRMATION, self.hash)

    def place(self, number: int) -> bytes:
        """Where a part belongs: what its key and its hash are bound to."""
        return _PLACE.pack(self.version, self.org, self.collection.bytes, self.epoch, self.seq, self.maker, number)


def completed(head: Head, digested: bytes, parts: tuple[bytes, ...]) -> Head:
    """The head with its digest and the hashes of its parts."""
    return replace(head, digest=digested, parts=parts)


def sign(head: Head, maker: keys.KeyPair) -> Head:
    """The head, signed by its maker."""
    return replace(head, signature=maker.sign(labels.SNAPSHOT_SIGNATURE, head.hash))


def confirm(head: Head, device: keys.KeyPair) -> bytes:
    """The signature (64 bytes) of a second device that found the same digest."""
    return device.sign(labels.SNAPSHOT_CONFIRMATION, head.hash)


def decode(data: bytes) -> Head:
    """The head that `data` is, entirely. Raises SnapshotError."""
    if len(data) >= 2 and int.from_bytes(data[:2], "big") > versions.SNAPSHOT:
        raise SnapshotError("update")
    if len(data) < FIXED_BYTES:
        raise SnapshotError("truncated")
    version, org, collection, epoch, seq, log_hash, no, maker, records, digested, count = _LAYOUT.unpack_from(data)
    if not 1 <= count <= PARTS_LIMIT:
        raise SnapshotError("header")
    end = FIXED_BYTES + HASH_BYTES * count
    if len(data) != end + keys.SIGNATURE_BYTES:
        raise SnapshotError("truncated" if len(data) < end + keys.SIGNATURE_BYTES else "trailing")
    parts = tuple(data[at : at + HASH_BYTES] for at in range(FIXED_BYTES, end, HASH_BYTES))
    head = Head(
        org, UUID(bytes=collection), epoch, seq, log_hash, no, maker, records, digested, parts, data[end:], version
    )
    _check(head)
    return head


# Parts ----------------------------------------------------------------------------------------------------------------


def seal_part(head: Head, number: int, squeezed: bytes, collection_key: bytes, salt: bytes) -> bytes:
    """A part as it travels. `head` needs no hashes yet; `salt`: 32 fresh random bytes, for the key is used once."""
    place = head.place(number)
    sealed = AESGCM(_part_key(collection_key, salt, place)).encrypt(keys.ZERO_NONCE, envelope.pad(squeezed), place)
    return salt + sealed


def part_hash(head: Head, number: int, part: bytes) -> bytes:
    """What the head says of a part."""
    return labels.digest(labels.SNAPSHOT_PART, head.place(number), part)


def fits(head: Head, number: int, part: bytes) -> bool:
    """Whether these bytes are the part of that number, by the head's word."""
    return (
        0 <= number < len(head.parts)
        and LEAST_PART <= len(part) <= PART_LIMIT
        and hmac.compare_digest(part_hash(head, number, part), head.parts[number])
    )


def open_part(head: Head, number: int, part: bytes, collection_key: bytes) -> bytes:
    """The compressed plaintext of a part. Raises SnapshotError: part, does_not_open, padding."""
    if not fits(head, number, part):
        raise SnapshotError("part")
    salt, sealed, place = part[: envelope.SALT_BYTES], part[envelope.SALT_BYTES :], head.place(number)
    try:
        return envelope.unpad(AESGCM(_part_key(collection_key, salt, place)).decrypt(keys.ZERO_NONCE, sealed, place))
    except InvalidTag as error:
        raise SnapshotError("does_not_open") from error
    except envelope.EnvelopeError as error:
        raise SnapshotError(error.code) from error


class Contents:
    """The hash over packed parts, one after another."""

    def __init__(self) -> None:
        self._made = hashlib.sha256(labels.labelled(labels.SNAPSHOT_CONTENTS))

    def add(self, packed: bytes) -> None:
        """The next part."""
        self._made.update(len(packed).to_bytes(8, "big"))
        self._made.update(packed)

    @property
    def hash(self) -> bytes:
        return self._made.digest()


def contents_of(parts: Iterable[bytes]) -> bytes:
    """The hash over all packed parts."""
    made = Contents()
    for packed in parts:
        made.add(packed)
    return made.hash


def digest_of(head: Head, contents: bytes, collection_key: bytes) -> bytes:
    """The digest (32 bytes) of a state at the head's place; two devices with the same bundles get the same one."""
    said = _SAID.pack(head.org, head.collection.bytes, head.epoch, head.seq, head.log_hash, head.roster_no)
    return hmac.new(collection_key, labels.labelled(labels.SNAPSHOT_DIGEST, said, contents), hashlib.sha256).digest()


def _part_key(collection_key: bytes, salt: bytes, place: bytes) -> bytes:
    info = labels.labelled(labels.SNAPSHOT_KEY, place)
    return HKDF(hashes.SHA256(), 32, salt=salt, info=info).derive(collection_key)


def _check(head: Head) -> None:
    sizes = [(head.org, 32), (head.log_hash, 32), (head.maker, 32), (head.digest, 32), *((one, 32) for one in head.parts)]
    bounded = (
        head.version == versions.SNAPSHOT
        and all(len(value) == size for value, size in sizes)
        and 1 <= head.epoch < 1 << 32
        and 1 <= head.seq < 1 << 63
        and 0 <= head.roster_no < 1 << 31
        and 0 <= head.records < 1 << 63
        and len(head.parts) <= PARTS_LIMIT
    )
    if not bounded:
        raise SnapshotError("header")
