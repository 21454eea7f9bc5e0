"""One question on the screen: its words in each language, and the control that its type asks for.

Choices are a list that numbers pick; everything else is typed. What a laptop cannot do (a barcode, a place by satellite) is
typed too, and the field says so. A block says `given(ref, value)`; it never writes into the interview itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from html import escape
from typing import Any

from PySide6.QtCore import QRegularExpression, Qt, QTimer, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QWidget

from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.screening_model import CHOICES, has_value, label, mirrored, picks, plain, toggled
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import DateField, IconView, Label, TextArea, TextField, TimeField, announce, column, row, rule
from cmpp_desktop.ui.widgets.answers import START, Answer, AnswerList, QuestionHead

TYPED_AFTER_MS = 400
_BOLD = re.compile(r"(\*\*|__)(.+?)\1")
_SLANTED = re.compile(r"(?<!\w)([*_])(\S(?:.*?\S)?)\1(?!\w)")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


def rich(text: str) -> str:
    """A label of a form, with the bold and slanted words that XLSForm allows; pictures and links are only their words."""
    said = escape(_LINK.sub(r"\1", text), quote=False)
    said = _SLANTED.sub(r"<i>\2</i>", _BOLD.sub(r"<b>\2</b>", said))
    lines = [re.sub(r"^#{1,6}\s+", "", line) for line in said.split("\n")]
    return "<br>".join(lines)


class QuestionBlock(QWidget):
    """Shows one question after the other (a page each), or stays with one (the scrolling page)."""

    given = Signal(str, object)

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._words = page.words
        self._ref = ""
        self._type = ""
        self._value: Any = None
        self._input: QWidget | None = None
        self._input_key: tuple[str, str, str] | None = None
        self.notes = QuestionHead()
        self.notes.hide()
        self.head = QuestionHead()
        self.answers = AnswerList(self._words("Answers"), self._words("chosen"))
        self.answers.picked.connect(self._picked)
        self.holder = QWidget()
        self._holder_box = column(gap=4)
        self.holder.setLayout(self._holder_box)
        self._marked = QWidget()
        self._marked_words = Label("", weight="medium", tone="ink2")
        self._marked.setLayout(row(IconView("circle-dashed", "ink2"), self._marked_words, None, margins=(START, 8, 0, 0)))
        self._problem = QWidget()
        self._problem_words = Label("", weight="medium", tone="danger", wrap=True)
        problem = row(IconView("circle-alert", "danger", 14), self._problem_words, gap=6, margins=(START, 8, 0, 0))
        problem.setStretch(1, 1)
        self._problem.setLayout(problem)
        self.between = column(gap=0)
        self._line = rule()
        self.setLayout(
            column(
                self.notes,
                self.head,
                8,
                self.between,
                self._problem,
                self._line,
                self.answers,
                self.holder,
                self._marked,
                gap=0,
            )
        )
        for part in (self._problem, self._marked, self.holder):
            part.hide()
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPED_AFTER_MS)
        self._typing.timeout.connect(self.flush)

    @property
    def ref(self) -> str:
        return self._ref

    def show_question(self, question: Any, languages: Sequence[str], whom: Sequence[str]) -> None:
        """`languages`: of the columns; `whom`: the small line above each."""
        another = question.ref != self._ref
        if another:
            self.flush()
        self._ref, self._type, self._value = question.ref, question.type, question.value
        self.head.show_columns(
            [
                (
                    who,
                    rich(label(question.labels, code)),
                    rich(label(question.hints, code)) if question.hints else "",
                    mirrored(code),
                )
                for code, who in zip(languages, whom, strict=True)
            ]
        )
        name = plain(label(question.labels, languages[0]))
        choices = question.type in CHOICES or question.type in ("acknowledge", "trigger")
        self.answers.setVisible(choices)
        self._line.setVisible(choices)
        self.answers.setAccessibleName(name)
        if choices:
            self._drop_input()
            self._show_choices(question, languages)
            if another:
                self.answers.to_picked()
        elif question.type != "note":
            self._show_input(question, name)
        else:
            self._drop_input()
        self.holder.setVisible(not choices and question.type != "note")
        self._say_mark(question.marker)

    def show_notes(self, notes: Sequence[Any], languages: Sequence[str]) -> None:
        """What the form says before the question, in quiet words above it."""
        said = [[rich(label(note.labels, code)) for note in notes] for code in languages]
        self.notes.setVisible(bool(notes))
        if notes:
            self.notes.show_columns(
                [("", "", "<br><br>".join(texts), mirrored(code)) for code, texts in zip(languages, said, strict=True)], below=16
            )

    def _show_choices(self, question: Any, languages: Sequence[str]) -> None:
        if question.type in ("acknowledge", "trigger"):
            said = tuple(self._words("Yes, understood") for _ in languages)
            items = [Answer("OK", said, "1", has_value(question.value))]
            several = True
        else:
            chosen = (
                picks(question.value)
                if question.type != "select_one"
                else ((question.value,) if has_value(question.value) else ())
            )
            several = question.type != "select_one"
            items = [
                Answer(
                    choice.value,
                    tuple(plain(label(choice.labels, code)) for code in languages),
                    str(number) if number < 10 else "",
                    choice.value in chosen,
                )
                for number, choice in enumerate(question.choices, start=1)
            ]
        self.answers.set_answers(items, several=several, mirrored=tuple(mirrored(code) for code in languages))

    def _picked(self, value: Any) -> None:
        if self._type in ("acknowledge", "trigger"):
            self.given.emit(self._ref, "" if has_value(self._value) else "OK")
        elif self._type == "select_one":
            self.given.emit(self._ref, value)
        else:
            self.given.emit(self._ref, toggled(self._value, value))

    # --- typed answers ------------------------------------------------------------------

    def _show_input(self, question: Any, name: str) -> None:
        key = (question.ref, question.type, question.appearance)
        if self._input_key != key or self._input is None:
            self._drop_input()
            self._input = self._make_input(question)
            self._input_key = key
            self._holder_box.addLayout(row(self._input, None, margins=(START, 0, 12, 0)))
            self._say_help(question.type)
        self._input.setAccessibleName(name)
        self._input.setEnabled(not question.readonly)
        self._fill_input(question.value)

    def _say_help(self, type: str) -> None:
        said = {
            "integer": self._words("A whole number"),
            "decimal": self._words("A number, with a point"),
            "range": self._words("A number"),
            "barcode": self._words("Type the number below the bars."),
            "geopoint": self._words("Type latitude and longitude, as “40.71 -74.00”."),
            "datetime": self._words("As “2026-11-23 13:30”"),
        }.get(type, "")
        if type in ("image", "audio", "video", "file", "geotrace", "geoshape"):
            said = self._words("This laptop takes words here; write what there is to know.")
        if said:
            self._holder_box.addLayout(row(Label(said, "small", tone="ink2"), None, margins=(START, 0, 12, 0)))

    def _make_input(self, question: Any) -> QWidget:
        if question.type == "date":
            field = DateField(self._words, self._page.ui.today)
            field.picked.connect(self.flush)
            return field
        if question.type == "time":
            at = TimeField(self._words)
            at.picked.connect(self.flush)
            return at
        if question.type in ("text", "string") and "multiline" in question.appearance:
            area = TextArea(lines=4)
            area.setMinimumWidth(look().px(480))
            area.textChanged.connect(self._typing.start)
            return area
        wide = question.type in ("text", "string", "image", "audio", "video", "file")
        line = TextField(width=480 if wide else 200)
        patterns = {
            "integer": r"-?\d{0,9}",
            "int": r"-?\d{0,9}",
            "decimal": r"-?\d{0,12}([.,]\d{0,9})?",
            "range": r"-?\d{0,9}([.,]\d{0,6})?",
        }
        if question.type in patterns:
            line.setValidator(QRegularExpressionValidator(QRegularExpression(patterns[question.type]), line))
        line.textEdited.connect(self._typing.start)
        return line

    def _fill_input(self, value: Any) -> None:
        field = self._input
        if field is None or self._typing.isActive():
            return
        if isinstance(field, DateField):
            field.set_value(as_date(value))
        elif isinstance(field, TimeField):
            field.set_value(as_time(value))
        elif isinstance(field, TextArea):
            if field.toPlainText() != str(value or ""):
                field.blockSignals(True)
                field.setPlainText(str(value or ""))
                field.blockSignals(False)
        elif isinstance(field, TextField) and field.text() != ("" if value is None else str(value)):
            field.setText("" if value is None else str(value))

    def flush(self, *_: object) -> None:
        """What is typed becomes the answer now."""
        self._typing.stop()
        if self._input is None or not self.holder.isVisibleTo(self):
            return
        value = self._entered()
        if (value or "") != _lexical(self._value):
            self._value = value
            self.given.emit(self._ref, value)

    def _entered(self) -> str:
        field = self._input
        if isinstance(field, DateField | TimeField):
            found = field.value()
            return found.isoformat() if found is not None else ""
        if isinstance(field, TextArea):
            return field.toPlainText().strip()
        text = field.text().strip() if isinstance(field, TextField) else ""
        return text.replace(",", ".") if self._type in ("decimal", "range") else text

    def _drop_input(self) -> None:
        self._typing.stop()
        self._input = None
        self._input_key = None
        while (item := self._holder_box.takeAt(0)) is not None:
            inner = item.layout()
            while inner is not None and inner.count():
                taken = inner.takeAt(0)
                widget = taken.widget() if taken is not None else None
                if widget is not None:
                    widget.hide()
                    widget.deleteLater()

    # --- what is said of it ------------------------------------------------------------------

    def say_problem(self, text: str) -> None:
        """Beside the answer; what was given stays."""
        self._problem.setVisible(bool(text))
        if text and text != self._problem_words.text():
            announce(self, text)
        self._problem_words.setText(text)

    def _say_mark(self, marker: str | None) -> None:
        self._marked.setVisible(bool(marker))
        self._marked_words.setText(self._words.code("marker", marker))

    def focus(self) -> None:
        """The keyboard goes to the answer."""
        if self.answers.isVisibleTo(self):
            self.answers.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self._input is not None:
            self._input.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._page.setFocus(Qt.FocusReason.OtherFocusReason)


def as_date(value: Any) -> date | None:
    """A day, however the interview holds it."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10]) if has_value(value) else None
    except ValueError:
        return None


def as_time(value: Any) -> time | None:
    """A time of day, however the interview holds it."""
    if isinstance(value, time):
        return value.replace(tzinfo=None)
    try:
        return time.fromisoformat(str(value)).replace(tzinfo=None, microsecond=0) if has_value(value) else None
    except ValueError:
        return None


def _lexical(value: Any) -> str:
    if isinstance(value, date | time):
        return value.isoformat()
    return "" if value is None else str(value)
