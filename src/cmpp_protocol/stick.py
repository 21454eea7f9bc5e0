"""Files of an exchange by folder: their names, and how one says that it came whole. No input or output.

    <folder>/cmpp-exchange/<organisation>/roster/<number>-<hash>
                                         /keys/<collection>-<epoch>-<recipient>
                                         /bundles/<collection>/<device>-<number>-<hash>

Names are lower-case hexadecimal digits, ids and hashes by their first 32; numbers are decimal with leading zeros (8 digits,
12 for a bundle's). A file is magic | body | SHA-256(label, magic, body). Bodies: a roster entry; canonical [collection,
epoch, recipient, sealed key]; an envelope.
"""

from __future__ import annotations

import re
from uuid import UUID

from cmpp_protocol import envelope, labels

ROOT, MAGIC, CHECK_BYTES = "cmpp-exchange", b"CMPPSTK1", 32
LARGEST = envelope.ENVELOPE_LIMIT + len(MAGIC) + CHECK_BYTES
ORGANISATION = re.compile("[0-9a-f]{32}")
NAMES = {
    "roster": re.compile(r"(\d{8})-([0-9a-f]{32})"),
    "keys": re.compile(r"([0-9a-f]{32})-(\d{8})-([0-9a-f]{32})"),
    "bundles": re.compile(r"([0-9a-f]{32})-(\d{12})-([0-9a-f]{32})"),
}


def short(id: bytes) -> str:
    """An id or hash of 32 bytes as names have it."""
    return id.hex()[:32]


def entry_name(number: int, hashed: bytes) -> str:
    return f"{number:08d}-{short(hashed)}"


def key_name(collection: UUID, epoch: int, recipient: bytes) -> str:
    return f"{collection.hex}-{epoch:08d}-{short(recipient)}"


def bundle_name(device: bytes, number: int, hashed: bytes) -> str:
    return f"{short(device)}-{number:012d}-{short(hashed)}"


def whole(body: bytes) -> tuple[bytes, bytes, bytes]:
    """A file, in three pieces."""
    return MAGIC, body, labels.digest(labels.STICK_FILE, MAGIC, body)


def body_of(data: bytes) -> bytes | None:
    """What a file holds; None for one that is cut, altered, too large or of something else."""
    if not (len(MAGIC) + CHECK_BYTES < len(data) <= LARGEST and data.startswith(MAGIC)):
        return None
    body = data[len(MAGIC) : -CHECK_BYTES]
    return body if b"".join(whole(body)) == data else None
