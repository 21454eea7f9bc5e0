"""A file goes to another team: everything about somebody and those of their household who come along (rules 24–26).

Accepting a hand-over to another team moves the file where the laptop holds both teams' records. Where it does not, the accepted
hand-over is the request, and the first laptop that holds both carries it out after its next exchange (`CarryOut`).

The old team keeps the hand-over with who it was about, and nothing else: it is said there that the file went, and the
timeline reads on in the new team. What others need stays: a session at which somebody of the old team was, too, goes on in
their file. Nothing that waits for a signature moves as submitted: it is sent again there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cmpp_desktop.domain.cases import OPEN_STATES, CaseFields, carry
from cmpp_desktop.domain.households import HouseholdFields, HouseholdMemberFields
from cmpp_desktop.domain.merges import MergeFields
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import Fields, Life, validated
from cmpp_desktop.domain.reviews import AmendmentFields, ReviewFields
from cmpp_desktop.domain.separations import SeparationFields
from cmpp_desktop.domain.sessions import AttendanceFields, ServiceSessionFields
from cmpp_desktop.domain.tasks import TaskFields
from cmpp_desktop.domain.transfers import TransferFields
from cmpp_desktop.domain.undo import Recorder, exists
from cmpp_desktop.domain.work import Command, Done, Question, Stored, Work
from cmpp_desktop.errors import Invalid, NotAllowed
from cmpp_protocol.ids import derived_id

Kinds = Mapping[str, type[Fields]]
# They are not part of a file: who it is, and what is said of two people at once, are moved by themselves.
_APART = frozenset({ParticipantFields.kind, TransferFields.kind, SeparationFields.kind, MergeFields.kind})


@dataclass(frozen=True)
class CarryOut(Command):
    """Moves the file of an accepted hand-over to the team that it went to. Undo moves it back.

    Raises Invalid transfer_id: not_accepted, or moved when the file is there already; not_both_teams where this laptop does not
    hold the records of both teams, the restricted ones too, for there may be some; conflict_open: what differs is picked first.
    `Done.more`: moved (records), people, stays (records that others need).
    """

    transfer_id: UUID


@dataclass(frozen=True, slots=True)
class AcceptedHandOvers(Question[tuple[UUID, ...]]):
    """Hand-overs to another team that were accepted and wait for a laptop that holds both, if this one does; oldest first."""


def waits(transfer: Stored[TransferFields], person_team: UUID | None) -> bool:
    """Whether an accepted hand-over has not been carried out. `person_team`: of whom it is about; None: they are not here."""
    fields = transfer.fields
    accepted = fields.to == "team" and fields.accepted is True and fields.to_team_id is not None
    return accepted and person_team == transfer.team_id and transfer.team_id != fields.to_team_id


def holds_both(transfer: Stored[TransferFields], work: Work) -> bool:
    """Whether this laptop may write everything in both teams."""
    teams = (transfer.team_id, transfer.fields.to_team_id)
    return all(work.holds(place, team) for team in teams for place in ("caseload", "restricted"))


def carry_out(kinds: Kinds, command: CarryOut, work: Work) -> Done:
    """`kinds`: all kinds of records that there are."""
    recorder = Recorder(work)
    transfer = work.get(TransferFields, command.transfer_id)
    if transfer.fields.to != "team" or transfer.fields.accepted is not True:
        raise Invalid(transfer_id="not_accepted")
    more = move_file(kinds, transfer, recorder)
    return Done(transfer.id, recorder.undo(transfer.id), more)


def move_file(kinds: Kinds, transfer: Stored[TransferFields], work: Work) -> dict[str, int]:
    """Moves the file of whom a hand-over is about. Raises as `CarryOut`."""
    person = work.get(ParticipantFields, transfer.fields.participant_id)
    if not waits(transfer, person.team_id):
        raise Invalid(transfer_id="moved")
    if not holds_both(transfer, work):
        raise NotAllowed("not_both_teams")
    return _File(person, transfer, work).move(kinds)


def move_if_both(kinds: Kinds, transfer: Stored[TransferFields], work: Work) -> dict[str, int]:
    """Moves the file, or nothing where that is for another laptop to do."""
    return move_file(kinds, transfer, work) if holds_both(transfer, work) else {}


class _File:
    """Everything about the people who go."""

    def __init__(self, person: Stored[ParticipantFields], transfer: Stored[TransferFields], work: Work) -> None:
        self._work, self._transfer, self._from = work, transfer, transfer.team_id
        assert transfer.fields.to_team_id is not None  # `waits` has looked
        self._to: UUID = transfer.fields.to_team_id
        self._called = person.fields.called
        self._people = self._who_goes(work.same(person.id))
        self._moved = self._stays = 0
        self._kept: set[UUID] = set()  # sessions that others need

    def _who_goes(self, ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
        """Somebody, and those of their household who have no open case of their own in this team."""
        found = dict.fromkeys(ids)
        for home in self._homes(ids):
            for member in self._work.find(HouseholdMemberFields, household_id=home, until=None):
                other = member.fields.participant_id
                cases = self._work.find(CaseFields, participant_id=other)
                if not any(case.fields.state in OPEN_STATES for case in cases):
                    found |= dict.fromkeys(self._work.same(other))
        return tuple(id for id in found if self._is_here(id))

    def _is_here(self, id: UUID) -> bool:
        return exists(self._work, ParticipantFields, id) and self._work.get(ParticipantFields, id).team_id == self._from

    def _homes(self, ids: Iterable[UUID]) -> list[UUID]:
        members = [item for id in ids for item in self._work.find(HouseholdMemberFields, participant_id=id)]
        return list(dict.fromkeys(item.fields.household_id for item in members if item.team_id == self._from))

    def move(self, kinds: Kinds) -> dict[str, int]:
        """First what changes, then the moves, so that each record is written once where it goes."""
        self._keep_shared_sessions()
        self._let_go()
        self._tell()
        homes = self._homes(self._people)
        for home in homes:
            self._household(home)
        for model in kinds.values():
            if "participant_id" in model.model_fields and model.kind not in _APART:
                for id in self._people:
                    for item in self._work.find(model, participant_id=id):
                        self._one(model, item)
        self._of_two_people()
        for id in self._people:
            self._go(ParticipantFields, self._work.get(ParticipantFields, id))
        return {"moved": self._moved, "people": len(self._people), "stays": self._stays}

    def _one(self, model: type[Fields], item: Stored[Any]) -> None:
        of_session = item.fields.subject_id if model in (ReviewFields, AmendmentFields) else item.id
        if of_session in self._kept:
            self._stays += 1
        elif item.fields.participant_id in self._people and item.team_id == self._from and item.compartment != "organisation":
            self._go(model, item)

    def _go(self, model: type[Fields], item: Stored[Any]) -> None:
        to: dict[str, Any] = {"team_id": self._to, "compartment": item.compartment}
        self._work.move(model, item.id, transfer_id=self._transfer.id, **to)
        self._moved += 1

    def _keep_shared_sessions(self) -> None:
        """A session at which others were goes on in the file of the first of them; one that is signed stays as it is."""
        for id in self._people:
            for session in self._work.find(ServiceSessionFields, participant_id=id):
                there = {item.fields.participant_id for item in self._work.find(AttendanceFields, session_id=session.id)}
                others = sorted(other for other in there - set(self._people) if self._is_here(other))
                if others:
                    self._kept.add(session.id)
                    if session.life is Life.LIVE:
                        self._work.change(ServiceSessionFields, session.id, participant_id=others[0])

    def _let_go(self) -> None:
        """Nobody of this team carries it any more: whoever takes it over there is named there."""
        for id in self._people:
            for case in self._work.find(CaseFields, participant_id=id):
                if case.fields.state in OPEN_STATES and case.team_id == self._from:
                    self._work.change(CaseFields, case.id, caseworker_id=None)
                    carry(case.id, None, self._work, since=self._work.today)
            for task in self._work.find(TaskFields, participant_id=id, done_at=None):
                if task.team_id == self._from and task.fields.assigned_to is not None:
                    self._work.change(TaskFields, task.id, assigned_to=None)

    def _tell(self) -> None:
        """The hand-over as it was goes along, and a task to take the file over; here it says of whom it was, and nothing more."""
        said = {name: getattr(self._transfer.fields, name) for name in TransferFields.model_fields}
        arrived = derived_id("transfer", self._transfer.id, "arrived")
        self._work.add(validated(TransferFields, **said), id=arrived, team_id=self._to)
        self._work.change(TransferFields, self._transfer.id, summary=self._called, open_items=[], reason="", answer_note="")
        task = validated(
            TaskFields,
            participant_id=self._transfer.fields.participant_id,
            title_code="take_over",
            subject_kind="transfer",
            subject_id=arrived,
            due_on=self._work.today,
        )
        self._work.add(task, id=derived_id("task", arrived, "take_over"), team_id=self._to)

    def _household(self, home: UUID) -> None:
        """It goes along when all go; else those who go are a household of their own there, of the same name."""
        members = self._work.find(HouseholdMemberFields, household_id=home)
        if all(member.fields.participant_id in self._people for member in members):
            self._go(HouseholdFields, self._work.get(HouseholdFields, home))
            return
        name = self._work.get(HouseholdFields, home).fields.name
        other = derived_id("household", home, self._to.hex)
        self._work.add(HouseholdFields(name=name), id=other, team_id=self._to)
        for member in members:
            if member.fields.participant_id in self._people:
                self._work.change(HouseholdMemberFields, member.id, household_id=other)

    def _of_two_people(self) -> None:
        """What is said of two: that they are one goes along; from whom somebody is kept apart, both teams have to know."""
        for name in ("a", "b"):
            for id in self._people:
                for merge in self._work.find(MergeFields, **{name: id}):
                    if merge.team_id == self._from:
                        self._go(MergeFields, merge)
        for name in ("participant_id", "from_id"):
            for id in self._people:
                for item in self._work.find(SeparationFields, **{name: id}):
                    both = {item.fields.participant_id, item.fields.from_id} <= set(self._people)
                    if item.team_id == self._from and both:
                        self._go(SeparationFields, item)
                    else:
                        self._work.add(item.fields, id=item.id, team_id=self._to)
