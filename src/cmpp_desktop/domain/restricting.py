"""Something ordinary becomes restricted afterwards, or is for the whole team again: it moves, with what hangs on it (rule 25).

What names a restricted record is restricted itself, or it would tell of it: so the tasks, reviews and other records that name it
go along, and what names those. Laptops that do not hold the restricted records keep nothing of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.assistance import StaffTimeFields
from cmpp_desktop.domain.records import Compartment, Fields, named_ids
from cmpp_desktop.domain.sessions import AttendanceFields, ServiceSessionFields
from cmpp_desktop.domain.undo import Recorder
from cmpp_desktop.domain.work import Command, Done, Stored, Work
from cmpp_desktop.errors import Invalid, NotAllowed

Kinds = Mapping[str, type[Fields]]
RESTRICTABLE = frozenset(
    {
        "note", "service_session", "screening", "need", "goal", "action_step", "service_plan", "attachment", "obligation",
        "application",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Restrict(Command):
    """Only those who hold the team's restricted records see it from now on. Raises restricted_closed where this laptop does not;
    conflict_open; Invalid kind not_valid for what cannot be restricted by itself. `Done.more`: moved (records)."""

    kind: str
    record_id: UUID


@dataclass(frozen=True)
class Unrestrict(Command):
    """The whole team sees it again. Raises also Invalid kind other_compartment for what is restricted by what it says or
    names."""

    kind: str
    record_id: UUID


def restrict(kinds: Kinds, command: Restrict, work: Work) -> Done:
    return _moved(kinds, command.kind, command.record_id, "restricted", work)


def unrestrict(kinds: Kinds, command: Unrestrict, work: Work) -> Done:
    return _moved(kinds, command.kind, command.record_id, "caseload", work)


def _moved(kinds: Kinds, kind: str, id: UUID, to: Compartment, work: Work) -> Done:
    if kind not in RESTRICTABLE:
        raise Invalid(kind="not_valid")
    recorder = Recorder(work)
    first = work.get(kinds[kind], id)
    if not work.holds("restricted", first.team_id):
        raise NotAllowed("restricted_closed")
    around = dict(_around(kinds, first, work))
    going = _hanging(id, around)
    if to == "caseload":
        _may_be_open(going, around, first)
    for each in sorted(going):
        model, item = (kinds[kind], first) if each == id else around[each]
        if item.compartment != to:
            recorder.move(model, each, team_id=item.team_id, compartment=to)
    return Done(id, recorder.undo(id), {"moved": len(going)})


def _around(kinds: Kinds, first: Stored[Any], work: Work) -> Iterator[tuple[UUID, tuple[type[Fields], Stored[Any]]]]:
    """Everything in the file that could name it."""
    for model in kinds.values():
        if "participant_id" in model.model_fields and model.compartment != "organisation":
            for item in work.find(model, participant_id=first.fields.participant_id):
                if item.team_id == first.team_id:
                    yield item.id, (model, item)
    if isinstance(first.fields, ServiceSessionFields):  # of others who were there, and whose time it was
        for model in (AttendanceFields, StaffTimeFields):
            for item in work.find(model, session_id=first.id):
                if item.team_id == first.team_id and item.compartment != "organisation":
                    yield item.id, (model, item)


def _hanging(id: UUID, around: Mapping[UUID, tuple[type[Fields], Stored[Any]]]) -> set[UUID]:
    """The record and all that name it, directly or through others."""
    names = {each: set(_names(item)) for each, (_, item) in around.items()}
    going, fresh = {id}, {id}
    while fresh:
        fresh = {each for each, named in names.items() if each not in going and named & fresh}
        going |= fresh
    return going


def _names(item: Stored[Any]) -> dict[UUID, str]:
    return named_ids({name: getattr(item.fields, name) for name in type(item.fields).model_fields})


def _may_be_open(going: set[UUID], around: Mapping[UUID, tuple[type[Fields], Stored[Any]]], first: Stored[Any]) -> None:
    """Nothing that is restricted by its content, or that names something that stays restricted, is shown to the whole team."""
    closed = {each for each, (_, item) in around.items() if item.compartment == "restricted"} - going
    items = [first, *(around[each][1] for each in going if each in around)]
    if any(item.fields.lives_in() == "restricted" or closed & set(_names(item)) for item in items):
        raise Invalid(kind="other_compartment")
