"""A new hearing, check-in or deadline, or the new time of one that was moved: a calm form in the page, no window above it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.obligations import HEARINGS, AddObligation, MarkObligation
from cmpp_desktop.domain.questions import ParticipantView
from cmpp_desktop.domain.records import When
from cmpp_desktop.domain.work import Done
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.pages.participant_model import DEADLINES
from cmpp_desktop.ui.pages.zone_choice import zone_choices
from cmpp_desktop.ui.theme import look
from cmpp_desktop.ui.widgets import (
    Button,
    CodeCombo,
    DateField,
    Field,
    Label,
    TextField,
    Tick,
    TimeField,
    column,
    flow,
    row,
    rule,
    scrolled,
)


class ObligationForm(QWidget):
    """`finished()` is called when it was added or left. What was typed stays until it is added."""

    def __init__(self, page: Page, finished: Callable[[], object]) -> None:
        super().__init__()
        self._page = page
        self._finished = finished
        self._participant: UUID | None = None
        self._moving: UUID | None = None
        self._people: list[tuple[UUID, Tick]] = []
        words = self._words = page.words
        self.title = Label("", "title")
        self.type = CodeCombo(
            [(code.id, code.name(words.language)) for code in words.codes("obligation_type") if not code.retired],
            "master_hearing",
        )
        self.day = DateField(words, page.ui.today)
        self.at = TimeField(words)
        self.zone = CodeCombo(zone_choices(page.ui.now()))
        self.mode = CodeCombo(
            [(code.id, code.name(words.language)) for code in words.codes("obligation_mode") if not code.retired], "in_person"
        )
        self.place = TextField()
        self.judge = TextField()
        self.transport = TextField()
        self.interpreter = TextField()
        self.lawyer = TextField()
        self.note = TextField()
        self.day_field = Field(words("Day"), self.day, hint=words("“8 Dec”, “+7”"))
        self.at_field = Field(words("Time"), self.at)
        self.type_field = Field(words("What"), self.type)
        self._for_whom = QWidget()
        self._for_whom_box = flow(gap=16)
        self._for_whom.setLayout(self._for_whom_box)
        self._whom_head = Label(words("For whom"), weight="medium")
        self._more = QWidget()
        self._rule_note = Label(
            words("Counted dates are not legal advice. Confirm with the attorney."), "small", tone="ink2", wrap=True
        )
        self.add = Button(words("Add"), kind="primary", key="Ctrl+Return", large=True, on=self._add)
        self.cancel = Button(words("Leave"), kind="quiet", key="Esc", on=self._leave)
        self.type.chosen.connect(lambda _: self._type_changed())
        self._lay_out()

    def _lay_out(self) -> None:
        words = self._words
        first = QWidget()
        first.setLayout(
            flow(self.type_field, self.day_field, self.at_field, Field(words("Time zone of the court"), self.zone), gap=16)
        )
        self._more.setLayout(
            column(
                self._whom_head,
                self._for_whom,
                self._pair(
                    Field(words("Where"), self.place, hint=words("court, room or office")), Field(words("How"), self.mode)
                ),
                self._pair(Field(words("Judge"), self.judge), Field(words("Lawyer"), self.lawyer)),
                self._pair(Field(words("How they get there"), self.transport), Field(words("Interpreter"), self.interpreter)),
                Field(words("Note"), self.note),
                gap=12,
            )
        )
        inner = QWidget()
        inner.setLayout(
            column(
                self.title,
                first,
                self._more,
                self._rule_note,
                4,
                rule(),
                row(None, self.cancel, self.add, gap=16),
                None,
                gap=12,
                margins=(0, 12, 24, 16),
            )
        )
        inner.setMaximumWidth(look().px(900))
        self.setLayout(column(scrolled(inner, words("New hearing or check-in"))))
        for combo, width in ((self.type, 240), (self.zone, 200)):
            combo.setMinimumWidth(look().px(width))

    def _pair(self, one: QWidget, other: QWidget) -> QWidget:
        holder = QWidget()
        pair = row(one, other, gap=16)
        pair.setStretch(0, 1)
        pair.setStretch(1, 1)
        holder.setLayout(pair)
        return holder

    # --- opening ------------------------------------------------------------------

    def open_new(self, view: ParticipantView, zone: str) -> None:
        """A new one for this participant (and whoever of the household is ticked)."""
        self._moving = None
        self.title.setText(self._words("New hearing, check-in or deadline"))
        self.add.set_text(self._words("Add"))
        self._more.show()
        self.type_field.show()
        if view.participant.id != self._participant:
            self._participant = view.participant.id
            self._empty(zone)
            self._show_people(view)
            tongue = view.participant.fields
            if tongue.interpreter_needed and tongue.languages:
                self.interpreter.setPlaceholderText(self._words.language_name(tongue.languages[0]))
        self._problems({})
        self._type_changed()
        self.type.setFocus()

    def open_moved(self, view: ParticipantView, obligation_id: UUID) -> None:
        """When it was moved to."""
        fields = next(item.fields for item in view.obligations if item.id == obligation_id)
        self._moving = obligation_id
        self._participant = None
        name = self._words.code("obligation_type", fields.type)
        self.title.setText(self._words("{what} was moved. When is it now?", what=name))
        self.add.set_text(self._words("Keep the new time"))
        self._more.hide()
        self.type_field.hide()
        self._rule_note.hide()
        self.zone.set_choices(zone_choices(self._page.ui.now(), fields.when.zone), fields.when.zone)
        self.day.set_value(None)
        self.at.set_value(fields.when.at)
        self._problems({})
        self.day.setFocus()

    def _empty(self, zone: str) -> None:
        for field in (self.place, self.judge, self.transport, self.interpreter, self.lawyer, self.note):
            field.clear()
        self.day.set_value(None)
        self.at.set_value(None)
        self.mode.set_value("in_person")
        self.zone.set_choices(zone_choices(self._page.ui.now(), zone), zone)

    def _show_people(self, view: ParticipantView) -> None:
        while (item := self._for_whom_box.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._people = [(view.participant.id, Tick(view.participant.fields.called, True))]
        self._people += [(member.participant_id, Tick(member.name)) for member in view.household]
        for _, tick in self._people:
            self._for_whom_box.addWidget(tick)
        alone = len(self._people) == 1
        self._for_whom.setVisible(not alone)
        self._whom_head.setVisible(not alone)

    def _type_changed(self) -> None:
        self._rule_note.setVisible(self.type.value() in DEADLINES)
        self.at_field.setVisible(self.type.value() not in DEADLINES or self._moving is not None)
        hearing = self.type.value() in HEARINGS
        if hearing and not self.interpreter.text() and self.interpreter.placeholderText():
            self.interpreter.setToolTip(self._words("Courts bring their own interpreter; write which language."))

    # --- adding ------------------------------------------------------------------

    def _when(self) -> When | None:
        problems: dict[str, str] = {}
        if self.day.value() is None:
            problems["day"] = self._words("Which day?") if not self.day.unread else self._words("This is not a day.")
        if self.at_field.isVisible() and self.at.unread:
            problems["at"] = self._words("This is not a time.")
        self._problems(problems)
        day = self.day.value()
        if problems or day is None:
            (self.day if "day" in problems else self.at).setFocus()
            return None
        return When(day=day, at=self.at.value() if not self.at_field.isHidden() else None, zone=self.zone.value())

    def _problems(self, problems: dict[str, str]) -> None:
        self.day_field.problem(problems.get("day", ""))
        self.at_field.problem(problems.get("at", ""))

    def _add(self) -> None:
        when = self._when()
        if when is None:
            return
        if self._moving is not None:
            command = MarkObligation(self._moving, "moved_by_agency", "told", moved_to=when)
            self._page.do(command, lambda done: self._done(self._words("Moved"), done), self._refused)
            return
        people = tuple(person for person, tick in self._people if tick.isChecked())
        if not people:
            self._people[0][1].setFocus()
            return
        new = AddObligation(
            people,
            self.type.value(),
            when,
            mode=self.mode.value(),
            place=self.place.text().strip(),
            judge=self.judge.text().strip(),
            interpreter=self.interpreter.text().strip(),
            transport=self.transport.text().strip(),
            lawyer=self.lawyer.text().strip(),
            note=self.note.text().strip(),
        )
        said = self._words("Added for {n} people", n=len(people)) if len(people) > 1 else self._words("Added")
        self._page.do(new, lambda done: self._done(said, done), self._refused)

    def _refused(self, error: BaseException) -> None:
        if isinstance(error, Invalid) and "when" in error.fields:
            self._problems({"day": self._words("This day cannot be kept.")})
        else:
            self._page.ui.trouble(error)

    def _done(self, said: str, done: Done) -> None:
        self._participant = None
        self._moving = None
        self._page.ui.say(said, done.undo, lambda _: self._page.reload())
        self._finished()
        self._page.reload()

    def _leave(self) -> None:
        self._finished()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
        else:
            super().keyPressEvent(event)
