"""What lies over the window on a scrim, until Escape or a click beside it; and the sheet of all keys (?)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from cmpp_desktop.ui.page import Ui
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import KeyCap, Label, column, row, scrolled
from cmpp_desktop.words import Words


class Overlay(QWidget):
    """Covers the window with a scrim; `sheet` is what lies on it. Gives the focus back when it closes."""

    WIDTH = 680

    def __init__(self, window: QWidget, name: str) -> None:
        super().__init__(window)
        self._window = window
        self._before: QWidget | None = window.focusWidget()
        self.setAccessibleName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.sheet = QWidget(self)
        self.sheet.setAccessibleName(name)
        window.installEventFilter(self)

    def open(self) -> None:
        """Shows it over the whole window."""
        self._place()
        self.show()
        self.raise_()

    def closeEvent(self, event: Any) -> None:
        self._window.removeEventFilter(self)
        super().closeEvent(event)
        before = self._before
        try:
            if before is not None and before.isVisible():
                before.setFocus(Qt.FocusReason.OtherFocusReason)
        except RuntimeError:  # what had the focus is gone
            return

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def sheet_height(self) -> int:
        return self.sheet.sizeHint().height()

    def _place(self) -> None:
        self.setGeometry(self._window.rect())
        width = min(look().px(self.WIDTH), self.width() - look().px(32))
        top = look().px(80) if self.height() > look().px(620) else look().px(24)
        height = min(self.sheet_height(), self.height() - top - look().px(24))
        self.sheet.setGeometry((self.width() - width) // 2, top, width, height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            event.accept()
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        """The keyboard stays on the sheet."""
        order = [one for one in self.stops() if one.isVisible() and one.isEnabled()]
        if order:
            here = self.focusWidget()
            number = order.index(here) if here in order else -1
            order[(number + (1 if next else -1)) % len(order)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def stops(self) -> Sequence[QWidget]:
        """Where Tab stops, in this order."""
        return ()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.sheet.geometry().contains(event.position().toPoint()):
            self.close()

    def paintEvent(self, event: QPaintEvent) -> None:
        current = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(36, 34, 29, 71 if current.mode != "dark" else 140))
        sheet = QRectF(self.sheet.geometry())
        painter.setPen(Qt.PenStyle.NoPen)
        for reach in range(16, 0, -2):  # the only shadow of the program
            painter.setBrush(QColor(36, 34, 29, 5))
            painter.drawRoundedRect(sheet.adjusted(-reach, -reach + 8, reach, reach + 8), 8 + reach, 8 + reach)
        painter.setPen(current.colour("edge"))
        painter.setBrush(current.colour("sheet"))
        painter.drawRoundedRect(sheet.adjusted(0.5, 0.5, -0.5, -0.5), current.radius(), current.radius())


class AllKeys(Overlay):
    """All keys on one sheet: this page's and those that work everywhere."""

    WIDTH = 760

    def __init__(self, window: QWidget, ui: Ui, page_keys: Sequence[tuple[str, str]]) -> None:
        super().__init__(window, ui.words("All keys"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("own_ring", True)
        words = ui.words
        here = self._group(words("On this page"), page_keys or ((("Tab"), words("next field")),))
        everywhere = self._group(words("Everywhere"), frame_keys(words))
        both = row(here, everywhere, gap=48, margins=(0, 0, 16, 0))
        self._area = scrolled(both, words("All keys"))
        self._area.setMinimumHeight(look().px(120))
        self._needed = both.totalMinimumSize().height() + look().px(152)
        layout = column(
            Label(words("All keys"), "title"),
            self._area,
            Label(words("Esc closes this."), "small", tone="ink2"),
            gap=16,
            margins=(32, 24, 32, 20),
        )
        layout.setStretch(1, 1)
        self.sheet.setLayout(layout)
        spoken = ". ".join(f"{key}: {said}" for key, said in (*page_keys, *frame_keys(words)))
        self.setAccessibleDescription(spoken)

    def open(self) -> None:
        super().open()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def sheet_height(self) -> int:
        return self._needed

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows and pages scroll where the room is low."""
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 6, Qt.Key.Key_PageUp: -6}
        step = steps.get(Qt.Key(event.key()))
        if step is not None and isinstance(self._area, QScrollArea):
            bar = self._area.verticalScrollBar()
            bar.setValue(bar.value() + step * look().px(28))
            return
        super().keyPressEvent(event)

    @staticmethod
    def _group(title: str, keys: Sequence[tuple[str, str]]) -> QVBoxLayout:
        lines = []
        for key, said in keys:
            caps = row(*(KeyCap(part) for part in key.split("|")), None, gap=4)
            holder = QWidget()
            holder.setFixedWidth(look().px(112))
            holder.setLayout(caps)
            line = row(holder, Label(said, wrap=True), gap=8)
            line.setStretch(1, 1)
            lines.append(line)
        return column(Label(title, weight="semibold"), *lines, None, gap=8)


def frame_keys(words: Words) -> tuple[tuple[str, str], ...]:
    """The keys that work everywhere."""
    return (
        ("Ctrl+K", words("find anything")),
        ("Ctrl+1|…", words("places of the rail")),
        ("Alt+Left", words("back")),
        ("Ctrl+Z", words("undo")),
        ("F12", words("hide, and back")),
        ("Ctrl+Shift+L", words("lock")),
        ("Tab", words("next field")),
        ("?", words("all keys")),
    )
