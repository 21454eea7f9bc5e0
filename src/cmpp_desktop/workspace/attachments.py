"""Attachments: a document comes in from a file, is looked at in the window, and goes out again only as a copy with a reason.

The bytes go from the file straight into the encrypted store, in one transaction with their record; no other file is ever
made. Contents are not sent to other laptops yet: there `content_elsewhere` says on whose laptop a document is.
"""

from __future__ import annotations

import hashlib
import io
import mimetypes
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from cmpp_desktop.changes import HERE
from cmpp_desktop.domain.attachments import LARGEST, AddAttachment, AttachmentFields
from cmpp_desktop.domain.dispatch import handle
from cmpp_desktop.domain.entries import OneRecord
from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.domain.work import Done, Stored, Work
from cmpp_desktop.errors import Invalid, KnownError
from cmpp_desktop.workspace.files import write_private
from cmpp_desktop.workspace.profile import Opened
from cmpp_desktop.workspace.views import Paper

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/bmp", "image/tiff"})
_BEGINS = (
    (b"%PDF-", "application/pdf"), (b"\x89PNG\r\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"), (b"II*\0", "image/tiff"), (b"MM\0*", "image/tiff"),
)  # fmt: skip
MOST_DOTS = 60_000_000  # of a picture that is shown


def attach(
    opened: Opened,
    path: Path,
    participant_id: UUID,
    *,
    title: str,
    document_type: str,
    received_on: date | None,
    expires_on: date | None,
    source: str,
    note: str,
    restricted: bool,
) -> Done:
    """See `Workspace.attach`."""
    data = _read(path)
    command = AddAttachment(
        participant_id,
        title.strip() or path.stem[:200],
        hashlib.sha256(data).hexdigest(),
        len(data),
        media_type_of(path.name, data),
        document_type,
        received_on,
        expires_on,
        source,
        note,
        restricted,
    )

    def act(work: Work) -> Done:
        done = handle(command, work)
        cast(Any, work).keep_content(data)  # the store's own unit of work: the domain knows of no bytes
        return done

    return opened.carry_out(act, HERE)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError:
        raise KnownError("file_unreadable") from None
    if len(data) > LARGEST:
        raise Invalid(path="over_25_mb")
    if not data:
        raise Invalid(path="empty_file")
    return data


def media_type_of(name: str, data: bytes) -> str:
    """By how the content begins; else by the ending of the file's name."""
    known = next((kind for begin, kind in _BEGINS if data.startswith(begin)), "")
    return known or mimetypes.guess_type(name, strict=True)[0] or "application/octet-stream"


def open_attachment(opened: Opened, attachment_id: UUID) -> tuple[Stored[AttachmentFields], bytes]:
    """See `Workspace.open_attachment`."""
    stored: Stored[AttachmentFields] = opened.ask(OneRecord("attachment", attachment_id))
    data = opened.content(stored.fields.content_hash)
    if data is None:
        names = {person.id: person.name for person in opened.ask(Organisation()).staff}
        raise KnownError("content_elsewhere", who=names.get(stored.created_by, ""))
    opened.note("attachment_opened", "attachment", attachment_id)
    return stored, data


def save_copy(opened: Opened, attachment_id: UUID, path: Path, *, reason: str) -> None:
    """See `Workspace.save_attachment`."""
    if not reason.strip():
        raise Invalid(reason="missing")
    _, data = open_attachment(opened, attachment_id)
    write_private(path, data)
    opened.note("exported", "attachment", attachment_id, reason=reason.strip())


def paper(opened: Opened, attachment_id: UUID) -> Paper:
    """An attachment as it is shown: a PDF as it is, a picture as a page. Raises no_preview for anything else."""
    stored, data = open_attachment(opened, attachment_id)
    fields = stored.fields
    shown = Paper(
        fields.title, _file_name(fields, stored.created_at.date()), data, 0, fields.participant_id, ("attachment", stored.id),
        stored.compartment == "restricted",
    )  # fmt: skip
    if fields.media_type == "application/pdf":
        return replace(shown, pages=_pages(data))
    if fields.media_type in PICTURES:
        return replace(shown, pdf=_as_page(data), pages=1, original=data)
    raise KnownError("no_preview")


def _file_name(fields: AttachmentFields, day: date) -> str:
    """Without a name or number of anybody: what kind of document, and the day."""
    ending = mimetypes.guess_extension(fields.media_type) or ""
    return f"{fields.document_type.replace('_', '-')}-{day.isoformat()}{ending}"


def _pages(data: bytes) -> int:
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(data)) as document:
            return len(document.pages)
    except pikepdf.PdfError:
        raise KnownError("no_preview") from None


def _as_page(data: bytes) -> bytes:
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > MOST_DOTS:
                raise KnownError("no_preview")
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            page = io.BytesIO()
            upright.save(page, "PDF", resolution=max(96.0, upright.width / 8.0))
    except (OSError, ValueError, Image.DecompressionBombError):
        raise KnownError("no_preview") from None
    return page.getvalue()
