"""The parts of a page, side by side: words with a line under the current one. ← → move while it has the keyboard,
Ctrl+Tab from anywhere on the page. Screen readers hear a list of tabs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QSizePolicy, QTabBar, QWidget

from cmpp_desktop.ui.theme import look


class Tabs(QTabBar):
    """`chosen(key)` when another part is shown."""

    chosen = Signal(str)

    def __init__(self, name: str, page: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys: list[str] = []
        self.setAccessibleName(name)
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        for key, step in (("Ctrl+Tab", 1), ("Ctrl+Shift+Tab", -1), ("Ctrl+PgDown", 1), ("Ctrl+PgUp", -1)):
            shortcut = QShortcut(QKeySequence(key), page, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda step=step: self.step(step))
        self.currentChanged.connect(self._changed)
        look().changed.connect(self.updateGeometry)

    def set_tabs(self, tabs: Sequence[tuple[str, str]]) -> None:
        """Shows these (key, words); the current one stays when it is still there."""
        current = self.key()
        if [key for key, _ in tabs] == self._keys and [self.tabText(i) for i in range(self.count())] == [
            said for _, said in tabs
        ]:
            return
        self.blockSignals(True)
        while self.count():
            self.removeTab(0)
        self._keys = [key for key, _ in tabs]
        for _, said in tabs:
            self.addTab(said)
        if current in self._keys:
            self.setCurrentIndex(self._keys.index(current))
        self.blockSignals(False)
        if self.key() != current:
            self._changed(self.currentIndex())

    def key(self) -> str:
        return self._keys[self.currentIndex()] if 0 <= self.currentIndex() < len(self._keys) else ""

    def choose(self, key: str) -> None:
        if key in self._keys:
            self.setCurrentIndex(self._keys.index(key))

    def step(self, by: int) -> None:
        if self.count():
            self.setCurrentIndex((self.currentIndex() + by) % self.count())

    def _changed(self, index: int) -> None:
        if 0 <= index < len(self._keys):
            self.chosen.emit(self._keys[index])

    def tabSizeHint(self, index: int) -> QSize:
        current = look()
        width = current.metrics("body", "medium").horizontalAdvance(self.tabText(index)) + current.px(24)
        return QSize(width, current.px(36))

    def minimumTabSizeHint(self, index: int) -> QSize:
        return self.tabSizeHint(index)

    def paintEvent(self, event: QPaintEvent) -> None:
        current = look()
        painter = QPainter(self)
        for index in range(self.count()):
            here = index == self.currentIndex()
            rect = self.tabRect(index).adjusted(0, 0, -current.px(24), 0)
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                rect = self.tabRect(index).adjusted(current.px(24), 0, 0, 0)
            painter.setFont(current.font("body", "semibold" if here else "regular"))
            painter.setPen(current.colour("accent" if here else "ink2"))
            painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip), self.tabText(index))
            if here:
                painter.fillRect(
                    QRect(rect.left(), self.height() - current.px(2), rect.width(), current.px(2)), current.colour("accent")
                )
