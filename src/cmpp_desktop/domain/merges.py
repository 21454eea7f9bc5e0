"""Two records of one person: shown as one, both originals kept, reversible for ever (rule 27).

A `Merge` is one record a pair. Identity is the connected component of the live merges inside a collection, its canonical id the
lowest live id in it; references are resolved on reading and never rewritten. `picks` is an overlay: whose value is shown.
Two laptops that merge the two halves of a family of duplicates come to the same person, whatever came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import Fields, line, refers, validated
from cmpp_desktop.domain.separations import SeparationFields
from cmpp_desktop.domain.work import Command, Done, Question, Stored, Work
from cmpp_desktop.errors import Invalid, KnownError
from cmpp_protocol.ids import derived_id

# What is never lost by looking at one of the two only: all values of all originals are shown together.
TOGETHER = ("aliases", "flags")


class MergeFields(Fields):
    """That `a` and `b` (a < b) are the same person. Its id is derived from the pair: two laptops that say so make one."""

    kind: ClassVar[str] = "merge"
    about: ClassVar[str] = "a"

    a: UUID = refers("participant", ...)
    b: UUID = refers("participant", ...)
    picks: dict[str, str] = Field(default_factory=dict)  # field of ParticipantFields → hex of the id whose value is shown
    reason: str = line(500)


@dataclass(frozen=True)
class MergePeople(Command):
    """Says that two participants are one person. `picks`: field → the id whose value is shown; a field without one shows the
    lower id's value, or the other's where that is empty. Raises Invalid (same_person, no such field), people_kept_apart,
    other_team."""

    one: UUID
    other: UUID
    picks: Mapping[str, UUID] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class UnmergePeople(Command):
    """They are two people after all. What was written meanwhile stays with the record under which it was written."""

    merge_id: UUID
    reason: str = "not_the_same_person"


@dataclass(frozen=True)
class MergeAgain(Command):
    """Takes an unmerging back."""

    merge_id: UUID


@dataclass(frozen=True)
class PickValues(Command):
    """Shows other values of two merged records."""

    merge_id: UUID
    picks: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class Original:
    """One of the records behind a person: as it is, and how many records name it, by kind."""

    participant: Stored[ParticipantFields]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class MergedView:
    """Everything behind one person: the originals by id, the merges between them."""

    canonical: UUID
    originals: tuple[Original, ...]
    merges: tuple[Stored[MergeFields], ...]


@dataclass(frozen=True, slots=True)
class Merged(Question[MergedView]):
    """What is behind a person, whichever of the ids is given. Raises record_missing."""

    participant_id: UUID


@dataclass(frozen=True, slots=True)
class TwoSides(Question[tuple[Original, ...]]):
    """Some participants side by side as they are, before anybody says that they are one. Raises record_missing."""

    participant_ids: tuple[UUID, ...]


def merge_id(one: UUID, other: UUID) -> UUID:
    """The derived id of the merge of a pair, in whichever order."""
    a, b = sorted((one, other))
    return derived_id("merge", a, b.hex)


def merge_people(command: MergePeople, work: Work) -> Done:
    if command.one == command.other:
        raise Invalid(other="same_person")
    sides = [work.get(ParticipantFields, id) for id in sorted((command.one, command.other))]
    if sides[0].team_id != sides[1].team_id:
        raise KnownError("other_team")
    a, b = (side.id for side in sides)
    if _apart(a, b, work):
        raise KnownError("people_kept_apart")
    record = validated(MergeFields, a=a, b=b, picks=_named(command.picks), reason=command.reason)
    made = merge_id(a, b)
    known = {item.id for item in work.find(MergeFields, a=a, b=b)}
    work.add(record, id=made, team_id=sides[0].team_id)
    if made in known:
        work.change(MergeFields, made, picks=record.picks, reason=record.reason)
    work.audit("people_merged", "participant", a, picks=len(command.picks))
    return Done(made, UnmergePeople(made), {"canonical": a})


def _apart(a: UUID, b: UUID, work: Work) -> bool:
    """Whether the two, or others of the same people, are kept apart from each other: then they cannot be one person."""
    return any(
        item.fields.until is None
        for one, other in ((a, b), (b, a))
        for item in work.find(SeparationFields, participant_id=one, from_id=other)
    )


def _named(picks: Mapping[str, UUID]) -> dict[str, str]:
    unknown = [name for name in picks if name not in ParticipantFields.model_fields]
    if unknown:
        raise Invalid(**dict.fromkeys(unknown, "not_valid"))
    return {name: id.hex for name, id in picks.items()}


def unmerge_people(command: UnmergePeople, work: Work) -> Done:
    merge = work.get(MergeFields, command.merge_id)
    work.delete(MergeFields, command.merge_id, command.reason)
    work.audit("people_unmerged", "participant", merge.fields.a)
    return Done(command.merge_id, MergeAgain(command.merge_id))


def merge_again(command: MergeAgain, work: Work) -> Done:
    work.restore(MergeFields, command.merge_id)
    merge = work.get(MergeFields, command.merge_id)
    work.audit("people_merged", "participant", merge.fields.a)
    return Done(command.merge_id, UnmergePeople(command.merge_id))


def pick_values(command: PickValues, work: Work) -> Done:
    before = work.get(MergeFields, command.merge_id).fields.picks
    work.change(MergeFields, command.merge_id, picks=_named(command.picks))
    return Done(command.merge_id, PickValues(command.merge_id, {name: UUID(hex=id) for name, id in before.items()}))


# --- the overlay ------------------------------------------------------------------------------------------------------------


def components(pairs: Iterable[tuple[UUID, UUID]]) -> list[tuple[UUID, ...]]:
    """The groups of ids that merges make one person of, each in order of the ids."""
    group: dict[UUID, set[UUID]] = {}
    for a, b in pairs:
        joined = group.get(a, {a}) | group.get(b, {b})
        for id in joined:
            group[id] = joined
    seen: set[UUID] = set()
    found = []
    for id in sorted(group):
        if id not in seen:
            seen |= group[id]
            found.append(tuple(sorted(group[id])))
    return found


def picks_of(merges: Iterable[tuple[UUID, Mapping[str, str]]]) -> dict[str, UUID]:
    """One choice for each field out of the merges of a person, in order of their ids: the first that made one counts."""
    found: dict[str, UUID] = {}
    for _, picks in sorted(merges, key=lambda item: item[0]):
        for name, id in picks.items():
            found.setdefault(name, UUID(hex=id))
    return found


def owner(name: str, records: Sequence[tuple[UUID, ParticipantFields]], picks: Mapping[str, UUID]) -> UUID:
    """Whose value of a field is shown: the picked one's; else the first that is not empty, in order of `records`."""
    ids = {id for id, _ in records}
    if name in picks and picks[name] in ids:
        return picks[name]
    return next((id for id, record in records if not _empty(getattr(record, name))), records[0][0])


def change_shown(participant_id: UUID, values: Mapping[str, Any], work: Work) -> None:
    """Writes fields of somebody who was merged where they are shown from, so that what was typed is what is seen: a field that
    was emptied is picked, so that another record's value does not come in its place; what was taken out of a list that all
    records make together is taken out of each."""
    ids = work.same(participant_id)
    records = [(id, work.get(ParticipantFields, id).fields) for id in ids]
    merges = sorted((item for id in ids for item in work.find(MergeFields, a=id)), key=lambda item: item.id)
    picks = picks_of((item.id, item.fields.picks) for item in merges)
    by_owner: dict[UUID, dict[str, Any]] = {}
    emptied: dict[str, str] = {}
    for name, value in values.items():
        if name in TOGETHER and len(records) > 1:
            for id, left in _together(name, value, records).items():
                by_owner.setdefault(id, {})[name] = left
            continue
        whose = owner(name, records, picks)
        by_owner.setdefault(whose, {})[name] = value
        if merges and _empty(value) and name not in picks:
            emptied[name] = whose.hex
    for id, part in by_owner.items():
        work.change(ParticipantFields, id, **part)
    if emptied:
        work.change(MergeFields, merges[0].id, picks={**merges[0].fields.picks, **emptied})


def _together(
    name: str, wanted: Sequence[str], records: Sequence[tuple[UUID, ParticipantFields]]
) -> Mapping[UUID, list[str]]:
    """What each record's part of a list becomes, so that all together are what is wanted; what is new goes to the first."""
    held = {id: list(getattr(record, name)) for id, record in records}
    new = [one for one in wanted if not any(one in part for part in held.values())]
    after = {id: [one for one in part if one in wanted] for id, part in held.items()}
    after[records[0][0]] += new
    return {id: part for id, part in after.items() if part != held[id]}


def overlay(records: Sequence[tuple[UUID, ParticipantFields]], picks: Mapping[str, UUID]) -> ParticipantFields:
    """The person as shown. `records`: the canonical one first, then the others in order of their ids."""
    by_id = dict(records)
    values: dict[str, Any] = {}
    for name in ParticipantFields.model_fields:
        if name in TOGETHER:
            values[name] = list(dict.fromkeys(one for _, record in records for one in getattr(record, name)))
        else:
            values[name] = getattr(by_id[owner(name, records, picks)], name)
    return ParticipantFields.model_construct(None, **values)


def _empty(value: Any) -> bool:
    return value is None or value is False or value == "" or value == []
