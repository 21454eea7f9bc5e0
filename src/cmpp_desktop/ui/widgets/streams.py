"""Rows with more to say: a quiet second line that wraps, a column in the middle, a badge below the first; and lists that
are as high as their rows, for pages that scroll as a whole. The anatomy, the keys and the current row are `RowList`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, QRect, Qt
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QStyleOptionViewItem

from cmpp_desktop.ui.theme import Look, look
from cmpp_desktop.ui.widgets.row_delegate import RowDelegate
from cmpp_desktop.ui.widgets.row_model import ListRow, RowBadge
from cmpp_desktop.ui.widgets.rows import RowList


@dataclass(frozen=True, slots=True)
class StreamRow(ListRow):
    """`quiet`: `what` is secondary ink. `middle`: a column of its own. `below`: a second badge, beside the details.
    `link`: teal words at the end instead of a badge."""

    quiet: bool = True
    middle: str = ""
    below: RowBadge | None = None
    link: str = ""


class StreamDelegate(RowDelegate):
    """`columns`: widths (middle, end) of a table's columns at 100 %, or (0, 0) for a stream without them."""

    def __init__(self, parent: QObject | None = None, *, columns: tuple[int, int] = (0, 0), **more: Any) -> None:
        super().__init__(parent, **more)
        self.columns = columns

    def _taken(self) -> int:
        return look().px(sum(self.columns))

    def _lines(self, row: ListRow, width: int) -> int:
        return super()._lines(row, width - self._taken())

    def _height(self, row: ListRow, width: int, opened: bool) -> int:
        height = super()._height(row, width, opened)
        if isinstance(row, StreamRow) and row.middle and self.columns[0]:
            height = max(height, 2 * look().px(self.top) + look().px(4) + self._middle_height(row))
        if isinstance(row, StreamRow) and row.below is not None and not row.what and not row.details:
            height += look().line("small")
        return height

    def _middle_height(self, row: StreamRow) -> int:
        """Of at most three lines, as the font has them: its lines are higher than those of the scale."""
        room = QRect(0, 0, look().px(self.columns[0]) - look().px(16), 10_000)
        metrics = look().metrics("small")
        text = metrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), row.middle)
        return min(max(round(text.height() / metrics.lineSpacing()), 1), 3) * metrics.lineSpacing()

    def _paint_row(self, painter: QPainter, rect: QRect, row: ListRow, current: Look, rtl: bool, opened: bool) -> None:
        if not isinstance(row, StreamRow):
            super()._paint_row(painter, rect, row, current, rtl, opened)
            return
        first = rect.top() + current.px(self.top)
        taken = self._taken()
        if taken:
            self._paint_columns(painter, rect, row, current, rtl)
            inner = rect.adjusted(taken, 0, 0, 0) if rtl else rect.adjusted(0, 0, -taken, 0)
            super()._paint_row(painter, inner, replace(row, badge=None), current, rtl, opened)
            return
        super()._paint_row(painter, rect, row, current, rtl, opened)
        end = rect.width() - current.px(self.pad)
        if row.link:
            width = current.metrics("small", "medium").horizontalAdvance(row.link) + 2
            box = self._at(rect, end - width, first, width, current.line(), rtl)
            self._text(painter, box, row.link, current, rtl, size="small", weight="medium", tone="accent")
        if row.below is not None:
            y = first + current.line()
            self._paint_row_badge(painter, rect, y, current.line("small"), end, row.below, current, rtl)

    def _paint_columns(self, painter: QPainter, rect: QRect, row: StreamRow, current: Look, rtl: bool) -> None:
        middle, last = (current.px(width) for width in self.columns)
        y = rect.top() + current.px(self.top)
        if row.middle:
            box = self._at(
                rect,
                rect.width() - middle - last,
                y + current.px(2),
                middle - current.px(16),
                self._middle_height(row),
                rtl,
            )
            self._text(painter, box, row.middle, current, rtl, size="small", wrap=True)
        if row.badge is not None:
            width = current.metrics("small", "regular" if row.badge.plain else "medium").horizontalAdvance(row.badge.text)
            width += 0 if row.badge.plain else current.px(18)
            self._paint_row_badge(painter, rect, y, current.line(), rect.width() - last + width, row.badge, current, rtl)

    def _paint_below(
        self, painter: QPainter, rect: QRect, row: ListRow, current: Look, rtl: bool, opened: bool, left: int, y: int
    ) -> None:
        if isinstance(row, StreamRow) and row.quiet and row.what:
            width = rect.width() - left - current.px(self.pad) - (current.px(96) if row.wrap else 0)
            height = current.line() * super()._lines(row, rect.width())
            self._text(painter, self._at(rect, left, y, width, height, rtl), row.what, current, rtl, tone="ink2", wrap=row.wrap)
            y += height
            row = replace(row, what="")
        if isinstance(row, StreamRow) and row.below is not None:
            width = current.metrics("small", "medium").horizontalAdvance(row.below.text) + current.px(26)
            rect = rect.adjusted(width, 0, 0, 0) if rtl else rect.adjusted(0, 0, -width, 0)
        super()._paint_below(painter, rect, row, current, rtl, opened, left, y)


class FittedRows(RowList):
    """A list as high as its rows."""

    def __init__(self, name: str, delegate: RowDelegate | None = None, *, most: int = 0) -> None:
        super().__init__(name, delegate)
        self._most = most
        if not most:
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_rows(self, rows: Sequence[ListRow], current: Any = None) -> None:
        super().show_rows(rows, current)
        if self.hasFocus() and not self.currentIndex().isValid():
            self.choose_first()
        self.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def relayout(self) -> None:
        super().relayout()
        self.fit()

    def fit(self) -> None:
        """Takes the height of its rows (at most `most` pixels at 100 %, when that is given)."""
        option = QStyleOptionViewItem()
        option.widget = self
        model = self.model()
        height = sum(self._delegate.sizeHint(option, model.index(number, 0)).height() for number in range(model.rowCount()))
        if self._most:
            height = min(height, look().px(self._most))
        if self.minimumHeight() != height or self.maximumHeight() != height:
            self.setFixedHeight(height)
