"""Record ids: UUIDv7 for what a person makes, derived UUIDv8 for what a rule makes (rule 13).

Two devices that make the same thing (the same attendance, the same alert task) must make one record, so such ids are
computed from what they are about. Everything else sorts by the time at which it was made.
"""

from __future__ import annotations

import hashlib
from uuid import UUID, SafeUUID

DERIVED_LABEL = b"cmpp/1/derived-id"
_NEW, _READ, _UNKNOWN = object.__new__, int.from_bytes, SafeUUID.unknown
_NUMBER, _SAFE = vars(UUID)["int"].__set__, vars(UUID)["is_safe"].__set__  # its two slots, which it does not let others set


def id_of(raw: bytes) -> UUID:
    """`UUID(bytes=raw)`, without a look at the five other things one can be made of: a new laptop makes tens of thousands.
    Raises ValueError unless these are 16 bytes."""
    if len(raw) != 16:
        raise ValueError("an id has 16 bytes")
    made = _NEW(UUID)
    _NUMBER(made, _READ(raw, "big"))
    _SAFE(made, _UNKNOWN)
    return made


def uuid7(ms: int, randomness: bytes) -> UUID:
    """A UUIDv7 (RFC 9562) of Unix time `ms` in milliseconds and 10 random bytes."""
    if len(randomness) != 10:
        raise ValueError("uuid7 takes 10 random bytes")
    value = (ms & ((1 << 48) - 1)) << 80 | int.from_bytes(randomness, "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def derived_id(kind: str, parent: UUID, natural_key: str) -> UUID:
    """The UUIDv8 of a record that a rule makes: SHA-256 over type, parent or trigger id, and natural key."""
    text = b"\x00".join([DERIVED_LABEL, kind.encode(), parent.bytes, natural_key.encode()])
    value = int.from_bytes(hashlib.sha256(text).digest()[:16], "big")
    value = value & ~(0xF << 76) | 0x8 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
