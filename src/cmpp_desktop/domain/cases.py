"""Cases: an enrolment in the programme, from referral to exit. Declining or leaving is an outcome, never a failure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import Fields, coded, refers, validated
from cmpp_desktop.domain.work import Command, Done, Work
from cmpp_desktop.errors import Invalid, KnownError

OPEN_STATES = ("enrolled", "active", "paused")


class CaseFields(Fields):
    """One enrolment of one participant. States: code list case_state (referred, enrolled, declined, active, paused, exited)."""

    kind: ClassVar[str] = "case"

    participant_id: UUID
    state: str = coded("case_state", "enrolled")
    referral_source: str | None = coded("referral_source")
    eligibility_basis: str | None = coded("eligibility_basis")
    screening_outcome: str | None = coded("screening_outcome")
    award: str = Field(default="", max_length=50)
    site: str = Field(default="", max_length=100)
    caseworker_id: UUID | None = refers("staff_member")  # who carries it now
    opened_on: date
    closed_on: date | None = None
    exit_reason: str | None = coded("exit_reason")
    risk: str | None = coded("level")
    support: str | None = coded("level")
    referred_on: date | None = None
    enrolled_on: date | None = None


class CaseAssignmentFields(Fields):
    """Who carried a case from when to when. The one without an end is `caseworker_id` of the case."""

    kind: ClassVar[str] = "case_assignment"

    participant_id: UUID = refers("participant", ...)
    case_id: UUID = refers("case", ...)
    staff_id: UUID = refers("staff_member", ...)
    since: date
    until: date | None = None
    transfer_id: UUID | None = refers("transfer")


@dataclass(frozen=True)
class CaseOpening:
    """How a case begins. `caseworker_id` None: who opens it carries it."""

    state: str = "active"
    referral_source: str | None = None
    eligibility_basis: str | None = None
    award: str = ""
    site: str = ""
    caseworker_id: UUID | None = None
    opened_on: date | None = None


@dataclass(frozen=True)
class OpenCase(Command):
    participant_id: UUID
    opening: CaseOpening


@dataclass(frozen=True)
class ChangeCase(Command):
    case_id: UUID
    values: dict[str, object]


@dataclass(frozen=True)
class CloseCase(Command):
    """Ends an enrolment: state exited or declined, with a reason."""

    case_id: UUID
    reason: str
    state: str = "exited"
    closed_on: date | None = None


def open_case(command: OpenCase, work: Work) -> Done:
    work.get(ParticipantFields, command.participant_id)
    return Done(open_case_for(command.participant_id, command.opening, work))


def open_case_for(participant_id: UUID, opening: CaseOpening, work: Work) -> UUID:
    """Adds the case unless the participant has an open one already."""
    if any(case.fields.state in OPEN_STATES for case in work.find(CaseFields, participant_id=participant_id)):
        raise KnownError("case_already_open")
    record = validated(
        CaseFields,
        participant_id=participant_id,
        state=opening.state,
        referral_source=opening.referral_source,
        eligibility_basis=opening.eligibility_basis,
        award=opening.award,
        site=opening.site,
        caseworker_id=opening.caseworker_id or work.actor.staff_id,
        opened_on=opening.opened_on or work.today,
    )
    return work.add(record)


def change_case(command: ChangeCase, work: Work) -> Done:
    before = work.get(CaseFields, command.case_id).fields
    work.change(CaseFields, command.case_id, **command.values)
    return Done(command.case_id, ChangeCase(command.case_id, {name: getattr(before, name) for name in command.values}))


def close_case(command: CloseCase, work: Work) -> Done:
    before = work.get(CaseFields, command.case_id).fields
    if command.state not in ("exited", "declined"):
        raise Invalid(state="not_valid")
    if not command.reason:
        raise Invalid(reason="missing")
    closed = command.closed_on or work.today
    if closed < before.opened_on:
        raise Invalid(closed_on="before_opening")
    work.change(CaseFields, command.case_id, state=command.state, exit_reason=command.reason, closed_on=closed)
    back: dict[str, object] = {"state": before.state, "exit_reason": before.exit_reason, "closed_on": before.closed_on}
    return Done(command.case_id, ChangeCase(command.case_id, back))
