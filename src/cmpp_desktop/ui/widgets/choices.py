"""A card to choose with a number: key, circle, who and when, and words whose differences are underlined on a tint."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QRadioButton, QSizePolicy, QWidget

from cmpp_desktop.ui.theme import is_rtl, look, start_side
from cmpp_desktop.ui.widgets.keys import paint_key
from cmpp_desktop.ui.widgets.ticks import paint_radio
from cmpp_desktop.words import in_one

Run = tuple[str, bool]


class ChoiceCard(QRadioButton):
    """One of several, as a card (`boxed`) or as a line. Nothing is chosen until somebody does."""

    def __init__(
        self,
        key: str,
        title: str,
        detail: str = "",
        runs: Sequence[Run] = (),
        *,
        boxed: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, parent)
        self._key, self._detail, self._runs, self._boxed = key, detail, tuple(runs), boxed
        said = "".join(text for text, _ in runs)
        self.setAccessibleName(in_one((key, title, detail, said)))
        self.setAutoExclusive(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        look().changed.connect(self.updateGeometry)

    def _left(self) -> int:
        return look().px(78)

    def _body(self, width: int) -> QTextLayout:
        """The words, laid out for a width; differing ones underlined."""
        current = look()
        layout = QTextLayout("".join(text for text, _ in self._runs), current.font("large"))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        ranges, at = [], 0
        for text, differs in self._runs:
            if differs:
                style = QTextCharFormat()
                style.setFontWeight(600)
                style.setBackground(current.colour("amber_tint"))
                style.setFontUnderline(True)
                style.setUnderlineColor(current.colour("amber_mark"))
                span = QTextLayout.FormatRange()
                span.start, span.length, span.format = at, len(text), style
                ranges.append(span)
            at += len(text)
        layout.setFormats(ranges)
        layout.beginLayout()
        y = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(width - self._left() - current.px(18), 40))
            line.setPosition(line.position().__class__(0, y))
            y += max(line.height(), current.line("large"))
        layout.endLayout()
        return layout

    def _body_height(self, width: int) -> int:
        if not self._runs:
            return 0
        layout = self._body(width)
        return round(sum(max(layout.lineAt(i).height(), look().line("large")) for i in range(layout.lineCount())))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        current = look()
        if not self._boxed:
            return current.px("answer_row") + (current.line("small") if self._detail else 0)
        head = current.line() + (current.line("small") if self._detail else 0)
        body = self._body_height(width)
        return current.px(18) * 2 + head + (current.px(14) + body if body else 0)

    def sizeHint(self) -> QSize:
        width = self.width() if self.width() > look().px(120) else look().px(400)
        return QSize(look().px(240), self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(look().px(160), look().px("answer_row"))

    def hitButton(self, pos: object) -> bool:
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        current, rtl = look(), is_rtl(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        self._paint_ground(painter, on)
        top = (
            current.px(18)
            if self._boxed
            else (self.height() - current.line() - (current.line("small") if self._detail else 0)) // 2
        )
        head = current.line() + (current.line("small") if self._detail else 0)
        middle = top + head // 2
        self._place(painter, QRect(current.px(18), middle - current.px(10), current.px(20), current.px(20)), rtl, "key")
        self._place(painter, QRect(current.px(50), middle - current.px(8), current.px(16), current.px(16)), rtl, "circle")
        align = start_side(rtl)
        left = self._left()
        area = QRect(0 if rtl else left, top, self.width() - left, current.line())
        painter.setFont(current.font("body", "semibold" if self._boxed else "regular"))
        painter.setPen(current.colour("ink"))
        painter.drawText(area, int(align | Qt.AlignmentFlag.AlignVCenter), self.text())
        if self._detail:
            painter.setFont(current.font("small"))
            painter.setPen(current.colour("ink2"))
            detail = painter.fontMetrics().elidedText(self._detail, Qt.TextElideMode.ElideRight, area.width() - current.px(8))
            painter.drawText(area.translated(0, current.line()), int(align | Qt.AlignmentFlag.AlignVCenter), detail)
        if self._runs:
            painter.setPen(current.colour("ink"))
            origin = area.topLeft().toPointF()
            origin.setX(current.px(18) if rtl else left)
            origin.setY(top + head + current.px(14))
            self._body(self.width()).draw(painter, origin)

    def _place(self, painter: QPainter, area: QRect, rtl: bool, what: str) -> None:
        if rtl:
            area.moveLeft(self.width() - area.right())
        if what == "key" and self._key:
            paint_key(painter, area, self._key, look())
        elif what == "circle":
            paint_radio(painter, area, self.isChecked())

    def _paint_ground(self, painter: QPainter, on: bool) -> None:
        current = look()
        if not self._boxed:
            if on:
                painter.fillRect(self.rect(), current.colour("accent_tint"))
            painter.setPen(QPen(current.colour("line"), current.border("hairline")))
            painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
            return
        pen = QPen(current.colour("accent" if on else "edge"), current.border("focus") if on else current.border("control"))
        painter.setPen(pen)
        painter.setBrush(current.colour("accent_tint" if on else "sheet"))
        half = pen.widthF() / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), current.radius(), current.radius())
