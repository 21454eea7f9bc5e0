"""The focus ring: 2 px, with a gap of 2 px, around whatever has the keyboard. One for each window.

Style sheets cannot draw a gap, so one transparent widget follows the focus. Views whose delegate draws its own ring set
the property `own_ring`.
"""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QScrollArea, QWidget

from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets.basics import paint_ring


class _Ring(QWidget):
    """What is seen. It lives in the content that it scrolls with, and may go away with it."""

    def __init__(self, home: QWidget) -> None:
        super().__init__(home)
        self.setObjectName("focus_ring")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_ring(QPainter(self), self.rect(), look(), look().radius() + look().border("focus_gap"))


class FocusRing(QObject):
    """Made once for a window; finds its own way."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._target: QWidget | None = None
        self._watched: list[QWidget] = []
        self._ring = _Ring(window)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_changed)
        look().changed.connect(self._place)

    def _focus_changed(self, old: QWidget | None, new: QWidget | None) -> None:
        if new is not None and (new.window() is not self._window or new is self._window):
            new = None
        self._follow(new)

    def _follow(self, target: QWidget | None) -> None:
        for old in self._watched:
            if shiboken6.isValid(old):
                old.removeEventFilter(self)
        self._watched = []
        self._target = self._outer(target) if target is not None else None
        if not shiboken6.isValid(self._ring):
            self._ring = _Ring(self._window)
        if self._target is None or self._target.property("own_ring"):
            self._target = None
            self._ring.hide()
            return
        home = self._home(self._target)
        self._ring.setParent(home)
        widget: QWidget | None = self._target
        while widget is not None:
            widget.installEventFilter(self)
            self._watched.append(widget)
            if widget is home:
                break
            widget = widget.parentWidget()
        self._place()

    @staticmethod
    def _outer(target: QWidget) -> QWidget:
        """A field inside a box of ours is ringed as the box."""
        widget: QWidget | None = target
        while widget is not None and not widget.isWindow():
            if widget.property("rings_as_one"):
                return widget
            widget = widget.parentWidget()
        return target

    @staticmethod
    def _home(target: QWidget) -> QWidget:
        """The content of the scroll area that it is in (so that the ring scrolls with it), else the window."""
        widget = target
        while (parent := widget.parentWidget()) is not None:
            area = parent.parentWidget()
            if isinstance(area, QAbstractScrollArea) and parent is area.viewport() and isinstance(area, QScrollArea):
                return widget
            widget = parent
        return widget

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.ZOrderChange):
            self._place()
        return False

    def _place(self) -> None:
        if not shiboken6.isValid(self._ring):
            return
        target, home = self._target, self._ring.parentWidget()
        if target is None or home is None or not shiboken6.isValid(target) or not target.isVisible():
            self._ring.hide()
            return
        reach = round(look().border("focus") + look().border("focus_gap"))
        corner = target.mapTo(home, QPoint(0, 0))
        around = QRect(corner, target.size()).adjusted(-reach, -reach, reach, reach)
        self._ring.setGeometry(around.intersected(home.rect()))  # whole also where the target begins at the content's edge
        self._ring.raise_()
        self._ring.show()
        self._ring.update()
