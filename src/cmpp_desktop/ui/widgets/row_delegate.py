"""How a row of a list looks:

    [time or date] [icon] [title, medium]                    [badge]
                          what
                          detail, 12 px

with a hairline below. The current row has a tint and a bar of 3 px; with the keyboard it also has the ring. A model
gives a `ListRow` for `ROW`; nothing here knows what the rows are about. Heights are of the row's lines, cached by width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from cmpp_desktop.ui.theme import Look, TextSize, Weight, end_side, is_rtl, look, start_side
from cmpp_desktop.ui.widgets.badges import Badge, paint_badge
from cmpp_desktop.ui.widgets.basics import paint_ring
from cmpp_desktop.ui.widgets.keys import key_words
from cmpp_desktop.ui.widgets.row_model import ROW, Index, ListRow, RowBadge, RowButton


class RowDelegate(QStyledItemDelegate):
    """Paints `ListRow`s. `lead_width`: room for the time or date (0: none); `pad`: room at both ends; `most_lines`: of a `what`
    that wraps."""

    pressed = Signal(object, str)  # row id, button id: the mouse on a painted button

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        lead_width: int = 0,
        pad: int = 8,
        top: int = 8,
        bar: bool = True,
        head_line: bool = True,
        most_lines: int = 3,
    ) -> None:
        super().__init__(parent)
        self.lead_width, self.pad, self.top, self.bar, self.head_line = lead_width, pad, top, bar, head_line
        self.most_lines = most_lines
        self._heights: dict[tuple[ListRow, int, bool], int] = {}
        look().changed.connect(self._heights.clear)

    # --- sizes ------------------------------------------------------------------------------------------------------

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        row: ListRow | None = index.data(ROW)
        view = option.widget
        width = view.viewport().width() if isinstance(view, QAbstractItemView) else option.rect.width()
        opened = self._is_open(view, index)
        if row is None:
            return QSize(width, look().px("row_one_line"))
        key = (row, width, opened)
        if key not in self._heights:
            if len(self._heights) > 2000:
                self._heights.clear()
            self._heights[key] = self._height(row, width, opened)
        return QSize(width, self._heights[key])

    @staticmethod
    def _is_open(view: QWidget | None, index: Index) -> bool:
        """The current row shows its facts and buttons."""
        return isinstance(view, QAbstractItemView) and view.currentIndex() == index

    def _text_left(self) -> int:
        current = look()
        return current.px(self.pad) + current.px(self.lead_width) + current.px(24)

    def _height(self, row: ListRow, width: int, opened: bool) -> int:
        current = look()
        if row.head:
            return current.px(28) if self.head_line else current.px(32)
        height = current.px(self.top) * 2 + current.line("large" if row.large and opened else "body")
        if row.what:
            height += current.line() * self._lines(row, width)
        height += current.line("small") * len(row.details)
        if opened and row.facts:
            height += current.px(8) + current.line() * len(row.facts)
        if opened and row.buttons:
            height += current.px(12) + current.px("control") + current.px(4)
        return height + 1

    def _lines(self, row: ListRow, width: int) -> int:
        if not row.wrap:
            return 1
        room = width - self._text_left() - look().px(self.pad + 96)
        text = look().metrics().boundingRect(QRect(0, 0, max(room, 40), 10_000), int(Qt.TextFlag.TextWordWrap), row.what)
        return min(max(round(text.height() / look().metrics().lineSpacing()), 1), self.most_lines)

    # --- painting ---------------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: ListRow | None = index.data(ROW)
        if row is None:
            return
        current = look()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rtl = option.direction == Qt.LayoutDirection.RightToLeft
        rect = option.rect
        if row.head:
            self._paint_head(painter, rect, row, current, rtl)
        else:
            self._paint_ground(painter, option, index, rect, current, rtl)
            self._paint_row(painter, rect, row, current, rtl, self._is_open(option.widget, index))
        painter.restore()

    def _paint_head(self, painter: QPainter, rect: QRect, row: ListRow, current: Look, rtl: bool) -> None:
        inner = rect.adjusted(current.px(self.pad), 0, -current.px(self.pad), -current.px(5) if self.head_line else 0)
        painter.setFont(current.font("small", "medium"))
        painter.setPen(current.colour("ink2"))
        align = start_side(rtl)
        painter.drawText(inner, int(align | Qt.AlignmentFlag.AlignBottom), row.title)
        if self.head_line:
            painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), current.colour("edge"))

    def _paint_ground(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index, rect: QRect, current: Look, rtl: bool
    ) -> None:
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), current.colour("line"))
        view = option.widget
        if not self._is_open(view, index):
            if option.state & QStyle.StateFlag.State_MouseOver:
                painter.fillRect(rect.adjusted(0, 0, 0, -1), current.colour("sunk"))
            return
        focused = view is not None and view.hasFocus()
        if not focused:
            painter.fillRect(rect.adjusted(0, 0, 0, -1), current.colour("accent_tint"))
            if self.bar:
                width = current.px(current.border("current_bar"))
                painter.fillRect(
                    QRect(rect.right() + 1 - width if rtl else rect.left(), rect.top(), width, rect.height() - 1),
                    current.colour("accent"),
                )
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current.colour("accent_tint"))
        painter.drawRoundedRect(rect.adjusted(0, 0, 0, -1), current.radius(), current.radius())
        paint_ring(painter, rect.adjusted(0, 0, 0, -1), current)

    def _paint_row(self, painter: QPainter, rect: QRect, row: ListRow, current: Look, rtl: bool, opened: bool) -> None:
        y = rect.top() + current.px(self.top)
        pad, lead = current.px(self.pad), current.px(self.lead_width)
        first = current.line("large" if row.large and opened else "body")
        end = rect.width() - pad
        if row.lead:
            self._text(
                painter,
                self._at(rect, pad, y, lead, first, rtl),
                row.lead,
                current,
                rtl,
                weight="medium" if row.strong_lead else None,
            )
        if row.icon:
            x = self._at(rect, pad + lead, y, current.px(16), first, rtl).left()
            current.paint_icon(
                painter,
                x,
                y + (first - current.px(16)) / 2,
                row.icon,
                "accent" if opened and row.icon_tone == "ink2" else row.icon_tone,
                16,
            )
        left = pad + lead + (current.px(24) if row.icon or lead else 0)
        if row.badge is not None:
            end -= self._paint_row_badge(painter, rect, y, first, end, row.badge, current, rtl) + current.px(8)
        title = self._at(rect, left, y, end - left, first, rtl)
        size: TextSize = "large" if row.large and opened else "body"
        if row.marks:
            paint_marked(painter, title, row.title, row.marks, rtl)
        else:
            weight: Weight = "semibold" if row.large and opened else "medium"
            self._text(
                painter,
                title,
                row.title,
                current,
                rtl,
                size=size,
                weight="regular" if row.muted else weight,
                tone="ink2" if row.muted else "ink",
            )
        self._paint_below(painter, rect, row, current, rtl, opened, left, y + first)

    def _paint_below(
        self, painter: QPainter, rect: QRect, row: ListRow, current: Look, rtl: bool, opened: bool, left: int, y: int
    ) -> None:
        width = rect.width() - left - current.px(self.pad)
        if row.what:
            height = current.line() * self._lines(row, rect.width())
            self._text(
                painter,
                self._at(rect, left, y, width - (current.px(96) if row.wrap else 0), height, rtl),
                row.what,
                current,
                rtl,
                tone="ink",
                wrap=row.wrap,
            )
            y += height
        for detail in row.details:
            self._text(
                painter,
                self._at(rect, left, y, width, current.line("small"), rtl),
                detail,
                current,
                rtl,
                size="small",
                tone="ink2",
            )
            y += current.line("small")
        if opened and row.facts:
            y += current.px(8)
            y = self._paint_facts(painter, rect, row, current, rtl, left, y)
        if opened and row.buttons:
            for button, box in self.button_rects(rect, row, rtl):
                self._paint_button(painter, box, button, current, rtl)

    def _paint_facts(self, painter: QPainter, rect: QRect, row: ListRow, current: Look, rtl: bool, left: int, y: int) -> int:
        line = current.line()
        widest = max(current.metrics().horizontalAdvance(label) for label, _, _ in row.facts) + current.px(4)
        for label, value, fine in row.facts:
            icon = self._at(rect, left, y, current.px(14), line, rtl)
            current.paint_icon(
                painter,
                icon.left(),
                y + (line - current.px(14)) / 2,
                "check" if fine else "triangle-alert",
                "accent" if fine else "amber_mark",
                14,
            )
            self._text(painter, self._at(rect, left + current.px(22), y, widest, line, rtl), label, current, rtl, tone="ink2")
            x = left + current.px(22) + widest + current.px(24)
            self._text(
                painter,
                self._at(rect, x, y, rect.width() - x - current.px(self.pad), line, rtl),
                value,
                current,
                rtl,
                tone="ink" if fine else "amber",
            )
            y += line
        return y

    def button_rects(self, rect: QRect, row: ListRow, rtl: bool) -> list[tuple[RowButton, QRect]]:
        """Where the buttons of the current row are: for painting, clicking and for screen readers."""
        current = look()
        left = current.px(self.pad) + current.px(self.lead_width) + current.px(24)
        y = rect.bottom() - current.px(12) - current.px("control")
        found = []
        for button in row.buttons:
            width = current.metrics("body", "medium").horizontalAdvance(button.text) + current.px(24)
            width += current.metrics("small").horizontalAdvance(key_words(button.key)) + current.px(9) if button.key else 0
            found.append((button, self._at(rect, left, y, width, current.px("control"), rtl)))
            left += width + current.px(8)
        return found

    def _paint_button(self, painter: QPainter, box: QRect, button: RowButton, current: Look, rtl: bool) -> None:
        painter.setPen(current.colour("edge") if not button.primary else Qt.PenStyle.NoPen)
        painter.setBrush(current.colour("accent" if button.primary else "sheet"))
        painter.drawRoundedRect(box.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), current.radius(), current.radius())
        inner = box.adjusted(current.px(12), 0, -current.px(12), 0)
        start = start_side(rtl)
        stop = end_side(rtl)
        painter.setFont(current.font("body", "medium"))
        painter.setPen(current.colour("on_accent" if button.primary else "ink"))
        painter.drawText(inner, int(start | Qt.AlignmentFlag.AlignVCenter), button.text)
        painter.setFont(current.font("small"))
        painter.setPen(current.colour("on_accent" if button.primary else "ink3"))
        painter.drawText(inner, int(stop | Qt.AlignmentFlag.AlignVCenter), key_words(button.key))

    def _paint_row_badge(
        self, painter: QPainter, rect: QRect, y: int, height: int, end: int, badge: RowBadge, current: Look, rtl: bool
    ) -> int:
        width = current.metrics("small", "regular" if badge.plain else "medium").horizontalAdvance(badge.text)
        if badge.plain:
            self._text(
                painter,
                self._at(rect, end - width, y, width + 2, height, rtl),
                badge.text,
                current,
                rtl,
                size="small",
                tone="ink2",
            )
            return width
        width += current.px(18)
        box = self._at(rect, end - width, y, width, height, rtl)
        paint_badge(painter, box, badge.text, current.shape(badge.state), Badge.TONES[badge.state], current, rtl)
        return width

    @staticmethod
    def _at(rect: QRect, x: int, y: int, width: int, height: int, rtl: bool) -> QRect:
        left = rect.right() + 1 - x - width if rtl else rect.left() + x
        return QRect(left, y, width, height)

    @staticmethod
    def _text(
        painter: QPainter,
        box: QRect,
        text: str,
        current: Look,
        rtl: bool,
        *,
        size: TextSize = "body",
        weight: Weight | None = None,
        tone: str = "ink",
        wrap: bool = False,
    ) -> None:
        painter.setFont(current.font(size, weight))
        painter.setPen(current.colour(tone))
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # a time or a Latin name keeps its own order
        align = start_side(rtl)
        if wrap:
            painter.drawText(box, int(align | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap), text)
        else:
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, int(align | Qt.AlignmentFlag.AlignVCenter), shown)

    # --- the mouse on a painted button ------------------------------------------------------------------------------

    def editorEvent(self, event: QEvent, model: Any, option: QStyleOptionViewItem, index: Index) -> bool:
        view = option.widget
        if event.type() != QEvent.Type.MouseButtonRelease or not isinstance(event, QMouseEvent) or view is None:
            return False
        row: ListRow | None = index.data(ROW)
        if row is None or not row.buttons or not self._is_open(view, index):
            return False
        for button, box in self.button_rects(option.rect, row, is_rtl(view)):
            if box.contains(event.position().toPoint()):
                self.pressed.emit(row.id, button.id)
                return True
        return False


def paint_marked(
    painter: QPainter,
    box: QRect,
    text: str,
    marks: Sequence[tuple[int, int]],
    rtl: bool,
    *,
    size: TextSize = "body",
    tone: str = "ink",
) -> None:
    """One line with the matching letters bold and underlined in teal."""
    current = look()
    layout = QTextLayout(text, current.font(size, "regular"))
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.NoWrap)
    option.setTextDirection(Qt.LayoutDirection.RightToLeft if rtl else Qt.LayoutDirection.LayoutDirectionAuto)
    layout.setTextOption(option)
    ranges = []
    for start, length in marks:
        span = QTextLayout.FormatRange()
        span.start, span.length = start, length
        style = QTextCharFormat()
        style.setFontWeight(600)
        style.setFontUnderline(True)
        style.setUnderlineColor(current.colour("accent"))
        span.format = style
        ranges.append(span)
    layout.setFormats(ranges)
    layout.beginLayout()
    line = layout.createLine()
    line.setLineWidth(box.width())
    layout.endLayout()
    painter.save()
    painter.setPen(current.colour(tone))
    painter.setClipRect(box)
    shift = box.width() - line.naturalTextWidth() if rtl else 0
    layout.draw(
        painter, box.topLeft() + type(box.topLeft())(round(shift) if not rtl else 0, round((box.height() - line.height()) / 2))
    )
    painter.restore()
