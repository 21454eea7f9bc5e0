"""Key pairs and what is derived from them: the only place that says how an id, a commitment or a key is computed.

A key pair is an Ed25519 signing key and an HPKE key (MLKEM768_X25519, HKDF-SHA256, AES-256-GCM). Devices, open
invitations and the recovery kit each own one, so each can be a recipient of collection keys; its id is the hash of
both public keys. All primitives come from `cryptography`. Hybrid HPKE keys have no serialiser there, so the secret of a
pair is stored as 128 bytes: Ed25519 seed (32), ML-KEM-768 seed (64), X25519 key (32).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cmpp_protocol import labels

ID_BYTES = 32
SIGN_BYTES = 32
SEAL_BYTES = 1184 + 32  # ML-KEM-768 public key, then X25519 public key
SIGNATURE_BYTES = 64
SECRET_BYTES = 32 + 64 + 32
COLLECTION_KEY_BYTES = 32
KEY_ENVELOPE_BYTES = 1088 + 32 + COLLECTION_KEY_BYTES + 16  # ML-KEM ciphertext, X25519 share, key, tag
PREVIOUS_KEY_BYTES = COLLECTION_KEY_BYTES + 16
ZERO_NONCE = bytes(12)  # every AES key of this protocol is derived for one message and used once


class KeyProblem(ValueError):
    """A key, a key envelope or a secret that is not what it should be; `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class PublicKeys(NamedTuple):
    """The public half of a pair: `sign` 32 bytes, `seal` 1216 bytes (ML-KEM-768 then X25519)."""

    sign: bytes
    seal: bytes

    @property
    def id(self) -> bytes:
        """The 32-byte id of the pair: of a device, an introduction or the recovery key."""
        return key_id(self.sign, self.seal)


def key_id(sign: bytes, seal: bytes) -> bytes:
    """SHA-256 over both public keys, labelled. This is `device_id` for a device."""
    if len(sign) != SIGN_BYTES or len(seal) != SEAL_BYTES:
        raise KeyProblem("key_length")
    return labels.digest(labels.KEY_ID, sign, seal)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A signing and an HPKE key. `secret` is the 128 bytes to store (encrypted); its repr shows nothing of it."""

    secret: bytes = field(repr=False)
    _public: list[PublicKeys] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.secret) != SECRET_BYTES:
            raise KeyProblem("secret_length")

    def signing_key(self) -> Ed25519PrivateKey:
        """The Ed25519 private key."""
        return Ed25519PrivateKey.from_private_bytes(self.secret[:32])

    def opening_key(self) -> MLKEM768X25519PrivateKey:
        """The HPKE private key."""
        mlkem = MLKEM768PrivateKey.from_seed_bytes(self.secret[32:96])
        return MLKEM768X25519PrivateKey(mlkem, X25519PrivateKey.from_private_bytes(self.secret[96:128]))

    @property
    def public(self) -> PublicKeys:
        """Both public keys as bytes; reckoned once, for every request and every question about an id asks for them."""
        if not self._public:
            self._public.append(self._reckoned())
        return self._public[0]

    def _reckoned(self) -> PublicKeys:
        mlkem = MLKEM768PrivateKey.from_seed_bytes(self.secret[32:96]).public_key().public_bytes_raw()
        x25519 = X25519PrivateKey.from_private_bytes(self.secret[96:128]).public_key().public_bytes_raw()
        return PublicKeys(self.signing_key().public_key().public_bytes_raw(), mlkem + x25519)

    @property
    def id(self) -> bytes:
        """The 32-byte id (see `PublicKeys.id`)."""
        return self.public.id

    def sign(self, label: bytes, *parts: bytes) -> bytes:
        """Ed25519 (64 bytes) over a labelled input."""
        return self.signing_key().sign(labels.labelled(label, *parts))


@dataclass(frozen=True, slots=True)
class RecoveryPublic:
    """What genesis publishes of the recovery kit: the pair, and an X25519 key for the passphrase-reset slot."""

    pair: PublicKeys
    slot: bytes


@dataclass(frozen=True, slots=True)
class RecoveryKeys:
    """The recovery kit's keys, derived from its secret when needed and never stored."""

    pair: KeyPair
    slot_secret: bytes = field(repr=False)

    @property
    def public(self) -> RecoveryPublic:
        """The public keys as genesis holds them."""
        slot = X25519PrivateKey.from_private_bytes(self.slot_secret).public_key().public_bytes_raw()
        return RecoveryPublic(self.pair.public, slot)


def verify(sign_public: bytes, signature: bytes, label: bytes, *parts: bytes) -> bool:
    """Whether an Ed25519 signature over a labelled input holds. Never raises for hostile bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(sign_public).verify(signature, labels.labelled(label, *parts))
    except (InvalidSignature, ValueError):
        return False
    return True


def seal_public_is_valid(seal: bytes) -> bool:
    """Whether 1216 bytes are an ML-KEM-768 public key followed by an X25519 one to which can be sealed.

    A point of small order would make every attempt to seal to its owner fail: it is refused before it is in a roster.
    """
    try:
        sealing_key(seal)
        X25519PrivateKey.from_private_bytes(b"\x01" * 32).exchange(X25519PublicKey.from_public_bytes(seal[1184:]))
    except (KeyProblem, ValueError):
        return False
    return True


def introduction_keys(secret: bytes) -> KeyPair:
    """The pair of an invitation, from its secret (16 bytes or more; rule 45)."""
    return KeyPair(_expand(secret, labels.INTRODUCTION_KEYS, SECRET_BYTES))


def recovery_keys(secret: bytes) -> RecoveryKeys:
    """The recovery kit's keys, from its secret (16 bytes or more)."""
    material = _expand(secret, labels.RECOVERY_KEYS, SECRET_BYTES + 32)
    return RecoveryKeys(KeyPair(material[:SECRET_BYTES]), material[SECRET_BYTES:])


def key_commit(key: bytes, org: bytes, collection: UUID, epoch: int) -> bytes:
    """HMAC-SHA256(K, label, org, collection, epoch): by it a wrong envelope is recognised (rule 44)."""
    return hmac.new(key, labels.labelled(labels.KEY_COMMIT, place_of(org, collection, epoch)), hashlib.sha256).digest()


def key_fits(key: bytes, commit: bytes, org: bytes, collection: UUID, epoch: int) -> bool:
    """Whether an opened key is the one that the roster committed to."""
    return hmac.compare_digest(key_commit(key, org, collection, epoch), commit)


def seal_key(key: bytes, recipient: PublicKeys, org: bytes, collection: UUID, epoch: int) -> bytes:
    """A key envelope (1168 bytes): a collection key sealed with HPKE to one recipient, bound to its place."""
    if len(key) != COLLECTION_KEY_BYTES:
        raise KeyProblem("key_length")
    info = labels.labelled(labels.KEY_ENVELOPE, place_of(org, collection, epoch), recipient.id)
    return suite().encrypt(key, sealing_key(recipient.seal), info)


def open_key(envelope: bytes, recipient: KeyPair, org: bytes, collection: UUID, epoch: int) -> bytes:
    """The collection key of an envelope. Raises KeyProblem("does_not_open"); check it with `key_fits`."""
    info = labels.labelled(labels.KEY_ENVELOPE, place_of(org, collection, epoch), recipient.id)
    try:
        key = suite().decrypt(envelope, recipient.opening_key(), info)
    except (InvalidTag, ValueError) as error:
        raise KeyProblem("does_not_open") from error
    if len(key) != COLLECTION_KEY_BYTES:
        raise KeyProblem("key_length")
    return key


def seal_previous_key(previous: bytes, key: bytes, org: bytes, collection: UUID, epoch: int) -> bytes:
    """K(epoch-1) sealed under K(epoch): 48 bytes for a rotation entry, so that one envelope opens all history."""
    place = place_of(org, collection, epoch)
    return AESGCM(_previous_key(key, place)).encrypt(ZERO_NONCE, previous, place)


def open_previous_key(sealed: bytes, key: bytes, org: bytes, collection: UUID, epoch: int) -> bytes:
    """K(epoch-1) from a rotation entry of `epoch`. Raises KeyProblem("does_not_open")."""
    place = place_of(org, collection, epoch)
    try:
        return AESGCM(_previous_key(key, place)).decrypt(ZERO_NONCE, sealed, place)
    except (InvalidTag, ValueError) as error:
        raise KeyProblem("does_not_open") from error


def check_code(org: bytes, enrolment_hash: bytes) -> str:
    """Six digits that the new device and the administrator both show, over the hash of the enrolment entry."""
    return f"{int.from_bytes(labels.digest(labels.CHECK_CODE, org, enrolment_hash)[:8], 'big') % 1_000_000:06}"


def place_of(org: bytes, collection: UUID, epoch: int) -> bytes:
    """A collection key's place (52 bytes): org, collection, epoch. Raises KeyProblem("place")."""
    if len(org) != ID_BYTES or not 1 <= epoch < 1 << 32:
        raise KeyProblem("place")
    return org + collection.bytes + epoch.to_bytes(4, "big")


def suite() -> Suite:
    """The one HPKE suite of this protocol."""
    return Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def sealing_key(seal: bytes) -> MLKEM768X25519PublicKey:
    """The HPKE public key of 1216 bytes. Raises KeyProblem("key_length")."""
    if len(seal) != SEAL_BYTES:
        raise KeyProblem("key_length")
    mlkem = MLKEM768PublicKey.from_public_bytes(seal[:1184])
    return MLKEM768X25519PublicKey(mlkem, X25519PublicKey.from_public_bytes(seal[1184:]))


def _expand(secret: bytes, label: bytes, length: int) -> bytes:
    if len(secret) < 16:
        raise KeyProblem("secret_too_short")
    return HKDF(hashes.SHA256(), length, salt=None, info=labels.labelled(label)).derive(secret)


def _previous_key(key: bytes, place: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=labels.labelled(labels.PREVIOUS_KEY, place)).derive(key)
