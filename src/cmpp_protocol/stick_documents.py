"""Contents of documents on a stick: where a sealed chunk lies, and what a laptop has of them and wants. No input or output.

The chunks are those of the server, byte for byte (`blobs`): whoever brings them knows as little as it does. What a laptop says of
itself is signed by it, decides only what others write for it, and is written anew by it each time.
"""

from __future__ import annotations

from typing import NamedTuple

from cmpp_protocol import blobs, canon, keys, labels, reading, stick
from cmpp_protocol.blobs import BlobName, ChunkName

MOST = 50_000  # blobs in each of the two lists


class Has(NamedTuple):
    """Of a laptop: the blobs whose content it has whole, and those that it wants. `at`: ms by its clock."""

    org: bytes
    device: bytes
    at: int
    has: frozenset[BlobName]
    wants: frozenset[BlobName]


def chunk_name(chunk: ChunkName) -> str:
    """Of a chunk's file, below its organisation, with `/` between folders."""
    return f"documents/{chunk.collection.hex}/{chunk.id.hex()}/{chunk.n}-{chunk.chunks}"


def file_bytes(sealed: int) -> int:
    """The size of the file of a sealed chunk of so many bytes."""
    return sealed + len(stick.MAGIC) + stick.CHECK_BYTES


def write_has(one: Has, device: keys.KeyPair) -> bytes:
    """Canonical {"body", "signature"}; the body is a canonical map of the fields of `Has`, with "v". Of more than `MOST` blobs
    the first are named."""
    has, wants = (sorted([place.bytes, id] for place, id in found)[:MOST] for found in (one.has, one.wants))
    body = canon.pack({"v": 1, "org": one.org, "device": one.device, "at": one.at, "has": has, "wants": wants})
    return canon.pack({"body": body, "signature": device.sign(labels.STICK_HAS, body)})


def read_has(data: bytes, sign_public: bytes) -> Has | None:
    """What `write_has` wrote under this key; None for anything else, a newer version of it too."""
    try:
        outer = _OUTER(reading.unpack(data))
        if not keys.verify(sign_public, outer["signature"], labels.STICK_HAS, outer["body"]):
            return None
        read = _HAS(reading.unpack(outer["body"]))
    except (reading.Malformed, reading.Newer):
        return None
    if read["v"] != 1 or max(len(read["has"]), len(read["wants"])) > MOST:
        return None
    named = (frozenset(BlobName(place, id) for place, id in read[name]) for name in ("has", "wants"))
    return Has(read["org"], read["device"], read["at"], *named)


_NAMES = reading.ascending(reading.uuid, reading.octets(blobs.ID_BYTES), by=2)
_OUTER = reading.record({"body": reading.octets(), "signature": reading.octets(keys.SIGNATURE_BYTES)})
_HAS = reading.record(
    {
        "v": reading.whole(1 << 31, 1),
        "org": reading.octets(32),
        "device": reading.octets(32),
        "at": reading.whole(1 << 48),
        "has": _NAMES,
        "wants": _NAMES,
    }
)
