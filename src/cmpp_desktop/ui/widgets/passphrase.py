"""A passphrase, hidden unless asked for, with how strong it is and whether Caps Lock is on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QToolButton, QWidget

from cmpp_desktop.ui.theme import is_rtl, look
from cmpp_desktop.ui.widgets.basics import IconView, Label, column, row
from cmpp_desktop.ui.widgets.fields import TextField
from cmpp_desktop.words import Words


class PassphraseField(QWidget):
    """A passphrase that is not shown unless asked; says when Caps Lock is on, and how strong it is when `strength` is given.

    `strength(text)` gives (0…4, words of advice) and must be quick, or be called elsewhere and told with `show_strength`.
    """

    changed = Signal(str)
    entered = Signal()

    def __init__(
        self, words: Words, *, large: bool = False, strength: Callable[[str], tuple[int, str]] | None = None, meter: bool = False
    ) -> None:
        super().__init__()
        self._words, self._strength = words, strength
        self.line = TextField(large=large)
        self.line.setEchoMode(QLineEdit.EchoMode.Password)
        self.line.setInputMethodHints(
            Qt.InputMethodHint.ImhHiddenText | Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText
        )
        self.line.textChanged.connect(self._typed)
        self.line.returnPressed.connect(self.entered)
        self.eye = QToolButton(self.line)
        self.eye.setCheckable(True)
        self.eye.setAccessibleName(words("Show the passphrase"))
        self.eye.setCursor(Qt.CursorShape.PointingHandCursor)
        self.eye.setStyleSheet("border: none; background: transparent;")
        self.eye.toggled.connect(self._show)
        self.caps = QWidget()
        self.caps.setLayout(
            row(IconView("arrow-big-up-dash", "amber_mark", 14), Label(words("Caps Lock is on"), "small", tone="ink2"), None)
        )
        self._keep(self.caps)
        self.meter = StrengthBar(words) if meter or strength is not None else None
        whole = column(self.line, self.caps, gap=6)
        if self.meter is not None:
            whole.insertWidget(1, self.meter)
        self.setLayout(whole)
        self.setFocusProxy(self.line)
        self.line.installEventFilter(self)
        look().changed.connect(self._place_eye)
        self._place_eye()

    @staticmethod
    def _keep(widget: QWidget) -> None:
        policy = widget.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        widget.setSizePolicy(policy)
        widget.hide()

    def text(self) -> str:
        return self.line.text()

    def clear(self) -> None:
        self.line.clear()
        self.eye.setChecked(False)

    def show_strength(self, score: int, advice: str) -> None:
        if self.meter is not None:
            self.meter.show_strength(score if self.line.text() else -1, advice)

    def _typed(self, text: str) -> None:
        if self._strength is not None:
            self.show_strength(*self._strength(text))
        self.changed.emit(text)

    def _show(self, on: bool) -> None:
        self.line.setEchoMode(QLineEdit.EchoMode.Normal if on else QLineEdit.EchoMode.Password)
        self.eye.setAccessibleName(self._words("Hide the passphrase") if on else self._words("Show the passphrase"))
        self._place_eye()

    def _place_eye(self) -> None:
        side = look().px(24)
        self.eye.setFixedSize(side, side)
        self.eye.setIcon(look().icon("eye-off" if self.eye.isChecked() else "eye", "ink2"))
        self.eye.setIconSize(QSize(look().px(16), look().px(16)))
        rtl = is_rtl(self)
        gap = side + look().px(4)
        self.line.setTextMargins(gap if rtl else 0, 0, 0 if rtl else gap, 0)
        x = look().px(4) if rtl else self.line.width() - side - look().px(4)
        self.eye.move(x, (self.line.height() - side) // 2)

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.Resize:
            self._place_eye()
        elif kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            self._watch_caps(event)
        elif kind == QEvent.Type.FocusOut:
            self.caps.hide()
        return False

    def _watch_caps(self, event: QKeyEvent) -> None:
        """Qt does not tell the state of Caps Lock: a letter whose case does not fit Shift tells it."""
        text = event.text()
        if event.key() == Qt.Key.Key_CapsLock:
            self.caps.setVisible(not self.caps.isVisible())
        elif len(text) == 1 and text.isalpha() and text.lower() != text.upper():
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.caps.setVisible(text.isupper() != shift)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_eye()


class StrengthBar(QWidget):
    """Five steps of a passphrase's strength, in a bar and in words; three of four is enough."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._score = -1
        self._label = Label("", "small", tone="ink2", wrap=True)
        self.setLayout(column(look().px(4), self._label, gap=4))
        self.show_strength(-1, "")

    def show_strength(self, score: int, advice: str) -> None:
        self._score = score
        said = {
            -1: "",
            0: self._words("Easy to guess"),
            1: self._words("Easy to guess"),
            2: self._words("Nearly: a little longer"),
            3: self._words("Good"),
            4: self._words("Very good"),
        }[score]
        self._label.setText(f"{said}. {advice}" if advice and said else said)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        current = look()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        gap, height = current.px(4), current.px(4)
        width = (self.width() - 3 * gap) / 4
        tone = "accent" if self._score >= 3 else "amber_mark"
        for step in range(4):
            painter.setBrush(current.colour(tone if step < max(self._score, 1 if self._score == 0 else 0) else "line"))
            index = 3 - step if is_rtl(self) else step
            painter.drawRoundedRect(QRectF(index * (width + gap), 0, width, height), 2, 2)
