"""Documents by a stick or a shared folder, once its records are exchanged: how many and how large, then on their way.

A few megabytes go along at once. More is said first, and goes when somebody says so.
"""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.messages import message_for
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.pdf_fetch import MEGABYTE, megabytes
from cmpp_desktop.ui.widgets import Banner, Button, ProgressRow, column
from cmpp_desktop.words import Words
from cmpp_desktop.workspace import FolderDocuments

AT_ONCE = 20 * MEGABYTE  # bytes that nobody needs to be asked about


def waiting_words(plan: FolderDocuments, words: Words) -> str:
    """What there is to carry."""
    parts = []
    if plan.into:
        size = megabytes(plan.into_bytes, words)
        parts.append(
            words.plural("{n} document can come in ({size}).", "{n} documents can come in ({size}).", plan.into, size=size)
        )
    if plan.out:
        size = megabytes(plan.out_bytes, words)
        parts.append(
            words.plural("{n} document can go onto it ({size}).", "{n} documents can go onto it ({size}).", plan.out, size=size)
        )
    return " ".join(parts)


def carried_words(done: FolderDocuments, words: Words) -> tuple[str, str]:
    """What came and went: a title, and what is safe and what to do."""
    came = words.plural("{n} document came in", "{n} documents came in", done.into)
    went = words.plural("{n} document was written", "{n} documents were written", done.out)
    said: list[str] = []
    if done.problem is not None:
        message = message_for(KnownError(done.problem), words)
        said += [message.happened, message.safe, message.do]
    if done.left:
        said.append(words.plural("{n} document is still to be written.", "{n} documents are still to be written.", done.left))
    if done.stopped:
        said.append(words("It was stopped. What came in is here; the rest comes the next time."))
    if done.missing:
        said.append(
            words.plural(
                "{n} document on it was not whole and was left. A laptop that has it writes it anew.",
                "{n} documents on it were not whole and were left. A laptop that has them writes them anew.",
                done.missing,
            )
        )
    return words("{came}, {went}.", came=came, went=went), " ".join(part for part in said if part)


class FolderDocumentsPart(QWidget):
    """Hidden until `offer` finds something to carry."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        words = page.words
        self._page = page
        self._folder = Path()
        self._stop = threading.Event()
        self._quietly = False
        self.carry_button = Button(words("Carry the documents too"), icon="paperclip", on=self.carry)
        self.result = Banner("", "", tone="calm", buttons=(self.carry_button,))
        self.progress = ProgressRow(words("Carrying documents"), words("Stop"), self._stop.set)
        self.setLayout(column(self.progress, self.result, gap=6))
        self.close_quietly()

    def close_quietly(self) -> None:
        """Another exchange begins."""
        self.progress.hide()
        self.result.hide()
        self.hide()

    def offer(self, folder: Path) -> None:
        """Asks what there is to carry between this laptop and a folder."""
        self._folder, door = folder, self._page.ui.door
        self._page.ui.bridge.run(lambda: door.folder_documents(folder), self._planned, self._failed, "net", owner=self)

    def carry(self) -> None:
        """Carries it."""
        door, folder, stop = self._page.ui.door, self._folder, self._stop
        stop.clear()
        had_focus = self.carry_button.hasFocus()
        self.result.hide()
        self.progress.advance(0, 0, "")
        self.show()
        self.progress.show()
        if had_focus:
            self.progress.cancel.setFocus(Qt.FocusReason.OtherFocusReason)
        self._page.ui.bridge.run(
            lambda step: door.carry_folder_documents(folder, step, stop.is_set), self._done, self._failed, "documents",
            steps=self._step, owner=self,
        )  # fmt: skip

    def _planned(self, plan: FolderDocuments) -> None:
        if plan.bytes <= AT_ONCE:
            self._quietly = not plan.bytes  # what this laptop has is said there all the same
            self.carry()
            self.setVisible(bool(plan.bytes))
            return
        self._quietly = False
        words = self._page.words
        title = words("Documents can be carried, too: {size}.", size=megabytes(plan.bytes, words))
        self.result.tell(title, waiting_words(plan, words))
        self.carry_button.show()
        self.show()
        self.result.show()

    def _step(self, done: int, total: int) -> None:
        of = megabytes(total, self._page.words)
        said = self._page.words("{done} of {size}", done=done // MEGABYTE, size=of)
        self.progress.advance(done // 1024, total // 1024, said)

    def _done(self, done: FolderDocuments) -> None:
        self.progress.hide()
        self.carry_button.hide()
        if self._quietly and done == FolderDocuments():
            return
        self.show()
        self.result.show()
        self.result.tell(*carried_words(done, self._page.words))

    def _failed(self, error: BaseException) -> None:
        self.close_quietly()
        self._page.ui.trouble(error)
