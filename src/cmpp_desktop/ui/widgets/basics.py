"""The small parts that every page is made of: labels, lines, rows and columns, icons, heads of a part, panels, the ring.

All of them take words that are said already (translated), paint themselves from the look and repaint when it changes.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFont, QGuiApplication, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from cmpp_desktop.ui.theme import Look, TextSize, Weight, look

Tone = Literal["ink", "ink2", "ink3", "accent", "amber", "brick", "danger", "on_danger", "on_accent"]


def isolate(text: str) -> str:
    """Text that keeps its own direction inside any other: addresses, A-numbers, names in another script."""
    return f"\u2068{text}\u2069" if text else ""


class Label(QLabel):
    """A line or a paragraph. `wrap` lets it break; `select` lets people mark and copy it."""

    def __init__(
        self,
        text: str = "",
        size: TextSize = "body",
        *,
        tone: Tone = "ink",
        weight: Weight | None = None,
        wrap: bool = False,
        select: bool = False,
        rich: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self.setProperty("step", size)
        self.setProperty("tone", tone)
        if weight:
            self.setProperty("weight", weight)
        self.setWordWrap(wrap)
        self.setTextFormat(Qt.TextFormat.RichText if rich else Qt.TextFormat.PlainText)
        if select:
            self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if wrap:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def set_tone(self, tone: Tone) -> None:
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            self.style().unpolish(self)
            self.style().polish(self)


def heading(text: str) -> Label:
    """The title of a page (28 px); screen readers hear it as the page's name."""
    return Label(text, "page")


def rule(kind: Literal["h", "v", "head"] = "h") -> QFrame:
    """A hairline: across, down, or the darker one under the head of a list."""
    line = QFrame()
    line.setProperty("rule", kind)
    line.setFrameShape(QFrame.Shape.NoFrame)
    return line


def row(*items: QWidget | QLayout | int | None, gap: float = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QHBoxLayout:
    """Widgets side by side; an int is a fixed gap in pixels, None takes all the room that is left."""
    layout = QHBoxLayout()
    _fill(layout, items, gap, margins)
    return layout


def column(
    *items: QWidget | QLayout | int | None, gap: float = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0)
) -> QVBoxLayout:
    """Widgets below each other; an int is a fixed gap in pixels, None takes all the room that is left."""
    layout = QVBoxLayout()
    _fill(layout, items, gap, margins)
    return layout


def _fill(
    layout: QBoxLayout, items: tuple[QWidget | QLayout | int | None, ...], gap: float, margins: tuple[int, int, int, int]
) -> None:
    current = look()
    layout.setSpacing(current.px(gap))
    start, top, end, bottom = (current.px(side) for side in margins)
    rtl = QGuiApplication.layoutDirection() == Qt.LayoutDirection.RightToLeft  # Qt mirrors what is laid out, never its margins
    layout.setContentsMargins(end if rtl else start, top, start if rtl else end, bottom)
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, int):
            layout.addSpacing(current.px(item))
        elif isinstance(item, QWidget):
            layout.addWidget(item)
            if isinstance(layout, QHBoxLayout) and item.sizePolicy().verticalPolicy() == QSizePolicy.Policy.Maximum:
                layout.setAlignment(item, Qt.AlignmentFlag.AlignTop)  # fields begin at one height, whatever help one has
        else:
            layout.addLayout(item)


class Painted(QWidget):
    """Base of what paints itself: repaints when the look changes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        look().changed.connect(self.look_changed)

    def look_changed(self) -> None:
        self.updateGeometry()
        self.update()


class IconView(Painted):
    """A picture that says nothing by itself: the words stand beside it."""

    def __init__(self, name: str, tone: str = "ink2", size: int = 16) -> None:
        super().__init__()
        self._name, self._tone, self._size = name, tone, size
        self.look_changed()

    def show_icon(self, name: str, tone: str) -> None:
        self._name, self._tone = name, tone
        self.update()

    def look_changed(self) -> None:
        side = look().px(self._size)
        self.setFixedSize(side, side)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look().paint_icon(QPainter(self), 0, 0, self._name, self._tone, self._size)


class SectionHead(QWidget):
    """The head of a part of a page: words, a count beside them, something at the end, a line below."""

    def __init__(self, text: str, count: str = "", *, end: QWidget | None = None, line: bool = True) -> None:
        super().__init__()
        self.title = Label(text, "large", weight="semibold")
        self.count = Label(count, "body", tone="ink2")
        self.title.setAccessibleName(text)
        head = row(self.title, self.count, None, gap=8)
        if end is not None:
            head.addWidget(end)
        whole = column(head, gap=4)
        if line:
            whole.addWidget(rule("head"))
        self.setLayout(whole)

    def show_count(self, count: str) -> None:
        self.count.setText(count)

    def set_text(self, text: str) -> None:
        """Other words for the same part."""
        self.title.setText(text)
        self.title.setAccessibleName(text)


class Panel(QFrame):
    """A sheet with an edge, for what stands apart from the page."""

    def __init__(self, *items: QWidget | QLayout | int | None, gap: float = 12) -> None:
        super().__init__()
        self.setProperty("panel", True)
        self.setLayout(column(*items, gap=gap, margins=(24, 24, 24, 24)))


def paint_ring(painter: QPainter, rect: QRect, current: Look, radius: float | None = None) -> None:
    """The focus ring just inside `rect`: for delegates, which draw their own."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(current.colour("focus"))
    pen.setWidthF(current.border("focus"))
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    half = pen.widthF() / 2
    path = QPainterPath()
    rounded = current.radius() if radius is None else radius
    path.addRoundedRect(QRectF(rect).adjusted(half, half, -half, -half), rounded, rounded)
    painter.drawPath(path)
    painter.restore()


def elided(text: str, font: QFont, width: int) -> str:
    from PySide6.QtGui import QFontMetrics

    return QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, max(width, 0))
