"""A document in its form: a small picture of it, or that it is not here yet."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from PySide6.QtCore import QSize
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.attachments import AttachmentFields
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.documents_part import why_not
from cmpp_desktop.ui.pages.pdf_fetch import megabytes
from cmpp_desktop.ui.small_pictures import SmallPictures
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import Button, Label, column, row
from cmpp_desktop.ui.widgets.pictured import paint_picture
from cmpp_desktop.workspace import AttachmentRequest
from cmpp_desktop.workspace.views_documents import FileDocuments

WIDE, HIGH = 96, 124  # at 100 %


class Sheet(QWidget):
    """The picture, or an icon. It says nothing of its own: the words stand beside it."""

    def __init__(self, pictures: SmallPictures) -> None:
        super().__init__()
        self._pictures = pictures
        self._id: UUID | None = None
        self._icon = "file"
        pictures.came.connect(self.update)
        look().changed.connect(self._fit)
        self._fit()

    def show_document(self, id: UUID | None, icon: str) -> None:
        """`id` None: only an icon."""
        self._id, self._icon = id, icon
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(look().px(WIDE), look().px(HIGH))

    def _fit(self) -> None:
        self.setFixedSize(self.sizeHint())

    def paintEvent(self, event: QPaintEvent) -> None:
        picture = self._pictures.of(self._id) if self._id is not None else None
        painter = QPainter(self)
        paint_picture(painter, self.rect().adjusted(0, 0, -1, -1), picture, self._icon, look())


class GlancePart(QWidget):
    """For the form of a record; hidden for every other kind than a document."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._id = UUID(int=0)
        self.pictures = SmallPictures(page.ui, self)
        self.sheet = Sheet(self.pictures)
        self.said = Label("", tone="ink2", wrap=True)
        self.fetch = Button("", icon="download", on=self._fetch)
        line = row(self.sheet, column(self.said, row(self.fetch, None), None, gap=8), gap=16)
        line.setStretch(1, 1)
        self.setLayout(line)
        self.hide()

    def show_record(self, record: Stored[Any] | None) -> None:
        """The record of the form; None for a new one."""
        self.hide()
        if record is None or not isinstance(record.fields, AttachmentFields):
            return
        self._id = record.id
        about, door, asked = record.fields.participant_id, self._page.ui.door, record.id
        self._page.call(lambda: door.file_documents(about), lambda file: self._show(asked, file), lambda error: None)

    def hideEvent(self, event: QHideEvent) -> None:
        """It does not stay in memory once somebody has gone elsewhere, hides the window or locks."""
        self.pictures.drop()
        super().hideEvent(event)

    def _show(self, asked: UUID, file: FileDocuments) -> None:
        one = next((one for one in file.documents if one.id == asked), None)
        if asked != self._id or one is None:
            return
        words = self._page.words
        size = megabytes(one.size, words)
        if one.whole:
            said = words("It is on this laptop, {size}.", size=size)
        else:
            said = f"{words('It is not here yet, {size}.', size=size)} {why_not(one, '', file, words)}".strip()
        self.said.setText(said)
        self.fetch.set_text(words("Fetch {size}", size=megabytes(one.size - one.here, words)))
        self.fetch.setVisible(not one.whole and one.travels)
        icon = "file" if one.whole else "download" if one.travels else "cloud-off"
        self.sheet.show_document(asked if one.whole else None, icon)
        self.show()

    def _fetch(self) -> None:
        self._page.ui.go("pdf", request=AttachmentRequest(self._id))
