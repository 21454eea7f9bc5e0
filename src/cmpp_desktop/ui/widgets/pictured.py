"""Rows that begin with a small picture of a document, on white paper, or with an icon where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap

from cmpp_desktop.ui.theme import Look, look
from cmpp_desktop.ui.widgets.row_model import ListRow, RowButton
from cmpp_desktop.ui.widgets.streams import StreamDelegate, StreamRow

WIDE, HIGH, GAP = 40, 52, 12  # at 100 %


@dataclass(frozen=True, slots=True)
class PicturedRow(StreamRow):
    """`pictured`: of what a picture is asked for; None: only its icon is shown."""

    pictured: Any = None


class PicturedDelegate(StreamDelegate):
    """`picture(of)` gives the picture of a row, or None for its icon. Other rows are as they always are."""

    def __init__(self, picture: Callable[[Any], QPixmap | None], **more: Any) -> None:
        super().__init__(**more)
        self._picture = picture

    def _lines(self, row: ListRow, width: int) -> int:
        return super()._lines(row, width - (_taken() if isinstance(row, PicturedRow) else 0))

    def _height(self, row: ListRow, width: int, opened: bool) -> int:
        height = super()._height(row, width, opened)
        return max(height, 2 * look().px(self.top) + look().px(HIGH) + 1) if isinstance(row, PicturedRow) else height

    def _paint_row(self, painter: QPainter, rect: QRect, row: ListRow, current: Look, rtl: bool, opened: bool) -> None:
        if not isinstance(row, PicturedRow):
            super()._paint_row(painter, rect, row, current, rtl, opened)
            return
        place = self._at(rect, current.px(self.pad), rect.top() + current.px(self.top), current.px(WIDE), current.px(HIGH), rtl)
        paint_picture(painter, place, self._picture(row.pictured) if row.pictured is not None else None, row.icon, current)
        taken = _taken()
        inner = rect.adjusted(0, 0, -taken, 0) if rtl else rect.adjusted(taken, 0, 0, 0)
        super()._paint_row(painter, inner, replace(row, icon="", buttons=()), current, rtl, opened)
        for button, box in self.button_rects(rect, row, rtl) if opened else ():
            self._paint_button(painter, box, button, current, rtl)

    def button_rects(self, rect: QRect, row: ListRow, rtl: bool) -> list[tuple[RowButton, QRect]]:
        if isinstance(row, PicturedRow):
            by = _taken() - look().px(24)  # where the words begin, which have no icon before them
            rect = rect.adjusted(0, 0, -by, 0) if rtl else rect.adjusted(by, 0, 0, 0)
        return super().button_rects(rect, row, rtl)


def paint_picture(painter: QPainter, place: QRect, picture: QPixmap | None, icon: str, current: Look) -> None:
    """A picture as large as the place allows, in a hairline; else an icon in the middle of an empty sheet."""
    if picture is None or picture.isNull():
        painter.fillRect(place, current.colour("sunk"))
        side = current.px(16)
        current.paint_icon(painter, place.center().x() - side / 2, place.center().y() - side / 2, icon, "ink2", 16)
        sheet = QRectF(place)
    else:
        size = picture.size().scaled(QSize(place.size()), Qt.AspectRatioMode.KeepAspectRatio)
        sheet = QRectF(0, 0, size.width(), size.height())
        sheet.moveCenter(QRectF(place).center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(sheet, Qt.GlobalColor.white)
        painter.drawPixmap(sheet, picture, QRectF(picture.rect()))
    painter.setPen(current.colour("edge"))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(sheet.adjusted(0.5, 0.5, -0.5, -0.5))


def _taken() -> int:
    return look().px(WIDE + GAP)
