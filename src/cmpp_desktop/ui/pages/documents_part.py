"""The documents of a file: how many are on this laptop, keeping all of them here, fetching, and what cannot be had.

What is fetched comes behind everything else, with how far it is, also while somebody works elsewhere; stopped, it goes on another
time from where it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from cmpp_desktop.ui.bridge import Job
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.pdf_fetch import MEGABYTE, megabytes
from cmpp_desktop.ui.widgets import Button, Label, ProgressRow, announce, column, row
from cmpp_desktop.words import Words
from cmpp_desktop.workspace.views_documents import DocumentHere, Fetched, FileDocuments


class DocumentsPart(QWidget):
    """`came`: some content has come to this laptop, or the file is kept here, or no longer."""

    came = Signal()

    def __init__(self, page: Page) -> None:
        super().__init__()
        words = page.words
        self._page = page
        self._about: UUID | None = None
        self._file = FileDocuments()
        self._missing: dict[UUID, str] = {}
        self._job: Job | None = None
        self.said = Label("", tone="ink2", wrap=True)
        self.keep = Button(words("Keep on this laptop"), icon="download", on=self._keep)
        self.no_longer = Button(words("No longer keep it here"), kind="quiet", on=self._no_longer)
        self.fetch = Button(words("Fetch them now"), icon="download", on=self.fetch_all)
        self.progress = ProgressRow(words("Fetching documents"), words("Stop"), self.stop)
        self.missing = Label("", tone="amber", wrap=True)
        buttons = row(self.keep, self.fetch, self.no_longer, None, gap=8)
        self.setLayout(column(self.said, buttons, self.progress, self.missing, gap=8, margins=(0, 0, 0, 8)))
        self.progress.hide()
        self.hide()
        page.ui.metered.changed.connect(self._other_network)

    def show_file(self, participant_id: UUID, file: FileDocuments) -> None:
        """What the store says of a file's documents now."""
        if participant_id != self._about:
            self._about, self._missing = participant_id, {}
        self._file = file
        self._missing = {one.id: self._missing[one.id] for one in file.away if one.id in self._missing}
        self.setVisible(bool(file.documents))
        self.said.setText(said_of(file, self._page.words, waits=file.kept and self._waits()))
        away = any(one.travels for one in file.away)
        busy = self._job is not None
        stood = self.keep.hasFocus()
        self.keep.setVisible(not file.kept and not file.alone and not busy)
        self.no_longer.setVisible(file.kept and not busy)
        self.fetch.setVisible(file.kept and away and not busy)
        if stood and not self.keep.isVisible():
            (self.no_longer if self.fetch.isHidden() else self.fetch).setFocus(Qt.FocusReason.OtherFocusReason)
        self._say_missing()

    def _waits(self) -> bool:
        """Whether what is kept here comes by itself on another network only, by the rule of this laptop."""
        return self._file.rule == "metered" and self._page.ui.metered.now() is True

    def _other_network(self) -> None:
        if self._about is not None and self._file.kept:
            self.show_file(self._about, self._file)

    def fetch_all(self) -> None:
        """Everything of this file that is not here and can travel."""
        self.start(one.id for one in self._file.away if one.travels)

    def start(self, ids: Iterable[UUID]) -> None:
        """Fetches these, one after the other."""
        wanted = tuple(ids)
        if self._job is not None or not wanted:
            return
        door = self._page.ui.door
        self.progress.advance(0, 0, "")
        self._job = self._page.ui.bridge.run(
            lambda step: door.fetch_documents(wanted, step), self._over, self._failed, "documents", steps=self._step, owner=self
        )
        self.progress.show()
        for button in (self.keep, self.no_longer, self.fetch):
            if button.hasFocus():
                self.progress.cancel.setFocus(Qt.FocusReason.OtherFocusReason)
            button.hide()

    def stop(self) -> None:
        """What came so far stays."""
        if self._job is not None:
            self._job.cancel()
            self._ended()
            announce(self, self._page.words("Stopped. What came so far is kept."))
            self.came.emit()

    def _ended(self) -> None:
        self._job = None
        self.progress.hide()

    def _keep(self) -> None:
        """Keeps it, and fetches what it lacks, but on a network that is paid by size: there somebody asks for that, too."""
        self._put(True)
        if self._waits():
            announce(self, waits_words(self._page.words))
        else:
            self.fetch_all()

    def _no_longer(self) -> None:
        self._put(False)

    def _put(self, yes: bool) -> None:
        about, door = self._about, self._page.ui.door
        if about is not None:
            self._page.call(lambda: door.keep_file_here(about, yes), lambda nothing: self.came.emit())

    def _step(self, done: int, total: int) -> None:
        of = megabytes(total, self._page.words)
        said = self._page.words("{done} of {size}", done=done // MEGABYTE, size=of)
        self.progress.advance(done // 1024, total // 1024, said)

    def _over(self, fetched: Fetched) -> None:
        self._ended()
        self._missing |= dict(fetched.missing)
        words = self._page.words
        announce(self, words.plural("{n} document came.", "{n} documents came.", fetched.came))
        self.came.emit()

    def _failed(self, error: BaseException) -> None:
        self._ended()
        self._page.ui.trouble(error)
        self.came.emit()

    def _say_missing(self) -> None:
        lines = [why_not(one, self._missing.get(one.id, ""), self._file, self._page.words) for one in self._file.away]
        self.missing.setText("\n".join(line for line in lines if line))
        self.missing.setVisible(any(lines))


def waits_words(words: Words) -> str:
    """Why what is kept here does not come now."""
    return words("This network is paid by size: documents wait for another network, or until you fetch them.")


def said_of(file: FileDocuments, words: Words, *, waits: bool = False) -> str:
    """How many are here, and what becomes of the others."""
    away, count = file.away, len(file.documents)
    if not away:
        said = words.plural("The document is on this laptop.", "All {n} documents are on this laptop.", count)
    else:
        size = megabytes(sum(one.size - one.here for one in away), words)
        said = words(
            "{here} of {n} documents are on this laptop; {size} are not here yet.", here=count - len(away), n=count, size=size
        )
    if file.alone and away:
        return f"{said} {words('They come by a stick or the shared folder.')}"
    if not file.kept:
        return said
    if waits:
        return f"{said} {words('This file is kept here.')} {waits_words(words)}"
    if file.asks:
        return f"{said} {words('This file is kept here. This laptop asks before large documents: nothing comes by itself.')}"
    return f"{said} {words('This file is kept here: what is added elsewhere comes by itself.')}"


def why_not(one: DocumentHere, code: str, file: FileDocuments, words: Words) -> str:
    """Why a document cannot be had, in words; "" where nothing stands in its way as far as is known."""
    if file.alone or (one.travels and not code):
        return ""
    if code == "content_damaged":
        return words("{title}: what came was not the document, and was not kept. Try again later.", title=one.title)
    if one.lost:
        return words(
            "{title}: it can no longer be fetched. Nobody’s laptop is known to have it: ask for another copy.", title=one.title
        )
    if not one.who:
        return words("{title}: the server does not have it yet.", title=one.title)
    return words("{title}: the server does not have it yet. It is on {who}’s laptop.", title=one.title, who=one.who)
