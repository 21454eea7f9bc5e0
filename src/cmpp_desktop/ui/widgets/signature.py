"""Where somebody signs with a finger, a pen or the mouse. A typed name always does as well (the field beside it).

Strokes are kept as the records keep them: each a list x0, y0, x1, y1… in tenths of a millimetre on a pad of 90 × 30 mm,
so that they print the same whatever screen they were drawn on.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets.basics import Painted

PAD_WIDTH, PAD_HEIGHT = 900, 300  # tenths of a millimetre
MOST_POINTS = 4000


class SignaturePad(Painted):
    """`changed()` after every stroke; Backspace takes the last one away, Delete all of them."""

    changed = Signal()

    def __init__(self, name: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._strokes: list[list[int]] = []
        self._hint = hint
        self._drawing = False
        self.setAccessibleName(name)
        self.setAccessibleDescription(hint)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(look().px(360), look().px(120))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @property
    def strokes(self) -> tuple[tuple[int, ...], ...]:
        """What was drawn; dots (strokes of one point) count."""
        return tuple(tuple(stroke) for stroke in self._strokes)

    def clear(self) -> None:
        self._strokes = []
        self.update()
        self.changed.emit()

    def take_back(self) -> None:
        """Takes the last stroke away."""
        if self._strokes:
            self._strokes.pop()
            self.update()
            self.changed.emit()

    def _point(self, event: QMouseEvent) -> tuple[int, int]:
        x = round(event.position().x() / max(self.width(), 1) * PAD_WIDTH)
        y = round(event.position().y() / max(self.height(), 1) * PAD_HEIGHT)
        return min(max(x, 0), PAD_WIDTH), min(max(y, 0), PAD_HEIGHT)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and sum(len(stroke) for stroke in self._strokes) < MOST_POINTS:
            self._drawing = True
            self._strokes.append(list(self._point(event)))
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._drawing:
            return
        point = self._point(event)
        stroke = self._strokes[-1]
        if (stroke[-2], stroke[-1]) != point:
            stroke.extend(point)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drawing:
            self._drawing = False
            self.changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Backspace:
            self.take_back()
        elif event.key() == Qt.Key.Key_Delete:
            self.clear()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        current = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(current.colour("edge"), current.border("control"))
        painter.setPen(pen)
        painter.setBrush(current.colour("sheet"))
        half = pen.widthF() / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), current.radius(), current.radius())
        base = self.height() - current.px(32)
        painter.setPen(QPen(current.colour("line"), 1))
        painter.drawLine(current.px(16), base, self.width() - current.px(16), base)
        if not self._strokes:
            painter.setFont(current.font("small"))
            painter.setPen(current.colour("ink3"))
            area = self.rect().adjusted(current.px(16), base + current.px(4), -current.px(16), 0)
            painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), self._hint)
        paint_strokes(painter, QRectF(self.rect()), self.strokes)


def paint_strokes(painter: QPainter, area: QRectF, strokes: tuple[tuple[int, ...], ...]) -> None:
    """Draws a signature into an area of the shape 3 : 1."""
    current = look()
    pen = QPen(current.colour("ink"), current.px(2), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    across, down = area.width() / PAD_WIDTH, area.height() / PAD_HEIGHT
    for stroke in strokes:
        points = [QPointF(area.x() + x * across, area.y() + y * down) for x, y in zip(stroke[::2], stroke[1::2], strict=False)]
        if len(points) == 1:
            painter.drawPoint(points[0])
        else:
            painter.drawPolyline(QPolygonF(points))
