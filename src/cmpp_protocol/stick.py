"""Files of an exchange by folder: their names, and how one says that it came whole. No input or output.

    <folder>/cmpp-exchange/<organisation>/roster/<number>-<hash>
                                         /keys/<collection>-<epoch>-<recipient>
                                         /bundles/<collection>/<device>-<number>-<hash>
                                         /proposals/<device>-<hash>
                                         /seen/<device>
                                         /documents/<collection>/<blob id>/<n>-<count>
                                         /has/<device>

Names are lower-case hexadecimal digits, ids and hashes by their first 32; numbers are decimal with leading zeros (8 digits,
12 for a bundle's). A file is magic | body | SHA-256(label, magic, body). Bodies: a roster entry; canonical [collection,
epoch, recipient, sealed key]; an envelope; a proposal (`entries`); how far a laptop has read (`Seen`); a sealed chunk of a
document, as the server keeps it (`blobs`); which contents a laptop has and wants (`stick_documents`).
"""

from __future__ import annotations

import re
from typing import NamedTuple
from uuid import UUID

from cmpp_protocol import canon, envelope, keys, labels, reading

ROOT, MAGIC, CHECK_BYTES = "cmpp-exchange", b"CMPPSTK1", 32
LARGEST = envelope.ENVELOPE_LIMIT + len(MAGIC) + CHECK_BYTES
ORGANISATION = re.compile("[0-9a-f]{32}")
NAMES = {
    "roster": re.compile(r"(\d{8})-([0-9a-f]{32})"),
    "keys": re.compile(r"([0-9a-f]{32})-(\d{8})-([0-9a-f]{32})"),
    "bundles": re.compile(r"([0-9a-f]{32})-(\d{12})-([0-9a-f]{32})"),
    "proposals": re.compile(r"([0-9a-f]{32})-([0-9a-f]{32})"),
    "seen": re.compile(r"([0-9a-f]{32})"),
    "has": re.compile(r"([0-9a-f]{32})"),
    "documents": re.compile(r"(0|[1-9]\d?)-([1-9]\d{0,2})"),
}


class Seen(NamedTuple):
    """How far a laptop has come: the roster number that it knows, and of each chain (collection, device) the last bundle that
    counts there. `at`: ms by its clock."""

    org: bytes
    device: bytes
    at: int
    roster_no: int
    chains: tuple[tuple[UUID, bytes, int, bytes], ...]  # collection, device, number, hash


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


def proposal_name(device: bytes, hashed: bytes) -> str:
    return f"{short(device)}-{short(hashed)}"


def write_seen(seen: Seen, device: keys.KeyPair) -> bytes:
    """Canonical {"body", "signature"}; the body is a canonical map of the fields of `Seen`, with "v"."""
    chains = sorted([place.bytes, who, number, hashed] for place, who, number, hashed in seen.chains)
    body = canon.pack({"v": 1, "org": seen.org, "device": seen.device, "at": seen.at, "roster": seen.roster_no, "chains": chains})
    return canon.pack({"body": body, "signature": device.sign(labels.STICK_SEEN, body)})


def read_seen(data: bytes, sign_public: bytes) -> Seen | None:
    """What `write_seen` wrote under this key; None for anything else, a newer version of it too."""
    try:
        outer = _OUTER(reading.unpack(data))
        if not keys.verify(sign_public, outer["signature"], labels.STICK_SEEN, outer["body"]):
            return None
        read = _SEEN(reading.unpack(outer["body"]))
    except (reading.Malformed, reading.Newer):
        return None
    return Seen(read["org"], read["device"], read["at"], read["roster"], read["chains"]) if read["v"] == 1 else None


_OUTER = reading.record({"body": reading.octets(), "signature": reading.octets(keys.SIGNATURE_BYTES)})
_SEEN = reading.record(
    {
        "v": reading.whole(1 << 31, 1),
        "org": reading.octets(32),
        "device": reading.octets(32),
        "at": reading.whole(1 << 48),
        "roster": reading.whole(1 << 31),
        "chains": reading.ascending(reading.uuid, reading.octets(32), reading.whole(1 << 63), reading.octets(32), by=2),
    }
)
