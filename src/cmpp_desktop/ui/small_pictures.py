"""Small pictures of documents: the first page of a PDF, or a picture scaled down.

They are made off the window thread from what the workspace gives, and are in memory only: the newest `MOST` of them, none after
`drop`. Nothing is written anywhere. A document that has none, or is not here, or cannot be read, has an icon instead.
"""

from __future__ import annotations

from collections import OrderedDict
from uuid import UUID

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtPdf import QPdfDocument

from cmpp_desktop.ui.bridge import Job
from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.pages.pdf_view import render
from cmpp_desktop.workspace.views_documents import SmallPicture

MOST = 60
SIDE = 256  # dots of the longer side


class SmallPictures(QObject):
    """Of one page. `came` when there is one more to paint; `of` asks for what it does not have yet."""

    came = Signal()

    def __init__(self, ui: Ui, parent: QObject) -> None:
        super().__init__(parent)
        self._ui = ui
        self._made: OrderedDict[UUID, QPixmap | None] = OrderedDict()  # None: there is none
        self._jobs: dict[UUID, Job] = {}

    def of(self, document: UUID) -> QPixmap | None:
        """Its picture, or None: while it is made, and where there is none."""
        if document in self._made:
            self._made.move_to_end(document)
            return self._made[document]
        if document not in self._jobs:
            door = self._ui.door
            self._jobs[document] = self._ui.bridge.run(
                lambda: made(door.small_picture(document)),
                lambda image: self._keep(document, QPixmap.fromImage(image) if image is not None else None),
                lambda error: self._keep(document, None),  # whoever opens it hears what is wrong
                "work",
                owner=self,
            )
        return None

    def again(self, document: UUID) -> None:
        """Its content has come."""
        self._made.pop(document, None)

    def drop(self) -> None:
        """None of them stays in memory."""
        for job in self._jobs.values():
            job.cancel()
        self._jobs.clear()
        self._made.clear()

    def __len__(self) -> int:
        return len(self._made)

    def _keep(self, document: UUID, picture: QPixmap | None) -> None:
        self._jobs.pop(document, None)
        self._made[document] = picture
        while len(self._made) > MOST:
            self._made.popitem(last=False)
        self.came.emit()


def made(source: SmallPicture | None) -> QImage | None:
    """A picture of at most `SIDE` dots, on white; None where there is none to be made. Runs off the window thread."""
    if source is None:
        return None
    if source.png:
        image = QImage.fromData(QByteArray(source.png))
        return None if image.isNull() else _fitted(image)
    buffer = QBuffer()
    buffer.setData(QByteArray(source.pdf))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    document = QPdfDocument()  # it belongs to nobody: it is made, and goes, on this thread
    try:
        document.load(buffer)
        if document.status() != QPdfDocument.Status.Ready or not document.pageCount():
            return None
        size = document.pagePointSize(0).toSize().scaled(QSize(SIDE, SIDE), Qt.AspectRatioMode.KeepAspectRatio)
        return render(document, 0, size) if not size.isEmpty() else None
    finally:
        document.close()


def _fitted(image: QImage) -> QImage:
    if max(image.width(), image.height()) <= SIDE:
        return image
    return image.scaled(SIDE, SIDE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
