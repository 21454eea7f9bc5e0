"""Records that move between collections (rules 24–26): what is written in either, and what stays where one was.

Rule 25 is pure: `parts_of` says what a move writes in the destination, from the states of the record in both collections. Its
key is (collection, id), so nobody has to agree on anything: what others wrote meanwhile shows in the source as changed
after it moved, and whoever holds both carries it over by the same rule.

What went is not kept where it was: of a value that a move covers only a mark stays (`marked`), which is all that merging asks
of it; `leaving` takes rows and words away. So whoever does not hold the destination cannot read it any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from cmpp_desktop.changes import LIFE, LIVE, Head, RecordState, is_mark, life_name, life_value, mark_of
from cmpp_desktop.errors import KnownError
from cmpp_protocol import canon
from cmpp_protocol.stamps import Stamp

# A field of a record that moved: when it came into being, and on which device (a stamp). Merging knows no schema, and an older
# program hands it on like every field that it does not know.
ORIGIN = "origin"


@dataclass(frozen=True, slots=True)
class Parts:
    """What a move writes in the destination. `values`: by field; `beside`: the heads there that it does not name, so that they
    stay; `life`: the value of `life` to write, None where it is live there already."""

    values: Mapping[str, bytes]
    beside: Mapping[str, tuple[Head, ...]]
    life: bytes | None


def moved_value(to: bytes, transfer: UUID | None) -> bytes:
    """The value of `life` in the source: the 16 bytes of the destination's id, and of the transfer's where there is one."""
    return life_value("moved", to, transfer.bytes if transfer else b"")


def destination(value: bytes | None) -> bytes | None:
    """Where a record went, from the value of its `life`; None for any other life."""
    if value is None or life_name(value) != "moved":
        return None
    said = canon.unpack(value)
    return said[1] if isinstance(said, list) and len(said) > 1 and isinstance(said[1], bytes) else None


def parts_of(source: RecordState, there: RecordState | None, to: bytes) -> Parts:
    """What a move of `source` to the collection `to` writes there, where `there` is held (rule 25).

    Every value that the moves being settled (those to this destination) do not cover. It names only heads that those moves
    wrote, which have the same stamp, or that a move away from there covered; anything else stays beside it, as a conflict. So
    does what a move wrote from a head that still stands beside the value here: who wrote that did not know of it.
    What an earlier move took, of which a mark is left, is there already. Raises conflict_open where the values that would go
    differ: one is picked first.
    """
    lives = source.heads.get(LIFE, ())
    settled = {head.stamp for head in lives if destination(head.value) == to}
    covered = _covered(source, settled)
    loose = {
        name: tuple(head for head in heads if (name, head.stamp) not in covered and not is_mark(head.value))
        for name, heads in source.heads.items()
        if name != LIFE
    }
    if any(len({head.value for head in heads}) > 1 for heads in loose.values()):
        raise KnownError("conflict_open", kind=source.kind)
    values = {name: heads[-1].value for name, heads in loose.items() if heads}
    if there is None:
        return Parts(values, {}, _life(source))
    away = {head.stamp for head in there.heads.get(LIFE, ()) if destination(head.value) is not None}
    gone = _covered(there, away)
    known = {name for name, heads in loose.items() if len(heads) == len(source.heads[name])}
    beside = {
        name: tuple(
            head
            for head in there.heads.get(name, ())
            if not (name in known and head.stamp in settled) and (name, head.stamp) not in gone
        )
        for name in values
    }
    kept = tuple(head for head in there.heads.get(LIFE, ()) if head.stamp not in away and head.stamp not in settled)
    is_live = bool(there.heads.get(LIFE)) and all(head.value == LIVE for head in there.heads[LIFE])
    return Parts(values, {**beside, LIFE: kept}, None if is_live else _life(source))


def _life(source: RecordState) -> bytes:
    """What was signed is signed where it goes; all else is live there."""
    value = source.shown(LIFE)
    return value if value is not None and signed_in(source) is not None else LIVE


def signed_in(state: RecordState) -> UUID | None:
    """The id of the Signed record that a state shows; None when it is not signed."""
    value = state.shown(LIFE)
    return None if value is None else signed_id(value)


def signed_id(value: bytes) -> UUID | None:
    """The same from a value of `life`."""
    if life_name(value) != "signed":
        return None
    said: Any = canon.unpack(value)
    named = said[1] if len(said) > 1 else None
    return UUID(bytes=named) if isinstance(named, bytes) and len(named) == 16 else None


def _covered(state: RecordState, lives: Iterable[Stamp]) -> set[tuple[str, Stamp]]:
    return {(name, stamp) for life in lives for name, stamps in state.covers.get(life, ()) for stamp in stamps}


def is_away(state: RecordState) -> bool:
    """Whether a record is elsewhere, and nothing is left to do about it here."""
    lives = state.heads.get(LIFE, ())
    if not lives or any(destination(head.value) is None for head in lives) or len({head.value for head in lives}) > 1:
        return False
    covered = _covered(state, [head.stamp for head in lives])
    return all((name, head.stamp) in covered for name, heads in state.heads.items() if name != LIFE for head in heads)


def marked(state: RecordState) -> RecordState:
    """The state as it is kept: of the values that a move covers only marks."""
    away = [head.stamp for head in state.heads.get(LIFE, ()) if destination(head.value) is not None] if state.covers else []
    if not away:
        return state
    covered = _covered(state, away)
    heads = {
        name: tuple(Head(head.stamp, mark_of(head.value)) if (name, head.stamp) in covered else head for head in heads)
        for name, heads in state.heads.items()
    }
    return replace(state, heads=heads)


def origin_of(state: RecordState) -> Stamp | None:
    """When and where a record came into being that has moved since; None for any other, and for what nobody can read."""
    value = state.shown(ORIGIN)
    if value is None or is_mark(value):
        return None
    try:
        said: Any = canon.unpack(value)
        hlc, device = said
    except (canon.NotCanonical, TypeError, ValueError):
        return None
    fits = type(hlc) is int and 0 <= hlc < 1 << 63 and isinstance(device, bytes) and len(device) == 32
    return Stamp(hlc, device) if fits else None
