"""Change sets become a sealed bundle, and a bundle becomes change sets again or a clear reason why not.

    packed   = canonical msgpack of columns (packing.py), at most 16 MiB
    squeezed = one zstd frame that states its content size
    body     = AES-256-GCM over `envelope.pad(squeezed)` (PADMÉ) under a key used once, header as associated data;
               in a drop, HPKE to its public key

Opening is strict: signature first, then bounds before anything is inflated, then every count and order. A bundle that
breaks the format is void for everybody; one of a newer format waits for an update (rule 42).
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cmpp_desktop.changes import ChangeSet
from cmpp_desktop.errors import BugError
from cmpp_desktop.sync.column_reading import NotOpened, Outcome
from cmpp_desktop.sync.packing import Opened, Part, pack, unpack, unpack_columns, unpack_parts
from cmpp_protocol import drops, keys
from cmpp_protocol.envelope import (
    CHANGE_SET_LIMIT,
    TO_A_KEY,
    Envelope,
    EnvelopeError,
    Header,
    body_key,
    decode,
    pad,
    sign,
    unpad,
)

__all__ = (
    "NotOpened",
    "Opened",
    "Outcome",
    "Part",
    "open_bundle",
    "open_envelope",
    "open_columns",
    "open_verified",
    "pack",
    "seal",
    "unpack",
    "unpack_parts",
)

_LEVEL = 6


def seal(change_sets: Sequence[ChangeSet], header: Header, key: bytes, author: keys.KeyPair) -> Envelope:
    """A signed envelope. `key`: the collection's, or, for a header of a drop, the public key of its epoch. `header.salt` must be
    32 fresh random bytes: the key is used once. Raises KnownError too_big."""
    if any(UUID(bytes=one.collection) != header.collection or one.stamp.device != header.device for one in change_sets):
        raise BugError("bundle_mixed")
    squeezed = zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True).compress(pack(change_sets))
    if header.version == TO_A_KEY:
        return sign(header, drops.seal_body(pad(squeezed), key, header), author)
    sealed = AESGCM(body_key(key, header)).encrypt(keys.ZERO_NONCE, pad(squeezed), header.encode())
    return sign(header, sealed, author)


def open_bundle(data: bytes, sign_public: bytes, collection_key: bytes) -> tuple[ChangeSet, ...]:
    """The change sets of an envelope, by ascending stamps. Raises NotOpened; never allocates beyond the limits."""
    try:
        envelope = decode(data)
    except EnvelopeError as error:
        raise NotOpened("update" if error.code == "update" else "refused", error.code) from error
    return open_envelope(envelope, sign_public, collection_key)


def open_envelope(envelope: Envelope, sign_public: bytes, collection_key: bytes) -> tuple[ChangeSet, ...]:
    """As `open_bundle`, for an envelope that has been parsed."""
    if not envelope.verify(sign_public):
        raise NotOpened("refused", "signature")
    return tuple(part.change_set() for part in open_verified(envelope, collection_key))


def open_verified(envelope: Envelope, collection_key: bytes) -> tuple[Part, ...]:
    """As `open_envelope`, for an envelope whose signature has been verified; its parts as they travelled."""
    return unpack_parts(_packed(envelope, collection_key), envelope.header.collection, envelope.header.device)


def open_columns(envelope: Envelope, collection_key: bytes) -> Opened:
    """As `open_verified`, with what came into being still in columns."""
    return unpack_columns(_packed(envelope, collection_key), envelope.header.collection, envelope.header.device)


def _packed(envelope: Envelope, collection_key: bytes) -> bytes:
    header = envelope.header
    try:
        if header.version == TO_A_KEY:
            padded = drops.open_body(envelope.body, collection_key, header)
        else:
            padded = AESGCM(body_key(collection_key, header)).decrypt(keys.ZERO_NONCE, envelope.body, header.encode())
        squeezed = unpad(padded)
    except (InvalidTag, keys.KeyProblem) as error:
        raise NotOpened("void", "does_not_open") from error
    except EnvelopeError as error:
        raise NotOpened("void", error.code) from error
    return _inflate(squeezed)


def _inflate(squeezed: bytes) -> bytes:
    try:
        size = zstandard.get_frame_parameters(squeezed).content_size
        if size in (zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR) or size > CHANGE_SET_LIMIT:
            raise NotOpened("void", "inflates_too_far")
        packed = zstandard.ZstdDecompressor(max_window_size=2 * CHANGE_SET_LIMIT).decompress(squeezed, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise NotOpened("void", "not_compressed") from error
    return packed
