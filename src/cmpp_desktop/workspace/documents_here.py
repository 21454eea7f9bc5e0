"""Documents of a file as they stand on this laptop: what is here, small pictures of it, and files that are kept here whole.

A small picture is made from what is in the encrypted store, in memory, and is never written anywhere. A file that is kept here
has its documents fetched after each exchange, never before the records, a few megabytes at a time so that nothing waits for
them; not where this laptop was told to ask before large ones: there they come when somebody says so.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from cmpp_desktop.changes import SYNC, Changed
from cmpp_desktop.domain.attachments import AttachmentFields
from cmpp_desktop.domain.entries import FileOf, OneRecord
from cmpp_desktop.domain.questions import Organisation
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.errors import KnownError
from cmpp_desktop.sync.folder_documents import FolderCarrier
from cmpp_desktop.sync.folder_report import FolderDocuments
from cmpp_desktop.workspace.attachments import ASKS, MOST_DOTS, PICTURES, PIECE, Step, rule_of
from cmpp_desktop.workspace.views_documents import DocumentHere, Fetched, FileDocuments, SmallPicture

if TYPE_CHECKING:
    from cmpp_desktop.workspace.profile import Opened

log = logging.getLogger(__name__)
KEPT = "kept_files"  # the setting: participants, 16 bytes each
PICTURE_SIDE = 256  # dots of the longer side of a small picture
LARGEST_PICTURED = 20_000_000  # bytes of a document of which a small picture is made
AT_ONCE = 20_000_000  # bytes that one round brings before what waits to be sent has its turn
AGAIN_MS = 3_600_000  # after which something that could not be had is asked for again
_OF_ONE = frozenset({"content_elsewhere", "content_damaged", "record_missing"})  # what is wrong with one, not with the way


def of_file(opened: Opened, participant_id: UUID) -> FileDocuments:
    """See `Workspace.file_documents`."""
    found = _documents(opened, participant_id)
    names = {person.id: person.name for person in opened.ask(Organisation()).staff}
    here = opened.at_store(lambda: opened.store.documents.here(one.fields.content_hash for one in found))
    working = {one.member for one in opened.engine.roster().devices.values() if one.active(opened.engine.roster().no)}
    alone = opened.engine.status().alone is not None
    rows = []
    for one in found:
        fields, (whole, pieces) = one.fields, here[one.fields.content_hash]
        came = fields.size if whole else min(pieces * PIECE, fields.size)
        lost = not whole and one.created_by.int != 0 and one.created_by not in working
        who = names.get(one.created_by, "")
        rows.append(DocumentHere(one.id, fields.title, fields.size, came, whole, bool(fields.blob_key) and not alone, who, lost))
    kept = participant_id.bytes in (opened.setting(KEPT) or ())
    asks = bool(opened.setting(ASKS)) or rule_of(opened) == "ask"
    return FileDocuments(tuple(rows), kept, asks, alone, "always" if opened.anyway else rule_of(opened))


def keep(opened: Opened, participant_id: UUID, yes: bool) -> None:
    """See `Workspace.keep_file_here`."""
    before = [id for id in opened.setting(KEPT) or () if id != participant_id.bytes]
    opened.put_setting(KEPT, [*before, participant_id.bytes] if yes else before)
    opened.documents_tried.clear()


def fetch(opened: Opened, ids: Iterable[UUID], step: Step | None) -> Fetched:
    """See `Workspace.fetch_documents`."""
    documents = [(id, opened.at_store(lambda id=id: opened.store.documents.document(id))) for id in ids]  # type: ignore[misc]  # bound now
    total, done, came = sum(one.size for _, one in documents if one is not None), 0, 0
    missing: list[tuple[UUID, str]] = []
    for id, one in documents:
        if one is None or not one.key:
            missing.append((id, "content_elsewhere"))
            continue
        try:
            opened.carrier.fetch(one, lambda more, of, at=done: step and step(at + more, total))  # type: ignore[misc]  # bound now
            came += 1
        except KnownError as error:
            if error.code not in _OF_ONE:
                raise
            missing.append((id, error.code))
        done += one.size
    return Fetched(came, tuple(missing))


def bring_kept(opened: Opened, step: Step | None) -> bool:
    """Fetches what files that are kept here lack, about `AT_ONCE` bytes of it; whether there may be more. What could not be had
    is left for an hour, as everything is without a network."""
    kept, now = opened.setting(KEPT) or (), opened.engine.now_ms()
    if not kept or opened.setting(ASKS):
        return False
    tried = opened.documents_tried
    lacking = [one for id in kept for one in _lacking(opened, UUID(bytes=id)) if tried.get(one.id, 0) + AGAIN_MS <= now]
    room = AT_ONCE
    for number, one in enumerate(lacking):
        if room <= 0:
            return number < len(lacking)
        tried[one.id] = now
        try:
            told = fetch(opened, (one.id,), step)
        except KnownError as error:
            log.info("documents that are kept here wait: %s", error.code)
            return False
        if told.came:
            room -= one.fields.size
            opened.publish(Changed(frozenset({AttachmentFields.kind}), frozenset({one.id, one.fields.participant_id}), SYNC))
    return False


def by_folder(opened: Opened, folder: Path) -> FolderCarrier:
    """Between this laptop and a stick or a shared folder. Without a server every document is wanted; else those of kept files."""
    alone = opened.engine.status().alone is not None
    kept = [UUID(bytes=id) for id in opened.setting(KEPT) or ()]
    wanted = frozenset() if alone else frozenset(one.id for id in kept for one in _lacking(opened, id))
    return FolderCarrier(
        folder, opened.engine, opened.store.documents, opened.at_store, lambda id: alone or id in wanted
    )  # fmt: skip


def carry_by_folder(opened: Opened, folder: Path, step: Step, cancelled: Callable[[], bool]) -> FolderDocuments:
    """See `Workspace.carry_folder_documents`."""
    if opened.is_out():
        return FolderDocuments()
    done = by_folder(opened, folder).carry(step, cancelled)
    if done.into or done.out:
        opened.note("folder_documents", "", None, taken=done.into, written=done.out)
    if done.into:
        opened.publish(Changed(frozenset({AttachmentFields.kind}), frozenset(), SYNC))
    return done


def small_picture(opened: Opened, attachment_id: UUID) -> SmallPicture | None:
    """See `Workspace.small_picture`."""
    fields: AttachmentFields = opened.ask(OneRecord(AttachmentFields.kind, attachment_id)).fields
    pdf = fields.media_type == "application/pdf"
    if not (pdf or fields.media_type in PICTURES) or fields.size > LARGEST_PICTURED:
        return None
    data = opened.content(fields.content_hash)
    if data is None:
        return None
    if pdf:
        return SmallPicture(pdf=data)
    picture = _made_small(data)
    return SmallPicture(png=picture) if picture else None


def _documents(opened: Opened, participant_id: UUID) -> tuple[Stored[AttachmentFields], ...]:
    return opened.ask(FileOf(participant_id, (AttachmentFields.kind,)))


def _lacking(opened: Opened, participant_id: UUID) -> list[Stored[AttachmentFields]]:
    """Documents of a file that are not here. A file that is not to be seen here any more is kept no longer."""
    try:
        found = _documents(opened, participant_id)
    except KnownError as error:
        if error.code == "record_missing":
            keep(opened, participant_id, False)
        return []
    here = opened.at_store(lambda: opened.store.documents.here(one.fields.content_hash for one in found))
    return [one for one in found if one.fields.blob_key and not here[one.fields.content_hash][0]]


def _made_small(data: bytes) -> bytes:
    """As PNG; b"" for what is no picture, or too large a one."""
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > MOST_DOTS:
                return b""
            picture.draft("RGB", (PICTURE_SIDE, PICTURE_SIDE))
            picture.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
            made = io.BytesIO()
            ImageOps.exif_transpose(picture).convert("RGB").save(made, "PNG")
    except (OSError, ValueError, Image.DecompressionBombError):
        return b""
    return made.getvalue()
