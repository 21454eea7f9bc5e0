"""Papers that are made here, and documents that are kept here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from cmpp_desktop.workspace.core import Core
from cmpp_desktop.workspace.views import DocumentsSent, Paper, PaperRequest

if TYPE_CHECKING:
    from cmpp_desktop.domain.calendar import CalendarExport
    from cmpp_desktop.domain.work import Done
    from cmpp_desktop.workspace.views_documents import Fetched, FileDocuments, SmallPicture


class Paperwork(Core):
    """What leaves the store is audited, with the reason."""

    def paper(self, request: PaperRequest) -> Paper:
        """Renders a PDF in memory and writes into the audit log that it was made."""
        from cmpp_desktop.workspace import papers

        return papers.render(self._need(), self._held(), request)

    def save_paper(self, paper: Paper, path: Path, *, reason: str, password: str = "") -> None:
        """Writes it where the person asked; logs that it left the store and why. Raises file_not_written."""
        from cmpp_desktop.workspace import papers

        opened = self._need()
        papers.save(
            paper, path, reason=reason, password=password, note=lambda why: opened.note("exported", "paper", None, reason=why)
        )

    def share_paper(
        self,
        paper: Paper,
        path: Path,
        *,
        scope: str,
        recipient: str,
        purpose: str = "",
        override_reason: str = "",
        password: str = "",
    ) -> Done:
        """Writes it for somebody outside, under a consent that covers it, and enters that into the ledger of disclosures.
        `override_reason`: a supervisor's or administrator's, to go without one. Raises needs_consent, not_allowed, Invalid,
        file_not_written (then nothing was shared)."""
        from cmpp_desktop.workspace import papers

        return papers.share(
            self._need(),
            paper,
            path,
            scope=scope,
            recipient=recipient,
            purpose=purpose,
            override_reason=override_reason,
            password=password,
        )

    def export_calendar(self, path: Path, question: CalendarExport, *, reason: str, language: str = "en") -> int:
        """Writes an iCalendar file without names, numbers or notes, audited. Returns how many entries; raises Invalid,
        file_not_written."""
        from cmpp_desktop.workspace import calendar

        return calendar.export(self._need(), path, question, reason=reason, language=language)

    def export_dictionary(self, path: Path, *, language: str = "en") -> int:
        """Writes the data dictionary, as JSON where the file is called so, else as CSV; audited. Nobody's record is in it, so no
        reason is asked. Returns how many fields; raises file_not_written."""
        from cmpp_desktop.workspace import papers

        return papers.dictionary(self._need(), path, language)

    def attach(
        self,
        path: Path,
        participant_id: UUID,
        *,
        title: str = "",
        document_type: str = "other",
        received_on: date | None = None,
        expires_on: date | None = None,
        source: str = "",
        note: str = "",
        restricted: bool = False,
    ) -> Done:
        """A file becomes a document of somebody's file, encrypted in the store, in one transaction. The file itself is left
        where it is. At most 100 MiB. Raises Invalid path over_100_mb, empty_file; file_unreadable, disk_full."""
        from cmpp_desktop.workspace import attachments

        return attachments.attach(
            self._need(), path, participant_id, title=title, document_type=document_type, received_on=received_on,
            expires_on=expires_on, source=source, note=note, restricted=restricted,
        )  # fmt: skip

    def open_attachment(self, attachment_id: UUID) -> bytes:
        """Its content, in memory; audited. Raises record_missing, content_elsewhere (facts who, size, here, travels, ask)."""
        from cmpp_desktop.workspace import attachments

        return attachments.open_attachment(self._need(), attachment_id)[1]

    def fetch_document(self, attachment_id: UUID, step: Callable[[int, int], object] | None = None) -> None:
        """Brings a document's content to this laptop, from where it broke off last; it stays. `step(done, of)` in bytes, which
        may raise to stop. Waits for the network, and nothing waits for it. Raises content_elsewhere (facts who, size, here,
        travels, ask), content_damaged, disk_full, server_unreachable and others."""
        from cmpp_desktop.workspace import attachments

        attachments.fetch(self._need(), attachment_id, step)

    def carry_documents(
        self, step: Callable[[int, int], object] | None = None, *, metered: bool | None = None
    ) -> DocumentsSent:
        """Sends contents of documents that the server lacks, and tells it which may go; after an exchange that went well. Waits
        for the network, and no exchange waits for it. `metered`: whether this network is paid by size (None: nobody knows); by
        the `documents_rule` they are only counted then. Raises what `step` raises; what goes wrong is in the answer."""
        from cmpp_desktop.workspace import attachments

        return attachments.carry(self._need(), step, metered)

    def file_documents(self, participant_id: UUID) -> FileDocuments:
        """The documents of a file that the asker may see, and which of them are on this laptop. Raises record_missing."""
        from cmpp_desktop.workspace import documents_here

        return documents_here.of_file(self._need(), participant_id)

    def fetch_documents(self, ids: Iterable[UUID], step: Callable[[int, int], object] | None = None) -> Fetched:
        """Brings contents of several documents here, as `fetch_document` does of one; one that cannot be had does not stop the
        others. `step(done, of)` in bytes of all, which may raise to stop: what came stays. Raises server_unreachable, disk_full
        and others."""
        from cmpp_desktop.workspace import documents_here

        return documents_here.fetch(self._need(), ids, step)

    def keep_file_here(self, participant_id: UUID, yes: bool) -> None:
        """From now on the documents of a file come to this laptop by themselves, after each exchange; or no longer. What is here
        stays."""
        from cmpp_desktop.workspace import documents_here

        documents_here.keep(self._need(), participant_id, yes)

    def small_picture(self, attachment_id: UUID) -> SmallPicture | None:
        """For a small picture of a document, in memory only; None where its content is not here, or has no picture, or is over
        20 MB. It is no opening of the document and is not audited. Raises record_missing, locked, store_damaged."""
        from cmpp_desktop.workspace import documents_here

        return documents_here.small_picture(self._need(), attachment_id)

    def asks_before_large(self) -> bool:
        """Whether this laptop asks before it fetches a large document (a metered network)."""
        from cmpp_desktop.workspace import attachments

        return bool(self._need().setting(attachments.ASKS))

    def ask_before_large(self, yes: bool) -> None:
        """Asks, or no longer, before it fetches a document of more than 5 MB."""
        from cmpp_desktop.workspace import attachments

        self._need().put_setting(attachments.ASKS, yes)

    def save_attachment(self, attachment_id: UUID, path: Path, *, reason: str) -> None:
        """Writes a copy where the person asked, as it came; logs that it left the store and why. Raises Invalid reason
        missing, content_elsewhere, file_not_written."""
        from cmpp_desktop.workspace import attachments

        attachments.save_copy(self._need(), attachment_id, path, reason=reason)
