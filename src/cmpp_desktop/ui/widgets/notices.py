"""What the program says by itself: banners across the page, empty places, the bar with Undo, progress, keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from PySide6.QtCore import QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeySequence, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QProgressBar, QSizePolicy, QWidget

from cmpp_desktop.ui.theme import is_rtl, look
from cmpp_desktop.ui.widgets.basics import IconView, Label, Painted, column, row
from cmpp_desktop.ui.widgets.buttons import Button
from cmpp_desktop.ui.widgets.keys import KeyCap


def announce(widget: QWidget, text: str) -> None:
    """Lets a screen reader say it without moving the focus."""
    if text:
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))


class Banner(Painted):
    """Across the page while work goes on: bold what happened, then what is safe and what to do; at most two buttons.

    `tone`: amber warns, danger is for safety only, calm explains.
    """

    def __init__(
        self,
        title: str,
        text: str = "",
        *,
        tone: Literal["amber", "danger", "calm"] = "amber",
        icon: str = "",
        buttons: Sequence[Button] = (),
    ) -> None:
        super().__init__()
        self._tone = tone
        self.icon = IconView(
            icon or {"amber": "triangle-alert", "danger": "octagon-alert", "calm": "info"}[tone],
            {"amber": "amber", "danger": "danger", "calm": "accent"}[tone],
            20,
        )
        self.title = Label(title, weight="semibold", wrap=True)
        self.text = Label(text, tone="ink2" if tone != "danger" else "ink", wrap=True)
        if not text:
            self.text.hide()  # never shown before it has a parent: it would be a window for a moment
        said = column(self.title, self.text, gap=2)
        side = column(self.icon, None)
        self.buttons: QHBoxLayout = row(*buttons, gap=12)
        ends = column(self.buttons, None)
        whole = row(side, said, ends, gap=12, margins=(15, 10, 16, 10))
        whole.setStretch(1, 1)
        self.setLayout(whole)
        self.setAccessibleName(f"{title} {text}".strip())
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:
        """As high as its words are at its width: a layout takes it for the most that is allowed."""
        hint = super().sizeHint()
        layout = self.layout()
        if layout is not None and self.testAttribute(Qt.WidgetAttribute.WA_Resized):
            hint.setHeight(max(layout.totalHeightForWidth(self.width()), layout.totalMinimumSize().height()))
        return hint

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def tell(self, title: str, text: str = "") -> None:
        """Other words; a screen reader says them."""
        self.title.setText(title)
        self.text.setText(text)
        self.text.setVisible(bool(text))
        self.setAccessibleName(f"{title} {text}".strip())
        announce(self, f"{title} {text}".strip())

    def paintEvent(self, event: QPaintEvent) -> None:
        current = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current.colour({"amber": "amber_tint", "danger": "danger_tint", "calm": "accent_tint"}[self._tone]))
        painter.drawRoundedRect(self.rect(), current.radius(), current.radius())
        bar = current.px(3)
        x = self.width() - bar if is_rtl(self) else 0
        painter.fillRect(
            QRect(x, 0, bar, self.height()),
            current.colour({"amber": "amber_mark", "danger": "danger", "calm": "accent"}[self._tone]),
        )


class EmptyState(QWidget):
    """Nothing is here yet: what belongs here, what comes next, one button."""

    def __init__(self, icon: str, title: str, text: str, *buttons: Button) -> None:
        super().__init__()
        self.title = Label(title, "title", wrap=True)
        self.text = Label(text, tone="ink2", wrap=True)
        self._icon = IconView(icon, "accent", 32)
        ends = row(*buttons, None, gap=8)
        inner = QWidget()
        inner.setLayout(column(self._icon, 4, self.title, self.text, 8, ends, gap=8))
        inner.setMaximumWidth(look().px(440))
        self.setLayout(column(row(inner, None), None, margins=(8, 32, 8, 8)))
        self.setAccessibleName(f"{title}. {text}")

    def tell(self, title: str, text: str) -> None:
        self.title.setText(title)
        self.text.setText(text)
        self.setAccessibleName(f"{title}. {text}")


class UndoBar(Painted):
    """ "Marked attended · Undo Ctrl+Z", below the page for some seconds; Ctrl+Z works for as long as it was the last thing."""

    SECONDS = 12

    def __init__(self, undo_words: str, on_undo: Callable[[], object]) -> None:
        super().__init__()
        self._label = Label("", weight="medium")
        self.button = Button(undo_words, kind="quiet", key="Ctrl+Z", on=on_undo)
        self.button.setShortcut(QKeySequence())  # it shows the key; the frame hears it, also when the bar has gone
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.setLayout(row(IconView("check", "accent"), self._label, self.button, None, gap=8, margins=(12, 0, 4, 0)))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self.hide()

    def say(self, text: str, *, undo: bool) -> None:
        self._label.setText(text)
        self.button.setVisible(undo)
        self.adjustSize()
        self.show()
        self.raise_()
        announce(self, text)
        self._timer.start(self.SECONDS * 1000)

    def paintEvent(self, event: QPaintEvent) -> None:
        current = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(current.colour("edge"))
        painter.setBrush(current.colour("sheet"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), current.radius(), current.radius())


class ProgressRow(QWidget):
    """Work that takes over a second: what it is, how far it is in numbers, and Cancel."""

    def __init__(self, text: str, cancel_words: str, on_cancel: Callable[[], object]) -> None:
        super().__init__()
        self.label = Label(text)
        self.count = Label("", "small", tone="ink2")
        self.bar = ProgressBar()
        self.bar.setAccessibleName(text)
        self.cancel = Button(cancel_words, kind="quiet", key="Esc", on=on_cancel)
        self.setLayout(column(row(self.label, None, self.count, self.cancel), self.bar, gap=4))

    def advance(self, done: int, total: int, words: str) -> None:
        """`words` is the number said ("1,204 of 3,980")."""
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.count.setText(words)


class ProgressBar(QProgressBar):
    """A thin line that fills."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextVisible(False)
        self.setFixedHeight(look().px(4))

    def paintEvent(self, event: QPaintEvent) -> None:
        current = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current.colour("line"))
        painter.drawRoundedRect(self.rect(), 2, 2)
        span = self.maximum() - self.minimum()
        width = self.width() * (self.value() - self.minimum()) / span if span > 0 else 0
        painter.setBrush(current.colour("accent"))
        painter.drawRoundedRect(QRectF(self.width() - width if is_rtl(self) else 0, 0, width, self.height()), 2, 2)


class KeyHints(QWidget):
    """The keys of the page, boxed, with their words; ends with ? for all of them."""

    def __init__(self) -> None:
        super().__init__()
        self._row = row(gap=16)
        self.setLayout(self._row)

    def show_keys(self, keys: Sequence[tuple[str, str]]) -> None:
        while (item := self._row.takeAt(0)) is not None:
            self._clear(item.widget())
        for key, said in keys:
            pair = QWidget()
            pair.setLayout(row(*(KeyCap(part) for part in key.split("|")), Label(said, "small", tone="ink2"), gap=5))
            self._row.addWidget(pair)

    @staticmethod
    def _clear(widget: QWidget | None) -> None:
        if widget is not None:
            widget.hide()
            widget.deleteLater()


def scrolled(content: QWidget | QLayout, name: str = "") -> QWidget:
    """Content that scrolls when it is higher than the room."""
    from PySide6.QtWidgets import QFrame, QScrollArea

    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    if isinstance(content, QLayout):
        holder = QWidget()
        holder.setLayout(content)
        content = holder
    content.setProperty("surface", "clear")
    area.setWidget(content)
    area.setAccessibleName(name)
    return area
