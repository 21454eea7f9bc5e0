"""Merging, pure: no clock, no disk, no schema (rules 4-10, 15-18).

What is promised: devices that applied the same changes hold equal states, in whatever order the changes came (those of
one device in its own order); a change is gone only when somebody who held it replaced it; two values that did not know
of each other stay side by side until a person picks. Causality comes from `replaces` alone; stamps order what is shown.

`apply_change_set` is for what arrives and, with the same result, for what this laptop wrote itself. `write`, `settle`
and `revive` make local writes that name exactly the heads held. The rest are views.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal
from uuid import UUID

from cmpp_desktop.changes import LIFE, LIVE, SIGNED, ChangeSet, Covers, Head, LifeName, RecordState, Write, life_name, mark_of
from cmpp_protocol import canon
from cmpp_protocol.stamps import Stamp

Seen = Callable[[Stamp], bool]
StatusName = Literal["new", "live", "settled", "conflict", "changed_since"]

PATIENCE_MS = 7 * 24 * 3600 * 1000  # rule 8: how long a conflict may hide behind changes that have not come yet


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field whose heads differ: the versions in ascending order of stamps, one for each different value.

    `reason` is "values", or "changed_since" for an edit that a deleted, moved or signed record does not cover (then
    `versions` are the heads of that field). `awaited`: devices whose changes are still missing, for the person to know.
    """

    field: str
    reason: Literal["values", "changed_since"]
    versions: tuple[Head, ...]
    awaited: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """Rule 17. `life` is the life shown (highest stamp), `value` its canonical bytes; both None for a new record."""

    name: StatusName
    life: LifeName | None
    value: bytes | None


def seen_by(chains: Mapping[bytes, int]) -> Seen:
    """Rule 3: whether a stamp is at most the last one applied from its device. `chains`: device -> last stamp number."""
    return lambda stamp: stamp.hlc <= chains.get(stamp.device, -1)


def apply(state: RecordState | None, write: Write, stamp: Stamp, seen: Seen, at_ms: int = 0) -> RecordState:
    """One write applied to the state of its record (rule 5). `seen` speaks of the time before this change set.

    `at_ms` is the local time, kept only as the beginning of waits. Operations on a Signed record other than its creation
    are refused before they come here (`inbox`); here they are void in any order (rule 21).
    """
    if state is None or (write.kind == SIGNED and state.kind != SIGNED):
        state = RecordState(write.kind)  # rule 21: whatever else was written under the id of a Signed record is void
    elif state.kind == SIGNED and write.kind != SIGNED:
        return state
    heads, waiting = _replaced(state, write, seen)
    covers = {at: what for at, what in state.covers.items() if write.field != LIFE or at not in write.replaces}
    if stamp in waiting:
        waiting = waiting - {stamp}
    else:
        kept = (head for head in heads if head.stamp != stamp)
        heads = tuple(sorted((*kept, Head(stamp, write.value)), key=_by_stamp))
        if write.field == LIFE and write.value != LIVE:
            covers[stamp] = write.covers
    merged = RecordState(
        min(state.kind, write.kind),
        _with(state.heads, write.field, heads),
        _with(state.waiting, write.field, waiting),
        covers,
        state.since,
    )
    return _with_since(merged, lambda named: named == stamp or seen(named), at_ms)


def apply_change_set(
    states: MutableMapping[UUID, RecordState], change_set: ChangeSet, seen: Seen, at_ms: int = 0
) -> None:
    """Applies all writes of one change set to `states` (record id -> state), adding records that are not there yet.

    The caller moves the chain of the author afterwards (rule 5), in the same transaction.
    """
    stamp = change_set.stamp
    for id, group in groupby(change_set.writes, key=_id_of):
        writes = tuple(group)
        made = None if id in states else _created(writes, stamp)
        if made is not None:
            states[id] = made
            continue
        for write in writes:
            states[id] = apply(states.get(id), write, stamp, seen, at_ms)


def _created(writes: tuple[Write, ...], stamp: Stamp) -> RecordState | None:
    """What `apply` would make of a plain creation, at once: most of what a new laptop reads is that. None if it is more."""
    kind = writes[0].kind
    heads = {write.field: (Head(stamp, write.value),) for write in writes}
    plain = all(not write.replaces and write.kind == kind and (write.field != LIFE or write.value == LIVE) for write in writes)
    return RecordState(kind, heads) if plain and len(heads) == len(writes) else None


def _id_of(write: Write) -> UUID:
    return write.id


def write(state: RecordState | None, kind: str, id: UUID, field: str, value: bytes) -> Write:
    """A local write of one field, naming exactly the heads held (rule 4). Picking a version is the same (rule 9)."""
    return Write(kind, id, field, value, state.stamps(field) if state else ())


def settle(state: RecordState, id: UUID, value: bytes) -> Write:
    """A local write of `life` = deleted, moved or signed, covering everything held (rules 16, 18)."""
    return Write(state.kind, id, LIFE, value, state.stamps(LIFE), held(state))


def revive(state: RecordState, id: UUID) -> Write:
    """A local write of life=live that brings a settled record back (rule 18)."""
    return Write(state.kind, id, LIFE, LIVE, state.stamps(LIFE))


def held(state: RecordState) -> Covers:
    """The stamps of all heads of all fields but `life`: what a settling write covers."""
    return tuple((name, state.stamps(name)) for name in sorted(state.heads) if name != LIFE)


def awaited(state: RecordState, seen: Seen) -> dict[str, frozenset[Stamp]]:
    """By field, the stamps named by others that have not come yet: replaced (rule 5) or covered (rule 16)."""
    found = {name: set(stamps) for name, stamps in state.waiting.items()}
    for covers in state.covers.values():
        for name, stamps in covers:
            for stamp in stamps:
                if not seen(stamp):
                    found.setdefault(name, set()).add(stamp)
    return {name: frozenset(stamps) for name, stamps in found.items() if stamps}


def is_patient(state: RecordState, seen: Seen, now_ms: int) -> bool:
    """Whether something has waited for the record less than seven days, so that a conflict is not shown yet (rule 8)."""
    return any(
        now_ms - state.since.get((name, stamp), now_ms) < PATIENCE_MS
        for name, stamps in awaited(state, seen).items()
        for stamp in stamps
    )


def conflicts(state: RecordState, seen: Seen, now_ms: int) -> tuple[Conflict, ...]:
    """The conflicts to show a person, by field name (rules 8, 17). Derived, never stored as a fact."""
    if is_patient(state, seen, now_ms):
        return ()
    missing = {stamp.device for stamps in awaited(state, seen).values() for stamp in stamps}
    names = tuple(sorted(missing))
    differing = (name for name in sorted(state.heads) if _differ(state, name))
    found = [Conflict(name, "values", _versions(state.heads[name]), names) for name in differing]
    if status(state, seen, now_ms).name == "changed_since":
        told = {conflict.field for conflict in found}
        found += [
            Conflict(name, "changed_since", _versions(state.heads[name]), names)
            for name in sorted(uncovered(state))
            if name not in told
        ]
    return tuple(found)


def status(state: RecordState, seen: Seen, now_ms: int) -> Status:
    """Rule 17: what the `life` heads and their covers say. While a conflict may not be shown yet, the shown life counts."""
    value = state.shown(LIFE)
    if value is None:
        return Status("new", None, None)
    life = life_name(value)
    patient = is_patient(state, seen, now_ms)
    if _differ(state, LIFE) and not patient:
        return Status("conflict", life, value)
    if life == "live":
        return Status("live", life, value)
    return Status("changed_since" if not patient and uncovered(state) else "settled", life, value)


def uncovered(state: RecordState) -> dict[str, frozenset[Stamp]]:
    """By field, the heads that no cover of a present `life` head names; empty for a record that is live."""
    named: dict[str, set[Stamp]] = {}
    for covers in state.covers.values():
        for name, stamps in covers:
            named.setdefault(name, set()).update(stamps)
    if not state.covers:
        return {}
    found = {
        name: frozenset(stamp for stamp in state.stamps(name) if stamp not in named.get(name, ()))
        for name in state.heads
        if name != LIFE
    }
    return {name: stamps for name, stamps in found.items() if stamps}


def digest_form(id: UUID, state: RecordState) -> bytes:
    """Canonical bytes of a state: equal on all devices that hold the same changes (P1). Local times are not in it, and
    of a value only its mark: of what moved away no more is kept."""

    def stamps(items: Iterable[Stamp]) -> list[list[object]]:
        return [[stamp.hlc, stamp.device] for stamp in sorted(items)]

    return canon.pack(
        [
            id.bytes,
            state.kind,
            {
                name: [[head.stamp.hlc, head.stamp.device, mark_of(head.value)] for head in heads]
                for name, heads in state.heads.items()
            },
            {name: stamps(named) for name, named in state.waiting.items()},
            [
                [at.hlc, at.device, {name: stamps(named) for name, named in covers}]
                for at, covers in sorted(state.covers.items())
            ],
        ]
    )


def _replaced(state: RecordState, write: Write, seen: Seen) -> tuple[tuple[Head, ...], frozenset[Stamp]]:
    """The heads of the field without those replaced, and its waits with those that are named and not seen."""
    heads = state.heads.get(write.field, ())
    waiting = state.waiting.get(write.field, frozenset())
    if not write.replaces:
        return heads, waiting
    held_now = {head.stamp for head in heads}
    missing = [stamp for stamp in write.replaces if stamp not in held_now and not seen(stamp)]
    return tuple(head for head in heads if head.stamp not in write.replaces), waiting.union(missing)


def _with_since(state: RecordState, seen: Seen, at_ms: int) -> RecordState:
    if not state.waiting and not state.covers:
        return state if not state.since else replace(state, since={})
    waits = ((name, stamp) for name, stamps in awaited(state, seen).items() for stamp in stamps)
    return replace(state, since={wait: state.since.get(wait, at_ms) for wait in waits})


def _with(mapping: Mapping[str, object], name: str, value: object) -> dict:  # type: ignore[type-arg]  # heads or waits
    changed = dict(mapping)
    if value:
        changed[name] = value
    else:
        changed.pop(name, None)
    return changed


def _differ(state: RecordState, name: str) -> bool:
    return len({head.value for head in state.heads[name]}) > 1


def _versions(heads: tuple[Head, ...]) -> tuple[Head, ...]:
    """One head for each different value, the latest of those that are equal (rule 9)."""
    latest = {head.value: head for head in heads}
    return tuple(sorted(latest.values(), key=_by_stamp))


def _by_stamp(head: Head) -> Stamp:
    return head.stamp
