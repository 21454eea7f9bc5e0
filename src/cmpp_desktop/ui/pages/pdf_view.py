"""A page of paper on the screen: rendered off the window thread, painted on white."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtPdf import QPdfDocument
from PySide6.QtWidgets import QWidget

from cmpp_desktop.ui.theme import look

ZOOMS = (0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0)


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


def next_zoom(now: float, by: int) -> float:
    """The next larger or smaller step."""
    larger = [zoom for zoom in ZOOMS if zoom > now + 0.01]
    smaller = [zoom for zoom in ZOOMS if zoom < now - 0.01]
    return (larger[0] if larger else ZOOMS[-1]) if by > 0 else (smaller[-1] if smaller else ZOOMS[0])
