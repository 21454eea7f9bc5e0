"""What people fill in. Every field has a label above that names it for screen readers too (its buddy).

`Field` is the frame around an input: label, hint, error between label and input with a bar at the side, help below; what
was typed stays when it is wrong. The inputs: TextField, SearchField, PassphraseField, TextArea, DateField, TimeField,
NumberField, CodeCombo, Tick, Radio.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, time
from typing import Any

from PySide6.QtCore import QDate, QEvent, QPoint, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIntValidator, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QCalendarWidget,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QRadioButton,
    QSizePolicy,
    QToolButton,
    QWidget,
    QWidgetAction,
)

from cmpp_desktop.ui.theme import end_side, is_rtl, look, start_side
from cmpp_desktop.ui.widgets.basics import IconView, Label, column, key_width, paint_key, row
from cmpp_desktop.ui.widgets.reading import read_date, read_time
from cmpp_desktop.words import Words


class Field(QWidget):
    """One input with its words. `problem(text)` shows an error, `problem("")` takes it away. `end` stands beside the input."""

    def __init__(
        self,
        label: str,
        input: QWidget,
        *,
        hint: str = "",
        help: str = "",
        optional: str = "",
        end: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.input = input
        self._target = input.focusProxy() or input
        self.label = Label(label, weight="medium")
        self.label.setBuddy(self._target)
        self.hint = Label(hint or optional, "small", tone="ink2")
        self.error = Label("", weight="medium", tone="danger", wrap=True)
        self._error_row = QWidget()
        icon = column(IconView("circle-alert", "danger", 14), None, margins=(0, 3, 0, 0))
        error_row = row(icon, self.error, gap=4)
        error_row.setStretch(1, 1)
        self._error_row.setLayout(error_row)
        self.help = Label(help, "small", tone="ink2", wrap=True)
        if not help:
            self.help.hide()  # never shown before it has a parent: it would be a window for a moment
        self._error_row.hide()
        head = row(self.label, self.hint, None, gap=8)
        if end is None:
            self.body = column(head, self._error_row, input, self.help, gap=4)
        else:
            beside = row(input, end, gap=8)
            beside.setAlignment(end, Qt.AlignmentFlag.AlignTop)
            self.body = column(head, self._error_row, beside, self.help, gap=4)
        self.setLayout(self.body)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        if help:
            self._target.setAccessibleDescription(help)

    def problem(self, text: str) -> None:
        """Says what is wrong, beside the field; "" for nothing. What was typed stays."""
        bad = bool(text)
        self.error.setText(text)
        self._error_row.setVisible(bad)
        margin = look().px(12) if bad else 0
        self.body.setContentsMargins(0 if is_rtl(self) else margin, 0, margin if is_rtl(self) else 0, 0)
        if self._target.property("bad") != bad:
            self._target.setProperty("bad", bad)
            self._target.style().unpolish(self._target)
            self._target.style().polish(self._target)
        self._target.setAccessibleDescription(text or self.help.text())
        self.update()

    def say(self, help: str) -> None:
        """Other words below the field."""
        self.help.setText(help)
        self.help.setVisible(bool(help))

    @property
    def has_problem(self) -> bool:
        return bool(self.error.text())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.has_problem:
            width = look().px(3)
            x = self.width() - width if is_rtl(self) else 0
            QPainter(self).fillRect(QRect(x, 0, width, self.height()), look().colour("danger"))


class TextField(QLineEdit):
    """One line of text."""

    def __init__(self, text: str = "", *, placeholder: str = "", large: bool = False, width: int = 0) -> None:
        super().__init__(text)
        self.setPlaceholderText(placeholder)
        self.setProperty("large", large)
        if width:
            self.setFixedWidth(look().px(width))


class NumberField(TextField):
    """A whole number; "" is None."""

    def __init__(self, value: int | None = None, *, low: int = 0, high: int = 9999, width: int = 96) -> None:
        super().__init__("" if value is None else str(value), width=width)
        self.setValidator(QIntValidator(low, high, self))

    def value(self) -> int | None:
        return int(self.text()) if self.text().strip() and self.hasAcceptableInput() else None


class TextArea(QPlainTextEdit):
    """Several lines. Tab goes on to the next field; Ctrl+Return is the page's."""

    def __init__(self, text: str = "", *, placeholder: str = "", lines: int = 3) -> None:
        super().__init__(text)
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)
        self.setMinimumHeight(look().line() * lines + look().px(16))


class SearchField(QLineEdit):
    """Find as you type: `asked(text)` comes a moment after the last key. Escape empties it.

    `key` stands boxed at the end while it is empty; `moved(step)` passes ↑ ↓ on (the field keeps the focus), `chosen()` is
    Enter.
    """

    asked = Signal(str)
    moved = Signal(int)
    chosen = Signal()

    def __init__(
        self, name: str, *, placeholder: str = "", key: str = "", large: bool = False, clear_words: str = "", delay_ms: int = 60
    ) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder or name)
        self.setProperty("large", large)
        self._key, self._clear_words = key, clear_words
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(delay_ms)
        self._timer.timeout.connect(lambda: self.asked.emit(self.text()))
        self.textChanged.connect(self._typed)
        look().changed.connect(self._margins)
        self._margins()

    def _margins(self) -> None:
        end = key_width(self._key, look()) + look().px(4) if self._key else 0
        if self._clear_words:
            end = max(end, look().metrics("small").horizontalAdvance(self._clear_words) + look().px(4))
        start = look().px(24)
        self.setTextMargins(end if is_rtl(self) else start, 0, start if is_rtl(self) else end, 0)

    def _typed(self) -> None:
        self._timer.start()

    def ask_now(self) -> None:
        """Does not wait for the moment."""
        self._timer.stop()
        self.asked.emit(self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.moved.emit(1 if key == Qt.Key.Key_Down else -1)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.moved.emit(10 if key == Qt.Key.Key_PageDown else -10)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if self._timer.isActive():
                self.ask_now()
            self.chosen.emit()
        elif key == Qt.Key.Key_Escape and self.text():
            self.clear()
            self.ask_now()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
            and self.text()
        ):
            event.accept()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        current, rtl = look(), is_rtl(self)
        painter = QPainter(self)
        middle = (self.height() - current.px(16)) / 2
        inset = current.px(9)
        current.paint_icon(painter, self.width() - inset - current.px(16) if rtl else inset, middle, "search", "ink3", 16)
        if self.text() and self._clear_words:
            painter.setFont(current.font("small"))
            painter.setPen(current.colour("ink3"))
            side = end_side(rtl)
            painter.drawText(
                self.rect().adjusted(inset, 0, -inset, 0), int(side | Qt.AlignmentFlag.AlignVCenter), self._clear_words
            )
        elif not self.text() and self._key:
            width = key_width(self._key, current)
            x = current.px(6) if rtl else self.width() - current.px(6) - width
            paint_key(painter, QRect(x, (self.height() - current.px(18)) // 2, width, current.px(18)), self._key, current)


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


class CodeCombo(QComboBox):
    """One of a list of codes. The label must be a `Field`'s: a combo box takes its name from the label beside it only."""

    chosen = Signal(object)

    def __init__(self, choices: Sequence[tuple[Any, str]] = (), value: Any = None, *, empty: str | None = None) -> None:
        super().__init__()
        self._empty = empty
        self.set_choices(choices, value)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.currentIndexChanged.connect(lambda: self.chosen.emit(self.value()))
        look().changed.connect(self.updateGeometry)

    def set_choices(self, choices: Sequence[tuple[Any, str]], value: Any = None) -> None:
        """Other choices: (value, words). With `empty`, the first means None."""
        self.blockSignals(True)
        self.clear()
        if self._empty is not None:
            self.addItem(self._empty, None)
        for item, said in choices:
            self.addItem(said, item)
        self.set_value(value)
        self.blockSignals(False)

    def value(self) -> Any:
        return self.currentData()

    def set_value(self, value: Any) -> None:
        index = next((i for i in range(self.count()) if self.itemData(i) == value), 0 if self.count() else -1)
        self.setCurrentIndex(index)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = not event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
            if plain and event.text().isprintable() and event.text():
                event.accept()  # letters choose in the list; they are not the page's keys while one is here
                return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # scrolling the page must not change an answer

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        metrics = look().metrics()
        widest = max((metrics.horizontalAdvance(self.itemText(i)) for i in range(self.count())), default=0)
        return QSize(min(widest, look().px(240)) + look().px(44), look().px("control"))

    def minimumSizeHint(self) -> QSize:
        return QSize(look().px(96), look().px("control"))

    def paintEvent(self, event: QPaintEvent) -> None:
        current, rtl = look(), is_rtl(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(current.colour("danger" if self.property("bad") else "edge"))
        pen.setWidthF(current.border("control"))
        painter.setPen(pen)
        painter.setBrush(current.colour("sheet" if self.isEnabled() else "sunk"))
        half = pen.widthF() / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), current.radius(), current.radius())
        inner = self.rect().adjusted(current.px(9), 0, -current.px(9), 0)
        arrow = inner.left() if rtl else inner.right() + 1 - current.px(16)
        current.paint_icon(painter, arrow, (self.height() - current.px(16)) / 2, "chevron-down", "ink2", 16)
        inner = inner.adjusted(current.px(20), 0, 0, 0) if rtl else inner.adjusted(0, 0, -current.px(20), 0)
        painter.setFont(current.font())
        painter.setPen(current.colour("ink" if self.isEnabled() and self.currentData() is not None else "ink3"))
        text = painter.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(
            inner, int(Qt.AlignmentFlag.AlignVCenter | start_side(rtl)), text
        )


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


class Tick(QCheckBox):
    """A box to tick."""

    def __init__(self, text: str, checked: bool = False, *, on: Callable[[bool], object] | None = None) -> None:
        super().__init__(text)
        self.setChecked(checked)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        if on is not None:
            self.toggled.connect(on)

    def sizeHint(self) -> QSize:
        return QSize(look().metrics().horizontalAdvance(self.text()) + look().px(26), look().px(28))

    def minimumSizeHint(self) -> QSize:
        """Long words take a second line where the room is narrow."""
        return QSize(min(self.sizeHint().width(), look().px(200)), look().px(28))

    def hasHeightForWidth(self) -> bool:
        return self.sizePolicy().verticalPolicy() != QSizePolicy.Policy.Fixed

    def heightForWidth(self, width: int) -> int:
        room = QRect(0, 0, max(width - look().px(24), 1), 10_000)
        words = look().metrics().boundingRect(room, int(Qt.TextFlag.TextWordWrap), self.text())
        return max(look().px(28), words.height() + look().px(8))

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        side = look().px(16)
        x = self.width() - side if is_rtl(self) else 0
        paint_tick(painter, QRect(x, (self.height() - side) // 2, side, side), self.isChecked(), enabled=self.isEnabled())
        _beside(painter, self, side)


class Radio(QRadioButton):
    """One of several."""

    def sizeHint(self) -> QSize:
        return QSize(look().metrics().horizontalAdvance(self.text()) + look().px(26), look().px(28))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        side = look().px(16)
        x = self.width() - side if is_rtl(self) else 0
        paint_radio(painter, QRect(x, (self.height() - side) // 2, side, side), self.isChecked())
        _beside(painter, self, side)


def _beside(painter: QPainter, button: QCheckBox | QRadioButton, side: int) -> None:
    current, rtl = look(), is_rtl(button)
    gap = side + current.px(8)
    words = button.rect().adjusted(0, 0, -gap, 0) if rtl else button.rect().adjusted(gap, 0, 0, 0)
    painter.setFont(current.font())
    painter.setPen(current.colour("ink" if button.isEnabled() else "ink3"))
    align = start_side(rtl)
    flags = align | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip | Qt.TextFlag.TextWordWrap
    painter.drawText(words, int(flags), button.text())


def paint_tick(painter: QPainter, rect: QRect, checked: bool, *, enabled: bool = True) -> None:
    """A tick box, for widgets and delegates."""
    current = look()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(current.colour("accent" if checked and enabled else "edge"))
    pen.setWidthF(current.border("control"))
    painter.setPen(pen)
    painter.setBrush(current.colour("accent" if checked and enabled else "sheet"))
    half = pen.widthF() / 2
    painter.drawRoundedRect(QRectF(rect).adjusted(half, half, -half, -half), current.radius("tick"), current.radius("tick"))
    if checked:
        inset = (rect.width() - current.px(14)) / 2
        current.paint_icon(painter, rect.left() + inset, rect.top() + inset, "check", "on_accent" if enabled else "ink3", 14)
    painter.restore()


def paint_radio(painter: QPainter, rect: QRect, checked: bool) -> None:
    """A radio circle, for widgets and delegates."""
    current = look()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(current.colour("accent" if checked else "edge"))
    pen.setWidthF(current.border("control"))
    painter.setPen(pen)
    painter.setBrush(current.colour("accent" if checked else "sheet"))
    half = pen.widthF() / 2
    painter.drawEllipse(QRectF(rect).adjusted(half, half, -half, -half))
    if checked:
        third = rect.width() / 3
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current.colour("on_accent"))
        painter.drawEllipse(QRectF(rect).adjusted(third, third, -third, -third))
    painter.restore()


def focus_in(widget: QWidget, reason: Qt.FocusReason = Qt.FocusReason.OtherFocusReason) -> None:
    """Puts the cursor into a field and marks what is there."""
    widget.setFocus(reason)
    if isinstance(widget, QLineEdit):
        widget.selectAll()


__all__ = [
    "CodeCombo",
    "DateField",
    "Field",
    "NumberField",
    "PassphraseField",
    "Radio",
    "SearchField",
    "TextArea",
    "TextField",
    "Tick",
    "TimeField",
    "focus_in",
    "paint_radio",
    "paint_tick",
]
