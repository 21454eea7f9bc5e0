"""A page of paper on the screen: rendered off the window thread, painted on white."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtPdf import QPdfDocument
from PySide6.QtWidgets import QWidget

from cmpp_desktop.ui.theme import look


class PageView(QWidget):
    """One page of paper: always black on white, whatever the theme."""

    def __init__(self) -> None:
        super().__init__()
        self._pixmap = QPixmap()

    def show_image(self, image: QImage, ratio: float) -> None:
        """`image` on white, at the size that it was rendered for."""
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(ratio)
        self._pixmap = pixmap
        self.setFixedSize(round(pixmap.width() / ratio) + 2, round(pixmap.height() / ratio) + 2)
        self.update()

    @property
    def empty(self) -> bool:
        return self._pixmap.isNull()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(look().colour("edge"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        if not self._pixmap.isNull():
            painter.drawPixmap(1, 1, self._pixmap)


def render(document: QPdfDocument, page: int, size: QSize) -> QImage:
    """A page on white paper. Runs off the window thread: the document is not closed while this is under way."""
    drawn = document.render(page, size)
    paper = QImage(size, QImage.Format.Format_RGB32)
    paper.fill(Qt.GlobalColor.white)
    painter = QPainter(paper)
    painter.drawImage(0, 0, drawn)
    painter.end()
    return paper
