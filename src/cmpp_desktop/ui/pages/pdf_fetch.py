"""A document that is on another laptop: fetched when it is opened, with how far it is, and Esc to stop; what came stays.

One is asked about first where the laptop was told so: a large one, any on a network that is paid by size, or every one.
Without a network it says what to do.
"""

from __future__ import annotations

from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.bridge import Job
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Button, Label, ProgressRow, announce, column, row
from cmpp_desktop.words import Words
from cmpp_desktop.workspace import AttachmentRequest, PaperRequest

MEGABYTE = 1_000_000


def megabytes(size: int, words: Words) -> str:
    """ "12 MB"; "1 MB" for anything smaller."""
    return words("{n} MB", n=max(1, round(size / MEGABYTE)))


class FetchPart(QWidget):
    """Beside the paper of `page`, whose `show_again` it calls once the document is here."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        words = page.words
        self._page, self._id = page, UUID(int=0)
        self._job: Job | None = None
        self.where = Label("", "large", wrap=True)
        self.about = Label("", tone="ink2", wrap=True)
        self.fetch = Button("", kind="primary", key="Return", icon="download", large=True, on=self.start)
        self.progress = ProgressRow(words("Fetching the document"), words("Stop"), self.stop)
        inner = QWidget()
        inner.setLayout(column(self.where, self.about, 8, self.progress, row(self.fetch, None), gap=8))
        inner.setMaximumWidth(look().px(640))
        line = row(inner, None)
        line.setStretch(0, 100)
        self.setLayout(column(line, None, margins=(0, 16, 0, 0)))
        self.hide()

    def takes(self, request: PaperRequest | None, error: BaseException) -> bool:
        """Whether the paper could not be made only because its document is on another laptop, and can be fetched."""
        if not isinstance(request, AttachmentRequest) or not isinstance(error, KnownError):
            return False
        if error.code != "content_elsewhere" or not error.facts.get("travels"):
            return False
        words, who = self._page.words, str(error.facts.get("who", ""))
        size, here = int(error.facts["size"]), int(error.facts["here"])
        self._id = request.attachment_id
        self.where.setText(
            words("This document was added on {who}’s laptop.", who=who) if who else words("This document is on another laptop.")
        )
        whole = megabytes(size, words)
        said = words("{done} of {size} are here already.", done=megabytes(here, words), size=whole) if here else ""
        much = said or words("It has {size}.", size=whole)
        rule, paid = error.facts.get("rule"), self._page.ui.metered.now() is True
        why = words("This network is paid by size.") if paid and rule == "metered" else ""
        sealed = words("It comes sealed, and stays in the encrypted store of this laptop.")
        self.about.setText(" ".join(one for one in (much, why, sealed) if one))
        self.fetch.set_text(words("Fetch {size}", size=megabytes(size - here, words)))
        self.show()
        if error.facts.get("ask") or why or rule == "ask":
            self._wait()
        else:
            self.start()
        return True

    def start(self) -> None:
        """Fetches, from where it broke off."""
        if self._job is not None:
            return
        door, wanted = self._page.ui.door, self._id
        self.fetch.hide()
        self.progress.advance(0, 0, "")
        self.progress.show()
        self.progress.cancel.setFocus(Qt.FocusReason.OtherFocusReason)
        self._job = self._page.ui.bridge.run(
            lambda step: door.fetch_document(wanted, step), self._here, self._not_here, "documents", steps=self._step, owner=self
        )

    def stop(self) -> None:
        """What came so far stays, and the next time goes on from there."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
            announce(self, self._page.words("Stopped. What came so far is kept."))
            self._wait()

    def close_quietly(self) -> None:
        """Somebody goes elsewhere."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self.hide()

    def _wait(self) -> None:
        self.progress.hide()
        self.fetch.show()
        self.fetch.setFocus(Qt.FocusReason.OtherFocusReason)

    def _step(self, done: int, total: int) -> None:
        words = self._page.words
        of = megabytes(total, words)
        self.progress.advance(done // 1024, total // 1024, words("{done} of {size}", done=done // MEGABYTE, size=of))

    def _here(self, nothing: object) -> None:
        self._job = None
        self.hide()
        self._page.reload()

    def _not_here(self, error: BaseException) -> None:
        self._job = None
        self._wait()
        self._page.ui.trouble(error)
