"""What a change set may do with `Signed` records (rule 21): make them, and nothing else.

A signed record's id is the hash of its content, its signature is that of a device whose member may sign, at the roster number at
which that is judged. One change without the right voids its whole change set, for everybody (rule 30).
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from cmpp_desktop.changes import LIFE, LIVE, SIGNED, SIGNED_FIELDS, Created, Write
from cmpp_desktop.store import signing
from cmpp_desktop.sync.packing import Part
from cmpp_protocol import canon, rights
from cmpp_protocol.roster import RosterState


def broken(state: RosterState, part: Part, author: bytes, roster_no: int) -> str:
    """The code of the rule that a change set breaks, or "". `author`, `roster_no`: of the bundle in which it lies."""
    signed: dict[UUID, dict[str, Write]] = {}
    for id, what in part.rows:
        if not isinstance(what, Created) and what[0].kind == SIGNED:
            signed[id] = {write.field: write for write in what}
    return "" if all(_is_signed(state, id, writes, author, roster_no) for id, writes in signed.items()) else "signed"


def _is_signed(state: RosterState, id: UUID, writes: Mapping[str, Write], author: bytes, roster_no: int) -> bool:
    if set(writes) != SIGNED_FIELDS or any(write.replaces for write in writes.values()) or writes[LIFE].value != LIVE:
        return False
    try:
        content, signature = canon.unpack(writes["content"].value), canon.unpack(writes["signature"].value)
        said = canon.unpack(content) if isinstance(content, bytes) else None
    except canon.NotCanonical:
        return False
    if not isinstance(said, dict) or not isinstance(signature, bytes) or not isinstance(said.get("device"), bytes):
        return False
    device = state.devices.get(said["device"])
    if device is None or said.get("signer") != device.member.bytes:
        return False
    # What somebody else's bundle brings (moved, adopted, or of an identity that was replaced) names its own number.
    named = said.get("roster")
    no = named if device.id != author and type(named) is int else roster_no
    if not 0 <= no <= roster_no:
        return False
    return rights.may_sign(state, device.id, no) and signing.verify(id, content, signature, device.keys.sign)
