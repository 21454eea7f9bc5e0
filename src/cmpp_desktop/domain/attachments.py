"""Attachments: what is known of a document or picture. The content lies beside, in the encrypted store, under its hash."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from cmpp_desktop.domain.records import Fields, coded, line, prose, refers

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
