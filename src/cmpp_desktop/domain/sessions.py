"""Service sessions: what was done with whom, when, how long, and in whose words. Draft, submitted, signed, amended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from pydantic import Field, field_validator

from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import Fields, When, coded, refers, validated
from cmpp_desktop.domain.work import Command, Done, Work
from cmpp_desktop.errors import Invalid
from cmpp_protocol.ids import derived_id

ATTENDANCE = ("present", "late", "absent", "excused")
LONGEST_MINUTES = 24 * 60


class ServiceSessionFields(Fields):
    """One session. Its status is never stored: it follows from `life` and the reviews (domain/reviews)."""

    kind: ClassVar[str] = "service_session"

    participant_id: UUID  # whose file it is first of all; the others are attendances
    services: list[str] = coded("service", ...)
    when: When
    minutes: int = Field(ge=0, le=LONGEST_MINUTES)
    mode: str = coded("session_mode", "in_person")
    place: str = coded("place", "office")
    place_note: str = Field(default="", max_length=300)
    language: str = "en"
    interpreter: str = Field(default="", max_length=200)  # "": none was needed
    staff_ids: list[UUID]
    narrative: str = Field(default="", max_length=200_000)
    goal_ids: list[UUID] = refers("goal", [])
    staff_minutes: int = Field(default=0, ge=0, le=LONGEST_MINUTES)
    award: str = Field(default="", max_length=50)
    topic: str = Field(default="", max_length=200)  # of a group: what it was about
    others_present: int = Field(default=0, ge=0, le=1000)  # people at a group who are not participants

    @field_validator("services")
    @classmethod
    def _some(cls, services: list[str]) -> list[str]:
        if not services:
            raise ValueError("missing")
        return services


class AttendanceFields(Fields):
    """That somebody was at a session (or was expected). Its id is derived from session and participant (rule 13)."""

    kind: ClassVar[str] = "attendance"

    session_id: UUID
    participant_id: UUID
    attendance: str = coded("attendance", "present")
    role: str = Field(default="", max_length=100)


@dataclass(frozen=True)
class SessionContent:
    """Everything that the session page holds."""

    services: tuple[str, ...]
    when: When
    minutes: int
    narrative: str
    mode: str = "in_person"
    place: str = "office"
    place_note: str = ""
    language: str = "en"
    interpreter: str = ""
    attendees: tuple[tuple[UUID, str], ...] = ()  # participant, attendance; the participant of the file is added
    staff_minutes: int = 0
    award: str = ""


@dataclass(frozen=True)
class RecordSession(Command):
    """A new session in a participant's file."""

    participant_id: UUID
    content: SessionContent
    submit: bool = False  # at once to the supervisor for signature


@dataclass(frozen=True)
class ChangeSession(Command):
    """The session page again, before it is signed (a returned one is changed and submitted again)."""

    session_id: UUID
    content: SessionContent
    submit: bool = False


@dataclass(frozen=True)
class DeleteSession(Command):
    session_id: UUID
    reason: str = "written_in_error"


@dataclass(frozen=True)
class RestoreSession(Command):
    session_id: UUID


def record_session(command: RecordSession, work: Work) -> Done:
    from cmpp_desktop.domain.reviews import SubmitForSignature, submit_for_signature

    participant = work.get(ParticipantFields, command.participant_id)
    values = _values(command.content)
    staff_minutes = command.content.staff_minutes or command.content.minutes
    record = validated(
        ServiceSessionFields,
        participant_id=command.participant_id,
        staff_ids=[work.actor.staff_id],
        **{**values, "staff_minutes": staff_minutes},
    )
    session_id = work.add(record, team_id=participant.team_id)
    _attend(session_id, command.participant_id, command.content, work, participant.team_id)
    if command.submit:
        submit_for_signature(SubmitForSignature("service_session", session_id), work)
    return Done(session_id, DeleteSession(session_id) if not command.submit else None)


def change_session(command: ChangeSession, work: Work) -> Done:
    from cmpp_desktop.domain.reviews import SubmitForSignature, submit_for_signature

    stored = work.get(ServiceSessionFields, command.session_id)
    work.change(ServiceSessionFields, command.session_id, **_values(command.content))
    _attend(command.session_id, stored.fields.participant_id, command.content, work, stored.team_id)
    if command.submit:
        submit_for_signature(SubmitForSignature("service_session", command.session_id), work)
    return Done(command.session_id)


def _values(content: SessionContent) -> dict[str, object]:
    if not content.narrative.strip() and content.minutes == 0:
        raise Invalid(narrative="missing")
    return {
        "services": list(content.services),
        "when": content.when,
        "minutes": content.minutes,
        "mode": content.mode,
        "place": content.place,
        "place_note": content.place_note,
        "language": content.language,
        "interpreter": content.interpreter,
        "narrative": content.narrative,
        "staff_minutes": content.staff_minutes,
        "award": content.award,
    }


def _attend(session_id: UUID, owner: UUID, content: SessionContent, work: Work, team_id: UUID | None) -> None:
    wanted = {owner: "present"} | dict(content.attendees)
    there = {item.fields.participant_id: item for item in work.find(AttendanceFields, session_id=session_id)}
    for participant_id, attendance in wanted.items():
        if attendance not in ATTENDANCE:
            raise Invalid(attendees="not_valid")
        known = there.pop(participant_id, None)
        if known is None:
            record = validated(
                AttendanceFields, session_id=session_id, participant_id=participant_id, attendance=attendance
            )
            work.add(record, id=attendance_id(session_id, participant_id), team_id=team_id)
        elif known.fields.attendance != attendance:
            work.change(AttendanceFields, known.id, attendance=attendance)
    for gone in there.values():
        work.delete(AttendanceFields, gone.id, "not_at_session")


def attendance_id(session_id: UUID, participant_id: UUID) -> UUID:
    """The derived id of one person's attendance at one session."""
    return derived_id("attendance", session_id, participant_id.hex)


def delete_session(command: DeleteSession, work: Work) -> Done:
    for item in work.find(AttendanceFields, session_id=command.session_id):
        work.delete(AttendanceFields, item.id, command.reason)
    work.delete(ServiceSessionFields, command.session_id, command.reason)
    return Done(command.session_id, RestoreSession(command.session_id))


def restore_session(command: RestoreSession, work: Work) -> Done:
    work.restore(ServiceSessionFields, command.session_id)
    stored = work.get(ServiceSessionFields, command.session_id)
    work.restore(AttendanceFields, attendance_id(command.session_id, stored.fields.participant_id))
    return Done(command.session_id, DeleteSession(command.session_id))
