"""Changes of one identity as changes of another: new stamps, and everything that they name mapped with them (rules 33, 35).

Two records of sync's own go with it, of kinds that no screen knows; they merge and travel like all others (rule 10):

    adopted      one for each change set that somebody adopted: whose it was, and its stamp there
    held_bundle  one for each bundle that was held: what became of it, so that nobody decides it twice

Pure: nothing here reads or writes a store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal
from uuid import UUID

from cmpp_desktop.changes import LIFE, LIVE, ChangeSet, Head, RecordState, Write
from cmpp_protocol import canon
from cmpp_protocol.ids import derived_id
from cmpp_protocol.stamps import Stamp

ADOPTED, HELD_BUNDLE = "adopted", "held_bundle"
How = Literal["adopted", "left", "sent_again", "open"]


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


def restamped_state(state: RecordState, mapped: Callable[[Stamp], Stamp]) -> RecordState:
    """The state of a record, had its changes been made under the stamps that they have now."""
    return RecordState(
        state.kind,
        {
            name: tuple(sorted((Head(mapped(head.stamp), head.value) for head in heads), key=lambda head: head.stamp))
            for name, heads in state.heads.items()
        },
        {name: frozenset(map(mapped, stamps)) for name, stamps in state.waiting.items()},
        {
            mapped(at): tuple((name, tuple(sorted(map(mapped, stamps)))) for name, stamps in covers)
            for at, covers in state.covers.items()
        },
        {(name, mapped(stamp)): began for (name, stamp), began in state.since.items()},
    )


def named_author(change_set: ChangeSet, origin: Stamp, bundle: bytes) -> ChangeSet:
    """The change set with the record that says whose it was. `bundle`: the hash of the bundle in which it lay."""
    id = adopted_id(UUID(bytes=change_set.collection), origin)
    said = {"device": origin.device, "hlc": origin.hlc, "bundle": bundle}
    made = (Write(ADOPTED, id, name, value) for name, value in (*_packed(said), (LIFE, LIVE)))
    return change_set.with_writes((*change_set.writes, *made))


def adopted_id(place: UUID, origin: Stamp) -> UUID:
    """The id of the record that says that a change set was adopted: the same whoever did it."""
    return derived_id(ADOPTED, place, f"{origin.device.hex()} {origin.hlc}")


def bundle_id(place: UUID, hashed: bytes) -> UUID:
    """The id of the record that says what became of a held bundle."""
    return derived_id(HELD_BUNDLE, place, hashed.hex())


def settling(
    place: UUID, hashed: bytes, device: bytes, number: int, how: How, why: str = "", known: RecordState | None = None
) -> tuple[Write, ...]:
    """The writes that say what became of a held bundle. `why` it was held; `known`: what was said of it before."""
    id, said = bundle_id(place, hashed), {"device": device, "number": number, "how": how, "why": why}
    values = (*_packed(said), (LIFE, LIVE))
    return tuple(Write(HELD_BUNDLE, id, name, value, known.stamps(name) if known else ()) for name, value in values)


def said_of(known: RecordState | None, name: str) -> str:
    """What the record of a held bundle says: `how` it was decided ("" and "open": nobody has), `why` it was held."""
    value = known.shown(name) if known is not None and known.kind == HELD_BUNDLE else None
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


def _packed(said: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    return [(name, canon.pack(value)) for name, value in said.items()]
