"""Attachments: a document comes in from a file, is looked at in the window, and goes out again only as a copy with a reason.

The bytes go from the file straight into the encrypted store, piece by piece, the last of them in one transaction with their
record; no other file is ever made. They are sent to the server beside the records, sealed, and fetched on another laptop when
somebody opens them there; until then `content_elsewhere` says on whose laptop a document is.
"""

from __future__ import annotations

import hashlib
import io
import mimetypes
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from cmpp_desktop.changes import HERE
from cmpp_desktop.domain.attachments import LARGEST, AddAttachment, AttachmentFields, LetAttachmentTravel
from cmpp_desktop.domain.dispatch import handle
from cmpp_desktop.domain.entries import OneRecord
from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.domain.work import Done, Stored, Work
from cmpp_desktop.errors import Invalid, KnownError
from cmpp_desktop.sync.blobs import Carried
from cmpp_desktop.workspace.files import write_private
from cmpp_desktop.workspace.profile import Opened
from cmpp_desktop.workspace.views import DocumentsSent, Paper
from cmpp_desktop.workspace.views_network import DocumentsRule

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/bmp", "image/tiff"})
_BEGINS = (
    (b"%PDF-", "application/pdf"), (b"\x89PNG\r\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"), (b"II*\0", "image/tiff"), (b"MM\0*", "image/tiff"),
)  # fmt: skip
MOST_DOTS = 60_000_000  # of a picture that is shown
LARGE = 5_000_000  # bytes, from which a document is asked about before it is fetched, on a laptop that was told so
ASKS = "asks_before_large"
RULE, RULES = "documents_rule", ("metered", "always", "ask")  # when documents travel; the first until somebody chooses
PIECE = 1 << 20  # bytes that are in memory of a document that comes in or goes out
Step = Callable[[int, int], object]


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
    digest, size, begins = _looked_at(path)
    command = AddAttachment(
        participant_id,
        title.strip() or path.stem[:200],
        digest,
        size,
        media_type_of(path.name, begins),
        document_type,
        received_on,
        expires_on,
        source,
        note,
        restricted,
        opened.random(32).hex(),
    )
    documents = opened.store.documents
    documents.coming(digest, True)
    try:
        first = _brought_in(opened, path, digest)

        def act(work: Work) -> Done:
            done = handle(command, work)
            cast(Any, work).keep_piece(digest, 0, first)  # the store's own unit of work: the domain knows of no bytes
            return done

        return opened.carry_out(act, HERE)
    finally:
        documents.coming(digest, False)


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece
    except OSError:
        raise KnownError("file_unreadable") from None


def _looked_at(path: Path) -> tuple[str, int, bytes]:
    """SHA-256 in hex, the size, and how it begins."""
    made, size, begins = hashlib.sha256(), 0, b""
    for piece in _pieces(path):
        made.update(piece)
        begins = begins or piece[:16]
        size += len(piece)
        if size > LARGEST:
            raise Invalid(path="over_100_mb")
    if not size:
        raise Invalid(path="empty_file")
    return made.hexdigest(), size, begins


def _brought_in(opened: Opened, path: Path, digest: str) -> bytes:
    """Puts all pieces but the first into the store, and gives that one. A file that is written to meanwhile is refused."""
    documents = opened.store.documents
    here = opened.at_store(lambda: documents.numbers(digest))
    made, first = hashlib.sha256(), b""
    for n, piece in enumerate(_pieces(path)):
        made.update(piece)
        if n == 0:
            first = piece
        elif n not in here:
            opened.at_store(lambda n=n, piece=piece: documents.put_piece(digest, n, piece))  # type: ignore[misc]  # bound now
    if made.hexdigest() != digest:
        if 0 not in here:
            opened.at_store(lambda: documents.forget_content(digest))
        raise KnownError("file_unreadable")
    return first


def media_type_of(name: str, data: bytes) -> str:
    """By how the content begins; else by the ending of the file's name."""
    known = next((kind for begin, kind in _BEGINS if data.startswith(begin)), "")
    return known or mimetypes.guess_type(name, strict=True)[0] or "application/octet-stream"


def open_attachment(opened: Opened, attachment_id: UUID) -> tuple[Stored[AttachmentFields], bytes]:
    """See `Workspace.open_attachment`."""
    stored: Stored[AttachmentFields] = opened.ask(OneRecord("attachment", attachment_id))
    data = opened.content(stored.fields.content_hash)
    if data is None:
        raise _elsewhere(opened, stored)
    opened.note("attachment_opened", "attachment", attachment_id)
    return stored, data


def _elsewhere(opened: Opened, stored: Stored[AttachmentFields]) -> KnownError:
    """Facts: on whose laptop it was added, its size, how much of it is here already; `travels`: it can be fetched; `ask`: not
    before somebody has said so; `rule`: of documents and the network; `alone`: there is no server that it could come from."""
    names = {person.id: person.name for person in opened.ask(Organisation()).staff}
    fields, alone = stored.fields, opened.engine.status().alone is not None
    here = opened.at_store(lambda: opened.store.documents.numbers(fields.content_hash))
    return KnownError(
        "content_elsewhere",
        who=names.get(stored.created_by, ""),
        size=fields.size,
        here=min(len(here) * PIECE, fields.size),
        travels=bool(fields.blob_key) and not alone,
        alone=alone,
        ask=bool(opened.setting(ASKS)) and fields.size > LARGE,
        rule="always" if opened.anyway else rule_of(opened),
    )


def fetch(opened: Opened, attachment_id: UUID, step: Step | None) -> None:
    """See `Workspace.fetch_document`."""
    stored: Stored[AttachmentFields] = opened.ask(OneRecord("attachment", attachment_id))
    document = opened.at_store(lambda: opened.store.documents.document(attachment_id))
    if document is None or not document.key:
        raise _elsewhere(opened, stored)
    try:
        opened.carrier.fetch(document, step)
    except KnownError as error:
        raise _elsewhere(opened, stored) if error.code == "content_elsewhere" else error from error


def rule_of(opened: Opened) -> DocumentsRule:
    """When documents travel on this laptop."""
    chosen = opened.setting(RULE)
    return cast(DocumentsRule, chosen if chosen in RULES else RULES[0])


def _held_back(opened: Opened, metered: bool | None) -> str:
    """Why documents wait by the rule: "metered", "ask", or "" where they go."""
    rule = rule_of(opened)
    holds = not opened.anyway and (rule == "ask" or (rule == "metered" and metered is True))
    return rule if holds else ""


def carry(opened: Opened, step: Step | None, metered: bool | None = None) -> DocumentsSent:
    """See `Workspace.carry_documents`."""
    from cmpp_desktop.workspace.documents_here import bring_kept

    with opened.carrying:
        if opened.is_out() or opened.engine.status().problem is not None:
            return DocumentsSent()
        for one in opened.at_store(opened.store.documents.without_key):
            opened.do(LetAttachmentTravel(one.id, opened.random(32).hex()), HERE)
        if opened.engine.status().alone is not None:
            return DocumentsSent()  # there is no server to carry them to
        if held_back := _held_back(opened, metered):
            left = opened.carrier.waiting()
            opened.carried = Carried(left=left, problem=held_back if left else None)
            return DocumentsSent(left=left, problem=opened.carried.problem)
        told = opened.carried = opened.carrier.carry(step)
        more = told.problem is None and told.sent > 0
        if not more:  # what waits to be sent goes before what this laptop would like to have
            more = bring_kept(opened, step)
        opened.anyway = opened.anyway and (told.left > 0 or more)
        return DocumentsSent(told.sent, told.left, told.problem, more)


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
