"""Printing a paper: the system's dialog, then page by page, each rendered off the window thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QObject, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtPdf import QPdfDocument
from PySide6.QtPrintSupport import QPrintDialog, QPrinter

from cmpp_desktop.workspace import Paper

if TYPE_CHECKING:
    from cmpp_desktop.ui.pages.pdf_preview import PdfPreviewPage

Render = Callable[[QPdfDocument, int, QSize], QImage]
DOTS_AN_INCH = 200  # sharp enough for text, small enough for an old printer's memory


class PaperPrinter(QObject):
    """One for the preview. `start` asks with the system's dialog; what was printed is written down."""

    def __init__(self, page: PdfPreviewPage, render: Render) -> None:
        super().__init__(page)
        self._page = page
        self._render = render
        self._printer: QPrinter | None = None
        self._painter: QPainter | None = None

    def start(self, document: QPdfDocument, paper: Paper, subject: tuple[str, UUID | None]) -> None:
        """Shows the dialog."""
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setDocName("CMPP")  # print queues show it to everybody
        dialog = QPrintDialog(printer, self._page)
        dialog.accepted.connect(lambda: self.print_to(printer, document, subject))
        dialog.finished.connect(dialog.deleteLater)
        dialog.setModal(True)
        dialog.show()

    def print_to(self, printer: QPrinter, document: QPdfDocument, subject: tuple[str, UUID | None]) -> None:
        """All pages onto a printer that was chosen."""
        printer.setResolution(DOTS_AN_INCH)
        printer.setFullPage(True)
        self._printer, self._painter = printer, QPainter(printer)
        kind, record = subject
        door = self._page.ui.door
        self._page.call(lambda: door.note_access("paper_printed", kind, record))
        self._page.rendering_begins()
        self._next(document, 0)

    def _next(self, document: QPdfDocument, number: int) -> None:
        if self._painter is None or self._printer is None or number >= document.pageCount():
            self._end()
            return
        size = self._painter.viewport().size()
        self._page.ui.bridge.run(
            lambda: self._render(document, number, size),
            lambda image: self._draw(document, number, image),
            self._failed,
            "work",
        )

    def _draw(self, document: QPdfDocument, number: int, image: QImage) -> None:
        if self._painter is None or self._printer is None:
            return
        if number:
            self._printer.newPage()
        self._painter.drawImage(self._painter.viewport(), image)
        self._next(document, number + 1)

    def _failed(self, error: BaseException) -> None:
        self._end(said=False)
        self._page.ui.trouble(error)

    def _end(self, *, said: bool = True) -> None:
        if self._painter is not None:
            self._painter.end()
            self._page.rendering_ends()
        self._painter, self._printer = None, None
        if said:
            self._page.ui.say(self._page.words("Sent to the printer"))
