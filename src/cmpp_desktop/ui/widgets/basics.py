"""The small parts that every page is made of: labels, buttons, chips, badges, keys, lines, and a layout that wraps.

All of them take words that are said already (translated), paint themselves from the look and repaint when it changes.
Keys are given as Qt writes them ("Ctrl+Shift+L", "Return", "N") and shown as people read them ("Ctrl ⇧ L", "↵", "N").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QKeyEvent, QKeySequence, QPainter, QPainterPath, QPaintEvent, QPen, QShortcutEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLayoutItem,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from cmpp_desktop.ui.theme import Look, TextSize, Weight, is_rtl, look, start_side

Kind = Literal["primary", "secondary", "quiet", "plain"]
Tone = Literal["ink", "ink2", "ink3", "accent", "amber", "brick", "danger", "on_danger", "on_accent"]

_SIGNS = {"Return": "↵", "Enter": "↵", "Shift": "⇧", "Up": "↑", "Down": "↓", "Left": "←", "Right": "→", "Backspace": "⌫"}


def key_words(key: str) -> str:
    """ "Ctrl+Shift+L" as people read it: "Ctrl ⇧ L". Isolated, so that right-to-left text does not turn it round."""
    if not key:
        return ""
    parts = [key] if key in "+?" else key.split("+")
    return "\u2066" + " ".join(_SIGNS.get(part, part) for part in parts) + "\u2069"


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
    layout.setContentsMargins(*(current.px(side) for side in margins))
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


def paint_key(painter: QPainter, rect: QRect, key: str, current: Look, tone: str = "ink2") -> None:
    """A key in its box, as the footer shows it."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(current.colour("edge"))
    pen.setWidthF(current.border("hairline"))
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    half = pen.widthF() / 2
    painter.drawRoundedRect(QRectF(rect).adjusted(half, half, -half, -half), current.radius("key"), current.radius("key"))
    painter.setFont(current.font("small", "medium"))
    painter.setPen(current.colour(tone))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, key_words(key))
    painter.restore()


def key_width(key: str, current: Look) -> int:
    """How wide the box of a key is."""
    return max(current.metrics("small", "medium").horizontalAdvance(key_words(key)) + current.px(12), current.px(20))


class KeyCap(Painted):
    """A key, boxed."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key
        self.setAccessibleName(key)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(key_width(self._key, look()), look().px(18))

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_key(QPainter(self), self.rect(), self._key, look())


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


class Panel(QFrame):
    """A sheet with an edge, for what stands apart from the page."""

    def __init__(self, *items: QWidget | QLayout | int | None, gap: float = 12) -> None:
        super().__init__()
        self.setProperty("panel", True)
        self.setLayout(column(*items, gap=gap, margins=(24, 24, 24, 24)))


class FlowLayout(QLayout):
    """Side by side, going on in the next line where the room ends; mirrored where one reads from right to left."""

    def __init__(self, parent: QWidget | None = None, *, gap: float = 8) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(0, 0, 0, 0)

    def set_gap(self, gap: float) -> None:
        """Between items, and between lines."""
        self._gap = gap
        self.invalidate()

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arrange(QRect(0, 0, width, 0), move=False)

    def sizeHint(self) -> QSize:
        gap = look().px(self._gap)
        sizes = [item.sizeHint() for item in self._items if not item.isEmpty()]
        width = sum(size.width() + gap for size in sizes)
        return QSize(max(width - gap, 0), max((size.height() for size in sizes), default=0))

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._arrange(rect, move=True)

    def _arrange(self, rect: QRect, *, move: bool) -> int:
        gap = look().px(self._gap)
        parent = self.parentWidget()
        rtl = parent is not None and is_rtl(parent)
        x, y, height = 0, rect.y(), 0
        for item in self._items:
            if item.isEmpty():
                continue
            size = item.sizeHint()
            if x > 0 and x + size.width() > rect.width():
                x, y, height = 0, y + height + gap, 0
            if move:
                left = rect.right() + 1 - x - size.width() if rtl else rect.x() + x
                item.setGeometry(QRect(QPoint(left, y), size))
            x += size.width() + gap
            height = max(height, size.height())
        return y + height - rect.y()


def flow(*items: QWidget, gap: float = 8) -> FlowLayout:
    """A FlowLayout of these."""
    layout = FlowLayout(gap=gap)
    for item in items:
        layout.addWidget(item)
    return layout


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
