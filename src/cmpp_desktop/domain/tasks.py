"""Tasks and notes: what is to be done next, and what was heard or said in between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import Compartment, Fields, validated
from cmpp_desktop.domain.undo import Recorder
from cmpp_desktop.domain.work import Command, Done, Work
from cmpp_desktop.errors import Invalid

PROTECTED_NOTES = frozenset({"mental_health"})


class TaskFields(Fields):
    """Something to do. A rule's task has `title_code` (code list task_title) and a derived id; a person's has `title`."""

    kind: ClassVar[str] = "task"

    participant_id: UUID | None = None
    title: str = Field(default="", max_length=300)
    title_code: str | None = None
    due_on: date | None = None
    due_at: datetime | None = None  # for what is due within hours (a report within 24 hours)
    assigned_to: UUID | None = None
    subject_kind: str = ""
    subject_id: UUID | None = None
    priority: str = "normal"  # normal, high
    done_at: datetime | None = None
    done_by: UUID | None = None
    note: str = Field(default="", max_length=4000)


class NoteFields(Fields):
    """A contact, collateral or supervision note. `pinned` ones stay in reach on the participant's page."""

    kind: ClassVar[str] = "note"

    participant_id: UUID
    type: str = "contact"  # code list note_type: contact, collateral, supervision
    text: str = Field(min_length=1, max_length=100_000)
    written_at: datetime
    author_id: UUID
    pinned: bool = False

    def lives_in(self) -> Compartment:
        return "restricted" if self.type in PROTECTED_NOTES else self.compartment


@dataclass(frozen=True)
class AddTask(Command):
    participant_id: UUID | None
    title: str
    due_on: date | None = None
    assigned_to: UUID | None = None


@dataclass(frozen=True)
class CompleteTask(Command):
    task_id: UUID


@dataclass(frozen=True)
class ReopenTask(Command):
    task_id: UUID


@dataclass(frozen=True)
class WriteNote(Command):
    participant_id: UUID
    text: str
    type: str = "contact"
    pinned: bool = False
    restricted: bool = False  # a mental health note always is


@dataclass(frozen=True)
class ChangeNote(Command):
    note_id: UUID
    values: dict[str, object]


@dataclass(frozen=True)
class DeleteNote(Command):
    note_id: UUID


@dataclass(frozen=True)
class RestoreNote(Command):
    note_id: UUID


def add_task(command: AddTask, work: Work) -> Done:
    if not command.title.strip():
        raise Invalid(title="missing")
    team = work.get(ParticipantFields, command.participant_id).team_id if command.participant_id else None
    task = validated(
        TaskFields,
        participant_id=command.participant_id,
        title=command.title,
        due_on=command.due_on,
        assigned_to=command.assigned_to or work.actor.staff_id,
    )
    return Done(work.add(task, team_id=team))


def complete_task(command: CompleteTask, work: Work) -> Done:
    recorder = Recorder(work)
    if work.get(TaskFields, command.task_id).fields.done_at is None:  # who did it first has done it
        recorder.change(TaskFields, command.task_id, done_at=work.now, done_by=work.actor.staff_id)
    return Done(command.task_id, recorder.undo(command.task_id))


def reopen_task(command: ReopenTask, work: Work) -> Done:
    recorder = Recorder(work)
    recorder.change(TaskFields, command.task_id, done_at=None, done_by=None)
    return Done(command.task_id, recorder.undo(command.task_id))


def write_note(command: WriteNote, work: Work) -> Done:
    participant = work.get(ParticipantFields, command.participant_id)
    note = validated(
        NoteFields,
        participant_id=command.participant_id,
        type=command.type,
        text=command.text,
        written_at=work.now,
        author_id=work.actor.staff_id,
        pinned=command.pinned,
    )
    note_id = work.add(note, team_id=participant.team_id, compartment="restricted" if command.restricted else None)
    return Done(note_id, DeleteNote(note_id))


def change_note(command: ChangeNote, work: Work) -> Done:
    recorder = Recorder(work)
    recorder.change(NoteFields, command.note_id, **command.values)
    return Done(command.note_id, recorder.undo(command.note_id))


def delete_note(command: DeleteNote, work: Work) -> Done:
    work.delete(NoteFields, command.note_id, "written_in_error")
    return Done(command.note_id, RestoreNote(command.note_id))


def restore_note(command: RestoreNote, work: Work) -> Done:
    work.restore(NoteFields, command.note_id)
    return Done(command.note_id, DeleteNote(command.note_id))
