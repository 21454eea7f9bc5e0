"""Changes of one identity as changes of another: new stamps, and everything that they name mapped with them (rules 33, 35).

Two records of sync's own go with it, of kinds that no screen knows; they merge and travel like all others (rule 10):

    adopted      one for each change set that somebody adopted: whose it was, and its stamp there
    held_bundle  one for each bundle that was held: what became of it, so that nobody decides it twice

Pure: nothing here reads or writes a store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal
from uuid import UUID

from cmpp_desktop.changes import LIFE, LIVE, SIGNED, ChangeSet, RecordState, Write
from cmpp_protocol import canon
from cmpp_protocol.envelope import Header
from cmpp_protocol.ids import derived_id
from cmpp_protocol.roster import Device, RosterState
from cmpp_protocol.stamps import Stamp

ADOPTED, HELD_BUNDLE = "adopted", "held_bundle"
How = Literal["adopted", "left", "sent_again"]


def restamped(change_set: ChangeSet, stamp: Stamp, mapped: Callable[[Stamp], Stamp]) -> ChangeSet:
    """The change set under another stamp; `mapped` gives the stamp that one has now which its writes name."""
    writes = tuple(
        write._replace(
            replaces=tuple(sorted(map(mapped, write.replaces))),
            covers=tuple((name, tuple(sorted(map(mapped, stamps)))) for name, stamps in write.covers),
        )
        for write in change_set.writes
    )
    return ChangeSet(change_set.collection, stamp, writes)


def named_author(change_set: ChangeSet, origin: Stamp, bundle: bytes) -> ChangeSet:
    """The change set with the record that says whose it was. `bundle`: the hash of the bundle in which it lay; empty for one's
    own that was never sealed."""
    id = adopted_id(UUID(bytes=change_set.collection), origin)
    said = {"device": origin.device, "hlc": origin.hlc, "bundle": bundle}
    made = (Write(ADOPTED, id, name, value) for name, value in (*_packed(said), (LIFE, LIVE)))
    return replace(change_set, writes=(*change_set.writes, *made))


def adopted_id(place: UUID, origin: Stamp) -> UUID:
    """The id of the record that says that a change set was adopted: the same whoever did it."""
    return derived_id(ADOPTED, place, f"{origin.device.hex()} {origin.hlc}")


def bundle_id(place: UUID, hashed: bytes) -> UUID:
    """The id of the record that says what became of a held bundle."""
    return derived_id(HELD_BUNDLE, place, hashed.hex())


def settling(place: UUID, hashed: bytes, device: bytes, number: int, how: How, known: RecordState | None) -> tuple[Write, ...]:
    """The writes that say what became of a held bundle. `known`: what was said of it before."""
    id, said = bundle_id(place, hashed), {"device": device, "number": number, "how": how}
    values = (*_packed(said), (LIFE, LIVE))
    return tuple(Write(HELD_BUNDLE, id, name, value, known.stamps(name) if known else ()) for name, value in values)


def how_settled(known: RecordState | None) -> str:
    """What became of a held bundle by what its record says; empty: nobody has decided."""
    value = known.shown("how") if known is not None and known.kind == HELD_BUNDLE else None
    if value is None:
        return ""
    try:
        said = canon.unpack(value)
    except canon.NotCanonical:
        return ""
    return said if isinstance(said, str) else ""


def is_adopted(change_set: ChangeSet) -> bool:
    """Whether it says that it was somebody else's."""
    return any(write.kind == ADOPTED for write in change_set.writes)


def holds_signed(change_set: ChangeSet) -> bool:
    """Whether something is signed in it."""
    return any(write.kind == SIGNED for write in change_set.writes)


def judged_at(state: RosterState, signer: Device, said: Mapping[str, Any], header: Header, adopted: bool) -> int:
    """The roster number at which the right of a signer is judged: the bundle's, or in what was adopted the one that the signed
    content names (rule 21). So it is also for what the same laptop signed under an identity that it has replaced since."""
    named, ended = said.get("roster"), not signer.active(header.roster_no)
    vouched = adopted or (ended and header.device in state.with_successors(signer.id))
    return named if vouched and type(named) is int and 0 <= named <= header.roster_no else header.roster_no


def _packed(said: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    return [(name, canon.pack(value)) for name, value in said.items()]
