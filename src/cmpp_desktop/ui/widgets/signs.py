"""Signs to be read over the telephone: groups of four, numbered, so that both know where they are."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets.basics import Painted

WIDE, HIGH, GAP, PAD = 108, 40, 8, 4


class Signs(Painted):
    """`show_signs("ABCD-EFGH-…")`. It can have the keyboard, so that it is read out; it is always left to right, in as many
    lines as its width needs."""

    def __init__(self, name: str) -> None:
        """`name`: what they are ("52 signs to read aloud")."""
        super().__init__()
        self._name, self._groups = name, [""]
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(name)

    def show_signs(self, signs: str) -> None:
        self._groups = signs.split("-")
        said = ". ".join(f"{number}: {' '.join(group)}" for number, group in enumerate(self._groups, 1))
        self.setAccessibleName(f"{self._name}. {said}" if signs else self._name)
        self.look_changed()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        lines = -(-len(self._groups) // self._in_a_line(width))
        return look().px(lines * HIGH + (lines - 1) * GAP + 2 * PAD)

    def sizeHint(self) -> QSize:
        width = look().px(5 * (WIDE + GAP) - GAP + 2 * PAD)
        return QSize(width, self.heightForWidth(self.width() or width))

    def minimumSizeHint(self) -> QSize:
        return QSize(look().px(WIDE + 2 * PAD), look().px(HIGH + 2 * PAD))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As high as its lines are at this width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.setMinimumHeight(self.heightForWidth(event.size().width()))
            self.updateGeometry()

    @staticmethod
    def _in_a_line(width: int) -> int:
        return max((width + look().px(GAP - 2 * PAD)) // look().px(WIDE + GAP), 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        current = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        pen = QPen(current.colour("line"))
        pen.setWidthF(current.border("hairline"))
        many = self._in_a_line(self.width())
        for number, group in enumerate(self._groups):
            x, y = (number % many) * (WIDE + GAP) + PAD, (number // many) * (HIGH + GAP) + PAD
            box = QRectF(current.px(x), current.px(y), current.px(WIDE), current.px(HIGH)).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.setPen(pen)
            painter.setBrush(current.colour("sheet"))
            painter.drawRoundedRect(box, current.radius(), current.radius())
            inside = box.adjusted(current.px(8), 0, -current.px(10), 0)
            painter.setPen(current.colour("ink2"))
            painter.setFont(current.font("small"))
            painter.drawText(inside, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), str(number + 1))
            painter.setPen(current.colour("ink"))
            painter.setFont(current.font("title", "semibold"))
            painter.drawText(inside, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), group)
