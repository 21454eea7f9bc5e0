"""A day and a time of day, typed as people write them or stepped with the arrows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

from PySide6.QtCore import QDate, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QCalendarWidget, QLineEdit, QMenu, QWidgetAction

from cmpp_desktop.ui.theme import is_rtl, look
from cmpp_desktop.ui.widgets.reading import read_date, read_time
from cmpp_desktop.words import Words


class DateField(QLineEdit):
    """A day, typed as people write it ("tomorrow", "8 Dec", "12/8", "+7") or stepped with ↑ ↓; Alt+↓ opens a month.

    `today` gives the day that it is. `picked(date or None)` comes when the value changed; `bad` text stays as typed and
    gives None.
    """

    picked = Signal(object)

    def __init__(self, words: Words, today: Callable[[], date], value: date | None = None, *, width: int = 168) -> None:
        super().__init__()
        self._words, self._today = words, today
        self._value: date | None = None
        self.setFixedWidth(look().px(width))
        self.editingFinished.connect(self._settle)
        look().changed.connect(self._margins)
        self._margins()
        self.set_value(value)

    def _margins(self) -> None:
        start = look().px(24)
        self.setTextMargins(0 if is_rtl(self) else start, 0, start if is_rtl(self) else 0, 0)

    def value(self) -> date | None:
        self._settle()
        return self._value

    @property
    def unread(self) -> bool:
        """Something is typed that is no day."""
        return bool(self.text().strip()) and self.value() is None

    def set_value(self, value: date | None) -> None:
        self._value = value
        self.setText("" if value is None else self._words.short_date(value, self._today()))
        self.setModified(False)

    def _settle(self) -> None:
        if not self.isModified():
            return
        text = self.text().strip()
        found = read_date(text, self._today(), self._words.language) if text else None
        changed = found != self._value
        if found is not None or not text:
            self.set_value(found)
        else:
            self._value = None
            self.setModified(False)
        if changed:
            self.picked.emit(self._value)

    def _step(self, days: int) -> None:
        self._settle()
        base = self._value or self._today()
        self._take(date.fromordinal(base.toordinal() + days) if self._value else base)

    def _take(self, value: date) -> None:
        self.set_value(value)
        self.picked.emit(value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            if event.modifiers() & Qt.KeyboardModifier.AltModifier:
                self.open_month()
            else:
                self._step(1 if key == Qt.Key.Key_Up else -1)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self._step(7 if key == Qt.Key.Key_PageUp else -7)
        else:
            super().keyPressEvent(event)

    def open_month(self) -> None:
        """A month to pick from."""
        menu = QMenu(self)
        month = QCalendarWidget(menu)
        month.setAccessibleName(self._words("Choose a day"))
        month.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
        shown = self.value() or self._today()
        month.setSelectedDate(QDate(shown.year, shown.month, shown.day))
        action = QWidgetAction(menu)
        action.setDefaultWidget(month)
        menu.addAction(action)

        def take(day: QDate) -> None:
            self._take(date(day.year(), day.month(), day.day()))
            menu.close()

        month.activated.connect(take)
        month.clicked.connect(take)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.mapToGlobal(QPoint(0, self.height() + look().px(4))))
        month.setFocus()

    def mousePressEvent(self, event: Any) -> None:
        x = event.position().x()
        inside = x > self.width() - look().px(32) if is_rtl(self) else x < look().px(32)
        if inside:
            self.open_month()
        else:
            super().mousePressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        inset = look().px(9)
        x = self.width() - inset - look().px(16) if is_rtl(self) else inset
        look().paint_icon(QPainter(self), x, (self.height() - look().px(16)) / 2, "calendar", "ink2", 16)


class TimeField(QLineEdit):
    """A time of day, typed as people write it ("930", "1:30 pm", "14h"); ↑ ↓ step by a quarter of an hour."""

    picked = Signal(object)

    def __init__(self, words: Words, value: time | None = None, *, width: int = 96) -> None:
        super().__init__()
        self._words = words
        self._value: time | None = None
        self.setFixedWidth(look().px(width))
        self.editingFinished.connect(self._settle)
        self.set_value(value)

    def value(self) -> time | None:
        self._settle()
        return self._value

    @property
    def unread(self) -> bool:
        """Something is typed that is no time."""
        return bool(self.text().strip()) and self.value() is None

    def set_value(self, value: time | None) -> None:
        self._value = value
        self.setText("" if value is None else self._words.time(value))
        self.setModified(False)

    def _settle(self) -> None:
        if not self.isModified():
            return
        text = self.text().strip()
        found = read_time(text) if text else None
        changed = found != self._value
        if found is not None or not text:
            self.set_value(found)
        else:
            self._value = None
            self.setModified(False)
        if changed:
            self.picked.emit(self._value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._settle()
            base = self._value or time(9, 0)
            minutes = (base.hour * 60 + base.minute + (15 if event.key() == Qt.Key.Key_Up else -15)) % 1440
            self.set_value(time(minutes // 60, minutes % 60) if self._value else base)
            self.picked.emit(self._value)
        else:
            super().keyPressEvent(event)
