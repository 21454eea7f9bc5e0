"""Sealing and opening one bundle, against the bare primitives on the same bytes.

The floor does what no envelope can do without: derive a key, AES-256-GCM over the whole body, SHA-256, Ed25519. What ours adds is
the header, padding, strict parsing and the labels. 192 KiB is what a bundle of a hundred or so records comes to at most.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from benchmarks.frame import Row, row, side_by_side
from cmpp_protocol import envelope, keys

SIZE = 192 * 1024
NONCE = bytes(12)


def _material() -> tuple[keys.KeyPair, bytes, envelope.Header, bytes]:
    """A device, a collection key, a header and a packed body; always the same."""
    chance = random.Random(1)
    author = keys.introduction_keys(chance.randbytes(32))
    collection_key = chance.randbytes(32)
    header = envelope.Header(
        org=chance.randbytes(32),
        collection=UUID(bytes=chance.randbytes(16)),
        epoch=1,
        device=author.id,
        number=1,
        previous=envelope.FIRST,
        roster_no=1,
        salt=chance.randbytes(32),
    )
    return author, collection_key, header, chance.randbytes(SIZE)


def _seal(author: keys.KeyPair, collection_key: bytes, header: envelope.Header, packed: bytes) -> bytes:
    cipher = AESGCM(envelope.body_key(collection_key, header))
    body = cipher.encrypt(keys.ZERO_NONCE, envelope.pad(packed), header.encode())
    return envelope.sign(header, body, author).encode()


def _open(data: bytes, sign_public: bytes, collection_key: bytes) -> bytes:
    parsed = envelope.decode(data)
    if not parsed.verify(sign_public):
        raise AssertionError("the bundle of this benchmark does not verify")
    cipher = AESGCM(envelope.body_key(collection_key, parsed.header))
    return envelope.unpad(cipher.decrypt(keys.ZERO_NONCE, parsed.body, parsed.header.encode()))


def _bare_key(secret: bytes) -> AESGCM:
    return AESGCM(HKDF(hashes.SHA256(), 32, salt=secret, info=b"bare").derive(secret))


def _milliseconds(work: dict[str, Callable[[], object]]) -> dict[str, float]:
    return {name: 1000 * seconds for name, seconds in side_by_side(work).items()}


def row_seal_a_bundle() -> Row:
    author, collection_key, header, packed = _material()
    signer = Ed25519PrivateKey.generate()

    def bare() -> bytes:
        body = _bare_key(collection_key).encrypt(NONCE, packed, header.salt)
        return signer.sign(hashlib.sha256(body).digest())

    taken = _milliseconds({"ours": lambda: _seal(author, collection_key, header, packed), "bare primitives": bare})
    return row(
        "seal-a-bundle",
        size="192 KiB",
        unit="ms",
        ours=taken["ours"],
        against={"bare primitives": taken["bare primitives"]},
        at_most=2,
    )


def row_open_a_bundle() -> Row:
    author, collection_key, header, packed = _material()
    sealed = _seal(author, collection_key, header, packed)
    signer = Ed25519PrivateKey.generate()
    body = _bare_key(collection_key).encrypt(NONCE, packed, header.salt)
    signature = signer.sign(hashlib.sha256(body).digest())
    public = signer.public_key()

    def bare() -> bytes:
        public.verify(signature, hashlib.sha256(body).digest())
        return _bare_key(collection_key).decrypt(NONCE, body, header.salt)

    sign_public = author.public.sign
    if _open(sealed, sign_public, collection_key) != packed or bare() != packed:
        raise AssertionError("what was opened is not what was sealed")
    taken = _milliseconds({"ours": lambda: _open(sealed, sign_public, collection_key), "bare primitives": bare})
    return row(
        "open-a-bundle",
        size="192 KiB",
        unit="ms",
        ours=taken["ours"],
        against={"bare primitives": taken["bare primitives"]},
        at_most=2,
    )
