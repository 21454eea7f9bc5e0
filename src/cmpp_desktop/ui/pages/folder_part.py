"""Exchange with a stick or a shared folder, on the page of what was sent: choose it, watch a number, read what became of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QWidget

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.files import ask_for_folder
from cmpp_desktop.ui.messages import message_for
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.folder_documents_part import FolderDocumentsPart
from cmpp_desktop.ui.widgets import Banner, Button, Label, ProgressRow, column, row
from cmpp_desktop.words import Words
from cmpp_desktop.workspace import FolderReport


def done_words(done: FolderReport, words: Words) -> tuple[str, str]:
    """What an exchange with a folder did: a title, and what is safe and what to do."""
    came = words.plural("{n} package came in", "{n} packages came in", done.bundles_in)
    went = words.plural("{n} file was written", "{n} files were written", done.files_out)
    if done.bundles_in or done.files_out:
        title = words("{came}, {went}.", came=came, went=went)
    else:
        title = words("Both have the same already.")
    said: list[str] = []
    if done.problem is not None:
        message = message_for(KnownError(done.problem), words)
        said += [message.happened, message.safe, message.do]
        said.append(words.plural("{n} file is still to be written.", "{n} files are still to be written.", done.left))
    if done.stopped:
        said.append(words("It was stopped. What came in is here; the rest comes the next time."))
    if done.damaged:
        said.append(
            words.plural(
                "{n} file on it was not whole and was left. A laptop that has it writes it anew.",
                "{n} files on it were not whole and were left. A laptop that has them writes them anew.",
                done.damaged,
            )
        )
    if done.behind:
        said.append(
            words.plural(
                "{n} old package is not on it: a laptop that lacks it gets it from the server.",
                "{n} old packages are not on it: a laptop that lacks them gets them from the server.",
                done.behind,
            )
        )
    if done.needs_update:
        said.append(words("Something on it needs a newer version of this program."))
    if done.others:
        said.append(words("There is another organisation on it, which was not read."))
    if not said and (done.bundles_in or done.files_out):
        said.append(words("“Sent” is said only of what the server has."))
    return title, " ".join(part for part in said if part)


class FolderPart(QWidget):
    """The button, its progress and the result. `after()` is called when something may have come in."""

    def __init__(self, page: Page, after: Callable[[], object]) -> None:
        super().__init__()
        self._page, self._after = page, after
        words = page.words
        self._stop = threading.Event()
        self._running = False
        self.button = Button(words("Exchange with a stick or folder"), icon="usb", key="Alt+F", on=self.choose)
        self.note = Label("", "small", tone="ink2", wrap=True)
        self.progress = ProgressRow(words("Exchanging with the folder"), words("Stop"), self._stop.set)
        self.result = Banner("", "", tone="calm")
        self.documents = FolderDocumentsPart(page)
        self.setLayout(column(row(self.button, None), self.note, self.progress, self.result, self.documents, gap=6))
        self.progress.hide()
        self.result.hide()
        self.show_for(ended=False)

    def show_for(self, *, ended: bool, alone: bool = False) -> None:
        """Says what an exchange does here. `ended`: this laptop is out, and only hands over what it had not sent. `alone`:
        there is no server."""
        words = self._page.words
        both = words(
            "Without a network: sealed packages on a USB stick or in a shared folder, both ways. Nobody can read them there."
            " Documents go along after them."
        )
        only = words(
            "Sealed packages, both ways, and after them the documents that others lack. Nobody can read them there."
        )
        out = words(
            "What this laptop had not sent goes onto a USB stick or into a shared folder, sealed. Nothing comes in."
            " A colleague takes it in on the page of what was sent."
        )
        self.note.setText(out if ended else only if alone else both)
        self._says = words("Hand over what was not sent") if ended else words("Exchange with a stick or folder")
        self.button.setText(self._says)
        self.button.setAccessibleName(self._says)

    def show_button(self, shown: bool) -> None:
        """Whether the button is here, or (without a server) at the top of the page."""
        self.button.setVisible(shown)

    def choose(self) -> None:
        """Asks for a folder, and exchanges with it."""
        if not self._running:
            ask_for_folder(self._page, self._says, self.take)

    def take(self, folder: Path) -> None:
        """Exchanges with a folder that was chosen."""
        if self._running:
            return
        door, stop = self._page.ui.door, self._stop
        stop.clear()
        self._running = True
        self.result.hide()
        self.documents.close_quietly()
        self.button.setEnabled(False)
        self.progress.advance(0, 0, "")
        self.progress.show()
        self._page.ui.bridge.run(
            lambda step: door.exchange_folder(folder, step, stop.is_set), lambda done: self._done(folder, done), self._failed,
            "net", steps=self._step, owner=self,
        )  # fmt: skip

    def _step(self, done: int, total: int) -> None:
        self.progress.advance(done, total, self._page.words("{done} of {total}", done=done, total=total))

    def _done(self, folder: Path, done: FolderReport) -> None:
        self._over()
        if done.problem is None and not done.stopped:
            self.documents.offer(folder)
        self.result.show()
        self.result.tell(*done_words(done, self._page.words))
        self._after()

    def _failed(self, error: BaseException) -> None:
        self._over()
        self._page.ui.trouble(error)

    def _over(self) -> None:
        self._running = False
        self.progress.hide()
        self.button.setEnabled(True)
