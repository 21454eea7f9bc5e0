"""Two records of one person: shown as one, both originals kept, reversible for ever (rule 27).

A `Merge` is one record a pair. Identity is the connected component of the live merges inside a collection, its canonical id the
lowest live id in it; references are resolved on reading and never rewritten. `picks` is an overlay: whose value is shown.
Two laptops that merge the two halves of a family of duplicates come to the same person, whatever came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import Fields, line, refers, validated
from cmpp_desktop.domain.separations import kept_apart
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
    whole = _whole(a, b, work)
    if any(kept_apart(id, work) & whole for id in whole):  # nobody is one person with whom they are kept safe from
        raise KnownError("people_kept_apart")
    record = validated(MergeFields, a=a, b=b, picks=_named(command.picks), reason=command.reason)
    made = merge_id(a, b)
    known = {item.id for item in work.find(MergeFields, a=a, b=b)}
    work.add(record, id=made, team_id=sides[0].team_id)
    if made in known:
        work.change(MergeFields, made, picks=record.picks, reason=record.reason)
    work.audit("people_merged", "participant", a, picks=len(command.picks))
    return Done(made, UnmergePeople(made), {"canonical": a})


def _whole(a: UUID, b: UUID, work: Work) -> frozenset[UUID]:
    """Everybody who would be one person with these two, by all that was said of who is whom."""
    found, ahead = {a, b}, [a, b]
    while ahead:
        id = ahead.pop()
        said = [item.fields for name in ("a", "b") for item in work.find(MergeFields, **{name: id})]
        fresh = {other for merge in said for other in (merge.a, merge.b)} - found
        found |= fresh
        ahead += fresh
    return frozenset(found)


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
    return _owner([(id, getattr(record, name)) for id, record in records], picks.get(name))


def _owner(values: Sequence[tuple[UUID, Any]], picked: UUID | None) -> UUID:
    if picked is not None and any(id == picked for id, _ in values):
        return picked
    return next((id for id, value in values if not _empty(value)), values[0][0])


def change_shown(participant_id: UUID, values: Mapping[str, Any], work: Work) -> None:
    """Writes fields of somebody who was merged where they are shown from, so that what was typed is what is seen: a field that
    was emptied is picked, so that another record's value does not come in its place; what was taken out of a list that all
    records make together is taken out of each."""
    records, merges = _records(participant_id, work)
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


def _records(
    participant_id: UUID, work: Work
) -> tuple[list[tuple[UUID, ParticipantFields]], list[Stored[MergeFields]]]:
    """The records of somebody that are there, the one they are shown by first, and the merges between them."""
    ids = work.same(participant_id)
    if len(ids) == 1:  # nearly everybody
        return [(participant_id, work.get(ParticipantFields, participant_id).fields)], []
    merges = sorted((item for id in ids for item in work.find(MergeFields, a=id)), key=lambda item: item.id)
    return [(item.id, item.fields) for item in originals(participant_id, work)], merges


def picks_for(participant_id: UUID, work: Work) -> dict[str, UUID]:
    """Whose value is shown of each field that somebody picked, of a person."""
    return picks_of((item.id, item.fields.picks) for id in work.same(participant_id) for item in work.find(MergeFields, a=id))


def originals(participant_id: UUID, work: Work) -> list[Stored[ParticipantFields]]:
    """The records of somebody, the one they are shown by first; one that was deleted since is left out. Raises record_missing
    where none is left."""
    found = [work.get(ParticipantFields, work.same(participant_id)[0])]
    for id in work.same(participant_id)[1:]:
        with suppress(KnownError):
            found.append(work.get(ParticipantFields, id))
    return found


def shown(participant_id: UUID, work: Work) -> ParticipantFields:
    """Somebody as shown, whichever of their ids is given: what a command may go by. Raises record_missing."""
    records, merges = _records(participant_id, work)
    if len(records) == 1:
        return records[0][1]
    return overlay(records, picks_of((item.id, item.fields.picks) for item in merges))


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


def as_rules_see(
    records: Sequence[tuple[UUID, Mapping[str, Any]]], picks: Mapping[str, UUID]
) -> list[tuple[UUID, Mapping[str, Any]]]:
    """What each of the records of one person says to a rule: the person's values, but a day only in the record that it is shown
    from. So it starts one deadline, and the same one before the records were one person and after."""
    by_id = dict(records)
    whose = {name: _owner([(id, values[name]) for id, values in records], picks.get(name)) for name in records[0][1]}
    person = {
        name: list(dict.fromkeys(one for _, values in records for one in values[name]))
        if name in TOGETHER
        else by_id[id][name]
        for name, id in whose.items()
    }
    return [
        (id, {name: None if isinstance(value, date) and whose[name] != id else value for name, value in person.items()})
        for id in by_id
    ]


def _empty(value: Any) -> bool:
    return value is None or value is False or value == "" or value == []
