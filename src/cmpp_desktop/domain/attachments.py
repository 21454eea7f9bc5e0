"""Attachments: what is known of a document or picture. The content lies beside, in the encrypted store, under its hash, and
travels beside, sealed under a key of its own that lies here."""

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

LARGEST = 100 * 1024 * 1024  # bytes


class AttachmentFields(Fields):
    """A document in a participant's file. `content_hash` is SHA-256 of the content in hex. `blob_key`, 32 random bytes in hex, is
    the key under which the content travels; "" in a record of an older program, whose content stays where it is."""

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
    blob_key: str = line(64)


@dataclass(frozen=True)
class AddAttachment(Command):
    """A document comes into a participant's file. Its content is kept in the same unit of work by whoever read it
    (`workspace.attach`): the command says what is known of it. `restricted`: that it is there tells what only some may know.
    `blob_key`: a new one, which a document with the same content in the same place replaces by its own: it travels once."""

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
    blob_key: str = ""


@dataclass(frozen=True)
class LetAttachmentTravel(Command):
    """A document of an older program gets the key under which its content travels. Nothing happens when it has one."""

    attachment_id: UUID
    blob_key: str


def add_attachment(command: AddAttachment, work: Work) -> Done:
    team = work.get(ParticipantFields, command.participant_id).team_id
    compartment = "restricted" if command.restricted else "caseload"
    same = [
        one.fields.blob_key
        for one in work.find(AttachmentFields, content_hash=command.content_hash)
        if one.fields.blob_key and (one.team_id, one.compartment) == (team, compartment)
    ]
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
        blob_key=same[0] if same else command.blob_key,
    )
    made = work.add(record, team_id=team, compartment="restricted" if command.restricted else None)
    return Done(made, RemoveRecord(AttachmentFields.kind, made))


def let_attachment_travel(command: LetAttachmentTravel, work: Work) -> Done:
    if not work.get(AttachmentFields, command.attachment_id).fields.blob_key:
        work.change(AttachmentFields, command.attachment_id, blob_key=command.blob_key)
    return Done(command.attachment_id)


PLAIN = (Plain(AttachmentFields),)
