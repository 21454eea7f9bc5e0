"""Short secrets as signs that can be read over the telephone: Crockford's base 32, in groups of four, with a check.

No I, L, O or U; what is heard as I or L is 1, and O is 0. The bits that are left over in the last sign hold a check of as many
bits, so that most misheard signs are noticed before anything is tried.
"""

from __future__ import annotations

import hashlib

from cmpp_desktop.errors import Invalid

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None, "\t": None, "\n": None})


def spell(data: bytes) -> str:
    """The signs of some bytes: 52 for 32 bytes, 26 for 16."""
    count = -(-len(data) * 8 // 5)
    spare = count * 5 - len(data) * 8
    number = int.from_bytes(data, "big") << spare | _check(data, spare)
    signs = "".join(ALPHABET[number >> shift & 31] for shift in range((count - 1) * 5, -1, -5))
    return "-".join(signs[at : at + 4] for at in range(0, count, 4))


def read(text: str, size: int, field: str) -> bytes:
    """The `size` bytes that were spelled. Raises Invalid({field: not_valid}) for a wrong length, sign or check."""
    signs = text.upper().translate(_MISREAD)
    count = -(-size * 8 // 5)
    spare = count * 5 - size * 8
    if len(signs) != count or any(sign not in ALPHABET for sign in signs):
        raise Invalid(**{field: "not_valid"})
    number = 0
    for sign in signs:
        number = number << 5 | ALPHABET.index(sign)
    data = (number >> spare).to_bytes(size, "big")
    if number & ((1 << spare) - 1) != _check(data, spare):
        raise Invalid(**{field: "not_valid"})
    return data


def _check(data: bytes, bits: int) -> int:
    return hashlib.sha256(b"cmpp/1/spoken-check\x00" + data).digest()[0] >> (8 - bits) if bits else 0
