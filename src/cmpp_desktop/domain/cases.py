"""Cases: an enrolment in the programme, from referral to exit. Declining or leaving is an outcome, never a failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.codes import check_codes
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import Fields, coded, refers, validated
from cmpp_desktop.domain.staff import award_of, check_works_here, works_here
from cmpp_desktop.domain.tasks import TaskFields
from cmpp_desktop.domain.undo import Recorder
from cmpp_desktop.domain.work import Command, Done, Question, Stored, Work
from cmpp_desktop.errors import Invalid, KnownError
from cmpp_protocol.ids import derived_id

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
    referred_on: date | None = None
    enrolled_on: date | None = None  # None: the day it was opened, for who is enrolled
    screening_outcome: str | None = None
    reason: str = "own_wish"  # of declining (code list exit_reason)


@dataclass(frozen=True)
class OpenCase(Command):
    """A new enrolment of somebody who is registered. Raises case_already_open."""

    participant_id: UUID
    opening: CaseOpening


@dataclass(frozen=True)
class ChangeCase(Command):
    """Sets facts of an enrolment. A case that is open is referred, enrolled, active or paused, as `values` say; it ends by
    `CloseCase` and begins again by `ReopenCase` alone. Raises Invalid: state not_valid or case_closed, referred_on after_opening,
    award not_valid."""

    case_id: UUID
    values: dict[str, object]


@dataclass(frozen=True)
class CloseCase(Command):
    """Ends an enrolment: state exited or declined, with a reason. Leaving is an outcome, never a failure.

    Open tasks need an answer (`ClosingCheck` lists them): `tasks` "hand" gives them to `hand_to`, "done" ends them, "keep"
    leaves them where they are. With none open nothing has to be said. Obligations stay: they are the participant's own. A
    hand-over that waits for an answer can only be sent back then. Raises Invalid: closed_on in_future, before_opening; tasks
    open_tasks; hand_to missing, left_us; case_id case_closed.
    """

    case_id: UUID
    reason: str
    state: str = "exited"
    closed_on: date | None = None
    tasks: Literal["", "hand", "done", "keep"] = ""
    hand_to: UUID | None = None


@dataclass(frozen=True)
class ReopenCase(Command):
    """Somebody comes back: the same enrolment goes on, carried by `caseworker_id` (None: who carried it last, or whoever opens it
    when they have left)."""

    case_id: UUID
    caseworker_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ClosingView:
    """What is still open when a case is to be closed; nothing of it forbids closing."""

    obligations: tuple[Stored[Any], ...]  # ahead, or past without a result
    tasks: tuple[Stored[Any], ...]
    referrals: tuple[Stored[Any], ...]
    sessions: tuple[Stored[Any], ...]  # not signed
    needs: tuple[Stored[Any], ...]
    transfers: tuple[Stored[Any], ...]  # without an answer
    household_cases: tuple[UUID, ...]  # open cases of others of the household, who may be leaving too
    restricted_exists: bool  # there may be restricted records, and this laptop does not hold them (of everybody alike)

    @property
    def clear(self) -> bool:
        open_ones = (self.obligations, self.tasks, self.referrals, self.sessions, self.needs, self.transfers)
        return not any(open_ones)


@dataclass(frozen=True, slots=True)
class ClosingCheck(Question[ClosingView]):
    """Raises record_missing."""

    case_id: UUID


@dataclass(frozen=True, slots=True)
class Carried:
    """Who carried a case from when to when."""

    staff_id: UUID
    name: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class CaseHistory(Question[tuple[Carried, ...]]):
    """Oldest first."""

    case_id: UUID


def open_case(command: OpenCase, work: Work) -> Done:
    work.get(ParticipantFields, command.participant_id)
    recorder = Recorder(work)
    case_id = open_case_for(command.participant_id, command.opening, recorder)
    return Done(case_id, recorder.undo(case_id))


def open_case_for(participant_id: UUID, opening: CaseOpening, work: Work) -> UUID:
    """Adds the case unless the participant has an open one already. One that is declined is closed on the same day."""
    earlier = work.find(CaseFields, participant_id=participant_id)
    if any(case.fields.state in OPEN_STATES for case in earlier):
        raise KnownError("case_already_open")
    day = opening.opened_on or work.today
    if opening.referred_on is not None and opening.referred_on > day:
        raise Invalid(referred_on="after_opening")
    if opening.award:
        award_of(opening.award, work)
    declined = opening.state == "declined"
    running = opening.state in OPEN_STATES
    record = validated(
        CaseFields,
        participant_id=participant_id,
        state=opening.state,
        referral_source=opening.referral_source,
        eligibility_basis=opening.eligibility_basis,
        screening_outcome=opening.screening_outcome or ("declined" if declined else None),
        award=opening.award,
        site=opening.site,
        caseworker_id=opening.caseworker_id or work.actor.staff_id,
        opened_on=day,
        closed_on=day if declined else None,
        exit_reason=opening.reason if declined else None,
        referred_on=opening.referred_on,
        enrolled_on=(opening.enrolled_on or day) if running else opening.enrolled_on,
    )
    team = work.get(ParticipantFields, participant_id).team_id
    # Two laptops at which somebody comes back open one case.
    id = derived_id("case", work.same(participant_id)[0], str(len(earlier)))
    case_id = work.add(record, id=id, team_id=team)
    if running:
        carry(case_id, record.caseworker_id, work, since=day)
    return case_id


def carry(case_id: UUID, staff_id: UUID | None, work: Work, *, since: date, transfer_id: UUID | None = None) -> None:
    """From that day the case is carried by `staff_id` (None: by nobody), and whoever carried it no longer does."""
    case = work.get(CaseFields, case_id)
    running = work.find(CaseAssignmentFields, case_id=case_id, until=None)
    for item in running:
        if item.fields.staff_id != staff_id:
            work.change(CaseAssignmentFields, item.id, until=max(since, item.fields.since))
    if staff_id is None or any(item.fields.staff_id == staff_id for item in running):
        return
    record = validated(
        CaseAssignmentFields,
        participant_id=case.fields.participant_id,
        case_id=case_id,
        staff_id=staff_id,
        since=since,
        transfer_id=transfer_id,
    )
    # Two laptops that accept the same hand-over, or open the case again for the same person, write one record.
    nth = len(work.find(CaseAssignmentFields, case_id=case_id))
    key = transfer_id.hex if transfer_id else f"{nth}:{staff_id.hex}"
    work.add(record, id=derived_id("case_assignment", case_id, key), team_id=case.team_id)


def change_case(command: ChangeCase, work: Work) -> Done:
    recorder = Recorder(work)
    before = work.get(CaseFields, command.case_id).fields
    if command.values.get("award") not in ("", None, before.award):
        award_of(str(command.values["award"]), work)
    begins = _begins(before, command.values)
    values = dict(command.values)
    if begins and before.enrolled_on is None:
        values.setdefault("enrolled_on", work.today)
    recorder.change(CaseFields, command.case_id, **values)
    after = work.get(CaseFields, command.case_id).fields
    check_codes(after, command.values, work, before)
    if after.referred_on is not None and after.referred_on > after.opened_on:
        raise Invalid(referred_on="after_opening")
    if after.state in OPEN_STATES and (begins or after.caseworker_id != before.caseworker_id):
        carry(command.case_id, after.caseworker_id, recorder, since=work.today)
    return Done(command.case_id, recorder.undo(command.case_id))


def _begins(before: CaseFields, values: Mapping[str, object]) -> bool:
    """Whether somebody who was only referred is served from now on."""
    state = values.get("state", before.state)
    if state == before.state:
        return False
    if before.state not in (*OPEN_STATES, "referred"):
        raise Invalid(state="case_closed")
    if state not in (*OPEN_STATES, "referred"):
        raise Invalid(state="not_valid")
    return before.state == "referred"


def close_case(command: CloseCase, work: Work) -> Done:
    recorder = Recorder(work)
    before = work.get(CaseFields, command.case_id).fields
    if command.state not in ("exited", "declined"):
        raise Invalid(state="not_valid")
    if before.state not in (*OPEN_STATES, "referred"):
        raise Invalid(case_id="case_closed")
    if not command.reason:
        raise Invalid(reason="missing")
    closed = command.closed_on or work.today
    if closed > work.today:
        raise Invalid(closed_on="in_future")
    if closed < before.opened_on:
        raise Invalid(closed_on="before_opening")
    _settle_tasks(command, before.participant_id, recorder)
    recorder.change(CaseFields, command.case_id, state=command.state, exit_reason=command.reason, closed_on=closed)
    carry(command.case_id, None, recorder, since=closed)
    return Done(command.case_id, recorder.undo(command.case_id))


def _settle_tasks(command: CloseCase, participant_id: UUID, work: Work) -> None:
    running = work.find(TaskFields, participant_id=participant_id, done_at=None)
    if running and not command.tasks:
        raise Invalid(tasks="open_tasks")
    if command.tasks == "hand":
        if command.hand_to is None:
            raise Invalid(hand_to="missing")
        check_works_here(command.hand_to, "hand_to", work)
    for task in running:
        if command.tasks == "hand":
            work.change(TaskFields, task.id, assigned_to=command.hand_to)
        elif command.tasks == "done":
            work.change(TaskFields, task.id, done_at=work.now, done_by=work.actor.staff_id)


def reopen_case(command: ReopenCase, work: Work) -> Done:
    recorder = Recorder(work)
    case = work.get(CaseFields, command.case_id)
    if case.fields.state in OPEN_STATES:
        raise KnownError("case_already_open")
    if any(item.fields.state in OPEN_STATES for item in work.find(CaseFields, participant_id=case.fields.participant_id)):
        raise KnownError("case_already_open")
    if command.caseworker_id is not None:
        check_works_here(command.caseworker_id, "caseworker_id", work)
    last = case.fields.caseworker_id
    carried_by = command.caseworker_id or (last if last is not None and works_here(last, work) else work.actor.staff_id)
    enrolled = case.fields.enrolled_on or work.today
    values = {"state": "active", "exit_reason": None, "closed_on": None, "caseworker_id": carried_by, "enrolled_on": enrolled}
    if case.fields.screening_outcome == "declined":  # they did not stay with it
        values["screening_outcome"] = None
    recorder.change(CaseFields, case.id, **values)
    carry(case.id, carried_by, recorder, since=work.today)
    return Done(case.id, recorder.undo(case.id))
