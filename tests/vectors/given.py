"""What all vectors are made from: ids, a salt, a time, and key pairs."""

from __future__ import annotations

from uuid import UUID

from cmpp_protocol import keys

MEMBER, PLACE, INVITATION = UUID(int=0x101), UUID(int=0x202), UUID(int=0x303)
SALT = bytes(range(32))
TIME = 1_795_000_000_000


def pair(byte: int) -> keys.KeyPair:
    """A key pair whose 128 secret bytes are all the same."""
    return keys.KeyPair(bytes([byte]) * keys.SECRET_BYTES)
