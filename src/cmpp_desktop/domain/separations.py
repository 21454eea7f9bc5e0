"""Separation: somebody must be kept safe from another of the household. From then on neither is shown in the other's record.

It holds in household lists, timelines, attendance, papers and whatever is done for several people at once; `kept_apart` and
`refuse_together` are asked by every command that touches more than one person, and the store's queries ask the same records.
Confidential addresses are nobody's but the participant's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import Fields, line, refers, validated
from cmpp_desktop.domain.undo import Recorder
from cmpp_desktop.domain.work import Command, Done, Question, Work
from cmpp_desktop.errors import Invalid
from cmpp_protocol.ids import derived_id


class SeparationFields(Fields):
    """That somebody must be kept safe from another of the household: neither is shown in the other's record from then on.

    It names two people and belongs to neither's timeline. Its id is derived from the pair. In force until it has an end.
    """

    kind: ClassVar[str] = "separation"
    about: ClassVar[str] = ""

    participant_id: UUID = refers("participant", ...)  # who is kept safe
    from_id: UUID = refers("participant", ...)
    household_id: UUID | None = refers("household")
    since: date
    until: date | None = None
    note: str = line(500)


@dataclass(frozen=True)
class EndSeparation(Command):
    """They are shown to each other again. Nothing else comes back: who left the household has left it."""

    separation_id: UUID
    until: date | None = None


@dataclass(frozen=True, slots=True)
class SeparationRow:
    """A separation in force, for whoever has to know both names."""

    id: UUID
    participant_id: UUID
    participant: str
    from_id: UUID
    from_name: str
    since: date
    note: str


@dataclass(frozen=True, slots=True)
class Separations(Question[tuple[SeparationRow, ...]]):
    """All that are in force, newest first. It belongs to no participant's page: it is where they are looked up and ended."""


def kept_apart(participant_id: UUID, work: Work) -> frozenset[UUID]:
    """From whom somebody is kept apart now, whichever of the two is kept safe; under each id of who was merged."""
    own = work.same(participant_id)
    found = {item.fields.from_id for item in work.find(SeparationFields, participant_id=participant_id, until=None)}
    for id in own:
        found |= {item.fields.participant_id for item in work.find(SeparationFields, from_id=id, until=None)}
    return frozenset(same for other in found for same in work.same(other)) - frozenset(own)


def is_kept_safe(participant_id: UUID, work: Work) -> bool:
    """Whether somebody is kept safe from another: then a new address is confidential whether or not that was ticked."""
    return bool(work.find(SeparationFields, participant_id=participant_id, until=None))


def refuse_together(participant_ids: Iterable[UUID], work: Work) -> None:
    """Raises Invalid kept_apart when two of them must not be served, moved or written down together."""
    ids = set(participant_ids)
    if len(ids) > 1 and any(kept_apart(id, work) & ids for id in ids):  # nobody is kept apart from themselves
        raise Invalid(participant_ids="kept_apart")


def each_once(participant_ids: Iterable[UUID], work: Work) -> tuple[UUID, ...]:
    """Each person once, in this order, whichever of their ids is named (who was merged has several)."""
    found: dict[UUID, UUID] = {}
    for id in participant_ids:
        found.setdefault(work.same(id)[0], id)
    return tuple(found.values())


def separation_id(one: UUID, other: UUID) -> UUID:
    """The derived id of the separation of two people, whichever is named first."""
    first, second = sorted((one, other))
    return derived_id("separation", first, second.hex)


def keep_apart(safe: UUID, from_id: UUID, since: date, note: str, household_id: UUID | None, work: Work) -> UUID:
    """Writes it down, in the collections of both people's teams; one that had ended begins anew."""
    id = separation_id(safe, from_id)
    record = validated(
        SeparationFields, participant_id=safe, from_id=from_id, household_id=household_id, since=since, note=note
    )
    for team in dict.fromkeys(work.get(ParticipantFields, person).team_id for person in (safe, from_id)):
        work.add(record, id=id, team_id=team)
    if work.get(SeparationFields, id).fields.until is not None:
        work.change(SeparationFields, id, participant_id=safe, from_id=from_id, since=since, until=None, note=note)
    return id


def end_separation(command: EndSeparation, work: Work) -> Done:
    recorder = Recorder(work)
    began = work.get(SeparationFields, command.separation_id).fields.since
    until = command.until or work.today
    if until < began:
        raise Invalid(until="before_start")
    recorder.change(SeparationFields, command.separation_id, until=until)
    recorder.audit("separation_ended", "separation", command.separation_id)
    return Done(command.separation_id, recorder.undo(command.separation_id))
