"""Record ids: UUIDv7 for what a person makes, derived UUIDv8 for what a rule makes (rule 13).

Two devices that make the same thing (the same attendance, the same alert task) must make one record, so such ids are
computed from what they are about. Everything else sorts by the time at which it was made.
"""

from __future__ import annotations

import hashlib
from uuid import UUID

DERIVED_LABEL = b"cmpp/1/derived-id"


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
