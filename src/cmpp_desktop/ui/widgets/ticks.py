"""Boxes to tick and circles to choose, as widgets and painted in lists."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QRadioButton, QSizePolicy

from cmpp_desktop.ui.theme import is_rtl, look, start_side


class Tick(QCheckBox):
    """A box to tick."""

    def __init__(self, text: str, checked: bool = False, *, on: Callable[[bool], object] | None = None) -> None:
        super().__init__(text)
        self.setChecked(checked)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)  # long words never make a page wider
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        if on is not None:
            self.toggled.connect(on)

    def sizeHint(self) -> QSize:
        return QSize(look().metrics().horizontalAdvance(self.text()) + look().px(26), look().px(28))

    def minimumSizeHint(self) -> QSize:
        """Long words take a second line where the room is narrow."""
        return QSize(min(self.sizeHint().width(), look().px(200)), look().px(28))

    def hasHeightForWidth(self) -> bool:
        return self.sizePolicy().verticalPolicy() != QSizePolicy.Policy.Fixed

    def heightForWidth(self, width: int) -> int:
        room = QRect(0, 0, max(width - look().px(24), 1), 10_000)
        words = look().metrics().boundingRect(room, int(Qt.TextFlag.TextWordWrap), self.text())
        return max(look().px(28), words.height() + look().px(8))

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        side = look().px(16)
        x = self.width() - side if is_rtl(self) else 0
        paint_tick(painter, QRect(x, (self.height() - side) // 2, side, side), self.isChecked(), enabled=self.isEnabled())
        _beside(painter, self, side)


class Radio(QRadioButton):
    """One of several."""

    def sizeHint(self) -> QSize:
        return QSize(look().metrics().horizontalAdvance(self.text()) + look().px(26), look().px(28))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        side = look().px(16)
        x = self.width() - side if is_rtl(self) else 0
        paint_radio(painter, QRect(x, (self.height() - side) // 2, side, side), self.isChecked())
        _beside(painter, self, side)


def _beside(painter: QPainter, button: QCheckBox | QRadioButton, side: int) -> None:
    current, rtl = look(), is_rtl(button)
    gap = side + current.px(8)
    words = button.rect().adjusted(0, 0, -gap, 0) if rtl else button.rect().adjusted(gap, 0, 0, 0)
    painter.setFont(current.font())
    painter.setPen(current.colour("ink" if button.isEnabled() else "ink3"))
    align = start_side(rtl)
    flags = align | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip | Qt.TextFlag.TextWordWrap
    painter.drawText(words, int(flags), button.text())


def paint_tick(painter: QPainter, rect: QRect, checked: bool, *, enabled: bool = True) -> None:
    """A tick box, for widgets and delegates."""
    current = look()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(current.colour("accent" if checked and enabled else "edge"))
    pen.setWidthF(current.border("control"))
    painter.setPen(pen)
    painter.setBrush(current.colour("accent" if checked and enabled else "sheet"))
    half = pen.widthF() / 2
    painter.drawRoundedRect(QRectF(rect).adjusted(half, half, -half, -half), current.radius("tick"), current.radius("tick"))
    if checked:
        inset = (rect.width() - current.px(14)) / 2
        current.paint_icon(painter, rect.left() + inset, rect.top() + inset, "check", "on_accent" if enabled else "ink3", 14)
    painter.restore()


def paint_radio(painter: QPainter, rect: QRect, checked: bool) -> None:
    """A radio circle, for widgets and delegates."""
    current = look()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(current.colour("accent" if checked else "edge"))
    pen.setWidthF(current.border("control"))
    painter.setPen(pen)
    painter.setBrush(current.colour("accent" if checked else "sheet"))
    half = pen.widthF() / 2
    painter.drawEllipse(QRectF(rect).adjusted(half, half, -half, -half))
    if checked:
        third = rect.width() / 3
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current.colour("on_accent"))
        painter.drawEllipse(QRectF(rect).adjusted(third, third, -third, -third))
    painter.restore()
