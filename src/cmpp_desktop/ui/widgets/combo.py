"""One of a list of codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy

from cmpp_desktop.ui.theme import is_rtl, look, start_side


class CodeCombo(QComboBox):
    """One of a list of codes. The label must be a `Field`'s: a combo box takes its name from the label beside it only."""

    chosen = Signal(object)

    def __init__(self, choices: Sequence[tuple[Any, str]] = (), value: Any = None, *, empty: str | None = None) -> None:
        super().__init__()
        self._empty = empty
        self.set_choices(choices, value)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.currentIndexChanged.connect(lambda: self.chosen.emit(self.value()))
        look().changed.connect(self.updateGeometry)

    def set_choices(self, choices: Sequence[tuple[Any, str]], value: Any = None) -> None:
        """Other choices: (value, words). With `empty`, the first means None."""
        self.blockSignals(True)
        self.clear()
        if self._empty is not None:
            self.addItem(self._empty, None)
        for item, said in choices:
            self.addItem(said, item)
        self.set_value(value)
        self.blockSignals(False)

    def value(self) -> Any:
        return self.currentData()

    def set_value(self, value: Any) -> None:
        index = next((i for i in range(self.count()) if self.itemData(i) == value), 0 if self.count() else -1)
        self.setCurrentIndex(index)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = not event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
            if plain and event.text().isprintable() and event.text():
                event.accept()  # letters choose in the list; they are not the page's keys while one is here
                return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # scrolling the page must not change an answer

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        metrics = look().metrics()
        widest = max((metrics.horizontalAdvance(self.itemText(i)) for i in range(self.count())), default=0)
        return QSize(min(widest, look().px(240)) + look().px(44), look().px("control"))

    def minimumSizeHint(self) -> QSize:
        return QSize(look().px(96), look().px("control"))

    def paintEvent(self, event: QPaintEvent) -> None:
        current, rtl = look(), is_rtl(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(current.colour("danger" if self.property("bad") else "edge"))
        pen.setWidthF(current.border("control"))
        painter.setPen(pen)
        painter.setBrush(current.colour("sheet" if self.isEnabled() else "sunk"))
        half = pen.widthF() / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), current.radius(), current.radius())
        inner = self.rect().adjusted(current.px(9), 0, -current.px(9), 0)
        arrow = inner.left() if rtl else inner.right() + 1 - current.px(16)
        current.paint_icon(painter, arrow, (self.height() - current.px(16)) / 2, "chevron-down", "ink2", 16)
        inner = inner.adjusted(current.px(20), 0, 0, 0) if rtl else inner.adjusted(0, 0, -current.px(20), 0)
        painter.setFont(current.font())
        painter.setPen(current.colour("ink" if self.isEnabled() and self.currentData() is not None else "ink3"))
        text = painter.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(
            inner, int(Qt.AlignmentFlag.AlignVCenter | start_side(rtl)), text
        )
