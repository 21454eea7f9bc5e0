"""Stepped pages: a list of steps at the side, one step at a time, Back and on. For first run and for someone new."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from cmpp_desktop.ui.theme import is_rtl, look, start_side
from cmpp_desktop.ui.widgets import Painted


class StepList(Painted):
    """Numbered steps: done ones ticked, the present one filled, later ones outlined; each with a line of detail."""

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__()
        self._titles = list(titles)
        self._details = [""] * len(self._titles)
        self._here = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_step(0)

    def show_step(self, number: int, details: Sequence[str] | None = None) -> None:
        self._here = number
        if details is not None:
            self._details = list(details)
        said = f"{number + 1} / {len(self._titles)}: {self._titles[min(number, len(self._titles) - 1)]}"
        self.setAccessibleName(said)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(look().px(200), look().px(56) * len(self._titles))

    def paintEvent(self, event: QPaintEvent) -> None:
        current, rtl = look(), is_rtl(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = current.px(24)
        for number, title in enumerate(self._titles):
            top = number * current.px(56)
            x = self.width() - side if rtl else 0
            circle = QRect(x, top, side, side)
            reached = number <= self._here
            painter.setPen(Qt.PenStyle.NoPen if reached else current.colour("edge"))
            painter.setBrush(current.colour("accent" if reached else "sheet"))
            painter.drawEllipse(circle.toRectF().adjusted(0.5, 0.5, -0.5, -0.5))
            if number < self._here:
                inset = (side - current.px(14)) / 2
                current.paint_icon(painter, x + inset, top + inset, "check", "on_accent", 14)
            else:
                painter.setFont(current.font("small", "semibold"))
                painter.setPen(current.colour("on_accent" if reached else "ink2"))
                painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, str(number + 1))
            self._words(painter, number, title, top, side, rtl)

    def _words(self, painter: QPainter, number: int, title: str, top: int, side: int, rtl: bool) -> None:
        current = look()
        gap = side + current.px(12)
        align = start_side(rtl) | Qt.AlignmentFlag.AlignVCenter
        box = QRect(0 if rtl else gap, top, self.width() - gap, side)
        painter.setFont(
            current.font("body", "semibold" if number == self._here else "medium" if number < self._here else "regular")
        )
        painter.setPen(current.colour("ink" if number <= self._here else "ink2"))
        painter.drawText(box, int(align), title)
        painter.setFont(current.font("small"))
        painter.setPen(current.colour("ink2"))
        detail = painter.fontMetrics().elidedText(self._details[number], Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(QRect(box.left(), top + side - current.px(2), box.width(), current.px(18)), int(align), detail)
