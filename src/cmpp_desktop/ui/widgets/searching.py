"""A field that finds as one types, and keeps the keyboard while a list below it moves."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit

from cmpp_desktop.ui.theme import end_side, is_rtl, look
from cmpp_desktop.ui.widgets.keys import key_width, paint_key


class SearchField(QLineEdit):
    """Find as you type: `asked(text)` comes a moment after the last key. Escape empties it.

    `key` stands boxed at the end while it is empty; `moved(step)` passes ↑ ↓ on (the field keeps the focus), `chosen()` is
    Enter.
    """

    asked = Signal(str)
    moved = Signal(int)
    chosen = Signal()

    def __init__(
        self, name: str, *, placeholder: str = "", key: str = "", large: bool = False, clear_words: str = "", delay_ms: int = 60
    ) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder or name)
        self.setProperty("large", large)
        self._key, self._clear_words = key, clear_words
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(delay_ms)
        self._timer.timeout.connect(lambda: self.asked.emit(self.text()))
        self.textChanged.connect(self._typed)
        look().changed.connect(self._margins)
        self._margins()

    def _margins(self) -> None:
        end = key_width(self._key, look()) + look().px(4) if self._key else 0
        if self._clear_words:
            end = max(end, look().metrics("small").horizontalAdvance(self._clear_words) + look().px(4))
        start = look().px(24)
        self.setTextMargins(end if is_rtl(self) else start, 0, start if is_rtl(self) else end, 0)

    def _typed(self) -> None:
        self._timer.start()

    def ask_now(self) -> None:
        """Does not wait for the moment."""
        self._timer.stop()
        self.asked.emit(self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.moved.emit(1 if key == Qt.Key.Key_Down else -1)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.moved.emit(10 if key == Qt.Key.Key_PageDown else -10)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if self._timer.isActive():
                self.ask_now()
            self.chosen.emit()
        elif key == Qt.Key.Key_Escape and self.text():
            self.clear()
            self.ask_now()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
            and self.text()
        ):
            event.accept()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        current, rtl = look(), is_rtl(self)
        painter = QPainter(self)
        middle = (self.height() - current.px(16)) / 2
        inset = current.px(9)
        current.paint_icon(painter, self.width() - inset - current.px(16) if rtl else inset, middle, "search", "ink3", 16)
        if self.text() and self._clear_words:
            painter.setFont(current.font("small"))
            painter.setPen(current.colour("ink3"))
            side = end_side(rtl)
            painter.drawText(
                self.rect().adjusted(inset, 0, -inset, 0), int(side | Qt.AlignmentFlag.AlignVCenter), self._clear_words
            )
        elif not self.text() and self._key:
            width = key_width(self._key, current)
            x = current.px(6) if rtl else self.width() - current.px(6) - width
            paint_key(painter, QRect(x, (self.height() - current.px(18)) // 2, width, current.px(18)), self._key, current)
