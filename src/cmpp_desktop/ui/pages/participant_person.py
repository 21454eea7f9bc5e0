"""Who somebody is, put right: names, birth date, languages, A-number.

Only what was changed is written, and Undo takes it back."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from cmpp_desktop.domain.participants import ChangeParticipant, ParticipantFields
from cmpp_desktop.domain.questions import ParticipantView
from cmpp_desktop.domain.records import BirthDate, PersonName
from cmpp_desktop.domain.work import Done
from cmpp_desktop.errors import Invalid
from cmpp_desktop.ui.messages import field_problem
from cmpp_desktop.ui.page import Page
from cmpp_desktop.ui.widgets import Button, CodeCombo, DateField, Field, Panel, TextField, Tick, column, row


class PersonForm(Panel):
    """The details of one participant. `open_for` fills it; it hides when it was kept or left."""

    def __init__(self, page: Page) -> None:
        self._page = page
        words = page.words
        self._view: ParticipantView | None = None
        languages = sorted(
            ((code.id, code.name(words.language)) for code in words.codes("language") if not code.retired),
            key=lambda pair: pair[1],
        )
        self.given, self.family, self.native = TextField(), TextField(), TextField()
        self.preferred, self.pronunciation, self.safe_contact = TextField(), TextField(), TextField()
        self.a_number = TextField(width=150)
        self.birth = DateField(words, page.ui.today)
        self.estimated = Tick(words("about"))
        self.gender = CodeCombo(
            [(code.id, code.name(words.language)) for code in words.codes("gender")], None, empty=words("Not asked")
        )
        self.speaks = CodeCombo(languages, None, empty=words("Not asked"))
        self.also = CodeCombo(languages, None, empty=words("No other"))
        self.interpreter = Tick(words("Needs an interpreter"))
        self.fields = {
            "legal_name": Field(words("Given name"), self.given),
            "birth_date": Field(words("Born"), self.birth),
            "a_number": Field(words("A-number"), self.a_number, hint=words("empty: as it is")),
        }
        self.save = Button(words("Keep"), kind="primary", key="Ctrl+Return", on=self._save)
        self.cancel = Button(words("Leave"), kind="quiet", key="Esc", on=self.hide)
        super().__init__(
            self._line(
                self.fields["legal_name"],
                Field(words("Family name"), self.family),
                Field(words("In their own script"), self.native),
            ),
            self._line(
                Field(words("Likes to be called"), self.preferred), Field(words("How it is said"), self.pronunciation)
            ),
            row(self.fields["birth_date"], column(24, self.estimated), self.fields["a_number"], None, gap=12),
            self._line(
                Field(words("Gender"), self.gender), Field(words("Speaks"), self.speaks), Field(words("and"), self.also)
            ),
            self.interpreter,
            Field(words("When and how it is safe to reach them"), self.safe_contact),
            row(None, self.cancel, self.save, gap=16),
        )
        self.hide()

    @staticmethod
    def _line(*fields: QWidget) -> QWidget:
        holder = QWidget()
        line = row(*fields, gap=12)
        for number in range(len(fields)):
            line.setStretch(number, 1)
        holder.setLayout(line)
        return holder

    def open_for(self, view: ParticipantView) -> None:
        """Fills it with what is known. The A-number stays empty: it is shown only where the asking is written down."""
        self._view = view
        person = view.participant.fields
        self.given.setText(person.legal_name.given)
        self.family.setText(person.legal_name.family)
        self.native.setText(person.native_name)
        self.preferred.setText(person.preferred_name)
        self.pronunciation.setText(person.pronunciation)
        self.safe_contact.setText(person.safe_contact)
        self.a_number.clear()
        self.birth.set_value(person.birth_date.day if person.birth_date else None)
        self.estimated.setChecked(person.birth_date is not None and person.birth_date.estimated)
        self.gender.set_value(person.gender)
        self.speaks.set_value(person.languages[0] if person.languages else None)
        self.also.set_value(person.languages[1] if len(person.languages) > 1 else None)
        self.interpreter.setChecked(person.interpreter_needed)
        for field in self.fields.values():
            field.problem("")
        self.show()
        self.given.setFocus()

    def changes(self, person: ParticipantFields) -> dict[str, object]:
        """What differs from what is known."""
        day = self.birth.value()
        spoken = [code for code in (self.speaks.value(), self.also.value()) if code]
        wanted: dict[str, object] = {
            "legal_name": PersonName(given=self.given.text().strip(), family=self.family.text().strip()),
            "native_name": self.native.text().strip(),
            "preferred_name": self.preferred.text().strip(),
            "pronunciation": self.pronunciation.text().strip(),
            "safe_contact": self.safe_contact.text().strip(),
            "birth_date": BirthDate(day=day, estimated=self.estimated.isChecked()) if day else None,
            "gender": self.gender.value(),
            "languages": [*spoken, *(code for code in person.languages[2:] if code not in spoken)],
            "interpreter_needed": self.interpreter.isChecked(),
        }
        if self.a_number.text().strip():
            wanted["a_number"] = self.a_number.text().strip()
        return {name: value for name, value in wanted.items() if value != getattr(person, name)}

    def _save(self) -> None:
        if self._view is None:
            return
        if self.birth.unread:
            self.fields["birth_date"].problem(self._page.words("This is not a day."))
            self.birth.setFocus()
            return
        changed = self.changes(self._view.participant.fields)
        if not changed:
            self.hide()
            return
        self._page.do(ChangeParticipant(self._view.participant.id, changed), self._kept, self._refused)

    def _kept(self, done: Done) -> None:
        self.hide()
        self._page.ui.say(self._page.words("Changed"), done.undo, lambda _: self._page.reload())
        self._page.reload()

    def _refused(self, error: BaseException) -> None:
        if not isinstance(error, Invalid) or not set(error.fields) <= set(self.fields):
            self._page.ui.trouble(error)
            return
        for name, field in self.fields.items():
            field.problem(field_problem(error.fields[name], self._page.words, field=name) if name in error.fields else "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)
