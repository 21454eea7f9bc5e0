"""Attachments: what is known of a document or picture. The content lies beside, in the encrypted store, under its hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.entries import Plain, RemoveRecord
from cmpp_desktop.domain.participants import ParticipantFields
from cmpp_desktop.domain.records import Fields, coded, line, prose, refers, validated
from cmpp_desktop.domain.work import Command, Done, Work

LARGEST = 25 * 1024 * 1024  # bytes


class AttachmentFields(Fields):
    """A document in a participant's file. `content_hash` is SHA-256 of the content in hex."""

    kind: ClassVar[str] = "attachment"

    participant_id: UUID = refers("participant", ...)
    title: str = Field(min_length=1, max_length=200)
    document_type: str = coded("document_type", "other")
    media_type: str = line(100, "application/octet-stream")
    size: int = Field(default=0, ge=0, le=LARGEST)  # bytes
    content_hash: str = Field(min_length=64, max_length=64)
    received_on: date | None = None
    expires_on: date | None = None  # of the document: a passport, a work permit
    source: str = line(200)
    subject_kind: str = line(40)  # what it belongs to, beside the participant
    subject_id: UUID | None = None
    note: str = prose(1000)


@dataclass(frozen=True)
class AddAttachment(Command):
    """A document comes into a participant's file. Its content is kept in the same unit of work by whoever read it
    (`workspace.attach`): the command says what is known of it. `restricted`: that it is there tells what only some may know."""

    participant_id: UUID
    title: str
    content_hash: str  # SHA-256 in hex
    size: int  # bytes
    media_type: str
    document_type: str = "other"
    received_on: date | None = None
    expires_on: date | None = None
    source: str = ""
    note: str = ""
    restricted: bool = False


def add_attachment(command: AddAttachment, work: Work) -> Done:
    team = work.get(ParticipantFields, command.participant_id).team_id
    record = validated(
        AttachmentFields,
        participant_id=command.participant_id,
        title=command.title,
        document_type=command.document_type,
        media_type=command.media_type,
        size=command.size,
        content_hash=command.content_hash,
        received_on=command.received_on or work.today,
        expires_on=command.expires_on,
        source=command.source,
        note=command.note,
    )
    made = work.add(record, team_id=team, compartment="restricted" if command.restricted else None)
    return Done(made, RemoveRecord(AttachmentFields.kind, made))


PLAIN = (Plain(AttachmentFields),)
