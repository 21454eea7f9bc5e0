"""A finished paper before it leaves: seen as it prints, read aloud as text, saved with a reason, given to somebody, or printed.

The paper is in memory only. Pages are rendered off the window thread and painted on white. What is saved leaves the
encrypted store: the page says so, asks why, and offers a password.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QKeyEvent, QResizeEvent
from PySide6.QtPdf import QPdfDocument
from PySide6.QtWidgets import QLineEdit, QScrollArea, QStackedWidget, QWidget

from cmpp_desktop.errors import KnownError
from cmpp_desktop.ui.files import among_documents, ask_where_to
from cmpp_desktop.ui.page import Page, Ui
from cmpp_desktop.ui.pages.pdf_fetch import FetchPart
from cmpp_desktop.ui.pages.pdf_print import PaperPrinter
from cmpp_desktop.ui.pages.pdf_share import SharePart
from cmpp_desktop.ui.pages.pdf_view import PageView, next_zoom, render
from cmpp_desktop.ui.pages.session_signed import Reading
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Banner, Button, Chip, Field, Label, Panel, TextField, column, row, scrolled
from cmpp_desktop.workspace import Paper, PaperRequest

POINTS_AN_INCH = 72
SCREEN_DOTS = 96
WIDEST = 1.2  # of paper's own size, unless somebody asks for more


class PdfPreviewPage(Page):
    """`show_for(request=…)`: one of the workspace's requests for a paper."""

    place = "pdf"
    rail = "people"
    kinds: ClassVar[frozenset[str]] = frozenset({"-"})  # a finished paper does not change by itself

    def __init__(self, ui: Ui) -> None:
        super().__init__(ui)
        self._request: PaperRequest | None = None
        self.paper: Paper | None = None
        self._document: QPdfDocument | None = None
        self._old: list[QPdfDocument] = []
        self._rendering = 0
        self._number = 0
        self._zoom: float | None = None  # None: as wide as the room
        words = self.words
        self.heading = Label("", "title")
        self.count = Label("", tone="ink2")
        self.view = PageView()
        self.reading = Reading(words("The paper as text"))
        self.as_text = Chip(words("As text"))
        self.as_text.clicked.connect(self._show_text)
        self.smaller = Button(
            "", icon="zoom-out", kind="plain", key="Ctrl+-", name=words("Smaller"), on=lambda: self._step_zoom(-1)
        )
        self.larger = Button(
            "", icon="zoom-in", kind="plain", key="Ctrl+=", name=words("Larger"), on=lambda: self._step_zoom(1)
        )
        self.fit = Chip(words("Whole width"), checked=True)
        self.fit.clicked.connect(self._fit_width)
        self.before = Button(
            "", icon="chevron-left", kind="plain", key="PgUp", name=words("Page before"), on=lambda: self._turn(-1)
        )
        self.after = Button(
            "", icon="chevron-right", kind="plain", key="PgDown", name=words("Next page"), on=lambda: self._turn(1)
        )
        self.save_button = Button(words("Save"), kind="primary", key="Ctrl+S", icon="download", on=self.open_form)
        self.share_button = Button(words("Give"), key="Ctrl+G", icon="send", on=self.open_share)
        self.print_button = Button(words("Print"), key="Ctrl+P", icon="printer", on=self._print)
        self.close_button = Button(words("Close"), kind="quiet", key="Esc", on=self._close)
        self.printer = PaperPrinter(self, render)
        self._make_form()
        self.share = SharePart(self)
        self.share.hide()
        self.fetching = FetchPart(self)
        self._build()

    def _make_form(self) -> None:
        words = self.words
        self.reason = TextField()
        self.path = TextField()
        self.password = TextField()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.reason_field = Field(
            words("Why does it leave?"), self.reason, help=words("For the record: “for her lawyer”, “for the supervisor”.")
        )
        self.path_field = Field(words("Where to"), self.path, end=Button(words("Another place"), on=self._browse))
        self.password_field = Field(
            words("Password"),
            self.password,
            hint=words("may stay empty"),
            help=words("Whoever opens the file is asked for it."),
        )
        warning = Banner(
            words("What you save leaves the encrypted store."),
            words("Whoever has the file can read it. It is written down that you saved it, and why."),
        )  # fmt: skip
        self.write = Button(words("Save the PDF"), kind="primary", key="Return", large=True, on=self._save)
        self.leave_form = Button(words("Leave"), kind="quiet", key="Esc", on=self._close_form)
        self.form = Panel(
            warning, self.reason_field, self.path_field, self.password_field, row(None, self.leave_form, self.write, gap=16)
        )
        self.form.setMaximumWidth(look().px(720))
        part = row(self.form, None)
        part.setStretch(0, 100)
        self._form_part = scrolled(column(part, None, gap=0), words("Save the PDF"))
        self._form_part.hide()

    def _build(self) -> None:
        area = QScrollArea()
        area.setWidget(self.view)
        area.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setAccessibleName(self.words("The paper as it prints"))
        self._area = area
        self._text_area = scrolled(column(self.reading, None), self.words("The paper as text"))
        self._stack = QStackedWidget()
        self._stack.addWidget(area)
        self._stack.addWidget(self._text_area)
        self._tools = [self.before, self.after, self.smaller, self.larger, self.fit, self.as_text]
        buttons = (self.save_button, self.share_button, self.print_button, self.close_button)
        head = row(self.heading, self.count, None, *buttons, gap=10)
        tools = row(self.before, self.after, 8, self.smaller, self.larger, self.fit, None, self.as_text, gap=4)
        whole = column(head, tools, self._form_part, self._stack, self.share, self.fetching, gap=10, margins=(24, 16, 24, 0))
        whole.setStretch(3, 1)
        whole.setStretch(4, 1)
        whole.setStretch(5, 1)
        self.setLayout(whole)

    # --- what a page is ------------------------------------------------------------------

    def title(self) -> str:
        return self.paper.title if self.paper else self.words("PDF")

    def keys(self) -> tuple[tuple[str, str], ...]:
        words = self.words
        if self.fetching.isVisible():
            return (("Return", words("fetch")), ("Esc", words("close")))
        return (
            ("Ctrl+S", words("save")),
            ("Ctrl+G", words("give")),
            ("Ctrl+P", words("print")),
            ("PgDown", words("next page")),
            ("Esc", words("close")),
        )

    def footer(self) -> str | None:
        if self.fetching.isVisible():
            return self.words("A document comes when it is opened. What came stays.")
        return self.words("This paper is in memory only until you save or print it.")

    def first_focus(self) -> QWidget | None:
        return self._area

    def show_for(self, **args: Any) -> None:
        self._request = args["request"]
        self._make()

    def _make(self) -> None:
        request = self._request
        if request is None:
            return
        self.fetching.close_quietly()
        self._show_parts(True)
        self._close_form()
        self.share.hide()
        self.reason.clear()
        self.password.clear()
        self.path.clear()
        self._drop()
        self.heading.setText(self.words("Making the PDF…"))
        self.count.setText("")
        self._set_ready(False)
        door = self.ui.door
        self.call(
            lambda: door.paper(request),
            lambda paper: self._show_paper(request, paper),
            lambda error: self._failed(error, request),
            on="work",
        )

    def narrowed(self, narrow: bool) -> None:
        self.count.setVisible(not narrow)

    def reload(self) -> None:
        """A finished paper stays what it is; one whose document has come is made."""
        if self.paper is None:
            self._make()

    def leave(self) -> None:
        """Nothing of it stays in memory once somebody has gone elsewhere."""
        self.fetching.close_quietly()
        self._drop()

    # --- showing ------------------------------------------------------------------

    def _failed(self, error: BaseException, request: PaperRequest | None = None) -> None:
        if request is self._request and self.fetching.takes(request, error):
            self._show_parts(False)
            self.heading.setText(self.words("Not here yet"))
            self.title_changed.emit()
            return
        self.ui.trouble(error)
        self.heading.setText(self.words("The PDF could not be made"))

    def _show_paper(self, request: PaperRequest, paper: Paper) -> None:
        if request is not self._request:
            return
        document = QPdfDocument(self)
        buffer = QBuffer(document)  # the document's own: it reads from it as long as it lives
        buffer.setData(QByteArray(paper.pdf))
        buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        document.load(buffer)
        if document.status() != QPdfDocument.Status.Ready:
            document.deleteLater()
            self._failed(KnownError("file_unreadable"))
            return
        self.paper, self._document, self._number = paper, document, 0
        self.heading.setText(paper.title)
        self.path.setText(str(among_documents(paper.file_name)))
        self._set_ready(True)
        self._fill_text()
        self._draw()
        self.title_changed.emit()
        self._area.setFocus()

    def _show_parts(self, yes: bool) -> None:
        """What there is of a paper; nothing of it while its document is on another laptop."""
        for part in (self.save_button, self.share_button, self.print_button, self._stack, *self._tools):
            part.setVisible(yes)

    def _set_ready(self, ready: bool) -> None:
        for button in (self.save_button, self.print_button, *self._tools):
            button.setEnabled(ready)
        self.share_button.setEnabled(ready and self.paper is not None and self.paper.about is not None)

    def _drop(self) -> None:
        if self._document is not None:
            self._old.append(self._document)
        self._document, self.paper = None, None
        self._sweep()

    def _sweep(self) -> None:
        """Closes documents that nobody renders from any more."""
        if not self._rendering:
            for old in self._old:
                old.close()
                old.deleteLater()
            self._old = []

    def _draw(self) -> None:
        document = self._document
        if document is None:
            return
        number, total = self._number, document.pageCount()
        self.count.setText(self.words("page {n} of {total}", n=number + 1, total=total))
        self.before.setEnabled(number > 0)
        self.after.setEnabled(number + 1 < total)
        ratio = self.devicePixelRatioF()
        points = document.pagePointSize(number)
        scale = self._scale(points.width())
        size = QSize(round(points.width() * scale * ratio), round(points.height() * scale * ratio))
        self._rendering += 1
        self.ui.bridge.run(
            lambda: render(document, number, size),
            lambda image: self._drawn(document, number, image, ratio),
            self._not_drawn,
            "work",
        )

    def _scale(self, width: float) -> float:
        """Pixels for a point of paper."""
        if self._zoom is not None:
            return self._zoom * SCREEN_DOTS / POINTS_AN_INCH
        room = max(self._area.width() - look().px(20), look().px(200))
        return float(min(room / max(width, 1), WIDEST * SCREEN_DOTS / POINTS_AN_INCH))

    def _drawn(self, document: QPdfDocument, number: int, image: QImage, ratio: float) -> None:
        self._rendering -= 1
        if document is self._document and number == self._number:
            self.view.show_image(image, ratio)
            self.view.setAccessibleName(self.count.text())
            self.view.setAccessibleDescription(document.getAllText(number).text())
        self._sweep()

    def _not_drawn(self, error: BaseException) -> None:
        self._rendering -= 1
        self._sweep()
        self.ui.trouble(error)

    def _fill_text(self) -> None:
        document = self._document
        if document is not None:
            self.reading.setPlainText("\n\n".join(document.getAllText(page).text() for page in range(document.pageCount())))

    def _show_text(self) -> None:
        self._stack.setCurrentIndex(1 if self.as_text.isChecked() else 0)
        (self.reading if self.as_text.isChecked() else self._area).setFocus()

    def _turn(self, by: int) -> None:
        if self._document is not None and 0 <= self._number + by < self._document.pageCount():
            self._number += by
            self._area.verticalScrollBar().setValue(0)
            self._draw()

    def _step_zoom(self, by: int) -> None:
        if self._document is None:
            return
        now = self._zoom or self._scale(self._document.pagePointSize(self._number).width()) * POINTS_AN_INCH / SCREEN_DOTS
        self._zoom = next_zoom(now, by)
        self.fit.setChecked(False)
        self._draw()

    def _fit_width(self) -> None:
        self._zoom = None
        self.fit.setChecked(True)
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._zoom is None and self._document is not None:
            self._draw()

    def _close(self) -> None:
        self.ui.back()

    # --- leaving the store ------------------------------------------------------------------

    def open_form(self) -> None:
        """Asks why and where to."""
        if self.paper is not None:
            self.share.hide()
            self._stack.show()
            self.close_button.hide()
            self.save_button.set_kind("secondary")
            self._form_part.show()
            self._fit_form()
            self.reason.setFocus()

    def open_share(self) -> None:
        """Asks to whom, and under which consent."""
        paper = self.paper
        if paper is not None and paper.about is not None:
            self._close_form()
            self.close_button.hide()
            self.save_button.set_kind("secondary")
            self._stack.hide()
            self.share.show()
            self.share.open_for(paper.about, self.path.text(), restricted=paper.restricted)

    def close_share(self) -> None:
        self.share.hide()
        self._close_form()
        self._area.setFocus()

    def _fit_form(self) -> None:
        """As high as it is; where the room is low it scrolls, in place of the paper."""
        width = min(self.width() - look().px(48), self.form.maximumWidth())
        layout = self.form.layout()
        needed = (layout.totalHeightForWidth(width) if layout is not None else 0) + look().px(56)  # room for a word of trouble
        low = needed > self.height() - look().px(200)
        self._stack.setVisible(not low)
        self._form_part.setMinimumHeight(0 if low else needed)
        self._form_part.setMaximumHeight(16_777_215 if low else needed)

    def _close_form(self) -> None:
        self._form_part.hide()
        self._stack.show()
        self.save_button.set_kind("primary")
        self.close_button.show()

    def _browse(self) -> None:
        name = self.path.text().strip() or "paper.pdf"
        suffix = Path(self.paper.file_name).suffix.lstrip(".") if self.paper is not None and self.paper.original else "pdf"
        ask_where_to(
            self, self.words("Save the PDF"), name, f"{suffix.upper()} (*.{suffix})",
            lambda path: self.path.setText(str(path)), suffix=suffix,
        )  # fmt: skip

    def _save(self) -> None:
        paper = self.paper
        if paper is None:
            return
        reason, path = self.reason.text().strip(), self.path.text().strip()
        self.reason_field.problem("" if reason else self.words("Say why, in a few words."))
        self.path_field.problem("" if path else self.words("Say where to."))
        if not reason or not path:
            (self.path if reason else self.reason).setFocus()
            return
        target = Path(path).expanduser()
        password, door = self.password.text(), self.ui.door
        self.write.setEnabled(False)
        self.call(
            lambda: door.save_paper(paper, target, reason=reason, password=password),
            lambda _: self._saved(target),
            self._not_saved,
        )

    def _saved(self, target: Path) -> None:
        self.write.setEnabled(True)
        self.password.clear()
        self._close_form()
        self.ui.say(self.words("Saved as {file}", file=target.name))
        self._area.setFocus()

    def _not_saved(self, error: BaseException) -> None:
        self.write.setEnabled(True)
        self.ui.trouble(error)

    def _print(self) -> None:
        if self._document is not None and self.paper is not None:
            self.printer.start(self._document, self.paper, self.paper.subject or ("paper", None))

    def rendering_begins(self) -> None:
        """The printer renders from the document: it stays open until it is done."""
        self._rendering += 1

    def rendering_ends(self) -> None:
        self._rendering -= 1
        self._sweep()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.share.isVisible():
            self.close_share()
        elif event.key() == Qt.Key.Key_Escape and self._form_part.isVisible():
            self._close_form()
        else:
            super().keyPressEvent(event)
