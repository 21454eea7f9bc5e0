"""Six digits to be read aloud: large, in two groups of three, one box each. A screen reader says them one by one."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets.basics import Painted

BOX, HIGH, GAP, GROUP, PAD = 56, 72, 8, 24, 4


class Digits(Painted):
    """`show_code("418207")`. It can have the keyboard, so that it is read out; it is always left to right."""

    def __init__(self, name: str) -> None:
        """`name`: what they are ("Six digits")."""
        super().__init__()
        self._name, self._code = name, ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def show_code(self, code: str) -> None:
        self._code = code
        said = f"{' '.join(code[:3])}, {' '.join(code[3:])}"
        self.setAccessibleName(f"{self._name}: {said}" if code else self._name)
        self.look_changed()

    def sizeHint(self) -> QSize:
        current, count = look(), max(len(self._code), 6)
        width = count * BOX + (count - 2) * GAP + GROUP + 2 * PAD
        return QSize(current.px(width), current.px(HIGH + 2 * PAD))

    def minimumSizeHint(self) -> QSize:
        """Where the room is narrow the boxes are."""
        return QSize(self.sizeHint().width() // 2, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        current = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(current.colour("edge"))
        pen.setWidthF(current.border("control"))
        painter.setFont(current.font("page", "semibold"))
        x: float = current.px(PAD)
        share = self.width() / max(self.sizeHint().width(), 1)
        for number, digit in enumerate(self._code):
            if number:
                x += current.px(GROUP if number == len(self._code) // 2 else GAP) * share
            box = QRectF(x, current.px(PAD), current.px(BOX) * share, current.px(HIGH)).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.setPen(pen)
            painter.setBrush(current.colour("sheet"))
            painter.drawRoundedRect(box, current.radius(), current.radius())
            painter.setPen(current.colour("ink"))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), digit)
            x += current.px(BOX) * share
