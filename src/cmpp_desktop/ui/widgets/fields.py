"""What people fill in. Every field has a label above that names it for screen readers too (its buddy).

`Field` is the frame around an input: label, hint, error between label and input with a bar at the side, help below; what
was typed stays when it is wrong. Here are the plain inputs; the others have modules of their own beside this one.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QIntValidator, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QSizePolicy, QWidget

from cmpp_desktop.ui.theme import is_rtl, look
from cmpp_desktop.ui.widgets.basics import IconView, Label, column, row


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


def focus_in(widget: QWidget, reason: Qt.FocusReason = Qt.FocusReason.OtherFocusReason) -> None:
    """Puts the cursor into a field and marks what is there."""
    widget.setFocus(reason)
    if isinstance(widget, QLineEdit):
        widget.selectAll()
