"""Transfers: a case goes to another caseworker, team or provider with a summary, and is acknowledged or sent back.

To another caseworker of the team, acceptance hands the case over. To another team the file goes along (file_moves.py). To another
provider it is written down who takes over and what they were told; the records stay, and the answer says so (`moves_file`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.cases import OPEN_STATES, CaseFields, carry
from cmpp_desktop.domain.consent import share
from cmpp_desktop.domain.records import Fields, When, coded, line, prose, refers, validated
from cmpp_desktop.domain.staff import StaffMemberFields, TeamFields, check_works_here
from cmpp_desktop.domain.tasks import TaskFields
from cmpp_desktop.domain.undo import Recorder
from cmpp_desktop.domain.work import Command, Done, Question, Stored, Work
from cmpp_desktop.errors import Invalid, NotAllowed
from cmpp_protocol.ids import derived_id

MoveFile = Callable[[Stored[Any], Work], Mapping[str, int]]
ASK_AFTER = 3  # days after which the asker is reminded that no answer came
RECEIVERS = ("caseworker", "team", "provider")


class TransferFields(Fields):
    """One hand-over. `accepted` None: it waits for an answer. In the team that a file left `summary` is only who it was about."""

    kind: ClassVar[str] = "transfer"

    participant_id: UUID = refers("participant", ...)
    case_id: UUID | None = refers("case")
    to: str = coded("transfer_to", "caseworker")  # caseworker, team, provider
    from_staff_id: UUID | None = refers("staff_member")
    to_staff_id: UUID | None = refers("staff_member")
    to_team_id: UUID | None = refers("team")
    to_provider: str = line(300)
    reason: str = line(500)
    summary: str = prose(20_000)
    open_items: list[str] = Field(default_factory=list)
    consent_id: UUID | None = refers("consent")
    override_reason: str = line(500)
    asked_by: UUID | None = refers("staff_member")
    asked_at: datetime
    answered_by: UUID | None = refers("staff_member")
    answered_at: datetime | None = None
    accepted: bool | None = None
    answer_note: str = line(500)


@dataclass(frozen=True)
class AskTransfer(Command):
    """Hands a case over: it waits for an answer. `to`: caseworker (`to_staff_id`), team (`to_team_id`) or provider
    (`to_provider`). `summary` and `open_items`: from `HandOver`, as the person left them.

    To a provider nothing goes without a consent that covers `scope`, the provider and, where given, `purpose`: raises
    needs_consent; a supervisor or administrator may go without one, with `override_reason`, and that is in the audit log.
    Raises Invalid: to not_valid, to_staff_id missing, already_theirs or left_us, summary missing, case_id case_closed or
    already_asked.
    `Done.more`: moves_file (False for a provider: the file stays here), consent_id.
    """

    case_id: UUID
    to: str
    to_staff_id: UUID | None = None
    to_team_id: UUID | None = None
    to_provider: str = ""
    reason: str = ""
    summary: str = ""
    open_items: tuple[str, ...] = ()
    scope: str = "share_social"
    purpose: str = ""
    override_reason: str = ""


@dataclass(frozen=True)
class AnswerTransfer(Command):
    """Accepted, or sent back with a note. From one caseworker to another: by the receiver, or a supervisor; from another team
    or provider: by whoever heard their answer (`note` says from whom). A case that was closed meanwhile is not accepted any
    more (Invalid transfer_id case_closed): nobody carries it. To another team the file goes in the same step where this laptop
    holds both teams' records; else a laptop that does carries it out. `Done.more`: moves_file, and what `CarryOut` says."""

    transfer_id: UUID
    accepted: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class TransferRow:
    """One hand-over with its names. `moves_file`: the records change hands too."""

    id: UUID
    participant_id: UUID
    participant: str
    case_id: UUID | None
    to: str
    receiver: str
    sender: str
    asked_at: datetime
    answered_at: datetime | None
    answered_by: str
    accepted: bool | None
    answer_note: str
    reason: str
    summary: str
    open_items: tuple[str, ...]
    moves_file: bool
    gone: bool  # the file is with the other team
    for_me: bool  # the asker may answer it


@dataclass(frozen=True, slots=True)
class Transfers(Question[tuple[TransferRow, ...]]):
    """Newest first: of one participant, or (None) those that wait for an answer; `mine`: by or for whoever asks. `gone`: those
    of files that went to another team, instead."""

    participant_id: UUID | None = None
    mine: bool = True
    gone: bool = False


@dataclass(frozen=True, slots=True)
class HandOverFacts:
    """What a summary is made of: everything still open in a file, without a word by the one who hands it over. Nothing that
    is restricted is in it."""

    participant: str
    participant_id: UUID
    languages: tuple[str, ...]
    interpreter_needed: bool
    safe_contact: str
    state: str
    opened_on: date
    last_contact: date | None
    obligations: tuple[tuple[str, When, str], ...]  # type, when, place; ahead, and past without a result
    tasks: tuple[tuple[str | None, str, date | None], ...]  # title_code, title, due
    needs: tuple[tuple[str, str, str], ...]  # area, level, description
    referrals: tuple[tuple[str, str], ...]  # to, reason; those without an outcome
    alerts: tuple[tuple[str, date], ...]  # kind, day of the screening
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HandOver(Question[HandOverFacts]):
    """What is open in the file of a case, for the summary that `workspace.casework.summary_of` writes. Raises record_missing."""

    case_id: UUID
    day: date


def moves_file(transfer: TransferFields) -> bool:
    """Whether accepting it gives the receiver the file: not where that is another provider."""
    return transfer.to != "provider"


def ask_transfer(command: AskTransfer, work: Work) -> Done:
    recorder = Recorder(work)
    case = work.get(CaseFields, command.case_id)
    _check(command, case, work)
    # Two laptops that ask before they heard of each other ask once; where they ask for different receivers, a person picks.
    transfer_id = derived_id("transfer", case.id, str(len(work.find(TransferFields, case_id=case.id))))
    consent_id = _consent(command, case, transfer_id, recorder) if command.to == "provider" else None
    record = validated(
        TransferFields,
        participant_id=case.fields.participant_id,
        case_id=case.id,
        to=command.to,
        from_staff_id=case.fields.caseworker_id,
        to_staff_id=command.to_staff_id if command.to == "caseworker" else None,
        to_team_id=command.to_team_id if command.to == "team" else None,
        to_provider=command.to_provider if command.to == "provider" else "",
        reason=command.reason,
        summary=command.summary,
        open_items=list(command.open_items),
        consent_id=consent_id,
        override_reason=command.override_reason if command.to == "provider" and consent_id is None else "",
        asked_by=work.actor.staff_id,
        asked_at=work.now,
    )
    recorder.add(record, id=transfer_id, team_id=case.team_id)
    if command.to == "caseworker":
        _task(transfer_id, "answer_transfer", record.to_staff_id, work.today, case, recorder)
    _task(transfer_id, "ask_transfer_answer", work.actor.staff_id, work.today + timedelta(days=ASK_AFTER), case, recorder)
    more = {"moves_file": moves_file(record), "consent_id": consent_id}
    return Done(transfer_id, recorder.undo(transfer_id), more)


def _check(command: AskTransfer, case: Stored[CaseFields], work: Work) -> None:
    if command.to not in RECEIVERS:
        raise Invalid(to="not_valid")
    if case.fields.state not in OPEN_STATES:
        raise Invalid(case_id="case_closed")
    receiver = {"caseworker": command.to_staff_id, "team": command.to_team_id, "provider": command.to_provider.strip() or None}
    field = {"caseworker": "to_staff_id", "team": "to_team_id", "provider": "to_provider"}[command.to]
    if receiver[command.to] is None:
        raise Invalid(**{field: "missing"})
    if command.to == "caseworker":
        work.get(StaffMemberFields, _given(command.to_staff_id))
        check_works_here(_given(command.to_staff_id), "to_staff_id", work)
        if command.to_staff_id == case.fields.caseworker_id:
            raise Invalid(to_staff_id="already_theirs")
    if command.to == "team":
        work.get(TeamFields, _given(command.to_team_id))
        if command.to_team_id == case.team_id:
            raise Invalid(to_team_id="already_theirs")
    if not command.summary.strip():
        raise Invalid(summary="missing")
    if work.find(TransferFields, case_id=case.id, accepted=None):
        raise Invalid(case_id="already_asked")


def _given(id: UUID | None) -> UUID:
    assert id is not None  # _check has looked
    return id


def _consent(command: AskTransfer, case: Stored[CaseFields], transfer_id: UUID, recorder: Recorder) -> UUID | None:
    """The consent under which the case goes to another provider; None when somebody who may has overridden."""
    shared = share(
        recorder,
        case.fields.participant_id,
        what="transfer",
        scope=command.scope,
        recipient=command.to_provider,
        purpose=command.purpose,
        override_reason=command.override_reason,
        subject_kind="transfer",
        subject_id=transfer_id,
    )
    return shared.consent_id


def _task(
    transfer_id: UUID, code: str, staff_id: UUID | None, due: date, case: Stored[CaseFields], work: Work
) -> UUID:
    record = validated(
        TaskFields,
        participant_id=case.fields.participant_id,
        title_code=code,
        subject_kind="transfer",
        subject_id=transfer_id,
        due_on=due,
        assigned_to=staff_id,
    )
    return work.add(record, id=derived_id("task", transfer_id, code), team_id=case.team_id)


def answer_transfer(move_file: MoveFile, command: AnswerTransfer, work: Work) -> Done:
    """`move_file` sends the file to another team, where this laptop may (file_moves.py)."""
    recorder = Recorder(work)
    stored = work.get(TransferFields, command.transfer_id)
    transfer = stored.fields
    if transfer.accepted is not None:
        raise Invalid(transfer_id="answered")
    if not may_answer(transfer, work.actor.staff_id, work.actor.role):
        raise NotAllowed("not_allowed", needs="supervisor")
    if not command.accepted and not command.note.strip():
        raise Invalid(note="missing")
    case = work.get(CaseFields, transfer.case_id) if transfer.case_id is not None else None
    if command.accepted and case is not None and case.fields.state not in OPEN_STATES:
        raise Invalid(transfer_id="case_closed")
    recorder.change(
        TransferFields,
        stored.id,
        accepted=command.accepted,
        answered_by=work.actor.staff_id,
        answered_at=work.now,
        answer_note=command.note,
    )
    for task in work.find(TaskFields, subject_id=stored.id, done_at=None):
        recorder.change(TaskFields, task.id, done_at=work.now, done_by=work.actor.staff_id)
    more: dict[str, Any] = {"moves_file": moves_file(transfer)}
    if command.accepted and case is not None and transfer.to == "caseworker":
        _hand_over(stored, case, recorder)
    elif command.accepted and transfer.to == "team":
        more |= move_file(work.get(TransferFields, stored.id), recorder)
    elif not command.accepted and case is not None:
        _task(stored.id, "transfer_sent_back", transfer.asked_by, work.today, case, recorder)
    return Done(stored.id, recorder.undo(stored.id), more)


def may_answer(transfer: TransferFields, staff_id: UUID, role: str) -> bool:
    """Who may write the answer down: the receiver or a supervisor; for another team or provider anybody who heard it."""
    return transfer.to != "caseworker" or transfer.to_staff_id == staff_id or role in ("supervisor", "administrator")


def _hand_over(transfer: Stored[TransferFields], case: Stored[CaseFields], work: Work) -> None:
    """The case is the receiver's, and so are the open tasks of who carried it."""
    receiver, sender = transfer.fields.to_staff_id, case.fields.caseworker_id
    work.change(CaseFields, case.id, caseworker_id=receiver)
    carry(case.id, receiver, work, since=work.today, transfer_id=transfer.id)
    for task in work.find(TaskFields, participant_id=case.fields.participant_id, done_at=None):
        if task.fields.assigned_to == sender:
            work.change(TaskFields, task.id, assigned_to=receiver)
