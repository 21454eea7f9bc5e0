"""Keys, boxed and in words: given as Qt writes them ("Ctrl+Shift+L", "Return", "N"), shown as people read them
("Ctrl ⇧ L", "↵", "N").
"""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from cmpp_desktop.ui.theme import Look, look
from cmpp_desktop.ui.widgets.basics import Painted

_SIGNS = {"Return": "↵", "Enter": "↵", "Shift": "⇧", "Up": "↑", "Down": "↓", "Left": "←", "Right": "→", "Backspace": "⌫"}


def key_words(key: str) -> str:
    """ "Ctrl+Shift+L" as people read it: "Ctrl ⇧ L". Isolated, so that right-to-left text does not turn it round."""
    if not key:
        return ""
    parts = [key] if key in "+?" else key.split("+")
    return "\u2066" + " ".join(_SIGNS.get(part, part) for part in parts) + "\u2069"


def paint_key(painter: QPainter, rect: QRect, key: str, current: Look, tone: str = "ink2") -> None:
    """A key in its box, as the footer shows it."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(current.colour("edge"))
    pen.setWidthF(current.border("hairline"))
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    half = pen.widthF() / 2
    painter.drawRoundedRect(QRectF(rect).adjusted(half, half, -half, -half), current.radius("key"), current.radius("key"))
    painter.setFont(current.font("small", "medium"))
    painter.setPen(current.colour(tone))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, key_words(key))
    painter.restore()


def key_width(key: str, current: Look) -> int:
    """How wide the box of a key is."""
    return max(current.metrics("small", "medium").horizontalAdvance(key_words(key)) + current.px(12), current.px(20))


class KeyCap(Painted):
    """A key, boxed."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key
        self.setAccessibleName(key)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(key_width(self._key, look()), look().px(18))

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_key(QPainter(self), self.rect(), self._key, look())
