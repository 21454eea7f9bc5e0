"""The fields of a session: when, what, where, with whom, and the words. They hold a `SessionForm` and give it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QSyntaxHighlighter, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QSizePolicy, QWidget

from cmpp_desktop.domain.participants import age
from cmpp_desktop.domain.questions import ParticipantView
from cmpp_desktop.domain.sessions import PROTECTED_SERVICES
from cmpp_desktop.domain.work import Stored
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.participant_model import closed_words, lower_first
from cmpp_desktop.ui.pages.restricting import restrict
from cmpp_desktop.ui.pages.session_goals import GoalTicks
from cmpp_desktop.ui.pages.session_model import SessionForm, count_words, template, written
from cmpp_desktop.ui.widgets import (
    Chip,
    CodeCombo,
    DateField,
    Field,
    FlowLayout,
    Label,
    NumberField,
    TextArea,
    TextField,
    Tick,
    TimeField,
    column,
    row,
    rule,
)

COMMON = ("case_management", "legal_orientation_individual", "social_services", "transport")


class _Headings(QSyntaxHighlighter):
    """Headings of the template in bold. The text itself stays plain."""

    def __init__(self, document: QTextDocument, headings: tuple[str, ...]) -> None:
        super().__init__(document)
        self._headings = headings
        self._bold = QTextCharFormat()
        self._bold.setFontWeight(600)

    def highlightBlock(self, text: str) -> None:
        if text.strip() in self._headings:
            self.setFormat(0, len(text), self._bold)


class Narrative(TextArea):
    """What happened, below the template's headings. Ctrl+↓ goes to the next one."""

    def __init__(self, headings: tuple[str, ...]) -> None:
        super().__init__(lines=3)
        self.headings = headings
        self._bold = _Headings(self.document(), headings)

    def show_text(self, text: str) -> None:
        """The words, or the empty template; the cursor below the first heading, or at the end of what is there."""
        fresh = not text.strip()
        blocker = QSignalBlocker(self)
        self.setPlainText(template(self.headings) if fresh else text)
        blocker.unblock()
        cursor = self.textCursor()
        if fresh:
            cursor.movePosition(QTextCursor.MoveOperation.Start)
            cursor.movePosition(QTextCursor.MoveOperation.NextBlock)
        else:
            cursor.movePosition(QTextCursor.MoveOperation.End)
        self.setTextCursor(cursor)

    def text(self) -> str:
        """What was written; headings with nothing below them do not count."""
        return written(self.toPlainText(), self.headings)

    def next_heading(self) -> None:
        block = self.textCursor().block().next()
        while block.isValid() and block.text().strip() not in self.headings:
            block = block.next()
        if not block.isValid():
            block = self.document().begin()
        target = block.next() if block.next().isValid() and block.text().strip() in self.headings else block
        cursor = QTextCursor(target)
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
        self.setTextCursor(cursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if control and event.key() == Qt.Key.Key_Down:
            self.next_heading()
        elif control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)


class SessionFields(QObject):
    """`touched()` when anything was changed. `left` and `right` are laid out by the page."""

    touched = Signal()

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self._page = page
        words = self._words = page.words
        self._form: SessionForm | None = None
        self._written: UUID | None = None
        self._people: list[tuple[UUID, Tick]] = []
        self._all_services = False
        self.headings = (words("What they said"), words("What we did"), words("What is next"))
        self.day = DateField(words, page.ui.today, width=152)
        self.at = TimeField(words, width=104)
        self.minutes = NumberField(low=0, high=1440, width=96)
        self.place = self._codes("place")
        self.mode = self._codes("session_mode")
        self.language = self._codes("language")
        self.interpreter = TextField(placeholder=words("nobody"))
        self.narrative = Narrative(self.headings)
        self._services: dict[str, Chip] = {}
        self._services_box = QWidget()
        self._services_flow = FlowLayout(self._services_box)
        self._more = Chip("", checkable=False, parent=page)
        self._more.hide()
        self._more.clicked.connect(self._show_all)
        self._people_box = QWidget()
        self._people_column = column(gap=0)
        self._people_box.setLayout(self._people_column)
        self.restricted = Tick(words("Only for those who hold the restricted records"), on=self._restrict)
        self._restricted_why = Label("", "small", tone="ink2", wrap=True)
        self._may_close = False
        self.goals = GoalTicks(words, self._changed)
        self.left, self.right = QWidget(), QWidget()
        self._build()
        self._connect()

    def _codes(self, list_id: str) -> CodeCombo:
        return CodeCombo(
            [(code.id, code.name(self._words.language)) for code in self._words.codes(list_id) if not code.retired]
        )

    def _build(self) -> None:
        words = self._words
        self.day_field = Field(words("&Date"), self.day)
        self.at_field = Field(words("&Start"), self.at)
        self.minutes_field = Field(words("&Minutes"), self.minutes)
        self.narrative_field = Field(words("What &happened"), self.narrative, hint=words("Ctrl ↓ next heading"))
        self._words_count = Label("", "small", tone="ink2")
        self._services_head = Label(words("Kind of service"), weight="medium")
        self._services_problem = Label("", weight="medium", tone="danger", wrap=True)
        self._services_problem.hide()
        self._services_box.setAccessibleName(words("Kind of service"))
        self._people_head = row(
            Label(words("Who was there"), weight="medium"), Label(words("Space ticks"), "small", tone="ink2"), None
        )
        first = row(self.day_field, self.at_field, self.minutes_field, None, gap=12)
        second = self._pair(Field(words("&Where"), self.place), Field(words("M&ode"), self.mode))
        third = self._pair(Field(words("&Language"), self.language), Field(words("&Interpreter"), self.interpreter))
        self.left.setLayout(
            column(
                first, 4, self._services_head, self._services_problem, self._services_box, 4, second, third, 4, self._people_head,
                self._people_box, 4, self.goals, 4, self.restricted, self._restricted_why, None, gap=8,
            )
        )  # fmt: skip
        body = column(self.narrative_field, row(None, self._words_count), gap=4)
        body.setStretch(0, 1)
        self.narrative_field.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.narrative_field.body.setStretch(2, 1)
        self.right.setLayout(body)

    def _pair(self, one: QWidget, other: QWidget) -> QWidget:
        holder = QWidget()
        pair = row(one, other, gap=12)
        pair.setStretch(0, 1)
        pair.setStretch(1, 1)
        holder.setLayout(pair)
        return holder

    def _connect(self) -> None:
        self.day.picked.connect(self._changed)
        self.at.picked.connect(self._changed)
        for line in (self.minutes, self.interpreter, self.day, self.at):
            line.textEdited.connect(self._changed)
        for combo in (self.place, self.mode, self.language):
            combo.chosen.connect(self._changed)
        self.narrative.textChanged.connect(self._changed)

    def _changed(self, *_: object) -> None:
        self._say_count()
        self._say_closed()
        self.touched.emit()

    def _restrict(self, *_: object) -> None:
        """One that is a record already moves; words that are only a draft go where they belong when they are sent."""
        self._changed()
        if self._written is not None:
            restrict(self._page, "service_session", self._written, self.restricted.isChecked(), self._moved)

    def _moved(self, closed: bool) -> None:
        if self.restricted.isChecked() != closed:  # it was refused, or taken back
            blocker = QSignalBlocker(self.restricted)
            self.restricted.setChecked(closed)
            blocker.unblock()
            self._changed()

    def _say_closed(self) -> None:
        """Some services are restricted whether it is ticked or not: then the words say so, and the box cannot be taken off."""
        form = self._form
        chosen = {code for code, chip in self._services.items() if chip.isChecked()}
        always = bool(PROTECTED_SERVICES & chosen)
        self.restricted.setVisible(form is not None and self._may_close and not always)
        self._restricted_why.setVisible(self._may_close and (always or self.restricted.isVisibleTo(self.left)))
        words = self._words
        if always:
            said = words("Mental health and trafficking sessions are restricted: {why}", why=lower_first(closed_words(words)))
        else:
            said = closed_words(words)
        self._restricted_why.setText(said)

    def _say_count(self) -> None:
        body = "\n".join(line for line in self.narrative.toPlainText().split("\n") if line.strip() not in self.headings)
        self._words_count.setText(self._words.plural("{n} word", "{n} words", count_words(body)))

    # --- the form ------------------------------------------------------------------

    def show_form(
        self, form: SessionForm, view: ParticipantView, goals: Sequence[Stored[Any]] = (), *, written: UUID | None = None
    ) -> None:
        """`goals`: of that person; `written`: the session is this record already, and goes to where it belongs at once."""
        self._form, self._written = form, written
        self.goals.show_goals(goals, form.goals, closed=form.closed)
        self._may_close = not view.restricted_exists
        self.restricted.blockSignals(True)
        self.restricted.setChecked(form.restricted and self._may_close)
        self.restricted.blockSignals(False)
        today = self._page.ui.today()
        self._fill_people(view, form, today)
        self._fill_services(form.services)
        self.day.set_value(form.day)
        self.at.set_value(form.at)
        self.minutes.setText(str(form.minutes))
        for combo, value in ((self.place, form.place), (self.mode, form.mode), (self.language, form.language)):
            blocker = QSignalBlocker(combo)
            combo.set_value(value)
            blocker.unblock()
            combo.update()
        self.interpreter.setText(form.interpreter)
        tongue = view.participant.fields
        if tongue.interpreter_needed and tongue.languages:
            self.interpreter.setPlaceholderText(
                self._words("needed: {language}", language=self._words.language_name(tongue.languages[0]))
            )
        self.narrative.show_text(form.narrative)
        self.say_problems({})
        self._say_count()
        self._say_closed()

    def form(self) -> SessionForm | None:
        """What the fields hold now."""
        if self._form is None:
            return None
        return replace(
            self._form,
            day=self.day.value() or self._form.day,
            at=self.at.value(),
            minutes=self.minutes.value() or 0,
            services=tuple(code for code, chip in self._services.items() if chip.isChecked()),
            mode=self.mode.value(),
            place=self.place.value(),
            language=self.language.value(),
            interpreter=self.interpreter.text(),
            attendees=tuple(person for person, tick in self._people[1:] if tick.isChecked()),
            narrative=self.narrative.toPlainText(),
            restricted=self.restricted.isChecked(),
            goals=self.goals.chosen(),
        )

    def _fill_services(self, chosen: tuple[str, ...]) -> None:
        for chip in self._services.values():
            self._services_flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._services_flow.removeWidget(self._more)
        self._services = {}
        listed = [code for code in self._words.codes("service") if not code.retired or code.id in chosen]
        first = [code for code in listed if code.id in chosen] + [
            code for code in listed if code.id in COMMON and code.id not in chosen
        ]
        rest = [code for code in listed if code not in first]
        for code in (*first, *rest):
            chip = Chip(code.name(self._words.language), checked=code.id in chosen)
            chip.toggled.connect(self._service_toggled)
            self._services[code.id] = chip
            self._services_flow.addWidget(chip)
            if code in rest and not self._all_services:
                chip.hide()
        self._more.setText(self._words("More, {n}", n=len(rest)))
        self._services_flow.addWidget(self._more)
        self._more.setVisible(bool(rest) and not self._all_services)

    def _service_toggled(self, on: bool) -> None:
        self._services_flow.invalidate()
        self._changed()

    def _show_all(self) -> None:
        self._all_services = True
        hidden = [chip for chip in self._services.values() if chip.isHidden()]
        for chip in hidden:
            chip.show()
        self._more.hide()
        if hidden:
            hidden[0].setFocus()

    def _fill_people(self, view: ParticipantView, form: SessionForm, today: date) -> None:
        while (item := self._people_column.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        self._people = []
        me = Tick(view.participant.fields.called, True)
        me.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # always there: it is their file
        me.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._add_person(view.participant.id, me, self._words("Participant"))
        for member in view.household:
            years = age(member.birth_date, today)
            tick = Tick(
                f"{member.name}, {years}" if years is not None else member.name, member.participant_id in form.attendees
            )
            tick.toggled.connect(self._changed)
            self._add_person(member.participant_id, tick, self._words.code("relationship", member.relationship))

    def _add_person(self, person: UUID, tick: Tick, said: str) -> None:
        holder = QWidget()
        holder.setLayout(column(row(tick, None, Label(said, "small", tone="ink2")), rule(), gap=2))
        self._people_column.addWidget(holder)
        self._people.append((person, tick))

    # --- what is wrong ------------------------------------------------------------------

    def say_problems(self, problems: dict[str, str]) -> None:
        """Beside the fields; the first one gets the keyboard."""
        words = self._words
        services = problems.get("services", "")
        elsewhere = words("These belong to the restricted records: write them as a session of their own.")
        said = elsewhere if services == "other_compartment" else words("Choose at least one.") if services else ""
        self._services_problem.setText(said)
        self._services_problem.setVisible("services" in problems)
        self.minutes_field.problem(words("How long?") if "minutes" in problems else "")
        self.narrative_field.problem(words("Write what happened, in a sentence or two.") if "narrative" in problems else "")
        if "narrative" in problems:
            self.narrative.setFocus()
        elif "minutes" in problems:
            self.minutes.setFocus()
        elif "services" in problems and self._services:
            next(iter(self._services.values())).setFocus()
