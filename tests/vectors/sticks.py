"""The vector of a document on a stick: a small content as its one chunk's file, and what a laptop says that it has."""

from __future__ import annotations

from typing import Any

from cmpp_protocol import blobs, keys, stick, stick_documents
from tests.vectors.given import PLACE, TIME


def document(device: keys.KeyPair, org: bytes) -> dict[str, Any]:
    """A content, the name and the bytes of its file, and the file under `has`: it is there, another one is wanted."""
    content = b"a notice of a hearing"
    blob = blobs.Blob(org, PLACE, bytes([5]) * 32, len(content), blobs.content_hash(content))
    wanted = blobs.Blob(org, PLACE, bytes([6]) * 32, 70_000, bytes([7]) * 32)
    has = stick_documents.Has(org, device.id, TIME, frozenset({blob.name}), frozenset({wanted.name}))
    return {
        "content": content,
        "blob_key": blob.key,
        "collection": PLACE.bytes,
        "chunk_path": stick_documents.chunk_name(blobs.ChunkName(*blob.name, 0, blob.count)),
        "chunk_file": b"".join(stick.whole(blob.seal(0, content))),
        "wanted": wanted.id,
        "device": device.id,
        "at": TIME,
        "has_file": b"".join(stick.whole(stick_documents.write_has(has, device))),
    }
