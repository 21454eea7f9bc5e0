"""Drop collections: everybody who works seals to a public key, and only the readers can open.

    pair = HKDF-SHA256(K of the epoch, no salt, "cmpp/1/drop-keys" | 00 | place, 96 bytes): ML-KEM-768 seed (64), X25519 key (32)
    body = HPKE seal of the padded plaintext to the public key of the epoch, info = "cmpp/1/drop-body" | 00 | header

The public key stands in the roster entry that makes the epoch, beside the commitment to K; who holds K checks that one belongs to
the other. All else of a bundle (header, chain, signature, what counts) is as in other collections; its version is 2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cmpp_protocol import keys, labels
from cmpp_protocol.entries import by_author
from cmpp_protocol.entry_words import Head, Kind
from cmpp_protocol.envelope import Header


@dataclass(frozen=True, slots=True)
class DropKeys:
    """The pair of one epoch. `seal`: its public key (1216 bytes)."""

    opening: MLKEM768X25519PrivateKey = field(repr=False)
    seal: bytes


def keys_of(key: bytes, org: bytes, collection: UUID, epoch: int) -> DropKeys:
    """The pair that a collection key gives; who may read derives it whenever it is needed."""
    info = labels.labelled(labels.DROP_KEYS, keys.place_of(org, collection, epoch))
    secret = HKDF(hashes.SHA256(), 96, salt=None, info=info).derive(key)
    mlkem, x25519 = MLKEM768PrivateKey.from_seed_bytes(secret[:64]), X25519PrivateKey.from_private_bytes(secret[64:])
    public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
    return DropKeys(MLKEM768X25519PrivateKey(mlkem, x25519), public)


def seal_body(padded: bytes, seal: bytes, header: Header) -> bytes:
    """The body of a bundle that goes to a public key. Raises KeyProblem."""
    return keys.suite().encrypt(padded, keys.sealing_key(seal), labels.labelled(labels.DROP_BODY, header.encode()))


def open_body(body: bytes, key: bytes, header: Header) -> bytes:
    """The padded plaintext, for who holds the collection key of the header's epoch. Raises KeyProblem("does_not_open")."""
    pair = keys_of(key, header.org, header.collection, header.epoch)
    try:
        return keys.suite().decrypt(body, pair.opening, labels.labelled(labels.DROP_BODY, header.encode()))
    except (InvalidTag, ValueError) as error:
        raise keys.KeyProblem("does_not_open") from error


def created(
    head: Head, author: keys.KeyPair, *, at: int, collection: UUID, kind: Kind, commit: bytes, seal: bytes
) -> bytes:
    """A new drop collection at epoch 1; `commit` as for others, `seal` is the public key (1216 bytes) of `keys_of`."""
    fields = {"collection": collection.bytes, "kind": str(kind), "commit": commit, "seal": seal}
    return by_author(head, author, at, "drop_created", fields)


def rotated(
    head: Head,
    author: keys.KeyPair,
    *,
    at: int,
    collection: UUID,
    epoch: int,
    commit: bytes,
    previous: bytes,
    seal: bytes,
) -> bytes:
    """As `key_rotated`, for a drop collection: with the public key of the new epoch."""
    fields = {"collection": collection.bytes, "epoch": epoch, "commit": commit, "previous": previous, "seal": seal}
    return by_author(head, author, at, "drop_rotated", fields)
