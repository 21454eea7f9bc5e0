"""Service sessions: what was done with whom, when, how long, and in whose words. Draft, submitted, signed, amended."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from pydantic import Field, field_validator

from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import Compartment, Fields, When, coded, refers, validated
from cmpp_desktop.domain.separations import each_once, refuse_together
from cmpp_desktop.domain.tasks import NoteFields
from cmpp_desktop.domain.undo import Recorder
from cmpp_desktop.domain.work import Command, Done, Question, Stored, Work
from cmpp_desktop.errors import Invalid
from cmpp_protocol.ids import derived_id

ATTENDANCE = ("present", "late", "absent", "excused")
LONGEST_MINUTES = 24 * 60
# That somebody had one of these is for those alone who hold the restricted records.
PROTECTED_SERVICES = frozenset({"mental_health", "trafficking_screening"})


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

    def lives_in(self) -> Compartment:
        return "restricted" if PROTECTED_SERVICES & set(self.services) else self.compartment


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
    goal_ids: tuple[UUID, ...] | None = None  # towards which goals it worked; None leaves them as they are


@dataclass(frozen=True)
class RecordSession(Command):
    """A new session in a participant's file."""

    participant_id: UUID
    content: SessionContent
    submit: bool = False  # at once to the supervisor for signature
    restricted: bool = False  # one with mental health or a trafficking screening always is


@dataclass(frozen=True)
class GroupContent:
    """A session for participants of several households. `narrative` goes into everybody's file, so it must name nobody;
    `notes`: what concerns one of them, a note in that person's own file. `staff_minutes` 0: as long as the session."""

    services: tuple[str, ...]
    topic: str
    when: When
    minutes: int
    narrative: str
    attendees: tuple[tuple[UUID, str], ...]  # participant, attendance; the first one's file keeps the session
    notes: tuple[tuple[UUID, str], ...] = ()
    others_present: int = 0
    mode: str = "in_person"
    place: str = "office"
    place_note: str = ""
    language: str = "en"
    interpreter: str = ""
    staff_minutes: int = 0
    award: str = ""
    staff_ids: tuple[UUID, ...] = ()  # beside the one who writes it


@dataclass(frozen=True)
class RecordGroupSession(Command):
    """One session, one narrative, attendance of each, staff time once. Raises Invalid: narrative names_participant while the
    narrative has a name of one of them (`names_are_words`: they are only words); attendees kept_apart, missing."""

    content: GroupContent
    names_are_words: bool = False
    submit: bool = False


@dataclass(frozen=True)
class ChangeGroupSession(Command):
    """The same page again, before it is signed; `content.notes` are added to those that were written."""

    session_id: UUID
    content: GroupContent
    names_are_words: bool = False
    submit: bool = False


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
    """Brings back a session that was deleted, with the attendance that went with it. Raises record_settled when it cannot be."""

    session_id: UUID
    attendance_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class DeletedSession:
    """One that was taken out. `attendance_ids`: what went with it."""

    id: UUID
    services: tuple[str, ...]
    when: When
    minutes: int
    attendance_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class DeletedSessions(Question[tuple[DeletedSession, ...]]):
    """The sessions of a participant's file that were deleted and can be brought back, the latest first."""

    participant_id: UUID


def record_session(command: RecordSession, work: Work) -> Done:
    from cmpp_desktop.domain.reviews import SubmitForSignature, submit_for_signature

    participant = work.get(ParticipantFields, command.participant_id)
    people = (command.participant_id, *(person for person, _ in command.content.attendees))
    _not_apart(people, work)
    _goals_of(command.content, people, work)
    values = _values(command.content)
    staff_minutes = command.content.staff_minutes or command.content.minutes
    record = validated(
        ServiceSessionFields,
        participant_id=command.participant_id,
        staff_ids=[work.actor.staff_id],
        **{**values, "staff_minutes": staff_minutes},
    )
    where: Compartment | None = "restricted" if command.restricted else None
    session_id = work.add(record, team_id=participant.team_id, compartment=where)
    wanted = {command.participant_id: "present"} | dict(command.content.attendees)
    _attend_all(session_id, wanted, {}, work, participant.team_id)  # a new session: nobody is down for it yet
    if command.submit:
        submit_for_signature(SubmitForSignature("service_session", session_id), work)
    return Done(session_id, DeleteSession(session_id) if not command.submit else None)


def record_group_session(command: RecordGroupSession, work: Work) -> Done:
    recorder = Recorder(work)
    people = _group_people(command.content, command.names_are_words, work)
    session_id = recorder.add(_group_record(command.content, people[0].id, work), team_id=people[0].team_id)
    return _rest_of_group(session_id, command.content, people, command.submit, recorder)


def change_group_session(command: ChangeGroupSession, work: Work) -> Done:
    recorder = Recorder(work)
    stored = work.get(ServiceSessionFields, command.session_id)
    if not is_group(stored.fields):
        raise Invalid(session_id="not_a_group")
    people = _group_people(command.content, command.names_are_words, work)
    owner = next((item.id for item in people if item.id == stored.fields.participant_id), people[0].id)
    record = _group_record(command.content, owner, work)
    names = [name for name in ServiceSessionFields.model_fields if name not in ("staff_ids", "goal_ids")]
    recorder.change(ServiceSessionFields, command.session_id, **{name: getattr(record, name) for name in names})
    return _rest_of_group(command.session_id, command.content, people, command.submit, recorder)


def _group_people(content: GroupContent, names_are_words: bool, work: Work) -> list[Stored[ParticipantFields]]:
    """Who was there, after everything that speaks against it."""
    ids = tuple(dict.fromkeys(person for person, _ in content.attendees))
    if not ids:
        raise Invalid(attendees="missing")
    if any(attendance not in ATTENDANCE for _, attendance in content.attendees):
        raise Invalid(attendees="not_valid")
    if not content.topic.strip():
        raise Invalid(topic="missing")
    if {person for person, _ in content.notes} - set(ids):
        raise Invalid(notes="not_valid")
    _not_apart(ids, work)
    people = [work.get(ParticipantFields, id) for id in each_once(ids, work)]
    if len(people) < 2 and not content.others_present:
        raise Invalid(attendees="missing")
    if not names_are_words and names_in(f"{content.topic} {content.narrative}", [item.fields for item in people]):
        raise Invalid(narrative="names_participant")
    return people


def _rest_of_group(
    session_id: UUID, content: GroupContent, people: Iterable[Stored[ParticipantFields]], submit: bool, recorder: Recorder
) -> Done:
    """Attendance, the notes of each, and the way to the supervisor."""
    from cmpp_desktop.domain.reviews import SubmitForSignature, submit_for_signature

    teams = {item.id: item.team_id for item in people}
    owner = recorder.get(ServiceSessionFields, session_id)
    there = _attending(session_id, recorder)
    _attend_all(session_id, dict(content.attendees), there, recorder, owner.team_id)
    for person, text in content.notes:
        if text.strip():
            note = validated(
                NoteFields, participant_id=person, text=text, written_at=recorder.now, author_id=recorder.actor.staff_id
            )
            # What is said of somebody at a restricted session is restricted too.
            where: Compartment | None = "restricted" if owner.compartment == "restricted" else None
            recorder.add(note, team_id=teams[person], compartment=where)
    if submit:
        submit_for_signature(SubmitForSignature("service_session", session_id), recorder)
    return Done(session_id, None if submit else recorder.undo(session_id))


def _group_record(content: GroupContent, owner: UUID, work: Work) -> ServiceSessionFields:
    if not content.narrative.strip() and content.minutes == 0:
        raise Invalid(narrative="missing")
    return validated(
        ServiceSessionFields,
        participant_id=owner,
        services=list(content.services),
        when=content.when,
        minutes=content.minutes,
        mode=content.mode,
        place=content.place,
        place_note=content.place_note,
        language=content.language,
        interpreter=content.interpreter,
        staff_ids=list(dict.fromkeys((work.actor.staff_id, *content.staff_ids))),
        narrative=content.narrative,
        staff_minutes=content.staff_minutes or content.minutes,
        award=content.award,
        topic=content.topic,
        others_present=content.others_present,
    )


def is_group(session: ServiceSessionFields) -> bool:
    """Whether people of several households were served together: then nobody of them is named in another's file."""
    return bool(session.topic)


def names_in(text: str, people: Iterable[ParticipantFields]) -> frozenset[str]:
    """The words of these people's names that stand in a text as words of their own, whatever their case or accents."""
    plain = _plain(text)
    words = set(plain.split())
    found: set[str] = set()
    for person in people:
        names = (person.legal_name.given, person.legal_name.family, person.preferred_name, person.native_name, *person.aliases)
        for word in (word for name in names for word in _plain(name).split() if len(word) > 1):
            if word in words or (_runs_on(word) and word in plain):
                found.add(word)
    return frozenset(found)


def _plain(text: str) -> str:
    """Words with single spaces between them, in lower case, without accents."""
    letters = (letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter))
    kept = "".join(letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in letters)
    return " ".join(kept.split())


def _runs_on(word: str) -> bool:
    """Whether it is in a script that puts no spaces between words."""
    return unicodedata.name(word[0], "").startswith(("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR"))


def _not_apart(people: Iterable[UUID], work: Work) -> None:
    try:
        refuse_together(people, work)
    except Invalid:
        raise Invalid(attendees="kept_apart") from None


def change_session(command: ChangeSession, work: Work) -> Done:
    from cmpp_desktop.domain.reviews import SubmitForSignature, submit_for_signature

    stored = work.get(ServiceSessionFields, command.session_id)
    if is_group(stored.fields):
        raise Invalid(session_id="is_a_group")
    people = (stored.fields.participant_id, *(person for person, _ in command.content.attendees))
    _not_apart(people, work)
    _goals_of(command.content, people, work)
    work.change(ServiceSessionFields, command.session_id, **_values(command.content))
    _attend(command.session_id, stored.fields.participant_id, command.content, work, stored.team_id)
    if command.submit:
        submit_for_signature(SubmitForSignature("service_session", command.session_id), work)
    return Done(command.session_id)


def _goals_of(content: SessionContent, people: Iterable[UUID], work: Work) -> None:
    """The goals that it worked towards are those of somebody who was there."""
    from cmpp_desktop.domain.plans import check_goals

    if content.goal_ids:
        check_goals(content.goal_ids, {same for id in people for same in work.same(id)}, work)


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
        **({} if content.goal_ids is None else {"goal_ids": list(content.goal_ids)}),
    }


def _attend(session_id: UUID, owner: UUID, content: SessionContent, work: Work, team_id: UUID | None) -> None:
    _attend_all(session_id, {owner: "present"} | dict(content.attendees), _attending(session_id, work), work, team_id)


def _attending(session_id: UUID, work: Work) -> dict[UUID, Stored[AttendanceFields]]:
    """Who is down for a session."""
    return {item.fields.participant_id: item for item in work.find(AttendanceFields, session_id=session_id)}


def _attend_all(
    session_id: UUID,
    wanted: Mapping[UUID, str],
    there: dict[UUID, Stored[AttendanceFields]],
    work: Work,
    team_id: UUID | None,
) -> None:
    """Makes the attendances of a session those that are wanted; `there`: those that there are."""
    for participant_id in each_once(wanted, work):
        attendance = wanted[participant_id]
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


def restore_session(command: RestoreSession, work: Work) -> Done:
    recorder = Recorder(work)
    recorder.restore(ServiceSessionFields, command.session_id)
    for id in command.attendance_ids:
        recorder.restore(AttendanceFields, id)
    return Done(command.session_id, recorder.undo(command.session_id))


def delete_session(command: DeleteSession, work: Work) -> Done:
    recorder = Recorder(work)
    for item in work.find(AttendanceFields, session_id=command.session_id):
        recorder.delete(AttendanceFields, item.id, command.reason)
    recorder.delete(ServiceSessionFields, command.session_id, command.reason)
    return Done(command.session_id, recorder.undo(command.session_id))
