"""What is signed, as bytes: the content of a document, its hash, and the `Signed` record made of it (rules 20-23).

The content of a subject is every field with the stamps of its heads, and the same of its child records. `content_hash` of
it is what a submission names and what a supervisor has seen. A `Signed` record adds who, when, under which roster and
what was meant; its id is the hash of its bytes, so it cannot change without becoming another one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cmpp_desktop.changes import LIFE, RecordState, signed_hash, signed_id
from cmpp_protocol import canon, keys, labels
from cmpp_protocol.stamps import Stamp

CONTENT_LABEL = b"cmpp/1/content-hash"
FORMAT = 1
Signer = Callable[[bytes, bytes], bytes]  # (label, bytes) → Ed25519 signature (64 bytes), as KeyPair.sign does


@dataclass(frozen=True, slots=True)
class Part:
    """A record that is signed: the subject or one of its children."""

    kind: str
    id: UUID
    state: RecordState


@dataclass(frozen=True, slots=True)
class Signed:
    """A Signed record before it is stored: its id, content and signature."""

    id: UUID
    content: bytes
    signature: bytes


def content_hash(subject: Part, children: Sequence[Part]) -> str:
    """SHA-256 (hex) of the canonical content of a document."""
    body = canon.pack({**_part(subject), "children": _children(children)})
    return hashlib.sha256(labels.labelled(CONTENT_LABEL, body)).hexdigest()


def make(
    subject: Part, children: Sequence[Part], *, device: bytes, signer: UUID, roster_no: int, ms: int, meaning: str, sign: Signer
) -> Signed:
    """The Signed record of a document. `device` is the 32-byte id whose key `sign` uses; `ms` the time of signing."""
    content = canon.pack(
        {
            "v": FORMAT,
            "subject": subject.id.bytes,
            "kind": subject.kind,
            "fields": _fields(subject.state),
            "children": _children(children),
            "device": device,
            "signer": signer.bytes,
            "roster": roster_no,
            "time": ms,
            "meaning": meaning,
            "content_hash": content_hash(subject, children),
        }
    )
    return Signed(signed_id(content), content, sign(labels.SIGNED_SIGNATURE, signed_hash(content)))


def verify(id: UUID, content: bytes, signature: bytes, sign_public: bytes) -> bool:
    """Whether these bytes are what the id says, and the key of a device signed them. Never raises for hostile bytes."""
    if signed_id(content) != id:
        return False
    try:
        canon.unpack(content)
    except canon.NotCanonical:
        return False
    return keys.verify(sign_public, signature, labels.SIGNED_SIGNATURE, signed_hash(content))


def _children(children: Sequence[Part]) -> list[Any]:
    ordered = sorted(children, key=lambda child: (child.kind, child.id.bytes))
    return [_part(child) for child in ordered]


def _part(part: Part) -> dict[str, Any]:
    return {"kind": part.kind, "subject": part.id.bytes, "fields": _fields(part.state)}


def _fields(state: RecordState) -> Mapping[str, Any]:
    return {
        name: [heads[-1].value, [_stamp(head.stamp) for head in heads]] for name, heads in state.heads.items() if name != LIFE
    }


def _stamp(stamp: Stamp) -> list[Any]:
    return [stamp.hlc, stamp.device]
