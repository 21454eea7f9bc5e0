"""What is pressed: buttons with verb and key, chips to switch on and off, the initials that open one's own settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen, QShortcutEvent
from PySide6.QtWidgets import QAbstractButton, QPushButton, QSizePolicy, QWidget

from cmpp_desktop.ui.theme import Look, TextSize, Weight, is_rtl, look
from cmpp_desktop.ui.widgets.keys import key_width, key_words, paint_key

Kind = Literal["primary", "secondary", "quiet", "plain"]


def clicked_at_once(button: QAbstractButton, event: QEvent) -> bool:
    """For `event` of buttons with a shortcut: Qt's own way waits 100 ms, and the next key would be faster."""
    if not isinstance(event, QShortcutEvent) or event.isAmbiguous():
        return False
    if button.isEnabled():
        button.click()
    return True


class Button(QPushButton):
    """Verb and key. Kinds: primary (one a screen), secondary (outlined), quiet (teal words), plain (grey words).

    `key` is shown, and works while the button can be seen: "Return" by way of the page (so that Enter inside a field goes
    on), every other as a shortcut. `large` is 40 px high, for the last step; `flush` has no
    room at its ends (words among words), `small` is 12 px. `icon` is a name of the icon set.
    """

    def __init__(
        self,
        text: str,
        *,
        kind: Kind = "secondary",
        key: str = "",
        icon: str = "",
        large: bool = False,
        boxed_key: bool = False,
        flush: bool = False,
        small: bool = False,
        name: str = "",
        on: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self.kind: Kind = kind
        self.key = key
        self.enter = key == "Return"
        self._icon = icon
        self._large = large
        self._boxed_key = boxed_key
        self._flush = flush
        self._small = small or kind == "plain"
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        if name or not text:
            self.setAccessibleName(name)
        if key and not self.enter:
            self.setShortcut(QKeySequence(key))
        if on is not None:
            self.clicked.connect(lambda checked=False: on())
        look().changed.connect(self._look_changed)

    def set_kind(self, kind: Kind) -> None:
        self.kind = kind
        self.update()

    def set_text(self, text: str) -> None:
        """Other words; the shortcut stays."""
        shortcut = self.shortcut()
        self.setText(text)
        self.setShortcut(shortcut)
        self.updateGeometry()

    def _look_changed(self) -> None:
        self.updateGeometry()
        self.update()

    def _padding(self) -> int:
        if self._flush:
            return look().px(1)
        if self.kind in ("quiet", "plain"):
            return look().px(8)
        return look().px(16 if self._large else 12)

    def _parts(self) -> tuple[int, int, int]:
        """Widths of icon, words and key, gaps included."""
        current = look()
        size: TextSize = "small" if self._small else "body"
        icon = current.px(16) + (current.px(8) if self.text() else 0) if self._icon else 0
        words = current.metrics(size, self._weight()).horizontalAdvance(self.text())
        if not self.key:
            return icon, words, 0
        key = key_width(self.key, current) if self._boxed_key else current.metrics("small").horizontalAdvance(key_words(self.key))
        return icon, words, key + current.px(9)

    def _weight(self) -> Weight:
        return "regular" if self.kind == "plain" else "medium"

    def sizeHint(self) -> QSize:
        return QSize(sum(self._parts()) + 2 * self._padding(), look().px("control_large" if self._large else "control"))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self.click()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave):
            self.update()
        return clicked_at_once(self, event) or super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        current = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        words, key, icon = self._colours()
        self._paint_box(painter, current)
        parts = self._parts()
        x = max((self.width() - sum(parts)) // 2, current.px(2))
        painter.setFont(current.font("small" if self._small else "body", self._weight()))
        if self._icon:
            self._paint_part(painter, x, current.px(16), icon=(self._icon, icon))
            x += parts[0]
        painter.setPen(current.colour(words))
        self._paint_part(painter, x, parts[1], text=self.text())
        x += parts[1] + current.px(9)
        if self.key:
            width = parts[2] - current.px(9)
            if self._boxed_key:
                box = QRect(self._mirrored(x, width), (self.height() - current.px(18)) // 2, width, current.px(18))
                paint_key(painter, box, self.key, current, key)
            else:
                painter.setFont(current.font("small"))
                painter.setPen(current.colour(key))
                self._paint_part(painter, x, width, text=key_words(self.key))

    def _mirrored(self, x: int, width: int) -> int:
        return self.width() - x - width if is_rtl(self) else x

    def _paint_part(self, painter: QPainter, x: int, width: int, *, text: str = "", icon: tuple[str, str] | None = None) -> None:
        x = self._mirrored(x, width)
        if icon is not None:
            look().paint_icon(painter, x, (self.height() - look().px(16)) / 2, icon[0], icon[1], 16)
        else:
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextDontClip
            painter.drawText(QRect(x, 0, width, self.height()), int(flags), text)

    def _colours(self) -> tuple[str, str, str]:
        """Of words, key and icon."""
        if not self.isEnabled():
            return "ink3", "ink3", "ink3"
        if self.kind == "primary":
            return "on_accent", "on_accent", "on_accent"
        if self.kind == "quiet":
            return "accent", "ink3", "accent"
        if self.kind == "plain":
            return "ink2", "ink2", "ink2"
        return "ink", "ink3", "ink2"

    def _paint_box(self, painter: QPainter, current: Look) -> None:
        hovered = self.underMouse() and self.isEnabled()
        fill: QColor | None = None
        edge: QColor | None = None
        if self.kind == "primary":
            fill = current.colour("accent_hover" if hovered or self.isDown() else "accent")
            if not self.isEnabled():
                fill, edge = current.colour("sunk"), current.colour("edge")
        elif self.kind == "secondary":
            fill = current.colour("accent_tint" if self.isDown() else "sunk" if hovered else "sheet")
            edge = current.colour("edge")
        elif hovered or self.isDown():
            fill = current.colour("accent_tint" if self.kind == "quiet" else "sunk")
        pen = QPen(edge or Qt.GlobalColor.transparent)
        pen.setWidthF(current.border("control"))
        painter.setPen(pen if edge else Qt.PenStyle.NoPen)
        painter.setBrush(fill or Qt.BrushStyle.NoBrush)
        if fill is not None or edge is not None:
            half = pen.widthF() / 2 if edge else 0
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), current.radius(), current.radius())


class Chip(QPushButton):
    """Something to switch on and off, with a tick when it is on. `arrow`: it opens a menu."""

    def __init__(
        self,
        text: str,
        *,
        checkable: bool = True,
        checked: bool = False,
        arrow: bool = False,
        key: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._arrow = arrow
        self.setCheckable(checkable)
        self.setChecked(checked)
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        if key:
            self.setShortcut(QKeySequence(key))
        self.toggled.connect(self.updateGeometry)
        look().changed.connect(self.updateGeometry)

    def event(self, event: QEvent) -> bool:
        return clicked_at_once(self, event) or super().event(event)

    def sizeHint(self) -> QSize:
        current = look()
        weight: Weight = "medium"
        width = current.metrics("small", weight).horizontalAdvance(self.text()) + current.px(22)
        width += current.px(18) if self.isChecked() else 0
        width += current.px(18) if self._arrow else 0
        return QSize(width, current.px("chip"))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._arrow:
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        current = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        pen = QPen(current.colour("accent" if on else "edge"))
        pen.setWidthF(current.border("control"))
        painter.setPen(pen)
        painter.setBrush(current.colour("accent_tint" if on else "sunk" if self.underMouse() else "paper"))
        half = pen.widthF() / 2
        rounded = min(current.radius("chip"), self.height() / 2)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), rounded, rounded)
        rtl = is_rtl(self)
        x = current.px(11)
        middle = (self.height() - current.px(14)) / 2
        if on:
            tick = self.width() - x - current.px(14) if rtl else x
            current.paint_icon(painter, tick, middle, "check", "accent", 14)
            x += current.px(18)
        painter.setFont(current.font("small", "medium"))
        painter.setPen(current.colour("accent" if on else "ink" if self.isEnabled() else "ink3"))
        width = current.metrics("small", "medium").horizontalAdvance(self.text())
        left = self.width() - x - width if rtl else x
        painter.drawText(
            QRect(left, 0, width, self.height()), int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip), self.text()
        )
        if self._arrow:
            arrow = current.px(11) if rtl else self.width() - current.px(11) - current.px(14)
            current.paint_icon(painter, arrow, middle, "chevron-down", "ink3", 14)


class Avatar(QPushButton):
    """Initials in a circle; opens the person's own settings."""

    def __init__(self, initials: str, name: str) -> None:
        super().__init__()
        self.setAutoDefault(False)
        self.show_person(initials, name)
        self.look_changed()
        look().changed.connect(self.look_changed)

    def show_person(self, initials: str, name: str) -> None:
        self._initials = initials
        self.setAccessibleName(name)
        self.update()

    def look_changed(self) -> None:
        side = look().px(28)
        self.setFixedSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        current = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current.colour("accent"))
        painter.drawEllipse(self.rect())
        painter.setFont(current.font("small", "semibold"))
        painter.setPen(current.colour("on_accent"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._initials)
