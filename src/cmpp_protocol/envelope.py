"""One sealed bundle as bytes: a fixed header, a body that nobody on the way can read, a signature.

    envelope = header (162) | body length (4) | body | Ed25519 signature (64)
    hash     = SHA-256(label, header, body): the chain goes over this, never over the signature (rule 46)
    key      = HKDF-SHA256(collection key, salt of the header, label | header): used for this body only
    body     = AES-256-GCM(key, zero nonce, padded plaintext, aad = header);  of version 2: see `drops`

All integers are big-endian. Parsing is strict: anything malformed raises EnvelopeError with a code, and never
allocates more than it was given. A newer version raises EnvelopeError("update").
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cmpp_protocol import keys, labels, versions

_LAYOUT = struct.Struct(">H32s16sI32sQ32sI32s")
HEADER_BYTES = _LAYOUT.size  # 162
TAG_BYTES = 16
SHARED, TO_A_KEY = 1, 2  # versions: sealed under the collection's key; in a drop, to its public key (see `drops`)
SALT_BYTES = 32
FIRST = bytes(32)  # the previous hash of a chain's first bundle (number 1)
BUNDLE_GOAL = 256 * 1024  # rule 40: a bundle of several change sets stays below this
CHANGE_SET_LIMIT = 16 * 1024 * 1024  # rule 40: one change set, packed, before compression
PADDED_LIMIT = CHANGE_SET_LIMIT + 512 * 1024  # incompressible bytes grow a little, and padding is up to 3 %
BODY_LIMIT = PADDED_LIMIT + TAG_BYTES
ENVELOPE_LIMIT = HEADER_BYTES + 4 + BODY_LIMIT + keys.SIGNATURE_BYTES


class EnvelopeError(ValueError):
    """Not an envelope. `code`: truncated | trailing | too_big | empty | update | header | padding."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Header:
    """What everybody may see. `number` counts a device's bundles in a collection from 1; `salt` is 32 random bytes."""

    org: bytes
    collection: UUID
    epoch: int
    device: bytes
    number: int
    previous: bytes
    roster_no: int
    salt: bytes
    version: int = SHARED

    def encode(self) -> bytes:
        """The 162 bytes. Raises EnvelopeError("header") for a value out of range."""
        _check_header(self)
        return _LAYOUT.pack(
            self.version,
            self.org,
            self.collection.bytes,
            self.epoch,
            self.device,
            self.number,
            self.previous,
            self.roster_no,
            self.salt,
        )


@dataclass(frozen=True, slots=True)
class Envelope:
    """A parsed envelope; `signature` has not been verified yet (see `verify`)."""

    header: Header
    body: bytes
    signature: bytes

    @property
    def hash(self) -> bytes:
        """The chain hash (32 bytes), over header and body."""
        return chain_hash(self.header.encode(), self.body)

    def encode(self) -> bytes:
        """The bytes as they travel and are stored."""
        _check_body(len(self.body))
        return b"".join((self.header.encode(), len(self.body).to_bytes(4, "big"), self.body, self.signature))

    def verify(self, sign_public: bytes, hashed: bytes | None = None) -> bool:
        """Whether the device whose Ed25519 public key this is signed header and body. `hashed`: `hash`, for those who have it."""
        return keys.verify(sign_public, self.signature, labels.ENVELOPE_SIGNATURE, hashed or self.hash)


def decode_header(data: bytes) -> Header:
    """The header at the start of `data`. Raises EnvelopeError."""
    if len(data) >= 2 and int.from_bytes(data[:2], "big") > versions.ENVELOPE:
        raise EnvelopeError("update")
    if len(data) < HEADER_BYTES:
        raise EnvelopeError("truncated")
    version, org, collection, epoch, device, number, previous, roster_no, salt = _LAYOUT.unpack_from(data)
    header = Header(org, UUID(bytes=collection), epoch, device, number, previous, roster_no, salt, version)
    _check_header(header)
    return header


def decode(data: bytes) -> Envelope:
    """The envelope that `data` is, entirely. Raises EnvelopeError; the signature is not verified here."""
    if len(data) > ENVELOPE_LIMIT:
        raise EnvelopeError("too_big")
    header = decode_header(data)
    start = HEADER_BYTES + 4
    if len(data) < start:
        raise EnvelopeError("truncated")
    length = int.from_bytes(data[HEADER_BYTES:start], "big")
    _check_body(length)
    end = start + length + keys.SIGNATURE_BYTES
    if len(data) != end:
        raise EnvelopeError("truncated" if len(data) < end else "trailing")
    return Envelope(header, data[start : start + length], data[start + length :])


def chain_hash(header: bytes, body: bytes) -> bytes:
    """SHA-256 over the label, the encoded header and the body."""
    return labels.digest(labels.ENVELOPE_CHAIN, header, body)


def sign(header: Header, body: bytes, author: keys.KeyPair) -> Envelope:
    """An envelope around an already sealed body, signed by its device."""
    signature = author.sign(labels.ENVELOPE_SIGNATURE, chain_hash(header.encode(), body))
    return Envelope(header, body, signature)


def body_key(collection_key: bytes, header: Header) -> bytes:
    """The AES-256 key of one body: HKDF-SHA256, salt = the header's, info = label and header.

    Seal with AES-256-GCM, nonce `keys.ZERO_NONCE`, associated data `header.encode()`.
    """
    info = labels.labelled(labels.ENVELOPE_KEY, header.encode())
    return HKDF(hashes.SHA256(), 32, salt=header.salt, info=info).derive(collection_key)


def padme(length: int) -> int:
    """The padded length (PADMÉ): at most 12 % more, about 3 % for large inputs, leaking O(log log n) bits."""
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    zeros = exponent - exponent.bit_length()
    mask = (1 << zeros) - 1
    return (length + mask) & ~mask


def pad(data: bytes) -> bytes:
    """4 bytes of length, the data, then zero bytes up to `padme` of both. Raises EnvelopeError("too_big")."""
    size = padme(4 + len(data))
    if size > PADDED_LIMIT:
        raise EnvelopeError("too_big")
    return (len(data).to_bytes(4, "big") + data).ljust(size, b"\x00")


def unpad(padded: bytes) -> bytes:
    """The data of `pad`. Raises EnvelopeError("padding") for any other padding than the one `pad` writes."""
    length = int.from_bytes(padded[:4], "big")
    end = 4 + length
    if len(padded) < 4 or end > len(padded) or len(padded) != padme(end) or padded.count(0, end) != len(padded) - end:
        raise EnvelopeError("padding")
    return padded[4:end]


def log_start(org: bytes, collection: UUID) -> bytes:
    """The log hash before a collection's first bundle: the cursor of a reader who has nothing is (0, this)."""
    return labels.digest(labels.LOG_START, org, collection.bytes)


def log_next(before: bytes, envelope_hash: bytes) -> bytes:
    """The log hash after one more envelope (rule 37)."""
    return labels.digest(labels.LOG_NEXT, before, envelope_hash)


def _check_header(header: Header) -> None:
    sizes = [(header.org, 32), (header.device, 32), (header.previous, 32), (header.salt, SALT_BYTES)]
    bounded = (
        1 <= header.version <= versions.ENVELOPE
        and all(len(value) == size for value, size in sizes)
        and 1 <= header.epoch < 1 << 32
        and 1 <= header.number < 1 << 63  # a database's signed 64 bits
        and 0 <= header.roster_no < 1 << 31
        and (header.number == 1) == (header.previous == FIRST)
    )
    if not bounded:
        raise EnvelopeError("header")


def _check_body(length: int) -> None:
    if length > BODY_LIMIT:
        raise EnvelopeError("too_big")
    if length <= TAG_BYTES:
        raise EnvelopeError("empty")
