"""Obligations: hearings, check-ins and deadlines; what came of them, and how we know."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import Fields, Part, PostalAddress, When, coded, refers, validated
from cmpp_desktop.domain.tasks import TaskFields
from cmpp_desktop.domain.work import Command, Done, Work
from cmpp_desktop.errors import Invalid
from cmpp_protocol.ids import derived_id

HEARINGS = ("master_hearing", "individual_hearing", "bond_hearing")
RESULTS = ("attended", "missed_excused", "missed_unexcused", "moved_by_agency", "cancelled", "unknown")
MISSED = ("missed_excused", "missed_unexcused")


class Reminder(Part):
    """That somebody was reminded: when, how (code list reminder_how), by whom."""

    at: datetime
    how: str = "phone"
    by: UUID | None = None
    note: str = ""


class ObligationFields(Fields):
    """Something that a participant has to do at a time. `type`: code list obligation_type (EOIR's words for hearings)."""

    kind: ClassVar[str] = "obligation"

    participant_id: UUID
    type: str = coded("obligation_type", ...)
    when: When
    mode: str = coded("obligation_mode", "in_person")
    place: str = Field(default="", max_length=300)  # "Newbridge Immigration Court, room 4"
    address: PostalAddress | None = None
    judge: str = Field(default="", max_length=200)
    agency: str | None = coded("agency")
    interpreter: str = Field(default="", max_length=200)
    transport: str = Field(default="", max_length=300)
    lawyer: str = Field(default="", max_length=200)
    reminder: str = Field(default="", max_length=200)
    note: str = Field(default="", max_length=4000)
    rule: str = Field(default="", max_length=100)  # id of the deadline rule that made it; "" when a notice did
    result: str | None = coded("obligation_result")
    how_known: str | None = coded("evidence")
    result_note: str = Field(default="", max_length=2000)
    moved_to_id: UUID | None = refers("obligation")
    proceeding_id: UUID | None = refers("proceeding")
    reminders: list[Reminder] = Field(default_factory=list)
    evidence_id: UUID | None = refers("attachment")  # the document that shows the result
    # Of what a deadline rule computed: the version of the pack, what started it, how it was counted, in words of the rule.
    rule_pack: str = Field(default="", max_length=100)
    trigger_kind: str = Field(default="", max_length=40)
    trigger_id: UUID | None = None
    counted: str = Field(default="", max_length=500)
    # A judge's order sets another day than the rule: the rule leaves it alone from then on.
    order_attachment_id: UUID | None = refers("attachment")
    order_note: str = Field(default="", max_length=500)


@dataclass(frozen=True)
class AddObligation(Command):
    """A new hearing, check-in or deadline, for one or several members of a household at once."""

    participant_ids: tuple[UUID, ...]
    type: str
    when: When
    mode: str = "in_person"
    place: str = ""
    address: PostalAddress | None = None
    judge: str = ""
    agency: str | None = None
    interpreter: str = ""
    transport: str = ""
    lawyer: str = ""
    note: str = ""


@dataclass(frozen=True)
class ChangeObligation(Command):
    obligation_id: UUID
    values: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class MarkObligation(Command):
    """What came of it. Missed opens a follow-up task; moved takes the new time and makes the next one."""

    obligation_id: UUID
    result: str
    how_known: str = "told"
    note: str = ""
    moved_to: When | None = None


@dataclass(frozen=True)
class UnmarkObligation(Command):
    """Takes a mark back, with what followed from it."""

    obligation_id: UUID


def add_obligation(command: AddObligation, work: Work) -> Done:
    if not command.participant_ids:
        raise Invalid(participant_ids="missing")
    made = []
    for participant_id in command.participant_ids:
        participant = work.get(ParticipantFields, participant_id)
        record = validated(
            ObligationFields,
            participant_id=participant_id,
            type=command.type,
            when=command.when,
            mode=command.mode,
            place=command.place,
            address=command.address,
            judge=command.judge,
            agency=command.agency or usual_agency(command.type),
            interpreter=command.interpreter,
            transport=command.transport,
            lawyer=command.lawyer,
            note=command.note,
        )
        made.append(work.add(record, team_id=participant.team_id))
    return Done(made[0], more={"obligation_ids": tuple(made)})


def usual_agency(type: str) -> str | None:
    """Who holds this kind of obligation, when the notice does not say otherwise."""
    if type in HEARINGS:
        return "eoir"
    return {"ice_check_in": "ice", "isap_check_in": "isap", "biometrics": "uscis", "interview": "uscis"}.get(type)


def change_obligation(command: ChangeObligation, work: Work) -> Done:
    before = work.get(ObligationFields, command.obligation_id).fields
    work.change(ObligationFields, command.obligation_id, **command.values)
    back = {name: getattr(before, name) for name in command.values}
    return Done(command.obligation_id, ChangeObligation(command.obligation_id, back))


def mark_obligation(command: MarkObligation, work: Work) -> Done:
    if command.result not in RESULTS:
        raise Invalid(result="not_valid")
    stored = work.get(ObligationFields, command.obligation_id)
    values: dict[str, object] = {"result": command.result, "how_known": command.how_known, "result_note": command.note}
    more: dict[str, object] = {"ask_next": command.result == "attended" and stored.fields.type in HEARINGS}
    if command.result == "moved_by_agency":
        if command.moved_to is None:
            raise Invalid(moved_to="missing")
        following = stored.fields.model_copy(
            update={"when": command.moved_to, "result": None, "how_known": None, "result_note": "", "reminder": ""}
        )
        next_id = work.add(
            following,
            id=derived_id("obligation", command.obligation_id, f"moved:{command.moved_to.instant.isoformat()}"),
            team_id=stored.team_id,
        )
        values["moved_to_id"] = next_id
        more["next_id"] = next_id
    work.change(ObligationFields, command.obligation_id, **values)
    if command.result in MISSED:
        more["task_id"] = _follow_up(command.obligation_id, stored.fields, work, stored.team_id)
    return Done(command.obligation_id, UnmarkObligation(command.obligation_id), more)


def _follow_up(obligation_id: UUID, missed: ObligationFields, work: Work, team_id: UUID | None) -> UUID:
    """The task that a missed obligation opens; derived, so that two laptops that mark it make one."""
    task = validated(
        TaskFields,
        participant_id=missed.participant_id,
        title_code="missed_follow_up",
        subject_kind="obligation",
        subject_id=obligation_id,
        due_on=work.today,
        assigned_to=work.actor.staff_id,
        priority="high",
    )
    return work.add(task, id=_follow_up_id(obligation_id), team_id=team_id)


def _follow_up_id(obligation_id: UUID) -> UUID:
    return derived_id("task", obligation_id, "missed_follow_up")


def unmark_obligation(command: UnmarkObligation, work: Work) -> Done:
    marked = work.get(ObligationFields, command.obligation_id).fields
    if marked.result in MISSED and work.find(TaskFields, subject_id=command.obligation_id, title_code="missed_follow_up"):
        work.delete(TaskFields, _follow_up_id(command.obligation_id), "mark_taken_back")
    if marked.moved_to_id is not None:
        work.delete(ObligationFields, marked.moved_to_id, "mark_taken_back")
    work.change(
        ObligationFields, command.obligation_id, result=None, how_known=None, result_note="", moved_to_id=None
    )
    again = MarkObligation(command.obligation_id, marked.result or "unknown", marked.how_known or "told", marked.result_note)
    return Done(command.obligation_id, again if marked.moved_to_id is None and marked.result else None)
