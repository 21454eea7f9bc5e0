"""Icon, words and colour together ("2 days late"), and a quiet word on a sunk ground ("Draft")."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from cmpp_desktop.ui.theme import Look, is_rtl, look, start_side
from cmpp_desktop.ui.widgets.basics import Painted


class Badge(Painted):
    """Icon, words and colour together: "2 days late". `state` is one of the tokens' state shapes."""

    TONES: ClassVar[dict[str, str]] = {
        "overdue": "brick",
        "soon": "amber",
        "warning": "amber",
        "danger": "danger",
        "done": "ink2",
        "sent": "accent",
        "offline": "amber",
        "to_settle": "amber",
        "set_aside": "amber",
        "restricted": "ink2",
        "not_marked": "ink3",
        "sending": "accent",
        "safe_contact": "danger",
    }

    def __init__(self, text: str, state: str, *, tone: str = "") -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_state(text, state, tone)

    def show_state(self, text: str, state: str, tone: str = "") -> None:
        self._text, self._state = text, state
        self._tone = tone or self.TONES[state]
        self.setAccessibleName(text)
        self.look_changed()

    def sizeHint(self) -> QSize:
        current = look()
        return QSize(current.px(18) + current.metrics("small", "medium").horizontalAdvance(self._text), current.px(16))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_badge(QPainter(self), self.rect(), self._text, look().shape(self._state), self._tone, look(), is_rtl(self))


def paint_badge(painter: QPainter, rect: QRect, text: str, icon: str, tone: str, current: Look, rtl: bool) -> None:
    """A badge inside a delegate; `rect` is where it stands, words after the icon in reading direction."""
    side = current.px(14)
    x = rect.right() + 1 - side if rtl else rect.left()
    current.paint_icon(
        painter, x, rect.top() + (rect.height() - side) / 2, icon, f"{tone}_mark" if tone in ("amber", "brick") else tone, 14
    )
    painter.setFont(current.font("small", "medium"))
    painter.setPen(current.colour(tone))
    painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # "2 days late" keeps its own order
    gap = current.px(18)
    words = rect.adjusted(0, 0, -gap, 0) if rtl else rect.adjusted(gap, 0, 0, 0)
    align = start_side(rtl)
    painter.drawText(words, int(align | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip), text)


class Tag(Painted):
    """A quiet word on a sunk ground: "Draft"."""

    def __init__(self, text: str, icon: str = "") -> None:
        super().__init__()
        self._text, self._icon = text, icon
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        self._text = text
        self.setAccessibleName(text)
        self.look_changed()

    def sizeHint(self) -> QSize:
        current = look()
        width = (
            current.metrics("small", "medium").horizontalAdvance(self._text)
            + current.px(12)
            + (current.px(18) if self._icon else 0)
        )
        return QSize(width, current.px(20))

    def paintEvent(self, event: QPaintEvent) -> None:
        current = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current.colour("sunk"))
        painter.drawRoundedRect(self.rect(), current.radius("key"), current.radius("key"))
        inner = self.rect().adjusted(current.px(6), 0, -current.px(6), 0)
        if self._icon:
            x = inner.right() + 1 - current.px(14) if is_rtl(self) else inner.left()
            current.paint_icon(painter, x, (self.height() - current.px(14)) / 2, self._icon, "ink3", 14)
            inner = inner.adjusted(0, 0, -current.px(18), 0) if is_rtl(self) else inner.adjusted(current.px(18), 0, 0, 0)
        painter.setFont(current.font("small", "medium"))
        painter.setPen(current.colour("ink2"))
        painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, self._text)
